"""What the suite tries for some seconds, for minutes: full disks, many programs on one store, mutated files.

By hand: `python tests/benchmarks/soak/longer.py [NAME]`, where NAME is one of full_disk, many_programs, mutated_files.
"""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LONGER = {
    "full_disk": ("tests/stores/test_full_disk.py", {"LEVELS": (0, 4, 8, 16, 32, 64, 128, 256, 512) * 3}),
    "many_programs": ("tests/stores/test_many_programs.py", {"ROUNDS": 25}),
    "mutated_files": ("tests/cli/test_mutated_files.py", {"TRIALS": 2_000}),
}


class Longer:
    """Gives each test the numbers of its long form."""

    @pytest.fixture(autouse=True)
    def longer(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put them in place of the suite's."""
        for path, numbers in LONGER.values():
            if request.path == ROOT / path:
                for name, value in numbers.items():
                    monkeypatch.setattr(request.module, name, value)


if __name__ == "__main__":
    chosen = sys.argv[1:] or list(LONGER)
    sys.exit(pytest.main(["-q", "--rootdir", str(ROOT), *[str(ROOT / LONGER[each][0]) for each in chosen]], [Longer()]))
