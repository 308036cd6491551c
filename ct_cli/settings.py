"""Settings, and where each value came from: a flag, then CT_*, then config.toml, then the default.

A setting is declared once, in `SETTINGS`; what is not declared is refused, so that a misspelt key is never
silently without effect. A *table* setting (`bank_holidays`) holds names that the user chooses.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from ct_cli.errors import SettingRefused, SettingsUnreadable, UnknownSetting


class Origin(StrEnum):
    """Where a setting's value came from, strongest first."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


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

_BY_KEY = {setting.key: setting for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class Value:
    """A setting's value and where it came from; `place` is the flag, the variable or the file."""

    setting: Setting
    value: Any
    origin: Origin
    place: str


@dataclass(frozen=True)
class Settings:
    """All settings of this run. Made by `read_settings`."""

    path: Path
    flags: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)

    def value(self, key: str) -> Value:
        """The setting's value with its origin. Raises UnknownSetting, SettingRefused."""
        setting = find_setting(key)
        if setting.kind is Kind.TABLE:
            return self._table(setting)
        given: object
        if key in self.flags:
            origin, place, given = Origin.FLAG, f"--{key.replace('_', '-')}", self.flags[key]
        elif self.environment.get(setting.environment):
            origin, place, given = (
                Origin.ENVIRONMENT,
                setting.environment,
                self.environment[setting.environment],
            )
        elif (found := _look_up(self.document, key)) is not None:
            origin, place, given = Origin.FILE, str(self.path), found
        else:
            return Value(setting, setting.default, Origin.DEFAULT, "")
        return Value(setting, parse_value(setting, given, f"from {place}"), origin, place)

    def text(self, key: str) -> str | None:
        """A text or choice setting."""
        value = self.value(key).value
        return None if value is None else str(value)

    def number(self, key: str) -> int:
        """A whole number setting."""
        return int(self.value(key).value)

    def yes(self, key: str) -> bool:
        """A yes or no setting."""
        return bool(self.value(key).value)

    def table(self, key: str) -> Mapping[str, Any]:
        """A table setting: the user's own names, and what each holds."""
        table: Mapping[str, Any] = self.value(key).value
        return table

    def file(self, key: str) -> Path | None:
        """A path setting, with ~ opened up."""
        text = self.text(key)
        return Path(text).expanduser() if text else None

    @property
    def store_path(self) -> Path:
        """The embedded store's file."""
        return self.file("store") or _folder("data") / "ct.sqlite3"

    @property
    def queue_path(self) -> Path:
        """The file of returns that wait for the server."""
        return self.file("queue") or self.store_path.with_name("queue.sqlite3")

    @property
    def cache_folder(self) -> Path:
        """The folder for what can be made again."""
        return self.file("cache") or _folder("cache")

    def all_values(self) -> Iterator[Value]:
        """Every setting with its value, in the order of `SETTINGS`."""
        return (self.value(setting.key) for setting in SETTINGS)

    def _table(self, setting: Setting) -> Value:
        found = _look_up(self.document, setting.key)
        if found is None:
            return Value(setting, {}, Origin.DEFAULT, "")
        if not isinstance(found, dict):
            reason = f"it is a table: write [{setting.key}] and a line for each entry"
            raise SettingRefused(key=setting.key, given=found, origin=str(self.path), reason=reason)
        return Value(setting, found, Origin.FILE, str(self.path))


def read_settings(flags: Mapping[str, str] | None = None) -> Settings:
    """The settings of this run. Raises SettingsUnreadable, UnknownSetting."""
    path = settings_path()
    document = read_document(path)
    for key in leaves(document):
        find_setting(key, f" (it is in {path})")
    return Settings(path, flags or {}, dict(os.environ), document)


def settings_path() -> Path:
    """Where the settings file is or would be: CT_CONFIG, or config.toml in the user's own settings folder."""
    given = os.environ.get("CT_CONFIG")
    return Path(given).expanduser() if given else _folder("config") / "config.toml"


def log_folder() -> Path:
    """The folder for the particulars of what went wrong."""
    return _folder("log")


def read_document(path: Path) -> dict[str, Any]:
    """The settings file as TOML; empty where there is none. Raises SettingsUnreadable."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return {}
    except IsADirectoryError:
        raise SettingsUnreadable(path=path, reason="it is a folder") from None
    except UnicodeDecodeError:
        raise SettingsUnreadable(path=path, reason="it is not UTF-8 text") from None
    except OSError as error:
        raise SettingsUnreadable(path=path, reason=(error.strerror or str(error)).lower()) from None
    return _parse(path, text)


def _parse(path: Path, text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsUnreadable(path=path, reason=f"it is not TOML ({error})") from None


def find_setting(key: str, where: str = "") -> Setting:
    """The declaration of a key; for a name inside a table, the table's. Raises UnknownSetting."""
    setting = _BY_KEY.get(key)
    if setting is None:
        parts = key.split(".")
        above = (_BY_KEY.get(".".join(parts[:length])) for length in range(1, len(parts)))
        setting = next((table for table in above if table is not None and table.kind is Kind.TABLE), None)
    if setting is None:
        from difflib import get_close_matches

        near = get_close_matches(key, _BY_KEY, n=1)
        raise UnknownSetting(key=key, where=where, nearest=f" (did you mean {near[0]}?)" if near else "")
    return setting


def parse_value(setting: Setting, given: object, origin: str) -> str | int | bool:
    """What was given as the setting's own kind of value. Raises SettingRefused."""
    text = str(given).strip()
    reason = ""
    match setting.kind:
        case Kind.CHOICE if text not in setting.choices:
            reason = "it is one of " + ", ".join(setting.choices)
        case Kind.NUMBER if not (text.isascii() and text.isdigit()):
            reason = "it is a whole number"
        case Kind.YES_NO if text.lower() not in {"yes", "no", "true", "false"}:
            reason = "it is yes or no"
        case Kind.TEXT | Kind.PATH if not isinstance(given, str):
            reason = "it is text: put it in quotes"
    if reason:
        shown = "(hidden)" if setting.secret else given
        raise SettingRefused(key=setting.key, given=shown, origin=origin, reason=reason)
    if setting.kind is Kind.NUMBER:
        return int(text)
    if setting.kind is Kind.YES_NO:
        return text.lower() in {"yes", "true"}
    return text


def _look_up(document: Mapping[str, Any], key: str) -> object:
    node: object = document
    for part in key.split("."):
        if not isinstance(node, dict) or part not in node:
            return None
        node = node[part]
    return node


def leaves(document: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """The dotted keys of a document; a table setting counts as one, whatever it holds."""
    for name, node in document.items():
        key = above + name
        if isinstance(node, dict) and not (key in _BY_KEY and _BY_KEY[key].kind is Kind.TABLE):
            yield from leaves(node, key + ".")
        else:
            yield key


def _folder(which: str) -> Path:
    from platformdirs import PlatformDirs

    dirs = PlatformDirs("ct", appauthor=False, roaming=False)
    return {
        "config": dirs.user_config_path,
        "data": dirs.user_data_path,
        "cache": dirs.user_cache_path,
        "log": dirs.user_log_path,
    }[which]
