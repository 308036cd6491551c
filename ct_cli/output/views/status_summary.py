"""The counts of `ct status --summary` as tables."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from ct_cli.actions.status.summary import GroupSummary, MonthRate
from ct_cli.output.blocks import Block, Column, Table, Text, Tone, line

_TITLES = {
    "all": "All",
    "service": "Service",
    "provider": "Provider",
    "local authority": "Local authority",
    "region": "Region",
}
_COUNTS = (
    "Owed",
    "Made",
    "Not made",
    "Response",
    "At risk",
    "Notice level",
    "Never made",
    "Locations",
    "Under 2 users",
    "Newly at risk",
    "Risk not known",
)


def summary(groups: Sequence[GroupSummary], rates: Sequence[MonthRate]) -> Iterator[Block]:
    """A table for everything, then one for each way of grouping that tells more; then the response by month."""
    for by, found in groupby(groups, key=lambda it: it.by):
        rows = list(found)
        if by != "all" and not any(row.name for row in rows):
            continue
        yield Table(
            (Column(_TITLES[by]), *(Column(title, numeric=True) for title in _COUNTS)), [_row(it) for it in rows]
        )
        yield line()
    known = [rate for rate in rates if rate.owed][-12:]
    columns = (Column("Month"), *(Column(title, numeric=True) for title in ("Owed", "Made", "Response")))
    yield Table(columns, [(str(it.month), str(it.owed), str(it.fulfilled), _percent(it.response_rate)) for it in known])


def _row(it: GroupSummary) -> list[str | Text]:
    return [
        it.name.replace("-", " ") if it.by == "service" else it.name or ("all" if it.by == "all" else "not given"),
        str(it.owed),
        str(it.fulfilled),
        str(it.outstanding),
        _percent(it.response_rate),
        Text(str(it.at_risk), Tone.WARNING if it.at_risk else Tone.PLAIN),
        Text(str(it.notice_level), Tone.BAD if it.notice_level else Tone.PLAIN),
        str(it.never_made),
        str(it.locations),
        str(it.fewer_than_two_users),
        str(it.newly_at_risk),
        str(it.risk_not_known),
    ]


def _percent(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.1f}%"
