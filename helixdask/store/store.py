"""A store: one genome with its tracks and tables, opened by path or URL."""

from __future__ import annotations

import datetime
import hashlib
import json
import uuid
from collections.abc import Container, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import zarr
from numpy.typing import NDArray

from helixdask.errors import AlreadyExistsError, InternalError, MissingInputError, StoreFormatError
from helixdask.registry import FORMAT_VERSION, arrays_of, genome_shard_length
from helixdask.store.consolidated import consolidate
from helixdask.store.contigs import ContigTable
from helixdask.store.layout import create_table_column, create_track
from helixdask.store.objects import Folder, disk_errors, is_url
from helixdask.store.shards import ShardWriter, encode_shard, shard_writer

__all__ = ["Store", "stage_digest"]


def stage_digest(*parts: Any) -> str:
    """SHA-256 of any JSON values, as 16 hex digits: what identifies settings and inputs."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Store:
    """A genome's store.

    Cheap to open and to pickle (it travels as its URL). Tracks are read and written through the methods below, or as
    Zarr arrays through :meth:`array`.

    Parameters
    ----------
    url
        Folder or URL of the store.

    Raises
    ------
    StoreFormatError
        There is no store there, or its format is newer than this version.
    """

    def __init__(self, url: str | Path) -> None:
        text = str(url)
        self.url = text.rstrip("/") if is_url(text) else str(Path(text).resolve())
        self.folder = Folder(self.url)
        """The store's folder of plain objects."""
        self.read_only = self.url.startswith(("http://", "https://"))
        try:
            self._root = zarr.open_group(
                self.url, mode="r" if self.read_only else "r+", zarr_format=3, use_consolidated=self.read_only
            )
        except (FileNotFoundError, ValueError, KeyError) as error:
            raise StoreFormatError(
                "there is no store here", where=self.url, remedy="Make one with: helixdask encode GENOME.fa -o STORE"
            ) from error
        except Exception as error:  # whatever the library behind a protocol raises: credentials, names, connections
            if not is_url(self.url):
                raise
            raise StoreFormatError(
                f"cannot be opened: {error}",
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
        self._arrays: dict[str, zarr.Array[Any]] = {}
        self._writers: dict[str, ShardWriter] = {}

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.url,))

    @classmethod
    def open(cls, url: str | Path) -> Store:
        """Open a store that is there."""
        return cls(url)

    @classmethod
    def create(cls, url: str | Path, *, species: str) -> Store:
        """Make an empty store, ready for a genome; one that is there already is opened if it is of the same species."""
        text = str(url)
        if Folder(text).exists("zarr.json"):
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
            zarr.open_group(
                text, mode="w", zarr_format=3, attributes={"helixdask_format": FORMAT_VERSION, "species": species}
            )
        return cls(text)

    @property
    def species(self) -> str:
        """Name of the species."""
        return str(self._root.attrs["species"])

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

    def array(self, path: str) -> zarr.Array[Any]:
        """A Zarr array, such as ``labels/reference/label``.

        Raises
        ------
        MissingInputError
            There is none.
        """
        if path not in self._arrays:
            try:
                node = self._root[path]
            except KeyError:
                raise MissingInputError("no such array", where=f"{self.url}/{path}") from None
            self._arrays[path] = cast("zarr.Array[Any]", node)
        return self._arrays[path]

    def read(self, path: str, start: int, stop: int) -> NDArray[Any]:
        """Slice ``[start, stop)`` of a track along ``position``, its last axis."""
        return np.asarray(self.array(path)[..., start:stop])

    def table(self, group: str) -> dict[str, NDArray[Any]]:
        """All columns of a group's table, by name; text columns as arrays of ``str`` objects."""
        node = self._group(group)
        columns = {}
        for name, spec in arrays_of(group).items():
            if not spec.is_track and name in node:
                values = np.asarray(node[name][...])  # type: ignore[index]
                columns[name] = values.astype(object) if spec.dtype == "str" else values
        return columns

    def attrs(self, group: str) -> dict[str, Any]:
        """Attributes of a group, read afresh; empty where there is no such group."""
        try:
            return dict(self._group(group).attrs)
        except MissingInputError:
            return {}

    def _group(self, group: str) -> zarr.Group:
        try:
            node = self._root[group]
        except KeyError:
            raise MissingInputError("no such group", where=f"{self.url}/{group}") from None
        if not isinstance(node, zarr.Group):
            raise InternalError("an array where a group was expected", where=f"{self.url}/{group}")
        return node

    def has_group(self, group: str) -> bool:
        """Whether a group is there, published or not."""
        return bool(self.attrs(group))

    def is_complete(self, group: str) -> bool:
        """Whether a group was published."""
        return self.attrs(group).get("complete") is True

    def identity(self, group: str) -> str:
        """Digest of the settings and inputs that a published group was made from.

        Raises
        ------
        MissingInputError
            The group is not there, or not finished.
        """
        attrs = self.attrs(group)
        if attrs.get("complete") is not True:
            raise MissingInputError(
                "not there, or not finished", where=f"{self.url}/{group}", remedy="Run the command that makes it."
            )
        return str(attrs["digest"])

    def names(self, kind: str) -> list[str]:
        """Names of the published groups of a kind (``labels``; ``coverage``; ``coverage/rnaseq``), sorted."""
        try:
            parent = self._group(kind)
        except MissingInputError:
            return []
        found = []
        for name, node in parent.groups():
            nested = kind == "coverage"
            if node.attrs.get("complete") is True or (nested and self.names(f"{kind}/{name}")):
                found.append(name)
        return sorted(found)

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
        found: dict[str, str] = {}
        for kind in ("labels", "predictions", "tracks"):
            for name in self.names(kind):
                group = self._group(f"{kind}/{name}")
                found |= {
                    f"{name}_{track}": f"{kind}/{name}/{track}"
                    for track, spec in arrays_of(f"{kind}/{name}").items()
                    if spec.is_track and track in group
                }
        return found

    # --- writing -------------------------------------------------------------------------------------------------

    def begin_group(self, group: str, attrs: Mapping[str, Any]) -> None:
        """Create a group that is not complete yet."""
        self._forget(group)
        with disk_errors(self.url):
            parts = group.split("/")
            for depth in range(1, len(parts)):
                self._root.require_group("/".join(parts[:depth]))
            self._root.create_group(group, attributes={**attrs, "complete": False}, overwrite=True)

    def create_tracks(self, group: str, dtypes: Mapping[str, str] | None = None, left_out: Container[str] = ()) -> None:
        """Create the empty tracks that the registry declares for a group, apart from those left out."""
        node = self._group(group)
        with disk_errors(self.url):
            for spec in arrays_of(group).values():
                if spec.is_track and spec.name not in left_out:
                    create_track(node, spec, self.n_bases, (dtypes or {}).get(spec.name))

    def write_region(self, path: str, start: int, data: NDArray[Any]) -> None:
        """Write whole shards of a track, beginning at a position.

        Two tasks that wrote parts of one shard would lose data, so anything else is refused.
        """
        array = self.array(path)
        shard = (array.shards or array.chunks)[-1]
        stop = start + data.shape[-1]
        if start % shard or (stop % shard and stop != array.shape[-1]):
            raise InternalError(f"[{start}, {stop}) is not made of whole shards of {shard}", where=path)
        if path not in self._writers:
            self._writers[path] = shard_writer(array)
        writer = self._writers[path]
        for first in range(0, stop - start, shard):
            encoded = encode_shard(data[..., first : first + shard], writer)
            if encoded is not None:
                self.folder.write(f"{path}/{writer.key(start + first)}", encoded)

    def write_table(self, group: str, columns: Mapping[str, NDArray[Any]]) -> None:
        """Write columns of a group's table, each as the registry declares it."""
        specs = arrays_of(group)
        with disk_errors(self.url):
            node = self._root.require_group(group)
            for name, values in columns.items():
                if name not in specs:
                    raise InternalError(f"the registry declares no column {name!r}", where=group)
                create_table_column(node, specs[name], np.asarray(values))

    def complete_group(self, group: str, attrs: Mapping[str, Any]) -> None:
        """Publish a group: its attributes, with ``complete`` true, are the last thing written."""
        with disk_errors(self.url):
            self._remove_leftovers(group)
            self._group(group).attrs.put({**attrs, "complete": True})
            consolidate(self.url)

    def _forget(self, group: str) -> None:
        """Forget the arrays of a group that is made anew or gone."""
        for known in (self._arrays, self._writers):
            for path in [path for path in known if path.startswith(f"{group}/")]:
                del known[path]

    def _remove_leftovers(self, group: str) -> None:
        """Remove what a killed process was just writing beside its target."""
        if not is_url(self.url):
            for path in (Path(self.url) / group).rglob("*.partial"):
                path.unlink(missing_ok=True)

    def remove_group(self, group: str) -> None:
        """Take a group out of the store."""
        self.folder.remove(group)
        self._forget(group)
        consolidate(self.url)

    def add_event(self, stage: str, event: Mapping[str, Any]) -> None:
        """Add one object to the store's history."""
        now = datetime.datetime.now(datetime.UTC)
        name = f"history/{now:%Y%m%dT%H%M%S.%f}-{stage}-{uuid.uuid4().hex[:8]}.json"
        self.folder.write_json(name, {"stage": stage, "time": now.isoformat(), **event})


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
