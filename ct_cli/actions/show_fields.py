"""What is asked of a service for a month, item by item, with where that is known from."""

from dataclasses import dataclass
from datetime import date
from itertools import groupby

from ct_cli.actions.answer import Answer
from ct_cli.actions.workplace import Workplace
from ct_cli.errors import UsageError
from ct_cli.returns.collection import Basis, Collection, Item, ItemKind
from ct_cli.returns.identity import MANDATED, Service
from ct_cli.windows.month import Month


class SurveyHasItsOwn(UsageError):
    """--collection names a survey, which has a service and dates of its own: leave out {given}."""

    code = "survey-has-its-own"


@dataclass(frozen=True)
class FieldShown:
    """One item as it is asked."""

    key: str
    label: str
    unit: str
    kind: ItemKind
    mandatory: bool
    on_request: bool
    basis: Basis
    source: str
    note: str
    season: tuple[int, ...]


@dataclass(frozen=True)
class GroupShown:
    """The items under one heading."""

    name: str
    on_request: bool
    """Whether all of its items are taken only when they are given."""
    fields: tuple[FieldShown, ...]


@dataclass(frozen=True)
class CollectionShown:
    """What one service is asked. Without groups, nothing is known to be asked."""

    service: Service
    month: Month | None
    """None for a survey, which belongs to no month."""
    collection: str
    title: str
    effective_from: date
    source: str
    voluntary: bool
    opens: date | None
    closes: date | None
    origin: str
    groups: tuple[GroupShown, ...]


@dataclass(frozen=True)
class FieldsShown(Answer):
    """What is asked, service by service."""

    collections: tuple[CollectionShown, ...]
    in_full: bool
    """Whether a page lists the items that are taken only when given, too."""


def show_fields(
    workplace: Workplace,
    service: Service | None = None,
    month: Month | None = None,
    survey: str | None = None,
    *,
    in_full: bool = False,
) -> FieldsShown:
    """What a service is asked for a month; by default both mandated services, for the window that is open or next.

    Raises NoSuchSurvey, CollectionRefused, SurveyHasItsOwn.
    """
    catalogue = workplace.catalogue
    if survey is not None:
        if service or month:
            raise SurveyHasItsOwn(given="--service" if service else "--month")
        return FieldsShown((_shown(catalogue.survey(survey), None),), in_full)
    month = month or workplace.calendar.current_or_next(workplace.now).month
    services = [service] if service else sorted(MANDATED)
    return FieldsShown(tuple(_shown(catalogue.for_month(one, month), month) for one in services), in_full)


def _shown(collection: Collection, month: Month | None) -> CollectionShown:
    items = collection.items_in(month.number) if month else collection.items
    groups = tuple(_group(name, tuple(members)) for name, members in groupby(items, lambda item: item.group))
    return CollectionShown(
        collection.service,
        month,
        collection.id,
        collection.title,
        collection.effective_from,
        collection.source,
        collection.voluntary,
        collection.opens,
        collection.closes,
        collection.origin,
        groups,
    )


def _group(name: str, items: tuple[Item, ...]) -> GroupShown:
    return GroupShown(name, all(item.on_request for item in items), tuple(map(_field, items)))


def _field(item: Item) -> FieldShown:
    return FieldShown(
        item.key,
        item.label,
        item.unit,
        item.kind,
        item.mandatory,
        item.on_request,
        item.basis,
        item.source,
        item.note,
        item.season,
    )
