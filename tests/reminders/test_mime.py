"""Emails put together by hand, read by Python's own parser; and templates filled in."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ct_cli.reminders.message import Attachment, Message
from ct_cli.reminders.mime import Sender, as_email, dotted
from ct_cli.reminders.templates import Templates, read_templates

SENDER = Sender("office@example.org", "Office", "office@example.org", "<mailto:office@example.org>")
NOW = datetime(2024, 12, 9, 9, 5, tzinfo=UTC)


def sent(text: str, html: str = "<p>Hello</p>\n") -> bytes:
    calendar = Attachment("close.ics", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    return as_email(Message("sam@example.org", "Sam", "Due", text, html, "a" * 32, calendar), SENDER, NOW)


def plain_part(content: bytes) -> EmailMessage:
    part = message_from_bytes(content, policy=policy.default).get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return part


@pytest.mark.parametrize(
    "text",
    [
        "Rose House\n",
        "Bwthyn Tŷ Rhosyn\n",
        f"{'a long name ' * 200}\n",
        ".\n.\n..\n",
        "one\rtwo\n",
        "Tracker’s = 50%\n",
    ],
)
def test_a_text_comes_out_of_the_parser_as_it_went_in(text: str) -> None:
    content = sent(text)
    content.decode("ascii")
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert content.count(b"\r") == content.count(b"\n") == content.count(b"\r\n")
    read = plain_part(content).get_payload(decode=True)
    assert isinstance(read, bytes)
    assert read.decode("utf-8").replace("\r\n", "\n").rstrip("\n") == text.replace("\r", "\n").rstrip("\n")


def test_plain_english_goes_as_it_stands_and_the_rest_is_encoded() -> None:
    assert plain_part(sent("Rose House\n"))["Content-Transfer-Encoding"] == "7bit"
    assert plain_part(sent("Tŷ Rhosyn\n"))["Content-Transfer-Encoding"] == "quoted-printable"
    assert plain_part(sent("x" * 999))["Content-Transfer-Encoding"] == "quoted-printable"


@given(st.text(alphabet=".ab\n", max_size=40))
def test_dots_are_doubled_at_the_beginning_of_a_line_and_nowhere_else(text: str) -> None:
    content = text.replace("\n", "\r\n").encode("ascii")
    *lines, end, empty = dotted(content).split(b"\r\n")
    assert (end, empty) == (b".", b"")
    undone = [line.removeprefix(b".") if line.startswith(b".") else line for line in lines]
    assert all(line.startswith(b"..") or not line.startswith(b".") for line in lines)
    assert b"\r\n".join(undone) == content.removesuffix(b"\r\n")


def own(folder: Path, item: str) -> Templates:
    (folder / "item.txt").write_text(item, encoding="utf-8")
    return read_templates(folder)


def test_percent_signs_and_dollars_of_a_template_stay_what_they_are(tmp_path: Path) -> None:
    templates = own(tmp_path, "100% of ${name} %(name)s costs $$5\n$service")
    assert templates.fill("item.txt", {"name": "Rose % House", "service": "home care"}) == (
        "100% of Rose % House %(name)s costs $5\nhome care"
    )


def test_a_line_is_left_out_only_where_all_its_fields_are_empty(tmp_path: Path) -> None:
    templates = own(tmp_path, "a\n  $risk\n$risk $name\nRisk: $risk\n\n$service\n")
    values = {"risk": "", "name": "Rose House", "service": "home care"}
    assert templates.fill("item.txt", values) == "a\n Rose House\nRisk: \n\nhome care\n"
    assert templates.fill("item.txt", {**values, "name": ""}) == "a\nRisk: \n\nhome care\n"


def test_an_empty_paragraph_is_left_out_of_html_and_a_value_is_never_a_field(tmp_path: Path) -> None:
    (tmp_path / "item.html").write_text('<p>$name</p>\n<p class="risk">$risk</p>\n$service', encoding="utf-8")
    templates = read_templates(tmp_path)
    filled = templates.fill("item.html", {"name": "%(service)s $risk", "risk": "", "service": "home care"})
    assert filled == "<p>%(service)s $risk</p>\nhome care"
