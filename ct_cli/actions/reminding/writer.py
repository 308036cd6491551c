"""The writer of reminders, by the settings: its templates, who to call, how to get no more."""

from ct_cli.actions.reminding.channels import stop_words
from ct_cli.actions.workplace import Workplace
from ct_cli.register.support import read_support_book
from ct_cli.reminders.templates import read_templates
from ct_cli.reminders.writing import Writer

FIRST_CALL = "necs"
"""The contact for whom everybody is told: NECS' support centre. The user's own come before it."""


def make_writer(workplace: Workplace) -> Writer:
    """The writer. Raises TemplateRefused, SettingRefused."""
    contacts = read_support_book(workplace.settings).contacts
    own = [contact for contact in contacts if contact.own]
    return Writer(
        read_templates(workplace.settings.file("reminders.templates")),
        workplace.calendar,
        workplace.now,
        [*own, *(contact for contact in contacts if not contact.own and contact.key == FIRST_CALL)],
        stop_words(workplace.settings),
        workplace.rehearsing,
    )
