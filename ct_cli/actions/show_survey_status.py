"""Who has answered a voluntary survey. Nothing is owed, so nothing is outstanding and no risk follows."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ct_cli.actions.answer import Answer
from ct_cli.actions.show_fields import SurveyHasItsOwn
from ct_cli.actions.show_status import StatusAsked
from ct_cli.actions.status.scope import find_locations
from ct_cli.actions.workplace import Workplace
from ct_cli.register.location import Scope
from ct_cli.returns.collection import Collection
from ct_cli.returns.identity import Service
from ct_cli.windows.window import WindowState


class SurveyStatus(StrEnum):
    """How a service at a location stands to a survey."""

    ANSWERED = "answered"
    NOT_ANSWERED = "not-answered"


@dataclass(frozen=True, slots=True)
class SurveyRow:
    """One location's answer; fields of the answer are None where there is none."""

    location_id: str
    location_name: str
    provider: str
    local_authority: str
    service: Service
    status: SurveyStatus
    received_at: datetime | None
    receipt_id: str | None
    version: int | None
    rehearsal: bool


@dataclass(frozen=True)
class SurveyStatusShown(Answer):
    """Who has answered a survey and who has not."""

    collection: str
    title: str
    service: Service
    opens: date | None
    """Its first day."""
    closes: date | None
    """Its last day, included."""
    state: WindowState
    asked: int
    answered: int
    answers: tuple[SurveyRow, ...]
    """By location; with --outstanding only those who have not answered."""


def show_survey_status(workplace: Workplace, asked: StatusAsked, survey_id: str) -> SurveyStatusShown:
    """Who has answered. Raises NoSuchSurvey, SurveyHasItsOwn, UnknownLocation, NobodyInScope."""
    unfit = {"--month": asked.month, "--matrix": asked.matrix, "--summary": asked.summary, "--at-risk": asked.at_risk}
    for option, given in unfit.items():
        if given:
            raise SurveyHasItsOwn(given=option)
    survey = workplace.catalogue.survey(survey_id)
    scope = Scope(
        location_ids=frozenset(asked.location_ids) or None,
        provider=asked.provider,
        local_authority=asked.local_authority,
        service=survey.service,
    )
    answers = workplace.backend.latest(scope, survey=survey.id)
    rows = []
    for location in find_locations(workplace.backend, scope):
        entry = answers.get((location.id, survey.service))
        rows.append(
            SurveyRow(
                location.id,
                location.name,
                location.provider,
                location.local_authority,
                survey.service,
                SurveyStatus.ANSWERED if entry else SurveyStatus.NOT_ANSWERED,
                entry.received_at if entry else None,
                entry.receipt_id if entry else None,
                entry.version if entry else None,
                bool(entry and entry.rehearsal),
            )
        )
    shown = [row for row in rows if not (asked.outstanding and row.status is SurveyStatus.ANSWERED)]
    answered = sum(row.status is SurveyStatus.ANSWERED for row in rows)
    return SurveyStatusShown(
        survey.id, survey.title, survey.service, survey.opens, survey.closes, _state(survey, workplace.now.date()),
        len(rows), answered, tuple(shown),
    )  # fmt: skip


def _state(survey: Collection, today: date) -> WindowState:
    if survey.opens is not None and today < survey.opens:
        return WindowState.UPCOMING
    return WindowState.CLOSED if survey.closes is not None and today > survey.closes else WindowState.OPEN
