"""The settings that there are, each declared once: what is not declared is refused, so that a misspelt key is never
silently without effect."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a setting's value is."""

    TEXT = "text"
    PATH = "path"
    CHOICE = "choice"
    NUMBER = "number"
    YES_NO = "yes or no"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that can be set: its key, what it may be, its default, and what it is for."""

    key: str
    kind: Kind
    default: str | int | bool | None
    about: str
    choices: tuple[str, ...] = ()
    secret: bool = False
    """Whether it is kept and used, but never shown: a password, a key."""

    @property
    def environment(self) -> str:
        """The variable that overrides the file: CT_ and the key, in capitals, with _ for a dot."""
        return "CT_" + self.key.upper().replace(".", "_")


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "backend",
        Kind.CHOICE,
        "sqlite",
        "where returns are kept: a file here, a database, or a server",
        ("sqlite", "postgres", "http"),
    ),
    Setting("store", Kind.PATH, None, "the embedded store's file; by default in your own data folder"),
    Setting("database", Kind.TEXT, None, "the shared store: postgresql://user@host/name", secret=True),
    Setting("read_database", Kind.TEXT, None, "its replica, read while the primary does not answer", secret=True),
    Setting("server.url", Kind.TEXT, None, "the server's address, where backend is http: https://ct.example.org"),
    Setting("server.key_command", Kind.TEXT, None, "a command that prints your key to it, as a password manager's"),
    Setting("server.timeout", Kind.NUMBER, 30, "seconds to wait for the server"),
    Setting("server.plain_http", Kind.YES_NO, False, "whether http:// will do to another computer; for trials"),
    Setting("queue", Kind.PATH, None, "the file of returns that wait for the server; by default beside the store"),
    Setting("cache", Kind.PATH, None, "the folder for what can be made again; by default your own cache folder"),
    Setting("collections", Kind.PATH, None, "a folder of your own collections, which add to ct's or override them"),
    Setting(
        "filing",
        Kind.CHOICE,
        "ct",
        "whether a return counts as made once recorded here (ct), or once seen in Capacity Tracker's export",
        ("ct", "capacity-tracker"),
    ),
    Setting("recorded_by", Kind.TEXT, None, "who records returns here, for the ledger; by default the login name"),
    Setting("bank_holidays", Kind.TABLE, None, "bank holidays proclaimed since this release: a date, and its name"),
    Setting("maps", Kind.TABLE, None, "your own files' headers and the fields they stand for, by a name of yours"),
    Setting("capacity_tracker.key", Kind.TEXT, None, "the key to Capacity Tracker's export API", secret=True),
    Setting("capacity_tracker.key_file", Kind.PATH, None, "a file that holds it"),
    Setting("capacity_tracker.key_command", Kind.TEXT, None, "a command that prints it", secret=True),
    Setting(
        "capacity_tracker.url",
        Kind.TEXT,
        "https://capacitytracker.com/capacity-export-generic/v4.8/",
        "where Capacity Tracker's export API is",
    ),
    Setting("cqc.key", Kind.TEXT, None, "the key to CQC's API, for ct locations sync", secret=True),
    Setting("cqc.key_file", Kind.PATH, None, "a file that holds it"),
    Setting("cqc.key_command", Kind.TEXT, None, "a command that prints it", secret=True),
    Setting("cqc.url", Kind.TEXT, "https://api.service.cqc.org.uk/public/v1", "where CQC's API is"),
    Setting("support.contacts", Kind.TABLE, None, "your own people to call, shown by ct support"),
    Setting("support.training", Kind.TABLE, None, "training that is to come: a date, and what it is"),
    Setting(
        "reminders.channel", Kind.CHOICE, None, "how reminders reach an email address", ("smtp", "notify", "stdout")
    ),
    Setting("reminders.from", Kind.TEXT, None, "the address that reminders come from"),
    Setting("reminders.from_name", Kind.TEXT, "Capacity Tracker reminders", "the name beside that address"),
    Setting("reminders.reply_to", Kind.TEXT, None, "the address that answers go to; by default reminders.from"),
    Setting("reminders.unsubscribe", Kind.TEXT, None, "an address or page to stop reminders; by default reply_to"),
    Setting("reminders.ladder", Kind.TABLE, None, 'your own rungs: a name, and "3 working days left 09:00" or "off"'),
    Setting("reminders.council_ladder", Kind.TABLE, None, "the same for the digests that councils get"),
    Setting("reminders.providers", Kind.TABLE, None, "who else to tell: a provider's name or id, and addresses"),
    Setting(
        "reminders.providers_from", Kind.TEXT, "last-but-one", "the rung from which providers' contacts are told too"
    ),
    Setting("reminders.councils", Kind.TABLE, None, "who gets a council's digest: its name, and addresses"),
    Setting("reminders.webhooks", Kind.TABLE, None, "a name, and a Teams or Slack webhook's address", secret=True),
    Setting("reminders.quiet", Kind.TEXT, "19:00-07:30", "hours in which nothing is sent, or off"),
    Setting("reminders.working_days_only", Kind.YES_NO, True, "whether nothing is sent on weekends and bank holidays"),
    Setting(
        "reminders.templates", Kind.PATH, None, "a folder of your own wording; ct remind --copy-templates makes one"
    ),
    Setting("reminders.heartbeat", Kind.TEXT, None, "a page to fetch after each run that went well", secret=True),
    Setting("smtp.host", Kind.TEXT, None, "the mail server"),
    Setting("smtp.port", Kind.NUMBER, 587, "its port"),
    Setting(
        "smtp.security", Kind.CHOICE, "starttls", "how the line to it is kept private", ("starttls", "tls", "none")
    ),
    Setting("smtp.ca_file", Kind.PATH, None, "certificates to trust besides the system's"),
    Setting("smtp.user", Kind.TEXT, None, "who signs in there"),
    Setting("smtp.password", Kind.TEXT, None, "the password", secret=True),
    Setting("smtp.password_file", Kind.PATH, None, "a file that holds the password"),
    Setting("smtp.password_command", Kind.TEXT, None, "a command that prints the password", secret=True),
    Setting("smtp.per_minute", Kind.NUMBER, 0, "at most so many messages a minute; 0 for as many as it takes"),
    Setting("smtp.timeout", Kind.NUMBER, 30, "seconds to wait for the mail server's answer"),
    Setting("notify.key", Kind.TEXT, None, "GOV.UK Notify's API key", secret=True),
    Setting("notify.key_file", Kind.PATH, None, "a file that holds the key"),
    Setting("notify.key_command", Kind.TEXT, None, "a command that prints the key", secret=True),
    Setting("notify.template", Kind.TEXT, None, "the id of a template with ((subject)) and ((body))"),
    Setting("notify.url", Kind.TEXT, "https://api.notifications.service.gov.uk", "where GOV.UK Notify's API is"),
    Setting("notify.per_minute", Kind.NUMBER, 3000, "at most so many messages a minute"),
    Setting("support.links", Kind.TABLE, None, "pages worth keeping at hand: a name, and its address"),
)
