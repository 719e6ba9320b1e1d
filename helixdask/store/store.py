"""A store: one genome with its tracks and tables, opened by path or URL."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from helixdask.errors import (
    AlreadyExistsError,
    InternalError,
    MissingInputError,
    StoreChangedError,
    StoreDamagedError,
    StoreFormatError,
    words_of,
)
from helixdask.registry import FORMAT_VERSION, arrays_of, genome_shard_length, group_of
from helixdask.store.building import Building
from helixdask.store.consolidated import mend_root, published_in
from helixdask.store.contigs import ContigTable
from helixdask.store.documents import GroupDocuments
from helixdask.store.listed import ListedStore
from helixdask.store.manifest import ATTRIBUTES, Manifest, ObjectRecord, read_manifest
from helixdask.store.objects import Folder, disk_errors, is_url
from helixdask.store.publication import begin_place, building_place, new_event, publish, withdraw
from helixdask.store.root import ensure_containers, is_store, root_problem, write_root
from helixdask.store.stored_array import StoredArray, damage_errors

__all__ = ["Store", "stage_digest"]


def stage_digest(*parts: Any) -> str:
    """SHA-256 of any JSON values, as 16 hex digits: what identifies settings and inputs."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Store:
    """A genome's store.

    Cheap to open and to pickle (it travels as its URL). Tracks are read and written through the methods below, or by
    slices of :meth:`array`. When a published group is used for the first time, its objects are compared with its
    manifest (existence and size); a store that arrived on a worker leaves that to the process that sent it.

    Parameters
    ----------
    url
        Folder or URL of the store.
    check
        Whether groups are compared with their manifests when they are first used.

    Raises
    ------
    StoreFormatError
        There is no store there, or its format is newer than this version.
    """

    def __init__(self, url: str | Path, *, check: bool = True) -> None:
        text = str(url)
        self.url = text.rstrip("/") if is_url(text) else str(Path(text).resolve())
        self.folder = Folder(self.url)
        """The store's folder of plain objects."""
        self.read_only = self.url.startswith(("http://", "https://"))
        self._mend_root()
        try:
            self._root = zarr.open_group(
                ListedStore.at(self.url), mode="r", zarr_format=3, use_consolidated=self.read_only
            )
        except (FileNotFoundError, ValueError, KeyError) as error:
            raise StoreFormatError(
                "there is no store here", where=self.url, remedy="Make one with: helixdask encode GENOME.fa -o STORE"
            ) from error
        except Exception as error:  # whatever the library behind a protocol raises: credentials, names, connections
            if not is_url(self.url):
                raise
            raise StoreFormatError(
                f"cannot be opened: {words_of(error)}",
                where=self.url,
                remedy="Check the URL, the connection and the credentials.",
            ) from error
        version = self._root.attrs.get("helixdask_format")
        if version != FORMAT_VERSION:
            raise StoreFormatError(
                f"store format {version!r}, this version reads {FORMAT_VERSION}",
                where=self.url,
                remedy="Install the version of helixdask that made it, or encode the genome again.",
            )
        self._check = check and not self.read_only
        self._documents = GroupDocuments(self.folder, self._root if self.read_only else None, check=self._check)
        self._arrays: dict[str, StoredArray] = {}
        self._building: dict[str, Building] = {}
        self._used: dict[str, str | None] = {}

    def _mend_root(self) -> None:
        """Make the root anew where it is damaged: nothing in it is known only there."""
        try:
            problem = root_problem(self.folder, self.folder.read(ATTRIBUTES))
        except OSError:
            return  # what cannot be reached is told below
        if problem is None:
            return
        if self.read_only:
            raise StoreDamagedError(
                f"{ATTRIBUTES} {problem}", where=self.url, remedy="Run helixdask verify where the store can be written."
            )
        mend_root(self.folder, problem)

    def __reduce__(self) -> tuple[object, ...]:
        return (_arrived, (type(self), self.url))

    @classmethod
    def open(cls, url: str | Path) -> Store:
        """Open a store that is there."""
        return cls(url)

    @classmethod
    def create(cls, url: str | Path, *, species: str) -> Store:
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

    @property
    def species(self) -> str:
        """Name of the species."""
        return str(self._root.attrs["species"])

    @property
    def root_attrs(self) -> dict[str, Any]:
        """Attributes of the store itself: its format and its species."""
        return {"helixdask_format": FORMAT_VERSION, "species": self.species}

    @cached_property
    def contigs(self) -> ContigTable:
        """The contig table."""
        try:
            names, lengths = self.array("genome/contig_name"), self.array("genome/contig_length")
        except MissingInputError as error:
            raise MissingInputError(
                "the store holds no genome yet", where=self.url, remedy="Run helixdask encode again: it goes on."
            ) from error
        return ContigTable(np.asarray(names[...], dtype=object), np.asarray(lengths[...]))

    @property
    def n_bases(self) -> int:
        """Length of the genome."""
        return self.contigs.n_bases

    @property
    def shard_length(self) -> int:
        """Longest shard of any track here, in bases; those of all tracks divide it."""
        return genome_shard_length(self.n_bases)

    # --- reading -------------------------------------------------------------------------------------------------

    def array(self, path: str) -> StoredArray:
        """An array, such as ``labels/reference/label``, of a published group or of one that is being built here.

        Raises
        ------
        MissingInputError
            There is none.
        StoreDamagedError
            Objects of its group are missing, or have another size than when they were published.
        """
        if path not in self._arrays:
            group = group_of(path)
            building = self._building.get(group)
            if building is None:
                self._use(group)
            root, inner = (self._root, path) if building is None else (building.root, path.removeprefix(f"{group}/"))
            with damage_errors(self.url, group, path):
                try:
                    node = root[inner]
                except KeyError:
                    if self.read_only or not self.folder.exists(f"{path}/zarr.json"):
                        raise MissingInputError("no such array", where=f"{self.url}/{path}") from None
                    raise
            if not isinstance(node, zarr.Array):
                raise MissingInputError("no such array", where=f"{self.url}/{path}")
            self._arrays[path] = StoredArray(self.url, group, path, node)
        return self._arrays[path]

    def read(self, path: str, start: int, stop: int) -> NDArray[Any]:
        """Slice ``[start, stop)`` of a track along ``position``, its last axis."""
        return self.array(path)[..., start:stop]

    def table(self, group: str) -> dict[str, NDArray[Any]]:
        """All columns of a group's table, by name; text columns as arrays of ``str`` objects.

        Raises
        ------
        MissingInputError
            There is no such group.
        """
        if not self._has_rows(group):
            raise MissingInputError("no such group", where=f"{self.url}/{group}")
        columns = {}
        for name, spec in arrays_of(group).items():
            if not spec.is_track and self.has_array(f"{group}/{name}"):
                values = self.array(f"{group}/{name}")[...]
                columns[name] = values.astype(object) if spec.dtype == "str" else values
        return columns

    def _has_rows(self, group: str) -> bool:
        owner = group_of(group)
        return owner in self._building or bool(self.attrs(group) or (group != owner and self.attrs(owner)))

    def has_array(self, path: str) -> bool:
        """Whether there is such an array."""
        try:
            self.array(path)
        except MissingInputError:
            return False
        return True

    def attrs(self, group: str) -> dict[str, Any]:
        """Attributes of a group, read afresh; empty where there is no such group.

        Raises
        ------
        StoreDamagedError
            The object that holds them is not what was written.
        """
        return self._documents.attrs(group)

    def attrs_if_readable(self, group: str) -> dict[str, Any]:
        """Attributes of a group; empty where there is no such group, or where they are damaged."""
        try:
            return self.attrs(group)
        except StoreDamagedError:
            return {}

    def is_complete(self, group: str) -> bool:
        """Whether a group was published."""
        return self.attrs(group).get("complete") is True

    def identity(self, group: str) -> str:
        """Digest of the settings and inputs that a published group was made from.

        Raises
        ------
        MissingInputError
            The group is not there, or not finished.
        StoreDamagedError
            Objects of the group are missing, or have another size than when they were published.
        """
        attrs = self.attrs(group)
        if attrs.get("complete") is not True:
            raise MissingInputError(
                "not there, or not finished", where=f"{self.url}/{group}", remedy="Run the command that makes it."
            )
        self._use(group)
        return str(attrs["digest"])

    def published(self) -> list[str]:
        """Paths of all published groups, the genome first; damaged ones too."""
        return list(published_in(self._documents))

    def manifest(self, group: str) -> Manifest | None:
        """What a published group consists of; None of groups that were published before there were manifests.

        Raises
        ------
        StoreDamagedError
            The manifest is missing or damaged.
        """
        digest = self.attrs(group).get("manifest")
        return read_manifest(self.folder, group, str(digest)) if digest else None

    def _use(self, group: str) -> None:
        """Note which version of a group is read, and compare its objects with the manifest."""
        if group in self._used:
            return
        attrs = self.attrs(group)
        if attrs.get("complete") is not True:
            raise MissingInputError(
                "not there, or not finished", where=f"{self.url}/{group}", remedy="Run the command that makes it."
            )
        if self._check:
            self._documents.check_objects(group)
        self._used[group] = attrs.get("manifest")

    def check_objects(self, group: str) -> None:
        """Compare a group's objects with its manifest: existence and size of all, checksums of metadata.

        Raises
        ------
        StoreDamagedError
            Something is missing, or not what was written.
        """
        self._documents.check_objects(group)

    def check_unchanged(self, group: str | None = None) -> None:
        """See that no group that was read from was replaced or removed since it was first used here.

        Parameters
        ----------
        group
            Look at this one alone; None: at all that were used.

        Raises
        ------
        StoreChangedError
            One was: what was read may be a mixture.
        """
        for used, manifest in self._used.items():
            if group not in (None, used) or self.read_only:
                continue
            attrs = self.attrs(used)
            if attrs.get("complete") is not True or attrs.get("manifest") != manifest:
                raise StoreChangedError(
                    "was replaced or removed while it was being read",
                    where=f"{self.url}/{used}",
                    remedy="Run the same command again.",
                )

    def names(self, kind: str) -> list[str]:
        """Names of the published groups of a kind (``labels``; ``coverage``; ``coverage/rnaseq``), sorted."""
        return self._documents.names(kind)

    def resolve(self, kind: str, name: str | None = None) -> str:
        """The name that was asked for, or the only one there is.

        Raises
        ------
        MissingInputError
            There is none, there are several, or not the one asked for.
        """
        there = self.names(kind)
        if name is not None:
            if name not in there:
                listed = ", ".join(there) or "none"
                raise MissingInputError(
                    f"{kind}/{name} is not in the store", where=self.url, remedy=f"It has: {listed}."
                )
            return name
        if len(there) == 1:
            return there[0]
        if not there:
            raise MissingInputError(f"the store has no {kind}", where=self.url, remedy=_MAKERS.get(kind))
        raise MissingInputError(
            f"the store has several {kind}: {', '.join(there)}", where=self.url, remedy="Say which one by name."
        )

    def merged_tracks(self) -> dict[str, str]:
        """Paths of all tracks of labels, predictions and others, by their names in merged views: ``reference_label``.

        Coverage is not here: its libraries are stacked along an axis of their own.
        """
        return {
            f"{name}_{track}": f"{kind}/{name}/{track}"
            for kind in ("labels", "predictions", "tracks")
            for name in self.names(kind)
            for track, spec in arrays_of(f"{kind}/{name}").items()
            if spec.is_track and self.has_array(f"{kind}/{name}/{track}")
        }

    # --- writing -------------------------------------------------------------------------------------------------

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
            ensure_containers(self.folder, group)
            self._building[group] = Building(self.folder, group, begin_place(self.folder, group), new=True)

    def resume_group(self, group: str) -> bool:
        """Go on with the group that is being built; whether there is one."""
        place = building_place(self.folder, group)
        self._forget(group)
        if place is not None:
            self._building[group] = Building(self.folder, group, place)
        return place is not None

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
            Records of objects that tasks wrote; others are read back.
        event
            What the store's history says of it; None: nothing.
        """
        with disk_errors(self.url):
            named = None if event is None else new_event(str(attrs.get("stage", "")), event)
            publish(self.folder, group, attrs, written or {}, named)
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


def _arrived(kind: type[Store], url: str) -> Store:
    """A store on a worker: the process that sent it has compared the groups with their manifests."""
    return kind(url, check=False)


_MAKERS = {
    "genes": "Make one with: helixdask labels STORE --gff3 FILE, or helixdask call STORE",
    "labels": "Make one with: helixdask labels STORE --gff3 FILE",
    "predictions": "Make one with: helixdask predict STORE --model MODEL",
    "coverage": "Make one with: helixdask coverage STORE --bam FILE --strandedness ...",
    "tracks": "Make one with: helixdask track STORE --bed FILE --name NAME",
    "windows": "Make one with: helixdask windows STORE",
    "selections": "Make one with: helixdask select STORE",
    "splits": "Make one with: helixdask split STORE",
}
