"""Over a server's API the outbox is this machine's own: who was erased from the register is erased from it as well."""

from ct_cli.actions.workplace import Workplace
from ct_cli.backends.outbox import Outbox
from ct_cli.backends.registry import has_own_outbox
from ct_cli.register.location import Scope
from ct_cli.reminders.contacts import ContactBook
from ct_cli.reminders.deciding import NOBODY


def forget_gone_people(workplace: Workplace, outbox: Outbox, book: ContactBook) -> None:
    """Erase everybody who is no user of any location any more, and no contact of the settings."""
    if has_own_outbox(workplace.backend):
        return  # It is erased there with them.
    known = {user.email for user in workplace.backend.users(Scope(include_closed=True))} | {NOBODY}
    for addresses in (*book.providers.values(), *book.councils.values()):
        known.update(addresses)
    letters, notes = outbox.letters(), outbox.contact_notes()
    named = {it.recipient for it in letters} | {it.email for it in notes}
    named.update(address for it in letters for address in it.instead_of)
    for address in sorted(named - known):
        if "@" in address:  # else it is erased already, or a webhook's name
            outbox.forget(address)
