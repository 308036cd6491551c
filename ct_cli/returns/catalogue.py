"""The collections that there are: ct's own, and the user's, which add to them or take their place."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from ct_cli.errors import UsageError
from ct_cli.returns.collection import Basis, Collection
from ct_cli.returns.collection_file import CollectionFile, CollectionRefused
from ct_cli.returns.identity import Service
from ct_cli.windows.month import Month
from ct_cli.windows.window import OPENING_DAY

PACKAGED = Path(__file__).parent / "collections"


class NoSuchSurvey(UsageError):
    """There is no survey {given!r}{known}."""

    code = "no-such-survey"


@dataclass(frozen=True)
class Catalogue:
    """Every collection, each read from its file when it is first needed.

    A user's file with the name of one of ct's takes its place; with a new name, it adds a version or a survey.
    """

    user_folder: Path | None = None
    _made: dict[str, Collection] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, user_folder: Path | None = None) -> "Catalogue":
        """The catalogue with a user's folder. Raises CollectionRefused where the folder is none."""
        if user_folder is not None and not user_folder.is_dir():
            raise CollectionRefused(path=user_folder, line=1, reason="the setting `collections` names no folder")
        return cls(user_folder)

    def for_month(self, service: Service, month: Month) -> Collection:
        """What a service is asked for a month: the version in force when the month's window opens, on the 8th.

        Inferred: each known change took effect after a window had closed, so no window was ever split. Where no
        version is in force, or no list is known for the service, the collection has no items.
        """
        opening = month.day(OPENING_DAY)
        in_force = [(since, id) for since, id in self._versions(service) if since <= opening]
        return self._collection(max(in_force)[1]) if in_force else nothing_asked(service, month)

    def versions(self, service: Service) -> list[Collection]:
        """Every version of what a service is asked, the oldest first."""
        return [self._collection(id) for _, id in sorted(self._versions(service))]

    def surveys(self) -> list[Collection]:
        """The voluntary surveys. ct ships none: the fields of those that have been are not known."""
        return [self._collection(id) for id, file in self._own_files.items() if file.is_survey]

    def survey(self, id: str) -> Collection:
        """The voluntary survey of an id. Raises NoSuchSurvey."""
        ids = [survey.id for survey in self.surveys()]
        if id not in ids:
            known = f"; there are {', '.join(ids)}" if ids else ": none is known; the setting `collections` adds them"
            raise NoSuchSurvey(given=id[:60], known=known)
        return self._collection(id)

    def knows(self, key: str) -> bool:
        """Whether an item's key is asked by any version of any service."""
        return any(key in version.by_key for service in Service for version in self.versions(service))

    @cached_property
    def _own_files(self) -> dict[str, CollectionFile]:
        if self.user_folder is None:
            return {}
        paths = sorted(self.user_folder.glob("*.toml"))
        return {path.stem: CollectionFile.read(path, Basis.USER) for path in paths}

    def _versions(self, service: Service) -> list[tuple[date, str]]:
        own = self._own_files
        # A packaged file's name says its service and date, so that only what is needed is parsed.
        packaged = {path.stem for path in PACKAGED.glob(f"{service}-*.toml")} - own.keys()
        dated: list[tuple[date, str]] = [(_date_of(id), id) for id in packaged]
        return dated + [
            (file.effective_from, id) for id, file in own.items() if file.service is service and not file.is_survey
        ]

    def _collection(self, id: str, above: tuple[str, ...] = ()) -> Collection:
        if id not in self._made:
            file = self._own_files.get(id) or CollectionFile.read(PACKAGED / f"{id}.toml")
            base_id = file.based_on
            base = None
            if base_id is not None:
                self._check_base(file, base_id, (*above, id))
                base = self._collection(base_id, (*above, id))
            self._made[id] = file.collection(base)
        return self._made[id]

    def _check_base(self, file: CollectionFile, base: str, above: tuple[str, ...]) -> None:
        if base in above:
            file.refuse("based_on", f"it is based on itself ({' → '.join((*above, base))})")
        if base not in self._own_files and not (PACKAGED / f"{base}.toml").is_file():
            file.refuse("based_on", f"there is no collection {base!r}")


def nothing_asked(service: Service, month: Month) -> Collection:
    """The empty collection: no list of items is known for this service and month."""
    title = f"Nothing is known to be asked of {service.in_words} for {month.in_words()}"
    return Collection(f"{service}-nothing", service, title, month.day(1), "No list is known", ())


def _date_of(id: str) -> date:
    return date.fromisoformat(id[-10:])
