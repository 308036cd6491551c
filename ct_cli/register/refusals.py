"""Why the register says no: to an id it does not know, or already has, to dates the wrong way round."""

from collections.abc import Iterable

from ct_cli.errors import CtError, ExitStatus, UsageError
from ct_cli.register.location import Location


class UnknownLocation(CtError):
    """There is no location {given} in the register{nearest}. `ct locations list --closed` shows all of them;
    `ct locations add {given} --name … --service …` adds this one."""

    code = "unknown-location"
    exit_status = ExitStatus.REFUSED

    @classmethod
    def among(cls, given: str, known: Iterable[str]) -> "UnknownLocation":
        """The refusal of an id, with the nearest that the register knows."""
        from difflib import get_close_matches

        near = get_close_matches(given, list(known), n=1, cutoff=0.7)
        return cls(given=given, nearest=f" (did you mean {near[0]}?)" if near else "")


class AlreadyRegistered(CtError):
    """{location_id} is in the register already, as {name}{closed}. To change it:
    `ct locations edit {location_id} …`."""

    code = "already-registered"
    exit_status = ExitStatus.REFUSED


class AlreadyClosed(CtError):
    """{location_id} ({name}) is closed already: its last day was {ended_on}. To put another day:
    `ct locations edit {location_id} --end YYYY-MM-DD`; to open it again: `ct locations edit {location_id} --end ""`."""

    code = "already-closed"
    exit_status = ExitStatus.REFUSED


class EndsBeforeStart(UsageError):
    """{location_id} cannot end on {ended_on}: it was registered on {registered_on}, which is later."""

    code = "ends-before-start"


class NothingToChange(UsageError):
    """Nothing was named to change on {location_id}: name a detail, as in
    `ct locations edit {location_id} --beds 40`."""

    code = "nothing-to-change"


class UnknownUser(CtError):
    """{email} is not registered{where}{nearest}. `ct users list` shows who is."""

    code = "unknown-user"
    exit_status = ExitStatus.REFUSED

    @classmethod
    def among(cls, email: str, known: Iterable[str], location_id: str | None) -> "UnknownUser":
        """The refusal of an email, with the nearest that is registered for the location, or anywhere."""
        from difflib import get_close_matches

        near = get_close_matches(email, list(known), n=1, cutoff=0.8)
        nearest = f" (did you mean {near[0]}?)" if near else ""
        return cls(email=email, where=f" for {location_id}" if location_id else " for any location", nearest=nearest)


def refuse_dates_wrong_way_round(location: Location) -> None:
    """Raises EndsBeforeStart where the last day of registration comes before the first."""
    if location.registered_on and location.ended_on and location.ended_on < location.registered_on:
        raise EndsBeforeStart(location_id=location.id, ended_on=location.ended_on, registered_on=location.registered_on)
