"""No test touches a real home, on no system; and none rests on Ctrl-C's being listened to where it was started."""

import subprocess
import sys
from pathlib import Path

from ct_cli.settings import log_folder, read_settings, settings_path

PLACES = """
from pathlib import Path
from ct_cli.settings import log_folder, read_settings, settings_path
kept = read_settings()
for place in (settings_path(), kept.store_path, kept.queue_path, kept.cache_folder, log_folder(), Path.home()):
    print(place.resolve())
"""


def test_whatever_ct_keeps_is_kept_below_the_test_s_own_home(home: Path, shared_cache: Path) -> None:
    settings = read_settings()
    places = [settings_path(), settings.store_path, settings.queue_path, settings.cache_folder, log_folder()]
    assert [place for place in [*places, Path.home()] if not below(place, home, shared_cache)] == []


def test_so_it_is_for_the_programs_that_a_test_starts(home: Path, shared_cache: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", PLACES], check=True, capture_output=True, encoding="utf-8")
    places = [Path(line) for line in ran.stdout.splitlines()]
    assert len(places) == 6
    assert [place for place in places if not below(place, home, shared_cache)] == []


def below(place: Path, *folders: Path) -> bool:
    return any(place.resolve().is_relative_to(folder.resolve()) for folder in folders)


def test_who_presses_ctrl_c_sees_to_it_that_it_is_listened_to() -> None:
    def presses(text: str) -> bool:
        return "signal." + "SIGINT" in text or ("\\x" + "03" in text and "pty" in text)

    texts = {path.name: path.read_text(encoding="utf-8") for path in Path(__file__).parents[1].rglob("test_*.py")}
    assert [name for name, text in texts.items() if presses(text) and "interruptible" not in text] == []
