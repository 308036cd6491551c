"""Messages as a telephone shows them, 375 pixels wide, in a real browser: nothing has to be moved sideways."""

import json
import re
import subprocess
from collections.abc import Callable
from email import message_from_bytes, policy
from html import escape, unescape
from pathlib import Path

import pytest

from ct_cli.backends.sqlite import SqliteBackend
from ct_cli.register.location import Location, User
from tests.conftest import Ran
from tests.reminders.conftest import CARE_HOME, HOME_CARE, LAST_MORNING, OPENING, Server, World, by_mail
from tests.reports.test_accessibility import CHROMIUM

WIDTH = 375
SAM, OFFICER, GONE = "sam@example.org", "officer@example.org", "gone@example.org"
CLOSED = "2024-12-17T09:35:00+00:00"
MEASURE = """
addEventListener('load', () => {
  const found = {};
  for (const frame of document.querySelectorAll('iframe')) {
    const page = frame.contentDocument, view = frame.contentWindow;
    const text = [...page.body.querySelectorAll('*')].filter(it => it.tagName != 'STYLE' && it.textContent.trim());
    found[frame.title] = {
      width: page.documentElement.scrollWidth,
      widest: Math.max(...text.map(it => it.getBoundingClientRect().right)),
      smallest: Math.min(...text.map(it => parseFloat(view.getComputedStyle(it).fontSize))),
      broken: [...page.querySelectorAll('code span')].filter(it => it.getClientRects().length > 1).length,
      options: page.querySelectorAll('code span').length,
      words: page.body.innerText.length,
    };
  }
  const pre = document.createElement('pre');
  pre.id = 'found'; pre.textContent = JSON.stringify(found); document.body.replaceChildren(pre);
})
"""


@pytest.fixture
def messages(ct: Callable[..., Ran], world: World, mail: Server) -> dict[str, str]:
    """The HTML of each kind of message, with the longest names and ids that there are."""
    longest = "Rose House Residential and Nursing Home for the Elderly (Llanfairpwllgwyngyllgogerychwyrndrobwll)"
    with SqliteBackend(world.store) as backend:
        backend.save_locations([
            Location(id, name, services, provider="Rose Care Ltd", local_authority="Kent")
            for id, name, services in (
                ("1-102548795633", longest, (CARE_HOME, HOME_CARE)),
                ("LOC456", "Bwthyn Tŷ Rhosyn", (HOME_CARE,)),
                ("LOC789", "Elm Lodge", (CARE_HOME,)),
            )
        ])  # fmt: skip
        backend.save_users(User(id, SAM, "Sam") for id in ("1-102548795633", "LOC456", "LOC789"))
        backend.save_users([User("LOC789", GONE, "")])
    world.set(by_mail(mail) + f'[reminders.councils]\nKent = "{OFFICER}"\n')
    found = {}
    for moment in (OPENING, LAST_MORNING, CLOSED):
        mail.mailbox.taken.clear()
        ct("remind", "--channel", "smtp", now=moment)
        for who, content in mail.mailbox.taken:
            body = message_from_bytes(content, policy=policy.default).get_body(("html",))
            assert body is not None
            page = str(body.get_content())
            kind = "refused " if "could not be told" in page else ""
            found[f"{kind}{who} {moment[:10]}"] = page
    return found


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is on this computer to show messages in")
def test_every_message_can_be_read_at_the_width_of_a_telephone(messages: dict[str, str], tmp_path: Path) -> None:
    assert sorted(messages) == [
        f"{OFFICER} 2024-12-16", f"{OFFICER} 2024-12-17", f"refused {SAM} 2024-12-09",
        f"{SAM} 2024-12-09", f"{SAM} 2024-12-16", f"{SAM} 2024-12-17",
    ]  # fmt: skip
    pages = shown(messages, tmp_path)
    for name, seen in pages.items():
        assert seen["width"] <= WIDTH, name
        assert seen["widest"] <= WIDTH, name
        assert seen["smallest"] >= 14, name
        assert seen["broken"] == 0, f"{name}: a command breaks inside an option"
        assert seen["words"] > 300, name
    assert pages[f"{SAM} 2024-12-16"]["options"] > 20


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is on this computer to show messages in")
def test_a_page_that_is_too_wide_would_be_seen(tmp_path: Path) -> None:
    page = '<!DOCTYPE html><html><body><p style="width:500px;font-size:9px">wide</p></body></html>'
    seen = shown({"wide": page}, tmp_path)["wide"]
    assert seen["width"] > WIDTH
    assert (seen["widest"] > WIDTH, seen["smallest"]) == (True, 9)


def shown(messages: dict[str, str], folder: Path) -> dict[str, dict[str, float]]:
    """What a browser makes of each message, in a frame of a telephone's width."""
    frames = "".join(
        f'<iframe title="{name}" style="width:{WIDTH}px;height:800px;border:0" srcdoc="{escape(page)}"></iframe>'
        for name, page in messages.items()
    )
    file = folder / "telephones.html"
    file.write_text(f"<!DOCTYPE html><body>{frames}<script>{MEASURE}</script></body>", encoding="utf-8")
    assert CHROMIUM
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=10000", "--dump-dom"]
    profile = f"--user-data-dir={folder / 'profile'}"
    ran = subprocess.run(
        [CHROMIUM, *flags, profile, file.as_uri()], check=False, capture_output=True, encoding="utf-8", timeout=120
    )
    told = re.search(r'<pre id="found">(.*?)</pre>', ran.stdout, re.DOTALL)
    assert told, ran.stderr[-2000:]
    found: dict[str, dict[str, float]] = json.loads(unescape(told[1]))
    return found
