"""Files that ct refuses as a whole, each with its reason in a sentence. Nothing of such a file is recorded."""

from ct_cli.errors import CtError, ExitStatus, UsageError


class FileRefused(CtError):
    """{file} cannot be read: {reason}. {remedy}"""

    code = "file-refused"
    exit_status = ExitStatus.REFUSED


class NoTemporaryRoom(FileRefused):
    """{file} cannot be read: {reason}. {remedy}"""

    code = "no-temporary-room"


class FileMissing(UsageError):
    """{file} cannot be opened: {reason}. Check the name, and the folder that you are in."""

    code = "file-missing"


class FormatUnknown(UsageError):
    """ct cannot tell what kind of file {file} is. Say so with --format: {known}."""

    code = "format-unknown"


class FileWrongKind(FileRefused):
    """{file} is {kind}, which ct does not read. {remedy}"""

    code = "file-wrong-kind"


class FileEncrypted(FileRefused):
    """{file} is protected by a password. Open it, save a copy without the password, and submit the copy."""

    code = "file-encrypted"


class FileHasMacros(FileRefused):
    """{file} holds macros, which ct does not open. In Excel, save it as "Excel Workbook (*.xlsx)", and submit that."""

    code = "file-has-macros"


class FileTooLarge(FileRefused):
    """{file} would take up {size} once opened ({limit} at most). {remedy}"""

    code = "file-too-large"


class FileBroken(FileRefused):
    """{file} is damaged or is not what its name says: {reason}. {remedy}"""

    code = "file-broken"


class FileEmpty(FileRefused):
    """{file} holds no rows. Row 1 names the columns (location_id, service, month, …); a return a row follows."""

    code = "file-empty"
