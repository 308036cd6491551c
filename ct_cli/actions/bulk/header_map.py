"""A user's own headers and the fields that they stand for: said once with --map, or kept in the settings by name."""

from collections.abc import Mapping
from difflib import get_close_matches

from ct_cli.errors import SettingRefused, UsageError
from ct_cli.returns.reading.columns import IGNORE
from ct_cli.returns.reading.headers import plain
from ct_cli.settings import Settings, read_document
from ct_cli.settings_file import changing, with_value, write_document


class NoSuchMap(UsageError):
    """There is no map {given!r}{known}. `ct submit --file F --map HEADER=FIELD … --save-map NAME` keeps one."""

    code = "no-such-map"


class MapsToNothing(UsageError):
    """{header!r} cannot stand for {field!r}, which is no field{nearest}. `ct fields` lists them; "ignore" passes the
    column over.
    """

    code = "maps-to-nothing"


class MapNeedsAName(UsageError):
    """A map is kept under a name of letters, digits, - and _, as in --save-map rose-group; {given!r} is none."""

    code = "map-needs-a-name"


def whole_mapping(
    settings: Settings, given: Mapping[str, str], name: str, known: Mapping[str, str]
) -> Mapping[str, str]:
    """The map of a name (where one is named) with what was given besides, which wins; each header's own field.

    `known` holds every plain name of a field. Raises NoSuchMap, MapsToNothing, SettingRefused.
    """
    mapping = {**(saved_map(settings, name) if name else {}), **given}
    return {header: _field(header, field, known) for header, field in mapping.items()}


def saved_map(settings: Settings, name: str) -> Mapping[str, str]:
    """The map of a name, from the settings table `maps`. Raises NoSuchMap, SettingRefused."""
    maps = settings.table("maps")
    if name not in maps:
        known = f"; there are {', '.join(sorted(maps))}" if maps else ""
        raise NoSuchMap(given=name[:60], known=known)
    found = maps[name]
    if not (isinstance(found, dict) and all(isinstance(field, str) for field in found.values())):
        reason = f'write [maps.{name}] and a line for each header: "Beds in use" = "occupied"'
        raise SettingRefused(key=f"maps.{name}", given=found, origin=str(settings.path), reason=reason)
    return found


def check_map_name(name: str) -> None:
    """See that a map can be kept under a name. Raises MapNeedsAName."""
    if not (name.isascii() and name.replace("-", "").replace("_", "").isalnum()):
        raise MapNeedsAName(given=name[:60])


def save_map(settings: Settings, name: str, mapping: Mapping[str, str]) -> None:
    """Keep a map under a name, in the place of one that is there. Raises SettingsUnreadable, SettingsUnwritable."""
    with changing(settings.path):
        write_document(settings.path, with_value(read_document(settings.path), ("maps", name), dict(mapping)))


def check_maps(settings: Settings) -> None:
    """See that every map in the settings is one. Raises SettingRefused."""
    for name in settings.table("maps"):
        saved_map(settings, name)


def _field(header: str, field: str, known: Mapping[str, str]) -> str:
    if field == IGNORE:
        return IGNORE
    found = known.get(plain(field))
    if found is None:
        near = get_close_matches(plain(field), known, n=1)
        nearest = f" (did you mean {known[near[0]]}?)" if near else ""
        raise MapsToNothing(header=header[:60], field=field[:60], nearest=nearest)
    return found
