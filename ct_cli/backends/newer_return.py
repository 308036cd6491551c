"""What is said of a return that a newer one overtook: another than its sender had seen stands for its month now."""

from ct_cli.backends.contract import Entry
from ct_cli.returns.codes import problem
from ct_cli.returns.problem import Place, Problem
from ct_cli.returns.the_return import CheckedReturn


def newer_return(
    said: CheckedReturn, version_seen: int, newer: Entry | None, remedy: str, place: Place | None = None
) -> Problem:
    """The problem. `newer` is what stands instead of the version that was seen; None where nothing does."""
    if newer is None:
        words = f"version {version_seen}, which this was to replace, is not there any more"
    elif version_seen < 0:
        words = f"version {newer.version} is recorded now, and is not what your request expected"
    elif version_seen == 0:
        words = f"version {newer.version} of this month's return is recorded already; yours was made without it"
    else:
        words = f"version {newer.version} was recorded since; yours was made from version {version_seen}"
    return problem(
        "newer-return",
        words,
        remedy,
        location_id=said.location_id,
        service=said.service,
        place=place,
        facts={"version_seen": version_seen, "version": newer.version if newer else 0},
    )
