"""What a person who gives a return at a terminal is to be asked, and what the rules say of it on the way."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ct_cli.actions.find_location import find_location
from ct_cli.actions.submit_return import submit_return
from ct_cli.actions.taking.order import Order, Terms
from ct_cli.actions.taking.services_meant import one_service
from ct_cli.actions.taking.submitted import ReturnsSubmitted
from ct_cli.actions.taking.version_standing import version_standing
from ct_cli.actions.workplace import Workplace
from ct_cli.backends.contract import Entry
from ct_cli.returns.collection import Item
from ct_cli.returns.identity import Service
from ct_cli.returns.the_return import ReturnKind
from ct_cli.windows.month import Month


@dataclass(frozen=True, slots=True)
class Question:
    """One item, with its value in the last return with figures; None where it had none."""

    item: Item
    last: int | str | None


@dataclass(frozen=True)
class Draft:
    """What is asked of one service at one location for one month."""

    order: Order
    """With its one service and its month named."""
    name: str
    service: Service
    month: Month
    last_month: Month | None
    """The month of the last return with figures, which are offered; None where there is none."""
    questions: tuple[Question, ...]

    @property
    def pages(self) -> Mapping[str, tuple[Question, ...]]:
        """The questions by page, in Capacity Tracker's order."""
        pages: dict[str, list[Question]] = {}
        for question in self.questions:
            pages.setdefault(question.item.group, []).append(question)
        return {page: tuple(questions) for page, questions in pages.items()}


def draft_return(workplace: Workplace, order: Order) -> Draft:
    """The questions for an order. Raises UnknownLocation, ServiceUnclear, NoService, NoSuchSurvey."""
    workplace = workplace.taking_in
    location = find_location(workplace, order.location_id)
    service = one_service(workplace, order)
    month = order.month or Month.of(workplace.now.date())
    catalogue = workplace.catalogue
    asked = catalogue.survey(order.survey) if order.survey else catalogue.for_month(service, month)
    seen = version_standing(workplace, location.id, service, month, order.survey)
    last = _last_with_figures(workplace, location.id, service, month, order.survey)
    values = last.values if last else {}
    return Draft(
        order=replace(order, services=(service,), month=month, versions_seen={service: seen}),
        name=location.name,
        service=service,
        month=month,
        last_month=last.month if last else None,
        questions=tuple(Question(item, values.get(item.key)) for item in asked.items_in(month.number)),
    )


def _last_with_figures(
    workplace: Workplace, location_id: str, service: Service, month: Month, survey: str
) -> Entry | None:
    """The last return up to a month that has figures: the month's own, where there is one, is what a correction starts
    from, also where a nil return took its place; else that of the latest month that has any."""
    history = workplace.backend.history(location_id, service)
    found = [it for it in history if it.survey == survey and it.month <= month and it.kind is not ReturnKind.NIL]
    found = [it for it in found if it.content != "{}" and (workplace.rehearsing or not it.rehearsal)]
    return max(found, key=lambda it: (it.month, it.number), default=None)


def look_over(workplace: Workplace, draft: Draft, raw: Mapping[str, str], terms: Terms) -> ReturnsSubmitted:
    """What would become of the return if it were sent as it stands now. Writes nothing."""
    return submit_return(workplace, draft.order, raw, replace(terms, dry_run=True))
