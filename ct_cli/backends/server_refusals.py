"""What can go wrong between this computer and a register on a server, each told apart from the others.

`ServerUnreachable` and its kinds mean that the server has not said what became of a request: a return waits here then
(exit status 6). The others mean that it has said no, or would. Of these only a `ServerRefused` that is `by_the_rules`
is a refusal of what a return says; after any other the same return may be taken another time.
"""

from typing import Any

from ct_cli.errors import CtError, ExitStatus, UsageError


class NoServer(UsageError):
    """No server is named: type `ct login URL`, with the address of the one that the register is on."""

    code = "no-server"


class AddressRefused(UsageError):
    """The server's address {given} cannot be used: {reason}. Set it as in
    `ct config set server.url https://ct.example.org`."""

    code = "server-address-refused"


class KeyMissing(CtError):
    """There is no key for {server} on this computer: type `ct login`, or set CT_SERVER_KEY or the setting
    server.key_command."""

    code = "key-missing"
    exit_status = ExitStatus.NOT_ALLOWED


class KeyUnreadable(CtError):
    """The key for {server} cannot be had: {reason}. {remedy}"""

    code = "key-unreadable"
    exit_status = ExitStatus.NOT_ALLOWED


class KeyRefused(CtError):
    """{server} does not know the key that this computer has for it: it was mistyped or revoked, or it has expired. Ask
    for a new one, then type `ct login`.{before}"""

    code = "key-refused"
    exit_status = ExitStatus.NOT_ALLOWED

    def __init__(self, *, before: str = "", **facts: object) -> None:
        """`before` says what was recorded before it, in a sentence after a space."""
        super().__init__(before=before, **facts)


class NotAllowedThere(CtError):
    """{server} does not let this key do that: {detail}"""

    code = "not-allowed"
    exit_status = ExitStatus.NOT_ALLOWED


class ServerRefused(CtError):
    """{server} refused this: {detail}"""

    code = "server-refused"
    exit_status = ExitStatus.REFUSED

    @property
    def status(self) -> int:
        """The HTTP status of its answer."""
        return int(str(self.facts["status"]))

    @property
    def code_there(self) -> str:
        """The code of the problem in its answer; empty where it told none."""
        return str(self._details.get("code", ""))

    @property
    def changed_there(self) -> tuple[str, ...]:
        """The locations that it says to have been changed meanwhile."""
        told = self._details.get("changed", [])
        return tuple(map(str, told)) if isinstance(told, list) else ()

    @property
    def _details(self) -> dict[str, Any]:
        details = self.facts.get("details")
        return details if isinstance(details, dict) else {}

    @property
    def not_taken(self) -> str:
        """What is said of a return that it does not refuse by its rules, and that waits."""
        return f"{self.facts['server']} did not take it: {self.facts['detail']}"

    @property
    def by_the_rules(self) -> bool:
        """Whether the server's rules decided it, so that the same is refused however often it is sent: not where a ct
        of another version there may not know what was sent."""
        return self.about_what_was_sent and not self.facts.get("versions_differ")

    @property
    def about_what_was_sent(self) -> bool:
        """Whether some of what was sent is why, so that the rest of it may be taken without that."""
        return self.status == 422 and self.code_there not in {"", "idempotency-key-reused"}


class ServerTooOld(ServerRefused):
    """The ct at {server} is older than this one and cannot {what}: {detail} Nothing was recorded. Ask whoever looks
    after the server to upgrade ct there. {instead}"""

    code = "server-too-old"


class TooLargeForAllOrNone(UsageError):
    """All or none is possible for {most} where the register is on a server, and this is {given}. Nothing was sent.
    Split it, or leave out --atomic: good rows are then kept when others fail."""

    code = "too-large-for-all-or-none"


class VersionsDiffer(UsageError):
    """{server} speaks version {theirs} of the API and this ct version {ours}: install the newer ct here."""

    code = "api-too-new"


class ServerUnreachable(CtError):
    """The server {server} cannot be reached: {reason}. {remedy}"""

    code = "server-unreachable"
    exit_status = ExitStatus.NETWORK


class NameUnknown(ServerUnreachable):
    """The server {server} cannot be reached: {reason}. {remedy}"""

    code = "server-name-unknown"


class CertificateRefused(ServerUnreachable):
    """The server {server} cannot be reached safely: {reason}. {remedy}"""

    code = "certificate-refused"


class ProxyFailed(ServerUnreachable):
    """The server {server} cannot be reached: {reason}. {remedy}"""

    code = "proxy-failed"


class AnsweredTooSlowly(ServerUnreachable):
    """The server {server} cannot be reached: {reason}. {remedy}"""

    code = "server-too-slow"


class AnswerCutOff(ServerUnreachable):
    """The server {server} cannot be reached: {reason}. {remedy}"""

    code = "answer-cut-off"


class NotTheServer(ServerUnreachable):
    """What answers at {server} is not a register of ct's: {reason}. {remedy}"""

    code = "not-the-server"


class ServerBusy(ServerUnreachable):
    """The server {server} cannot take this now: {reason}. {remedy}"""

    code = "server-busy"


class SameUnderWay(ServerBusy):
    """The server {server} cannot take this now: {reason}. {remedy}"""

    @property
    def not_taken(self) -> str:
        """What is said of a return that waits for it. Nothing else need wait: the server is there."""
        return self.sentence


class ServerFailed(ServerUnreachable):
    """The server {server} could not do this: {reason}. {remedy}"""

    code = "server-failed"


class AnswerNotKept(ServerUnreachable):
    """What {server} answered is lost: {reason}. {remedy}"""

    code = "answer-not-kept"
