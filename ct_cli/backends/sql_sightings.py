"""A SQL store's sightings: what Capacity Tracker was last seen to say."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from ct_cli.backends.ledger import TEXT, moment_text
from ct_cli.backends.sql_rows import Row, condition, keepable, upsert
from ct_cli.backends.sql_speaker import SqlSpeaker
from ct_cli.register.location import Scope
from ct_cli.register.sighting import Sighting, SightingKind
from ct_cli.returns.identity import Service
from ct_cli.windows.month import Month

SIGHTING_COLUMNS = (
    "location_id, service, kind, seen_at, updated_at, admission_status, accepting, confirmed_save, user_count,"
    " not_done, one_of_several, content"
)


class SqlSightings(SqlSpeaker):
    """The part of a SQL store that keeps sightings."""

    def sightings(self, scope: Scope) -> Sequence[Sighting]:
        where, given = condition(scope, self.dialect)
        where = f"location_id IN (SELECT id FROM locations WHERE {where})"
        if scope.service is not None:
            where, given = where + " AND service = ?", [*given, scope.service.value]
        sql = f"SELECT {SIGHTING_COLUMNS} FROM sightings WHERE {where} ORDER BY location_id, service"
        return self._made(sighting_of, self._read(sql, given), SIGHTING_COLUMNS)

    def save_sightings(self, sightings: Iterable[Sighting]) -> None:
        rows = [keepable(sighting_row(sighting)) for sighting in sightings]
        sql = upsert("sightings", SIGHTING_COLUMNS, "location_id, service")
        self._write(lambda connection: connection.executemany(sql, rows))


def sighting_row(it: Sighting) -> Row:
    """A sighting as stored."""
    return (
        it.location_id, TEXT[it.service], it.kind.value, moment_text(it.seen_at),
        None if it.updated_at is None else moment_text(it.updated_at),
        it.admission_status, _number(it.accepting), _number(it.confirmed_save), it.user_count,
        _keys(it.not_done), _keys(it.one_of_several), it.content,
    )  # fmt: skip


def sighting_of(row: Row) -> Sighting:
    """The sighting of a row of SIGHTING_COLUMNS."""
    return Sighting(
        location_id=row[0],
        service=Service(row[1]),
        kind=SightingKind(row[2]),
        seen_at=datetime.fromisoformat(row[3]),
        updated_at=None if row[4] is None else datetime.fromisoformat(row[4]),
        admission_status=row[5],
        accepting=None if row[6] is None else bool(row[6]),
        confirmed_save=None if row[7] is None else bool(row[7]),
        user_count=row[8],
        not_done=_months(row[9]),
        one_of_several=_months(row[10]),
        content=row[11],
    )


def _keys(months: Iterable[Month]) -> str:
    return " ".join(str(month.key) for month in months)


def _months(text: str) -> tuple[Month, ...]:
    return tuple(Month.from_key(int(key)) for key in text.split())


def _number(yes: bool | None) -> int | None:
    return None if yes is None else int(yes)
