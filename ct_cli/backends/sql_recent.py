"""The last two returns of each chain, and since when its staff is as many: one question for a whole register.

How long a total of staff has been the same could be asked a chain at a time, by its history: for 31,000 chains that
takes as many questions, and is the same walk back through an index that the store makes here by itself.
"""

import json
from datetime import datetime
from functools import lru_cache

from ct_cli.backends.contract import Recent
from ct_cli.backends.sql_rows import Dialect, Row, last_return_of, service_of
from ct_cli.backends.submission import SEEN_IN_SQL
from ct_cli.returns.identity import Service
from ct_cli.returns.rules.case import CARE_HOME_STAFF, HOME_CARE_STAFF
from ct_cli.windows.month import Month


def chain_of(name: str) -> str:
    """The condition on entries called so: of the chain `c`, of the monthly return, with something in them."""
    return (
        f"{name}.location_id = c.location_id AND {name}.service = c.service AND {name}.survey = ''"
        f" AND NOT ({name}.source IN ({SEEN_IN_SQL}) AND {name}.content = '{{}}')"
    )


RECENT_COLUMNS = (
    "c.location_id, c.service, e.received_at, e.confirmed, e.month, e.kind, e.content, e.rehearsal,"
    " p.month, p.kind, p.content, p.rehearsal"
)


@lru_cache(maxsize=4)
def since(dialect: Dialect) -> str:
    """The first month of the run of returns, up to `e`, with its total of staff: that after the last with another."""
    alike = "{0}.rehearsal <= e.rehearsal"
    corrected = (
        f"EXISTS (SELECT 1 FROM entries n WHERE {chain_of('n')} AND {alike.format('n')}"
        " AND n.month = d.month AND n.number > d.number)"
    )
    another = (
        f"SELECT d.month FROM entries d WHERE {chain_of('d')} AND {alike.format('d')} AND d.month < e.month"
        f" AND {dialect.differ.format(_staff('d', dialect), _staff('e', dialect))} AND NOT {corrected}"
        " ORDER BY d.month DESC, d.number DESC LIMIT 1"
    )
    return (
        f"(SELECT f.month FROM entries f WHERE {chain_of('f')} AND {alike.format('f')}"
        f" AND f.month > COALESCE(({another}), 0) ORDER BY f.month LIMIT 1)"
    )


def _staff(name: str, dialect: Dialect) -> str:
    """The total of staff that an entry gives, as `staff_total` has it; NULL where one of its counts is missing."""
    home_care, care_home = (
        " + ".join(dialect.number_in.format(f"{name}.content", key) for key in keys)
        for keys in (HOME_CARE_STAFF, CARE_HOME_STAFF)
    )
    return f"(CASE c.service WHEN '{Service.HOME_CARE.value}' THEN {home_care} ELSE {care_home} END)"


def recent_of(row: Row) -> Recent:
    """The value of a row of RECENT_COLUMNS and `since`. Raises ValueError where one is not as ct writes it."""
    last = last_return_of(row[4:8])
    before = None if row[8] is None else last_return_of(row[8:12])
    return Recent(
        location_id=row[0],
        service=service_of(row[1]),
        received_at=datetime.fromisoformat(row[2]),
        confirmed=_codes(row[3]),
        last=last,
        before=before,
        staff_since=Month.from_key(row[12]),
    )


@lru_cache(maxsize=256)
def _codes(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))
