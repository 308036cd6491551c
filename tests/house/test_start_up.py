"""What a command may load before it answers: start-up is felt on every one of them."""

import subprocess
import sys

import pytest

SLOW = {
    "rich",
    "httpx",
    "holidays",
    "icalendar",
    "openpyxl",
    "python_calamine",
    "fastapi",
    "uvicorn",
    "psycopg",
    "pydantic",
}


def loaded_by(*arguments: str) -> set[str]:
    program = (
        "import sys\nfrom ct_cli.cli.program import run\n"
        f"run({list(arguments)!r})\n"
        "sys.stderr.write('\\n'.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)
    return set(ran.stderr.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        (),
        ("--help",),
        ("window", "--month", "2024-12"),
        ("window", "--month", "2024-12", "--json"),
        ("config", "list"),
    ],
)
def test_a_quick_command_loads_nothing_slow(ct, arguments):
    ct("window", "--month", "2024-12")  # The bank holidays are in the cache from here on.
    ct()
    assert not loaded_by(*arguments) & SLOW


def test_the_window_needs_neither_store_nor_rules(ct):
    ct("window", "--month", "2024-12")
    assert "sqlite3" not in loaded_by("window", "--month", "2024-12")
