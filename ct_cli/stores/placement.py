"""Where a store's file lies, so far as that endangers it: a folder that is synchronised, or a share of a network.

SQLite's log (WAL) is shared by way of memory, which two computers do not have in common: on a share, two of them write
over each other (https://www.sqlite.org/wal.html, "Disadvantages"). A program that synchronises copies the file and its
log one after the other, puts older copies back, and makes second files of what it takes for a conflict
(https://www.sqlite.org/howtocorrupt.html, section 1.2).
"""

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path, PurePath, PureWindowsPath


class Danger(StrEnum):
    """Why a place is not safe for a store."""

    SYNCHRONISED = "synchronised"
    NETWORK = "network"


_SYNCHRONISED: Mapping[str, str] = {
    r"onedrive( - .+)?": "OneDrive",
    r"(.+ )?dropbox( \(.+\))?": "Dropbox",
    r"google ?drive|my drive|googledrive-.+": "Google Drive",
    r"icloud ?drive|icloud~.+|com~apple~clouddocs": "iCloud",
    r"nextcloud\d*|owncloud\d*": "Nextcloud",
    r"box sync": "Box",
}
"""Names of folders that programs synchronise by default, in small letters, and the program."""
_ENVIRONMENT = ("OneDrive", "OneDriveCommercial", "OneDriveConsumer")
"""Variables by which Windows tells the folders that OneDrive synchronises, whatever they are called."""
_NETWORK_TYPES = frozenset(
    {"nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afs", "ncpfs", "ceph", "glusterfs", "lustre",
     "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.rclone", "fuse.davfs2", "davfs", "fuse.s3fs"}
)  # fmt: skip
"""Types of file systems in /proc/mounts that another machine keeps."""


def danger_of(path: Path) -> tuple[Danger, str] | None:
    """What endangers a store at this place, and the name of the program, the share or the file system; None if nothing.

    Looks at the path alone, at variables of Windows' own, and on Linux at what is mounted.
    """
    whole = Path(os.path.realpath(path.absolute()))
    for each in (path.absolute(), whole):
        found = _by_name(each, os.environ)
        if found is not None:
            return found
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None  # another system than Linux: what can be told was told by the name
    return danger_by_mount(whole, mounts)


def danger_by_mount(path: PurePath, mounts: str) -> tuple[Danger, str] | None:
    """Whether the file system that a path is on is another machine's, by the text of /proc/mounts."""
    found = ""
    longest = -1
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        at = PurePath(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), fields[1]))
        # Of two mounted at one place the later is above the other.
        if path.is_relative_to(at) and len(at.parts) >= longest:
            longest, found = len(at.parts), fields[2]
    return (Danger.NETWORK, found) if found in _NETWORK_TYPES else None


def _by_name(path: PurePath, environment: Mapping[str, str]) -> tuple[Danger, str] | None:
    for variable in _ENVIRONMENT:
        folder = environment.get(variable)
        if folder and path.is_relative_to(type(path)(folder)):
            return Danger.SYNCHRONISED, "OneDrive"
    for part in path.parts[:-1]:
        for pattern, program in _SYNCHRONISED.items():
            if re.fullmatch(pattern, part.lower()):
                return Danger.SYNCHRONISED, program
    if isinstance(path, PureWindowsPath) and is_share(path):
        return Danger.NETWORK, path.drive
    return None


def is_share(path: PureWindowsPath) -> bool:
    r"""Whether a path of Windows names a share: \\server\share, or \\?\UNC\server\share; not a drive as \\?\C:."""
    drive = path.drive
    if drive.startswith(("\\\\?\\", "\\\\.\\")):
        return drive[4:].upper().startswith("UNC\\")
    return drive.startswith("\\\\")
