"""Bring the register up to date with CQC's API: first a plan, then, where asked, the deed."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime

from ct_cli.actions.import_capacity_tracker import key_of
from ct_cli.actions.import_directory import as_planned, disagreements, keeping_name, same_council
from ct_cli.actions.import_locations import LocationsImported
from ct_cli.actions.workplace import Workplace
from ct_cli.errors import CtError, UsageError
from ct_cli.files import locked
from ct_cli.register.asking import Asker
from ct_cli.register.cqc_api import all_ids, changed_ids, cqc_asker, details_of, in_scope, registered, row_of
from ct_cli.register.location import Location, Scope
from ct_cli.register.plan import LocationRow, make_plan
from ct_cli.register.sync_state import SyncNotKept, SyncState
from ct_cli.register.versions import versions_seen
from ct_cli.returns.problem import Problem

_SAVE_EVERY = 200  # answers


class SyncUnderWay(UsageError):
    """Another `ct locations sync` is at work for this register. Wait until it has ended, then type the same again."""

    code = "sync-under-way"


class SyncedButNotNoted(SyncNotKept):
    """The register is up to date, but ct could not note until when: {path} cannot be written ({reason}). The next
    `ct locations sync` asks CQC for the same again."""

    code = "synced-but-not-noted"


class NeverSynced(UsageError):
    """ct does not know since when to ask CQC for changes. Import CQC's directory, which is quickest, and name its day:
    `ct locations sync --since 2026-11-01`; or ask for every location with --all, which takes half an hour or more."""

    code = "never-synced"


@dataclass(frozen=True, slots=True)
class SyncAsked:
    """What to ask for."""

    since: datetime | None = None
    """From when on; None for since the last time."""
    everything: bool = False
    local_authority: str | None = None
    apply: bool = False


@dataclass(frozen=True)
class LocationsSynced(LocationsImported):
    """The plan of what changed at CQC. `absent` are those that CQC says are no longer registered, or has no more."""

    since: datetime | None = None
    """None where every location was asked for."""
    until: datetime | None = None
    asked: int = 0
    """Locations whose details were asked for, now or in a run that broke off."""


def sync_locations(
    workplace: Workplace, asked: SyncAsked, progress: Callable[[int, int], None] | None = None
) -> LocationsSynced:
    """Plan what CQC's changes would do to the register; with `apply`, do it. Nothing is closed by it.

    A run that breaks off is taken up again where it stopped. Raises NeverSynced, SyncUnderWay, SyncNotKept, KeyMissing,
    SecretUnreadable, AddressRefused, SourceUnreachable, KeyNotTaken, NotCqc.
    """
    settings = workplace.settings
    asker = cqc_asker(settings.text("cqc.url") or "", key_of(workplace, "cqc.key"))
    path = SyncState.path_of(settings.cache_folder, f"{settings.text('backend')} {settings.store_path}")
    with ExitStack() as held:
        try:
            alone = held.enter_context(locked(path.with_suffix(".lock")))
        except OSError as error:
            raise SyncNotKept.because(path, error) from None
        if not alone:
            raise SyncUnderWay
        state = SyncState.read(path)
        since = asked.since or state.done_until
        wanted = "all" if asked.everything else asked.since.isoformat() if asked.since else ""
        if state.until is None or wanted not in ("", state.began_from):
            _begin(asker, state, since, workplace.now, wanted)
        _fetch(asker, state, progress)
        return _carry_out(workplace, asked, state, None if state.began_from == "all" else since)


def _begin(asker: Asker, state: SyncState, since: datetime | None, until: datetime, wanted: str) -> None:
    """Ask which locations there are, or which have changed."""
    if wanted == "all":
        state.ids = all_ids(asker)
    elif since is not None:
        state.ids = changed_ids(asker, since, until)
    else:
        raise NeverSynced
    state.until, state.began_from, state.details = until, wanted or str(since), {}
    state.save()  # Where it cannot be kept, that is said before half an hour of asking.


def _fetch(asker: Asker, state: SyncState, progress: Callable[[int, int], None] | None) -> None:
    """Ask for what has not been asked for yet; what came is kept, whatever then happens."""
    total = len(state.ids)
    try:
        for location_id in state.ids:
            if location_id in state.details:
                continue
            state.details[location_id] = details_of(asker, location_id)
            done = len(state.details)
            if done % _SAVE_EVERY == 0:
                state.save()
            if progress is not None:
                progress(done, total)
    finally:
        state.save()


def _carry_out(workplace: Workplace, asked: SyncAsked, state: SyncState, since: datetime | None) -> LocationsSynced:
    known = {location.id: location for location in workplace.backend.locations(Scope(include_closed=True))}
    problems: list[Problem] = []
    rows, gone, left_out = _sorted_out(state, known, asked.local_authority, problems)
    plan = make_plan(known, rows)
    latest = workplace.backend.latest(Scope())
    failures: tuple[CtError, ...] = ()
    if asked.apply:
        if plan.to_save:
            workplace.backend.save_locations(plan.to_save, expected=versions_seen(known, plan.to_save))
        try:
            state.finish()
        except SyncNotKept as error:
            failures = (SyncedButNotNoted(**error.facts),)
    return LocationsSynced(
        "CQC's API",
        plan.new,
        plan.changed,
        plan.unchanged,
        gone,
        errors=0,
        atomic=False,
        saved=len(plan.to_save) if asked.apply else 0,
        applied=asked.apply,
        left_out=left_out,
        disagreeing=tuple(disagreements(as_planned(known, plan), latest)),
        problems=tuple(problems),
        failures=failures,
        since=since,
        until=state.done_until if asked.apply else state.until,
        asked=sum(left_out.values()) + len(rows) + len(gone),
    )


def _sorted_out(
    state: SyncState, known: Mapping[str, Location], council: str | None, problems: list[Problem]
) -> tuple[list[LocationRow], tuple[Location, ...], dict[str, int]]:
    """Rows for the register, locations that are gone, and how many of the rest were left out and why."""
    rows: list[LocationRow] = []
    gone: list[Location] = []
    left_out = {
        "outside adult social care": 0,
        "without a service that uses Capacity Tracker": 0,
        "no longer registered, and not in the register": 0,
        f"outside {council}": 0,
    }
    for location_id, details in state.details.items():
        own = known.get(location_id)
        if details is None or not registered(details):
            if own is not None and own.ended_on is None and same_council(own.local_authority, council):
                gone.append(own)
            else:
                left_out["no longer registered, and not in the register"] += 1
            continue
        if not in_scope(details):
            left_out["outside adult social care"] += 1
            continue
        row = row_of(location_id, details, problems)
        if row is None:
            left_out["without a service that uses Capacity Tracker"] += 1
        elif not same_council(row.details.get("local_authority", ""), council):
            left_out[f"outside {council}"] += 1
        else:
            rows.append(keeping_name(row, known))
    return rows, tuple(gone), left_out
