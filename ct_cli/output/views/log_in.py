"""`ct login` as a page."""

from collections.abc import Iterator

from ct_cli.actions.log_in import LoggedIn
from ct_cli.backends.server_key import KeyOrigin
from ct_cli.output.as_text import moment_in_words
from ct_cli.output.blocks import Block, Text, Tone, line

KEPT = {
    KeyOrigin.FILE: "in a file that only you may read",
    KeyOrigin.KEYRING: "in the system's keyring",
    KeyOrigin.ENVIRONMENT: "the variable CT_SERVER_KEY",
    KeyOrigin.COMMAND: "the command in server.key_command",
}
_ROLES = {
    "provider": "its own locations' returns",
    "local_authority": "reading its area",
    "admin": "everything",
}


def view(answer: LoggedIn) -> Iterator[Block]:
    """Whose key it is and where it is kept, then what is left to do."""
    whose = f", {answer.belongs_to}" if answer.belongs_to else ""
    yield line(Text("Logged in", Tone.GOOD), f" to {answer.server}")
    yield line(f"Key       {answer.key_id} ({answer.name}{whose})", indent=2)
    yield line(f"Good for  {_ROLES.get(answer.role, answer.role)}", indent=2)
    if answer.expires_at:
        yield line(f"Expires   {moment_in_words(answer.expires_at)}", indent=2)
    yield line(f"Kept      {KEPT[answer.kept_in]}", indent=2)
    if answer.no_keyring_because:
        words = f"It is not in the keyring, which cannot be used: {answer.no_keyring_because}."
        yield line(Text(words, Tone.WARNING), " `ct logout` takes it out of the file.")
    if answer.overridden_by:
        yield line(Text(f"Another key wins over it: {KEPT[answer.overridden_by]} gives one.", Tone.WARNING))
    if not answer.uses_server:
        yield line("ct still keeps returns on this computer. To use the server, type: ct config set backend http")
