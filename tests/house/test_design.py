"""Guards of the design: what a reviewer would otherwise have to look for by eye in every change."""

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "ct_cli").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LONGEST_FILE = 350
LONGEST_FUNCTION = 50
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "managers", "tools", "stuff"}
TOP_LEVEL = {
    ".ci", ".github", ".gitignore", "LICENSE", "README.md", "completions", "ct_cli", "pyproject.toml", "tests",
}  # fmt: skip


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


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
    program = Path(sys.executable).with_name("lint-imports")
    if not program.exists():
        pytest.skip("import-linter is not installed here: pip install '.[dev]'")
    ran = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_file_has_one_subject_and_a_length_to_match(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_function_can_be_read_at_a_glance(path):
    # From the first statement: what a command declares of its options is a table, not something to follow.
    functions = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [node.name for node in functions if node.end_lineno - node.body[0].lineno + 1 > LONGEST_FUNCTION]
    assert not long


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_every_module_class_and_public_function_says_what_it_is(path):
    tree = tree_of(path)
    silent = [] if ast.get_docstring(tree) else ["the module"]
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            silent += [] if ast.get_docstring(node) else [node.name]
    assert not silent


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nothing_is_caught_that_was_not_foreseen(path):
    """`except Exception` and wider are refused, unless what was caught goes on up unchanged."""
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.ExceptHandler):
            continue
        kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        broad = any(kind is None or getattr(kind, "id", "") in {"Exception", "BaseException"} for kind in kinds)
        last = node.body[-1]
        assert not broad or (isinstance(last, ast.Raise) and last.exc is None), f"line {node.lineno}"


def test_a_name_says_what_is_inside():
    vague = [name_of(path) for path in SOURCES if path.stem in VAGUE or path.parent.name in VAGUE]
    assert not vague


def test_no_module_shadows_the_standard_library():
    own = {path.stem for path in (ROOT / "ct_cli").glob("*.py")} | {
        path.name for path in (ROOT / "ct_cli").iterdir() if path.is_dir()
    }
    assert not own & set(sys.stdlib_module_names)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_only_the_clock_reads_the_clock(path):
    if name_of(path) == "ct_cli/clock.py":
        return
    readings = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = getattr(node.func.value, "id", getattr(node.func.value, "attr", ""))
            assert (owner, node.func.attr) not in readings, f"line {node.lineno}"


def test_one_guest_one_room():
    assert meeting("typer") <= {name for name in map(name_of, SOURCES) if name.startswith("ct_cli/cli/")}
    assert meeting("rich") <= {"ct_cli/output/as_table.py", "ct_cli/output/progress.py"}
    assert len(meeting("holidays")) == len(meeting("platformdirs")) == len(meeting("tomli_w")) == 1
    for guest in ("icalendar", "python_calamine", "httpx", "psycopg", "uvicorn"):
        assert len(meeting(guest)) <= 1, guest
    assert len({name.rpartition("/")[0] for name in meeting("openpyxl")}) <= 1


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=name_of)
def test_no_import_takes_all_there_is(path):
    for node in ast.walk(tree_of(path)):
        assert not (isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names))


@pytest.mark.parametrize("path", [path for path in SOURCES if path.name == "__init__.py"], ids=name_of)
def test_a_package_says_what_it_is_and_does_nothing(path):
    body = tree_of(path).body[1:]
    assert all(isinstance(node, ast.Assign) and node.targets[0].id == "__version__" for node in body)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_files_are_read_and_written_as_utf_8(path):
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            writes = node.func.attr in {"read_text", "write_text"}
            assert not writes or {keyword.arg for keyword in node.keywords} >= {"encoding"}, f"line {node.lineno}"


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


def words_in(path: Path) -> Iterator[tuple[int, str]]:
    """Docstrings and other text of a module: what people read."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, _NOT_WORDS.sub("", node.value)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_words_are_spelt_as_in_britain(path):
    for number, words in words_in(path):
        found = AMERICAN.search(words)
        assert found is None, f"line {number}: {found and found.group()}"
