"""The wording of reminders: ct's own, or a user's, out of a folder. Checked whole before anything is sent.

A template is text with fields as $name (a dollar itself is $$), and a line whose fields are all empty is left out. A
.txt begins with its line "Subject: …". In .html files values are escaped.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template

from ct_cli.errors import UsageError

ITEM_FIELDS = ("name", "location", "service", "risk", "submit", "unchanged", "nil", "local_authority", "provider")
_LETTER_FIELDS = (
    "greeting", "month", "returns", "places", "close", "left", "moved", "call", "why", "stop", "rehearsal",
)  # fmt: skip

FIELDS: Mapping[str, tuple[str, ...]] = {
    "reminder": (*_LETTER_FIELDS, "urgency", "alert", "refused", "items", "bulk"),
    "missed": (*_LETTER_FIELDS, "alert", "refused", "items", "next"),
    "digest": (*_LETTER_FIELDS, "areas", "state", "closes"),
    "group": ("title", "items"),
    "area": ("council", "owed", "made", "outstanding", "rate", "few_users", "items", "more"),
    "item": ITEM_FIELDS,
    "missed-item": ITEM_FIELDS,
    "digest-item": ITEM_FIELDS,
}
"""Each template, which is two files (.txt and .html), and the fields that it may have."""
NEEDED: Mapping[str, frozenset[str]] = {
    "reminder": frozenset({"items", "close", "refused"}),
    "missed": frozenset({"items", "refused"}),
    "digest": frozenset({"areas"}),
    "group": frozenset({"items"}),
    "area": frozenset({"items"}),
    "item": frozenset({"service"}),
}
"""Fields without which a message would not say what it is for."""
_EMPTY = "\0"
_EMPTY_LINE = re.compile(r"\s*(?:<[^>]*>)*\0(?:[ \t\0]|<[^>]*>)*")


class TemplateRefused(UsageError):
    """The template {file} cannot be used: {reason}. Nothing was sent. `ct remind --preview` shows what it makes."""

    code = "template-refused"


@dataclass(frozen=True, slots=True)
class _Lines:
    """A piece of a template: lines that stand together, or one that may be left out."""

    form: str
    """With fields as %(name)s: filled in ten times as fast as by `string.Template` (measured)."""
    fields: tuple[str, ...]
    """Where all of these are empty it is left out; none for what always stands."""


class _Sheet:
    """One template."""

    def __init__(self, pieces: Iterable[_Lines]) -> None:
        self._pieces = tuple(pieces)
        self._left_out = [piece.fields for piece in self._pieces if piece.fields]
        self._forms: dict[tuple[bool, ...], str] = {}

    def fill(self, values: Mapping[str, str]) -> str:
        """It filled in. Most letters leave out the same lines, so what is left is put together once."""
        stands = tuple([any(map(values.__getitem__, fields)) for fields in self._left_out])
        form = self._forms.get(stands)
        if form is None:
            left = iter(stands)
            form = "\n".join([piece.form for piece in self._pieces if not piece.fields or next(left)])
            self._forms[stands] = form
        return form % values


@dataclass(frozen=True)
class Templates:
    """Every template by its file's name."""

    by_name: Mapping[str, _Sheet]

    def fill(self, name: str, values: Mapping[str, str]) -> str:
        """A template filled in; `name` with its ending, as in item.txt."""
        return self.by_name[name].fill(values)


def read_templates(folder: Path | None) -> Templates:
    """ct's own templates, with those in a user's folder in their place. Raises TemplateRefused."""
    texts = own_texts()
    if folder is not None:
        texts.update(_texts_of(folder))
    return Templates({name: _Sheet(_pieces(_checked(name, text, folder))) for name, text in texts.items()})


def own_texts() -> dict[str, str]:
    """ct's own templates as text, by file name."""
    room = files("ct_cli.reminders").joinpath("wording")
    names = [f"{name}.{ending}" for name in FIELDS for ending in ("txt", "html")]
    return {name: room.joinpath(name).read_text(encoding="utf-8") for name in names}


def _texts_of(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        raise TemplateRefused(file=folder, reason="there is no such folder")
    found = {}
    for path in sorted(folder.iterdir()):
        if path.suffix not in {".txt", ".html"}:
            continue
        if path.stem not in FIELDS:
            raise TemplateRefused(file=path, reason=f"its name is not one of {', '.join(FIELDS)}")
        try:
            found[path.name] = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise TemplateRefused(file=path, reason="it is not UTF-8 text") from None
        except OSError as error:
            raise TemplateRefused(file=path, reason=(error.strerror or str(error)).lower()) from None
    return found


def _pieces(template: Template) -> Iterator[_Lines]:
    """A template's lines, those that always stand put together."""
    standing: list[str] = []
    for line in template.template.split("\n"):
        fields = tuple(Template(line).get_identifiers())
        form = Template(line.replace("%", "%%")).substitute({field: f"%({field})s" for field in fields})
        bare = Template(line).substitute(dict.fromkeys(fields, _EMPTY))
        if not (fields and _EMPTY_LINE.fullmatch(bare)):
            standing.append(form)
            continue
        if standing:
            yield _Lines("\n".join(standing), ())
            standing = []
        yield _Lines(form, fields)
    if standing:
        yield _Lines("\n".join(standing), ())


def _checked(file: str, text: str, folder: Path | None) -> Template:
    name, _, ending = file.partition(".")
    place = folder / file if folder is not None else file
    if _EMPTY in text:
        raise TemplateRefused(file=place, reason="it holds a character that text does not have")
    template = Template(text)
    for number, line in enumerate(text.splitlines(), start=1):
        if not Template(line).is_valid():
            raise TemplateRefused(file=place, reason=f"line {number} has a $ without a field: write $$ for a dollar")
    fields = set(template.get_identifiers())
    unknown = sorted(fields - set(FIELDS[name]))
    if unknown:
        reason = f"there is no field ${unknown[0]}; there are {', '.join('$' + field for field in FIELDS[name])}"
        raise TemplateRefused(file=place, reason=reason)
    missing = sorted(NEEDED.get(name, frozenset()) - fields)
    if missing:
        raise TemplateRefused(file=place, reason=f"it lacks ${missing[0]}")
    if ending == "txt" and name in {"reminder", "missed", "digest"} and not re.match(r"Subject: *\S", text):
        raise TemplateRefused(file=place, reason='its first line is to be "Subject: …"')
    return template


def subject_and_body(filled: str) -> tuple[str, str]:
    """A filled-in letter's subject, on one line, and its body."""
    first, _, rest = filled.partition("\n")
    if " \n" in rest or "\t\n" in rest:
        rest = "\n".join([line.rstrip(" \t") for line in rest.split("\n")])
    while "\n\n\n" in rest:
        rest = rest.replace("\n\n\n", "\n\n")
    return " ".join(first.partition(":")[2].split()), rest.rstrip(" \t\n").lstrip("\n") + "\n"
