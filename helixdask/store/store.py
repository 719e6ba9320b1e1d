"""A store: one genome with its tracks and tables, opened by path or URL, read and written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any, Self

from numpy.typing import NDArray

from helixdask.errors import AlreadyExistsError, InternalError
from helixdask.registry import FORMAT_VERSION, group_of
from helixdask.store.building import Building
from helixdask.store.manifest import ObjectRecord
from helixdask.store.objects import Folder, disk_errors, is_url
from helixdask.store.publication import begin_place, building_place, new_event, publish, withdraw
from helixdask.store.reading import StoreReader
from helixdask.store.root import is_store, write_root


def stage_digest(*parts: Any) -> str:
    """SHA-256 of any JSON values, as 16 hex digits: what identifies settings and inputs."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Store(StoreReader):
    """A genome's store: groups are built, published and removed here; see `StoreReader` for reading them."""

    @classmethod
    def create(cls, url: str | Path, *, species: str) -> Self:
        """Make an empty store, ready for a genome; one that is there already is opened if it is of the same species."""
        text = str(url)
        if is_store(text):
            store = cls(text)
            if store.species != species:
                remedy = "Choose another -o."
                if not store.is_complete("genome"):
                    remedy = (
                        f"Its genome is not finished: remove it, choose another -o, or give --species {store.species}."
                    )
                raise AlreadyExistsError(
                    f"a store of {store.species!r} is here already", where=store.url, remedy=remedy
                )
            return store
        if not is_url(text) and Path(text).exists() and (not Path(text).is_dir() or any(Path(text).iterdir())):
            raise AlreadyExistsError(
                "something that is no store is here already", where=text, remedy="Choose another -o, or remove it."
            )
        with disk_errors(text):
            write_root(Folder(text), {"helixdask_format": FORMAT_VERSION, "species": species}, {})
        return cls(text)

    def refuse_if_read_only(self) -> None:
        """See that the store can be written.

        Raises
        ------
        AlreadyExistsError
            It is read-only.
        """
        if self.read_only:
            raise AlreadyExistsError(
                "the store is read-only", where=self.url, remedy="Copy it to a place you can write."
            )

    def begin_group(self, group: str) -> None:
        """Begin to build a group, apart from the one of that name that may be published."""
        self._forget(group)
        with disk_errors(self.url):
            self._building[group] = Building(self.folder, group, begin_place(self.folder, group), new=True)

    def resume_group(self, group: str) -> bool:
        """Go on with the group that is being built; whether there is one."""
        place = building_place(self.folder, group)
        self._forget(group)
        if place is not None:
            self._building[group] = Building(self.folder, group, place)
        return place is not None

    def abandon_group(self, group: str) -> None:
        """Remove what was built of a group; one of that name that is published stays."""
        place = building_place(self.folder, group)
        if place is not None:
            self.folder.remove(place)
        self._forget(group)

    def building(self, group: str) -> Building:
        """The group that is being built here.

        Raises
        ------
        InternalError
            There is none.
        """
        if group not in self._building:
            raise InternalError("nobody has begun to build this group", where=f"{self.url}/{group}")
        return self._building[group]

    def create_tracks(self, group: str, dtypes: Mapping[str, str] | None = None, left_out: Container[str] = ()) -> None:
        """Create the empty tracks that the registry declares for a group, apart from those left out."""
        with disk_errors(self.url):
            self.building(group).create_tracks(self.n_bases, dtypes or {}, left_out)

    def write_region(self, path: str, start: int, data: NDArray[Any]) -> None:
        """Write whole shards of a track of the group that is being built, beginning at a position."""
        group = group_of(path)
        with disk_errors(self.url):
            self.building(group).write_region(path.removeprefix(f"{group}/"), start, data)

    def write_table(self, group: str, columns: Mapping[str, NDArray[Any]]) -> None:
        """Write columns of a table of the group that is being built, each as the registry declares it."""
        owner = group_of(group)
        with disk_errors(self.url):
            self.building(owner).write_table(group, columns)
        for name in columns:
            self._arrays.pop(f"{group}/{name}", None)

    def complete_group(
        self,
        group: str,
        attrs: Mapping[str, Any],
        written: Mapping[str, ObjectRecord] | None = None,
        event: Mapping[str, Any] | None = None,
    ) -> None:
        """Publish the group that was built.

        Parameters
        ----------
        group
            Its path.
        attrs
            Its attributes; ``complete`` and ``manifest`` are added.
        written
            Records of objects that tasks wrote.
        event
            What the store's history says of it; None: nothing.
        """
        with disk_errors(self.url):
            named = None if event is None else new_event(str(attrs.get("stage", "")), event)
            records = {**self.building(group).records, **(written or {})} if group in self._building else written
            publish(self.folder, group, attrs, records or {}, named)
        self._forget(group)

    def remove_group(self, group: str) -> None:
        """Take a published group out of the store."""
        withdraw(self.folder, group)
        self._forget(group)

    def add_event(self, stage: str, event: Mapping[str, Any]) -> None:
        """Add one object to the store's history."""
        self.folder.write_json(*new_event(stage, event))

    def _forget(self, group: str) -> None:
        """Forget what is known of a group that is made anew or gone."""
        for path in [path for path in self._arrays if path.startswith(f"{group}/")]:
            del self._arrays[path]
        self._building.pop(group, None)
        self._used.pop(group, None)
        if group == "genome":
            self.__dict__.pop("contigs", None)
