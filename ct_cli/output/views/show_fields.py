"""`ct fields` as a page."""

from collections.abc import Iterator

from ct_cli.actions.show_fields import CollectionShown, FieldShown, FieldsShown, GroupShown
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line
from ct_cli.returns.collection import Basis, ItemKind
from ct_cli.windows.window import in_words

_KNOWN_FROM = {
    Basis.NOTICE: "formal notice",
    Basis.EXPORT: "CT's exports",
    Basis.INFERRED: "inferred",
    Basis.USER: "your own file",
}
_COLUMNS = (Column("Item"), Column("What"), Column("Unit"), Column("Given"), Column("Known from"))


def view(answer: FieldsShown) -> Iterator[Block]:
    """Each service's items under their headings, and what the words in the tables mean."""
    for collection in answer.collections:
        yield from _collection(collection, in_full=answer.in_full)
    known_from = {
        field.basis for collection in answer.collections for group in collection.groups for field in group.fields
    }
    if known_from:
        yield line("must: refused without it (0 is an answer, blank is not). asked: may be left blank.")
    if Basis.EXPORT in known_from:
        yield line("CT's exports: seen in Capacity Tracker's exports or DHSC's tables, not read in the formal notice.")
    if Basis.INFERRED in known_from:
        yield line("inferred: follows from other facts; check it against Capacity Tracker's own pages.")


def _collection(collection: CollectionShown, *, in_full: bool) -> Iterator[Block]:
    month = f" for {collection.month.in_words()}" if collection.month else ""
    yield line(Text(f"{collection.service.in_words.capitalize()}{month}", Tone.STRONG))
    if not collection.groups:
        yield line("ct knows no list of what is asked here, so it asks and checks nothing.", indent=2)
        yield line("Your own list can go into the folder that the setting `collections` names.", indent=2)
        yield line()
        return
    yield line(f"{collection.title} ({collection.collection}). {collection.source}.", indent=2)
    if collection.opens and collection.closes:
        days = f"open {in_words(collection.opens)} to {in_words(collection.closes)}, both included"
        yield line(f"A voluntary survey, {days}. It never stands in for the monthly return.", indent=2)
    if collection.origin:
        yield line(f"From your own file {collection.origin}.", indent=2)
    yield line()
    for group in collection.groups:
        yield from _group(group, in_full=in_full)


def _group(group: GroupShown, *, in_full: bool) -> Iterator[Block]:
    yield line(Text(group.name, Tone.STRONG))
    if group.on_request and not in_full:
        first, last = group.fields[0], group.fields[-1]
        count = len(group.fields)
        yield line(
            f"{count} items, {first.key} … {last.key}: taken when given. `ct fields --all` lists them.", indent=2
        )
    else:
        yield Table(_COLUMNS, [_row(field) for field in group.fields])
        for field in group.fields:
            if field.note:
                yield line(f"{field.key}: {field.note}", indent=2)
    yield line()


def _row(field: FieldShown) -> tuple[str | Text, ...]:
    given = Text("must", Tone.STRONG) if field.mandatory else "if wanted" if field.on_request else "asked"
    unit = "0 to 100" if field.kind is ItemKind.PERCENTAGE else field.unit
    return field.key, field.label, unit, given, _KNOWN_FROM[field.basis]
