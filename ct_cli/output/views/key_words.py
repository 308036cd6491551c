"""Keys in words."""

from ct_cli.backends.access import Role


def reach(role: Role, belongs_to: str) -> str:
    """What the holder of a key may do."""
    match role:
        case Role.ADMIN:
            return "reads and writes everything"
        case Role.PROVIDER:
            return f"reads the locations of {belongs_to} and makes their returns"
        case Role.LOCAL_AUTHORITY:
            return f"reads the locations in the area of {belongs_to}"
