"""Words of a command that a person is to type, as the shell of this system takes them."""

import os
import shlex


def shell_word(text: str) -> str:
    """A word of a command, in quotes where it needs them.

    On Windows they are double ones, which cmd.exe and PowerShell both take; no file name there holds one.
    """
    if os.name != "nt":
        return shlex.quote(text)
    return text if text and not set(text) & set(" &()[]{}^=;!'+,`~$@%") else f'"{text}"'
