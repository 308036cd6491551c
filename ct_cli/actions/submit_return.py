"""Record one return of one location, or say what recording it would do."""

from collections.abc import Mapping

from ct_cli import clock
from ct_cli.actions.taking.intake import Intake
from ct_cli.actions.taking.order import Order, Terms
from ct_cli.actions.taking.services_meant import one_service
from ct_cli.actions.taking.submitted import PageToEnter, ReturnResult, ReturnsSubmitted, status_of
from ct_cli.actions.workplace import Workplace
from ct_cli.returns.the_return import Return, ReturnKind, Values
from ct_cli.windows.month import Month


def submit_return(workplace: Workplace, order: Order, raw: Mapping[str, str] | None, terms: Terms) -> ReturnsSubmitted:
    """Record a return with the raw values given or, with None, one that confirms the last ("unchanged").

    Raises LocationUnknown, ServiceUnclear, NoSuchSurvey, StoreUnusable.
    """
    received_at = workplace.present  # before a store is opened, which may first send what waits
    filed_here = files_here(workplace)
    if not terms.dry_run:
        workplace = workplace.taking_in
    service = one_service(workplace, order)
    given = Return(
        order.location_id,
        service,
        order.month or Month.of(workplace.now.date()),
        ReturnKind.UNCHANGED if raw is None else ReturnKind.FULL,
        raw or {},
        note=order.note,
        confirm=order.confirm,
        survey=order.survey,
        expected_version=order.versions_seen.get(service),
    )
    intake = Intake(workplace, terms)
    examined = intake.examine([given], received_at, as_seen=True)
    results = tuple(intake.settle(examined))
    values = examined[0].checked.values if examined[0].checked else {}
    pages = () if filed_here else _pages(workplace, results[0], values)
    return submitted(filed_here, results, terms, to_enter=pages)


def files_here(workplace: Workplace) -> bool:
    """Whether a return counts as made once it is recorded here. Asked before anything is: the setting may be wrong.

    Raises SettingRefused.
    """
    return workplace.settings.text("filing") == "ct"


def submitted(
    filed_here: bool,
    results: tuple[ReturnResult, ...],
    terms: Terms,
    *,
    to_enter: tuple[PageToEnter, ...] = (),
    tell_cqc: bool = False,
) -> ReturnsSubmitted:
    """The answer for some results."""
    return ReturnsSubmitted(
        dry_run=terms.dry_run,
        rehearsal=clock.rehearsing(),
        results=results,
        filed_here=filed_here,
        to_enter=to_enter,
        tell_cqc=tell_cqc,
        problems=tuple(problem for result in results for problem in result.problems),
        exit_status=status_of({result.fate for result in results}),
    )


def _pages(workplace: Workplace, result: ReturnResult, values: Values) -> tuple[PageToEnter, ...]:
    """What to enter in Capacity Tracker, in its pages' order, where returns are filed there by hand."""
    if not result.fate.recorded or result.survey:
        return ()
    assert result.service is not None and result.month is not None  # it was recorded
    asked = workplace.catalogue.for_month(result.service, result.month)
    pages: dict[str, list[tuple[str, int | str]]] = {}
    for item in asked.items_in(result.month.number):
        if item.key in values:
            pages.setdefault(item.group, []).append((item.label, values[item.key]))
    return tuple(PageToEnter(group, tuple(entries)) for group, entries in pages.items())
