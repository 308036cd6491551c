"""Whether what the embedded store notes beside its chains (`sqlite_chains`) is what their entries say.

No hash covers the notes, and plausibility queries are asked by them: a figure that was altered keeps a query from being
asked. A note that is not there does no harm, for what it would say is then looked for.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from ct_cli.backends.contract import Misnoted
from ct_cli.backends.sql_rows import Row
from ct_cli.backends.submission import SEEN_IN_SQL
from ct_cli.returns.identity import Service
from ct_cli.returns.rules.case import figures_of, staff_total
from ct_cli.windows.month import Month

Stream = Callable[[str, Sequence[Any]], Iterator[Row]]

_IS_LAST = (
    "e.location_id = c.location_id AND e.service = c.service AND e.month = c.month AND e.survey = ''"
    f" AND e.rehearsal = 0 AND NOT (e.source IN ({SEEN_IN_SQL}) AND e.content = '{{}}') AND e.number ="
    " (SELECT MAX(number) FROM entries WHERE location_id = c.location_id AND service = c.service)"
)
_CHAINS = (
    "SELECT c.location_id, c.service, c.month, (SELECT MAX(month) FROM entries WHERE location_id = c.location_id"
    f" AND service = c.service), c.last, {_IS_LAST}, e.content, c.staff_since, c.staff_total, c.maximum_capacity,"
    " c.occupied, c.people_using_service FROM chains c LEFT JOIN entries e ON e.seq = c.last"
)
_BACK = (
    "SELECT month, content FROM entries WHERE location_id = ? AND service = ? AND survey = '' AND rehearsal = 0"
    f" AND NOT (source IN ({SEEN_IN_SQL}) AND content = '{{}}') ORDER BY month DESC, number DESC"
)
_LABELS = ("total of staff", "maximum capacity", "number of occupied beds", "number of people using the service")
"""Of Figures, in their order."""


def misnoted_chains(stream: Stream) -> Iterator[Misnoted]:
    """Each chain of which something is noted that its entries do not say, with the first such thing."""
    for location_id, name, *noted in stream(_CHAINS, ()):
        try:
            reason = _why(Service(name), noted, partial(stream, _BACK, (location_id, name)))
        except (ValueError, TypeError):
            continue  # An entry that says nothing intelligible was altered itself, which its hash shows.
        if reason is not None:
            yield Misnoted(str(location_id), str(name), reason)


def _why(service: Service, noted: Row, back: Callable[[], Iterable[Row]]) -> str | None:
    month, latest, last, is_last, content, since, *figures = noted
    if latest is None:
        return None  # All its entries are gone: that is told of the chain itself.
    if month != latest:
        return f"the latest month of its entries is {_month(latest)}, but {_month(month)} is noted"
    if last is None:
        return None
    if not is_last:
        return "what is noted as its last return is another entry, or none"
    true = figures_of(service, _values(content))
    for label, its, theirs in zip(_LABELS, true, figures, strict=True):
        if its != theirs:
            return f"the {label} of its last return is {_text(its)}, but {_text(theirs)} is noted"
    if since is None or true.staff_total is None:
        return None
    began = _same_since(true.staff_total, service, back())
    if since != began:
        return f"its total of staff is the same since {_month(began)}, but {_month(since)} is noted"
    return None


def _same_since(total: int, service: Service, back: Iterable[Row]) -> int | None:
    """The first month of the run of returns with this total of staff, by the last return of each month."""
    since, before = None, None
    for month, rows in groupby(back, key=itemgetter(0)):
        content = next(rows)[1]
        if content != before and staff_total(service, _values(content)) != total:
            break
        since, before = month, content
    return since


def _values(content: Any) -> dict[str, Any]:
    values = json.loads(content)
    if not isinstance(values, dict):
        raise TypeError
    return values


def _month(key: Any) -> str:
    """A month's key in words; whatever else was put in its place as it is."""
    return str(Month.from_key(key)) if isinstance(key, int) else _text(key)


def _text(figure: Any) -> str:
    return "nothing" if figure is None else str(figure)
