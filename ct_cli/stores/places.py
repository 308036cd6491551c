"""Folders in which an embedded store is not safe: those that a program synchronises, and those of another computer.

A program that synchronises copies the store and its log one after the other, and puts an older one of them back. Over a
network share, the locks by which programs keep out of each other's way do not hold everywhere.
Source: https://www.sqlite.org/howtocorrupt.html, 2.1, 1.2 and 1.4; https://www.sqlite.org/useovernet.html
"""

import os
import re
import sys
from pathlib import Path

_SYNCHRONISED = {
    "OneDrive": r"onedrive( - .+|-.+)?",
    "Dropbox": r"dropbox( \(.+\))?",
    "Google Drive": r"google ?drive(-.+)?|my drive",
    "iCloud": r"icloud ?drive|com~apple~clouddocs|mobile documents",
    "Nextcloud or ownCloud": r"nextcloud\d*|owncloud\d*",
    "Box": r"box( sync|-box)?",
    "pCloud": r"pcloud ?drive",
    "SharePoint": r".+ - documents",
}
"""Programs, and what the folders that they keep are called, in small letters."""
_MARKS = {
    ".stfolder": "Syncthing",
    ".dropbox.cache": "Dropbox",
    ".sync": "Resilio Sync",
    ".owncloudsync.log": "ownCloud",
}
"""Files that such programs put into the folder that they keep."""
_ONE_DRIVE = ("OneDrive", "OneDriveCommercial", "OneDriveConsumer")
_NETWORK = {
    "9p", "afpfs", "afs", "beegfs", "ceph", "cifs", "davfs", "fuse.davfs2", "fuse.glusterfs", "fuse.rclone",
    "fuse.sshfs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs", "v9fs", "webdav",
}  # fmt: skip
"""Kinds of file systems whose files are on another computer."""
_REMOTE_DRIVE = 4  # DRIVE_REMOTE of Windows' GetDriveType


def synchronised_by(path: Path) -> str:
    """The program that keeps a copy of a file's folder elsewhere, as far as that can be told; empty where none does."""
    folder = path.resolve().parent
    for name in _ONE_DRIVE:
        kept = os.environ.get(name)
        if kept and folder.is_relative_to(Path(kept).resolve()):
            return "OneDrive"
    for above in (folder, *folder.parents):
        for program, pattern in _SYNCHRONISED.items():
            if re.fullmatch(pattern, above.name.lower()):
                return program
        for mark, program in _MARKS.items():
            if (above / mark).exists():
                return program
    return ""


def shared_from(path: Path) -> str:
    """The share or the kind of file system by which a file is on another computer; empty where it is on this one."""
    folder = path.absolute().parent
    if sys.platform == "win32":
        import ctypes

        drive = folder.drive
        if drive.startswith("\\\\"):
            return "" if drive.startswith(("\\\\?\\", "\\\\.\\")) and "UNC" not in drive.upper() else drive
        return drive if ctypes.windll.kernel32.GetDriveTypeW(f"{drive}\\") == _REMOTE_DRIVE else ""
    return network_kind(folder.resolve(), _mounts())


def network_kind(folder: Path, mounts: str) -> str:
    """The kind of the file system that a folder is on, where that is a network's; `mounts` is as in /proc/mounts."""
    kind, length = "", -1
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) > 2:
            place = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[1]))
            if folder.is_relative_to(place) and len(place.parts) >= length:
                kind, length = fields[2], len(place.parts)
    if kind == "9p" and length == 1:  # the root of a container or of a virtual machine, on its own host
        return ""
    return kind if kind in _NETWORK else ""


def _mounts() -> str:
    """What is mounted where, as in /proc/mounts; empty where the system does not tell."""
    if sys.platform == "darwin":
        import subprocess

        try:
            ran = subprocess.run(["/sbin/mount"], check=False, capture_output=True, encoding="utf-8", timeout=5)
        except (OSError, subprocess.TimeoutExpired):  # then nothing is warned of
            return ""
        found = re.findall(r"^(.+) on (.+) \((\w+)", ran.stdout, re.MULTILINE)
        return "\n".join(" ".join(field.replace(" ", "\\040") for field in one) for one in found)
    try:
        return Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:  # another kind of Unix: then nothing is warned of
        return ""
