"""The coming windows as a council puts them on its page or into its newsletter: Markdown, HTML or plain words."""

from collections.abc import Sequence
from enum import StrEnum
from html import escape

from ct_cli.register.support import Contact
from ct_cli.windows.window import ReportingWindow, in_words


class NoticeFormat(StrEnum):
    """What the notice is written in."""

    MARKDOWN = "markdown"
    HTML = "html"
    """A fragment, to be put into a page: it begins with a heading of the second level."""
    TEXT = "text"


_TITLE = "Capacity Tracker: when to update"
_DUTY = (
    "Every adult social care provider regulated by the Care Quality Commission must update Capacity Tracker every month"
    " for each of its locations and services, even where nothing has changed. An update counts when it is saved inside"
    " the reporting window. Both days are included; windows close at 11:59pm."
)


def notice(windows: Sequence[ReportingWindow], contact: Contact, wanted: NoticeFormat) -> str:
    """The whole notice, ending in a line end."""
    return {NoticeFormat.MARKDOWN: _markdown, NoticeFormat.HTML: _html, NoticeFormat.TEXT: _text}[wanted](
        windows, contact
    )


def _markdown(windows: Sequence[ReportingWindow], contact: Contact) -> str:
    rows = [f"| {it.month.in_words()} | {_opens(it)} | {_closes(it)} |" for it in windows]
    moved = [f"- {words}" for words in map(_moved, windows) if words]
    parts = [f"## {_TITLE}", _DUTY, "\n".join(["| Month | Opens | Closes |", "|---|---|---|", *rows])]
    return "\n\n".join([*parts, *(["\n".join(moved)] if moved else []), _help(contact)]) + "\n"


def _html(windows: Sequence[ReportingWindow], contact: Contact) -> str:
    rows = "\n".join(
        f'<tr><th scope="row">{it.month.in_words()}</th><td>{_opens(it)}</td><td>{_closes(it)}</td></tr>'
        for it in windows
    )
    moved = "".join(f"<li>{escape(words)}</li>" for words in map(_moved, windows) if words)
    return (
        f"<h2>{_TITLE}</h2>\n<p>{escape(_DUTY)}</p>\n<table>\n<caption>Reporting windows</caption>\n<thead><tr>"
        '<th scope="col">Month</th><th scope="col">Opens</th><th scope="col">Closes</th></tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n</table>\n"
        + (f"<ul>{moved}</ul>\n" if moved else "")
        + f"<p>{escape(_help(contact))}</p>\n"
    )


def _text(windows: Sequence[ReportingWindow], contact: Contact) -> str:
    rows = []
    for it in windows:
        rows.append(f"{it.month.in_words()}: {_opens(it)} to {_closes(it)}")
        if words := _moved(it):
            rows.append(f"  ({words})")
    return "\n\n".join([_TITLE, _DUTY, "\n".join(rows), _help(contact)]) + "\n"


def _opens(it: ReportingWindow) -> str:
    return f"{it.opens_at:%A} {in_words(it.opens_at.date())}"


def _closes(it: ReportingWindow) -> str:
    return f"{it.closes_on:%A} {in_words(it.closes_on)}"


def _moved(it: ReportingWindow) -> str | None:
    return f"{it.moved_because}, so it closes on the next working day" if it.moved_because else None


def _help(contact: Contact) -> str:
    ways = " or ".join(way for way in (contact.phone, contact.email) if way)
    return f"Help with Capacity Tracker: {contact.name}, {ways}."
