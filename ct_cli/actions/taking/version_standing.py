"""Which version of a month's return stands, for whoever is about to be asked for another."""

from ct_cli.actions.workplace import Workplace
from ct_cli.returns.identity import Service
from ct_cli.windows.month import Month


def version_standing(workplace: Workplace, location_id: str, service: Service, month: Month, survey: str = "") -> int:
    """The version that stands now, what Capacity Tracker showed included; 0 where there is none."""
    entries = workplace.backend.versions({location_id}, service, month, survey)
    return max((it.version for it in entries if workplace.rehearsing or not it.rehearsal), default=0)
