"""Reading a store: published groups, and those that are being built here, by path."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import zarr
from numpy.typing import NDArray

from helixdask.errors import MissingInputError, StoreChangedError, StoreDamagedError
from helixdask.registry import FORMAT_VERSION, arrays_of, genome_shard_length, group_of
from helixdask.store.building import Building
from helixdask.store.consolidated import published_in
from helixdask.store.contigs import ContigTable
from helixdask.store.documents import GroupDocuments
from helixdask.store.manifest import ATTRIBUTES, Manifest, read_manifest
from helixdask.store.objects import Folder, is_url
from helixdask.store.opening import open_root
from helixdask.store.root import read_root
from helixdask.store.stored_array import StoredArray, damage_errors


class StoreReader:
    """What can be read of a genome's store.

    Cheap to open and to pickle (it travels as its URL). Tracks are read through the methods below, or by slices of
    :meth:`array`. When a published group is used for the first time, its objects are compared with its
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
        self._root = open_root(self.folder, read_only=self.read_only)
        self._check = check and not self.read_only
        self._documents = GroupDocuments(self.folder, self._root if self.read_only else None, check=self._check)
        self._arrays: dict[str, StoredArray] = {}
        self._building: dict[str, Building] = {}
        self._used: dict[str, str | None] = {}

    def __reduce__(self) -> tuple[object, ...]:
        return (_arrived, (type(self), self.url))

    @classmethod
    def open(cls, url: str | Path) -> Self:
        """Open a store that is there."""
        return cls(url)

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
                if group not in self._used:
                    self._use(group)
                if self._documents.lists(group, f"{path}/{ATTRIBUTES}".removeprefix(f"{group}/")) is False:
                    raise MissingInputError("no such array", where=f"{self.url}/{path}")
            root, inner = (self._root, path) if building is None else (building.root, path.removeprefix(f"{group}/"))
            with self.reading(path):
                try:
                    node = root[inner]
                except KeyError:
                    if self.read_only or not self.folder.exists(f"{path}/zarr.json"):
                        raise MissingInputError("no such array", where=f"{self.url}/{path}") from None
                    raise
            if not isinstance(node, zarr.Array):
                raise MissingInputError("no such array", where=f"{self.url}/{path}")
            self._arrays[path] = StoredArray(self.url, path, node, partial(self.reading, path))
        return self._arrays[path]

    @contextmanager
    def reading(self, path: str) -> Iterator[None]:
        """Name an array whose bytes cannot be read in the block, and say whether they are damaged or being replaced.

        Raises
        ------
        StoreDamagedError
            Something in the block raised one of the errors by which libraries answer damaged bytes.
        StoreChangedError
            The same, and the group was replaced or removed meanwhile: bytes of two versions look damaged.
        """
        group = group_of(path)
        try:
            with damage_errors(self.url, group, path):
                yield
        except StoreDamagedError:
            self.check_unchanged(group)
            raise

    def read(self, path: str, start: int, stop: int) -> NDArray[Any]:
        """Slice ``[start, stop)`` of a track along ``position``, its last axis."""
        return self.array(path)[..., start:stop]

    def table(self, group: str, columns: Collection[str] | None = None) -> dict[str, NDArray[Any]]:
        """Columns of a group's table, by name; text columns as arrays of ``str`` objects.

        Parameters
        ----------
        group
            The group.
        columns
            Only these, as far as they are there; None: all.

        Raises
        ------
        MissingInputError
            There is no such group.
        """
        if not self._has_rows(group):
            raise MissingInputError("no such group", where=f"{self.url}/{group}")
        found = {}
        for name, spec in arrays_of(group).items():
            if columns is not None and name not in columns:
                continue
            if not spec.is_track and self.has_array(f"{group}/{name}"):
                values = self.array(f"{group}/{name}")[...]
                found[name] = values.astype(object) if spec.dtype == "str" else values
        return found

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
        attrs = self.attrs(group) if group in self._used else self._use(group)
        self._refuse_unfinished(group, attrs)
        return str(attrs["digest"])

    def published(self) -> list[str]:
        """Paths of all published groups, the genome first; damaged ones too."""
        return list(published_in(self._documents, None if self.read_only else read_root(self.folder)))

    def manifest(self, group: str) -> Manifest | None:
        """What a published group consists of; None of groups that were published before there were manifests.

        Raises
        ------
        StoreDamagedError
            The manifest is missing or damaged.
        """
        digest = self.attrs(group).get("manifest")
        return read_manifest(self.folder, group, str(digest)) if digest else None

    def manifest_if_readable(self, group: str) -> Manifest | None:
        """The same; None, too, where the manifest or the group's attributes are damaged."""
        try:
            return self.manifest(group)
        except StoreDamagedError:
            return None

    def _use(self, group: str) -> dict[str, Any]:
        """Note which version of a group is read, and compare its objects with the manifest; its attributes."""
        attrs = self._documents.check_objects(group) if self._check else self.attrs(group)
        self._refuse_unfinished(group, attrs)
        self._used[group] = attrs.get("manifest")
        return attrs

    def _refuse_unfinished(self, group: str, attrs: dict[str, Any]) -> None:
        if attrs.get("complete") is not True:
            raise MissingInputError(
                "not there, or not finished", where=f"{self.url}/{group}", remedy="Run the command that makes it."
            )

    def check_objects(self, group: str) -> None:
        """Compare a group's objects with its manifest: existence and size of all, checksums of metadata.

        Raises
        ------
        StoreDamagedError
            Something is missing, or not what was written.
        """
        self._documents.check_objects(group)

    def check_all(self) -> None:
        """Compare the objects of all published groups with their manifests.

        Raises
        ------
        StoreDamagedError
            Some are missing, or not what was written: the error of the first such group.
        """
        for group in self.published() if self._check else ():
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
            f"the store has several {kind}: {', '.join(there)}",
            where=self.url,
            remedy=_CHOOSERS.get(kind, "Say which one by name."),
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


def _arrived(kind: type[StoreReader], url: str) -> StoreReader:
    """A store on a worker: the process that sent it has compared the groups with their manifests."""
    return kind(url, check=False)


_CHOOSERS = {
    "genes": "Say which one: --genes NAME.",
    "labels": "Say which one: --labels NAME.",
    "predictions": "Say which one: --predictions NAME.",
    "coverage": "Say which one: --coverage SET.",
    "selections": "Say which one: --selection NAME.",
    "splits": "Say which one: --split NAME.",
}
_MAKERS = {
    "genes": "Make one with: helixdask labels STORE --gff3 FILE, or helixdask call STORE",
    "labels": "Make one with: helixdask labels STORE --gff3 FILE",
    "predictions": "Make one with: helixdask predict STORE --model MODEL",
    "coverage": "Make one with: helixdask coverage STORE --bam FILE --strandedness ...",
    "tracks": "Make one with: helixdask track STORE --bed FILE --name NAME",
    "windows": "Make one with: helixdask windows STORE",
    "selections": "Make one with: helixdask select STORE",
    "kinship": "Make one with: helixdask kinship STORE",
    "splits": "Make one with: helixdask split STORE",
}
