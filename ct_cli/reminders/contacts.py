"""Who is told: a location's users, its provider's contacts, a council's officers; and who of them cannot be now."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from ct_cli.backends.outbox import ContactNote
from ct_cli.errors import SettingRefused
from ct_cli.register.details import DetailRefused, parse_email
from ct_cli.register.location import Location
from ct_cli.settings import Settings

WEBHOOK = "webhook:"
"""How the address of a webhook begins; its name in the settings follows."""


class WhyNot(StrEnum):
    """Why somebody is not told."""

    AWAY = "away"
    OPTED_OUT = "opted-out"
    FAILED = "failed"
    """The address refused this rung's message for good."""


@dataclass(frozen=True, slots=True)
class ContactBook:
    """The settings' contacts. Names of providers and councils are in small letters, and so are addresses."""

    providers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By the provider's name or id."""
    councils: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    webhooks: Mapping[str, str] = field(default_factory=dict)
    """The address that each name stands for, which is a secret."""

    def of_provider(self, location: Location) -> tuple[str, ...]:
        """The contacts of a location's provider, by its name, then by its id."""
        named = self.providers.get(location.provider.lower(), ())
        by_id = self.providers.get(location.provider_id.lower(), ())
        return tuple(dict.fromkeys((*named, *by_id)))


@dataclass(frozen=True, slots=True)
class Reachable:
    """Who can be told on a day."""

    book: ContactBook
    why_not: Mapping[str, WhyNot]
    """Those who cannot, and why."""

    @classmethod
    def on(
        cls, day: date, book: ContactBook, notes: Iterable[ContactNote], failed: Collection[str] = ()
    ) -> "Reachable":
        """By the notes on leave and opt-outs, and the addresses that refused this rung's message for good."""
        reasons = dict.fromkeys(failed, WhyNot.FAILED)
        for note in notes:
            if note.opted_out:
                reasons[note.email] = WhyNot.OPTED_OUT
            elif note.away_on(day):
                reasons[note.email] = WhyNot.AWAY
        return cls(book, reasons)

    def of(self, addresses: Iterable[str]) -> list[str]:
        """Those of the addresses that can be told."""
        return [address for address in addresses if address not in self.why_not] if self.why_not else list(addresses)

    def without(self, addresses: Iterable[str]) -> list[str]:
        """Those of the addresses that cannot be told."""
        return [address for address in addresses if address in self.why_not]


def read_contact_book(settings: Settings) -> ContactBook:
    """The contacts of the settings. Raises SettingRefused."""
    webhooks = _webhooks(settings)
    return ContactBook(
        _addresses(settings, "reminders.providers", webhooks),
        _addresses(settings, "reminders.councils", webhooks),
        webhooks,
    )


def _addresses(settings: Settings, key: str, webhooks: Collection[str]) -> dict[str, tuple[str, ...]]:
    found = {}
    for name, said in settings.table(key).items():
        given = said if isinstance(said, list) else str(said).split(",")
        addresses = (_address(f"{key}.{name}", each, str(settings.path), webhooks) for each in given)
        found[name.strip().lower()] = tuple(dict.fromkeys(addresses))
    return found


def _address(key: str, given: object, origin: str, webhooks: Collection[str]) -> str:
    text = str(given).strip()
    if text.startswith(WEBHOOK):
        if text.removeprefix(WEBHOOK) not in webhooks:
            reason = f"there is no {text.removeprefix(WEBHOOK)} among reminders.webhooks"
            raise SettingRefused(key=key, given=text, origin=origin, reason=reason)
        return text
    try:
        return parse_email(text)
    except DetailRefused as error:
        raise SettingRefused(key=key, given=text, origin=origin, reason=str(error.facts["reason"])) from None


def _webhooks(settings: Settings) -> dict[str, str]:
    found = {}
    for name, said in settings.table("reminders.webhooks").items():
        address = str(said).strip()
        # http:// is for a relay on the same machine: over a network anybody could read the address, and use it.
        local = address.startswith(("http://localhost", "http://127.0.0.1", "http://[::1]"))
        if not (address.startswith("https://") or local) or not address.isascii() or " " in address:
            reason = "write the webhook's whole address, from https:// on"
            raise SettingRefused(
                key=f"reminders.webhooks.{name}", given="(hidden)", origin=settings.path, reason=reason
            )
        found[name] = address
    return found
