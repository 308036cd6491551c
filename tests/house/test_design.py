"""Guards of the design: what a reviewer would otherwise have to look for by eye in every change."""

import ast
import functools
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "ct_cli").rglob("*.py"))
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "managers", "tools", "stuff"}
TOP_LEVEL = {
    ".ci", ".github", ".gitignore", "LICENSE", "README.md", "completions", "ct_cli", "pyproject.toml", "tests",
}  # fmt: skip


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def nodes(*kinds: type[ast.AST]) -> Iterator[tuple[str, Any]]:
    """Each node of these kinds in ct's own code, with its place."""
    for path in SOURCES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, kinds):
                yield f"{name_of(path)}:{node.lineno}", node


def imported_by(path: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def meeting(package: str) -> set[str]:
    return {
        name_of(path)
        for path in SOURCES
        if any(name == package or name.startswith(package + ".") for name in imported_by(path))
    }


def test_imports_go_down_only():
    program = Path(sys.executable).with_name("lint-imports.exe" if os.name == "nt" else "lint-imports")
    ran = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


def test_nothing_is_caught_that_was_not_foreseen():
    """`except Exception` and wider are refused, unless what was caught goes on up unchanged."""
    broad = []
    for place, node in nodes(ast.ExceptHandler):
        kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        last = node.body[-1]
        passed_on = isinstance(last, ast.Raise) and last.exc is None
        if not passed_on and any(k is None or getattr(k, "id", "") in {"Exception", "BaseException"} for k in kinds):
            broad.append(place)
    assert broad == []


def test_a_name_says_what_is_inside():
    vague = [name_of(path) for path in SOURCES if path.stem in VAGUE or path.parent.name in VAGUE]
    assert not vague


def test_no_module_shadows_the_standard_library():
    own = {path.stem for path in (ROOT / "ct_cli").glob("*.py")} | {
        path.name for path in (ROOT / "ct_cli").iterdir() if path.is_dir()
    }
    assert not own & set(sys.stdlib_module_names)


def test_only_the_clock_reads_the_clock():
    readings = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
    found = []
    for place, node in nodes(ast.Call):
        if isinstance(node.func, ast.Attribute) and not place.startswith("ct_cli/clock.py:"):
            owner = getattr(node.func.value, "id", getattr(node.func.value, "attr", ""))
            found += [place] if (owner, node.func.attr) in readings else []
    assert found == []


def test_one_guest_one_room():
    assert meeting("typer") <= {name for name in map(name_of, SOURCES) if name.startswith("ct_cli/cli/")}
    assert meeting("rich") <= {"ct_cli/output/as_table.py", "ct_cli/output/progress.py"}
    assert len(meeting("holidays")) == len(meeting("platformdirs")) == len(meeting("tomli_w")) == 1
    for guest in ("icalendar", "python_calamine", "httpx", "uvicorn"):
        assert len(meeting(guest)) <= 1, guest
    assert all(
        name.startswith(("ct_cli/backends/postgres", "ct_cli/stores/postgres"))
        for name in meeting("psycopg") | meeting("psycopg_pool")
    )
    assert len({name.rpartition("/")[0] for name in meeting("openpyxl")}) <= 1


def test_no_import_takes_all_there_is():
    starred = [place for place, node in nodes(ast.ImportFrom) if any(alias.name == "*" for alias in node.names)]
    assert starred == []


@pytest.mark.parametrize("path", [path for path in SOURCES if path.name == "__init__.py"], ids=name_of)
def test_a_package_says_what_it_is_and_does_nothing(path):
    body = tree_of(path).body[1:]
    assert all(isinstance(node, ast.Assign) and node.targets[0].id == "__version__" for node in body)


def test_files_are_read_and_written_as_utf_8():
    unsaid = [
        place
        for place, node in nodes(ast.Call)
        if isinstance(node.func, ast.Attribute)
        and node.func.attr in {"read_text", "write_text"}
        and "encoding" not in {keyword.arg for keyword in node.keywords}
    ]
    assert unsaid == []


def tracked() -> list[Path]:
    ran = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode:
        pytest.skip("this is not a clone")
    return [ROOT / name for name in ran.stdout.splitlines() if (ROOT / name).is_file()]


def test_the_top_level_holds_only_what_was_agreed():
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} <= TOP_LEVEL


def test_no_path_of_one_machine_is_in_a_file():
    home = re.compile(r"/(?:home|Users|root|work)/[a-z]|/tmp/[a-z]|[A-Z]:\\\\?Users")
    for path in tracked():
        if path == Path(__file__) or path.suffix in {".xlsx", ".ods", ".xls"}:
            continue
        found = home.search(path.read_text(encoding="utf-8", errors="replace"))
        assert found is None, f"{name_of(path)}: {found and found.group()}"


AMERICAN = re.compile(
    r"\b(colors?|colored|behavior|favorite|center|organization|authorized?|authorization|recognized?|canceled|catalog|"
    r"license[ds]|fulfill|fulfills|fulfillment|summarize|initialize|normalize|serialize|utilize|analyze)\b",
    re.IGNORECASE,
)


_NOT_WORDS = re.compile(r"https?://\S+|[\w-]+ ?: ?[^;{}\n]+[;}]|`[^`]*`")
"""Addresses, declarations of CSS, and code."""


def test_words_are_spelt_as_in_britain():
    """In docstrings and in what is printed."""
    american = []
    for place, node in nodes(ast.Constant):
        if isinstance(node.value, str) and " " in node.value:
            found = AMERICAN.search(_NOT_WORDS.sub("", node.value))
            american += [f"{place} {found.group()}"] if found else []
    assert american == []
