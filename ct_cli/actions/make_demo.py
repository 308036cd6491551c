"""Makes the demo's store: made-up locations with a year of returns, by the same way in as real ones."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from ct_cli.actions.answer import Answer
from ct_cli.actions.demo_data import LOCATIONS, USERS, past_months, returns_of
from ct_cli.actions.taking.intake import Intake
from ct_cli.actions.taking.order import Terms
from ct_cli.actions.workplace import Workplace


@dataclass(frozen=True)
class DemoMade(Answer):
    """What the demo's store holds."""

    store: Path
    locations: int
    returns: int
    refused: int
    """Returns of the demo that the rules would not take: 0, or the demo is out of date (a test watches it)."""


def make_demo(workplace: Workplace) -> DemoMade:
    """Fill an empty store of the workplace's; each return is received early in its own window."""
    workplace.backend.save_locations(LOCATIONS)
    workplace.backend.save_users(USERS)
    results = []
    for month in past_months():
        moment = workplace.calendar.window(month).opens_at + timedelta(days=2, hours=9)
        then = replace(workplace, moment=moment)
        results += Intake(then, Terms(recorded_by="demo")).take_in(returns_of(month), moment)
        then.close()
    refused = sum(not result.fate.recorded for result in results)
    return DemoMade(workplace.settings.store_path, len(LOCATIONS), len(results) - refused, refused)
