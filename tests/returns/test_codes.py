"""Every code that is raised is explained, and every explained one is raised."""

import ast
from pathlib import Path

import ct_cli
from ct_cli.actions.explain_code import Sort, explain_code
from ct_cli.returns.codes import CODES
from ct_cli.returns.rules.registry import NIL_RULES, RULES

SOURCE = Path(ct_cli.__file__).parent


def code_in(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_every_declared_code_is_raised_somewhere() -> None:
    texts = {
        node.value
        for path in SOURCE.rglob("*.py")
        if not path.name.startswith("codes")
        for node in ast.walk(code_in(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    texts |= {f"list-location-new-without-{field}" for field in ("name", "services")}  # made from the field's name

    assert set(CODES) - texts == set()


def test_every_code_that_is_raised_by_name_is_declared() -> None:
    explained = {one.code for one in explain_code(None).explanations}
    undeclared = []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(code_in(path)):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            code = node.args[0].value
            if name in {"problem", "Problem", "rule", "NotAValue"} and code not in explained:
                undeclared.append((path.name, node.lineno, code))
    assert undeclared == []


def test_every_code_says_what_it_means_and_what_to_do() -> None:
    for code in CODES.values():
        assert code.meaning.endswith((".", ".)")), code
        assert code.remedy.endswith((".", ".)")), code
        assert code.source, code


def test_no_two_rules_share_a_code() -> None:
    names = [rule.code.code for rule in (*RULES, *NIL_RULES)]

    assert len(names) == len(set(names))


def test_no_code_has_two_meanings() -> None:
    explained = [one for one in explain_code(None).explanations if one.sort is not Sort.EXIT_STATUS]
    names = [one.code for one in explained]

    assert sorted({name for name in names if names.count(name) > 1}) == []
