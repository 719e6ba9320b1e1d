"""A group that is being built: its arrays are created and written here, whole shards at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.core.buffer import Buffer
from zarr.storage import MemoryStore

from helixdask.errors import InternalError
from helixdask.registry import arrays_of
from helixdask.store.layout import create_table_column, create_track
from helixdask.store.listed import objects_at
from helixdask.store.manifest import ATTRIBUTES, ObjectRecord
from helixdask.store.objects import Folder
from helixdask.store.root import group_document
from helixdask.store.shards import ShardWriter, encode_shard, shard_writer


class Building:
    """A group that is not published yet.

    Parameters
    ----------
    folder
        The store's folder.
    group
        Path that the group will have in the store.
    place
        Path within the store where it is built.
    new
        Create it, instead of going on with what is there.
    """

    def __init__(self, folder: Folder, group: str, place: str, *, new: bool = False) -> None:
        self.group, self.place = group, place
        self._folder = folder.folder(place)
        if new:
            self._folder.write(ATTRIBUTES, group_document({"complete": False}))
        self.records: dict[str, ObjectRecord] = {}
        """Records of the metadata and the columns that were written here, by path within the group."""
        self._writers: dict[str, ShardWriter] = {}
        self._records = threading.local()

    def create_tracks(self, n_bases: int, dtypes: Mapping[str, str], left_out: Container[str]) -> None:
        """Create the empty tracks that the registry declares for the group, apart from those left out."""
        tracks = [spec for spec in arrays_of(self.group).values() if spec.is_track and spec.name not in left_out]
        self._folder.side_by_side(
            lambda spec: self._write_made(lambda made: create_track(made, spec, n_bases, dtypes.get(spec.name))), tracks
        )

    def write_region(self, name: str, start: int, data: NDArray[Any]) -> None:
        """Write whole shards of a track, beginning at a position.

        Two tasks that wrote parts of one shard would lose data, so anything else is refused.
        """
        if name not in self._writers:
            self._writers[name] = shard_writer(self.array(name))
        writer = self._writers[name]
        shard, stop = writer.shard[-1], start + data.shape[-1]
        if start % shard or (stop % shard and stop != writer.length):
            raise InternalError(f"[{start}, {stop}) is not made of whole shards of {shard}", where=name)
        for first in range(0, stop - start, shard):
            encoded = encode_shard(data[..., first : first + shard], writer)
            if encoded is not None:
                path = f"{name}/{writer.key(start + first)}"
                self._folder.write(path, encoded)
                self._own_records()[path] = ObjectRecord.of(encoded)

    def _write_made(self, make: Callable[[zarr.Group], object], below: str = "") -> None:
        """Write what is made in a group in memory, each object once; metadata come last."""
        objects: dict[str, Buffer] = {}
        make(zarr.open_group(MemoryStore(objects), mode="w", zarr_format=3))
        del objects[ATTRIBUTES]  # of the group itself
        for name in sorted(objects, key=lambda path: (path.endswith(ATTRIBUTES), path)):
            path, data = f"{below}/{name}".lstrip("/"), objects[name].to_bytes()
            self._folder.write(path, data)
            self.records[path] = ObjectRecord.of(data)

    @cached_property
    def root(self) -> zarr.Group:
        """What is there, to be read."""
        return zarr.open_group(objects_at(self._folder.url), mode="r", zarr_format=3, use_consolidated=False)

    def array(self, name: str) -> zarr.Array[Any]:
        """An array of the group."""
        node = self.root[name]
        if not isinstance(node, zarr.Array):
            raise InternalError("a group where an array was expected", where=f"{self.group}/{name}")
        return node

    def write_table(self, group: str, columns: Mapping[str, NDArray[Any]]) -> None:
        """Write columns of a table, each as the registry declares it.

        Parameters
        ----------
        group
            The group itself, or one below it, such as ``labels/reference/findings``.
        columns
            Values by name.
        """
        specs = arrays_of(group)
        below = group.removeprefix(self.group).strip("/")
        for name in columns:
            if name not in specs:
                raise InternalError(f"the registry declares no column {name!r}", where=group)
        if below:
            self._write_made(lambda made: made.create_group(below))
        self._folder.side_by_side(
            lambda name: self._write_made(
                lambda made: create_table_column(made, specs[name], np.asarray(columns[name])), below
            ),
            columns,
        )

    def sizes(self) -> dict[str, int]:
        """Bytes of each object that is there, by path within the group."""
        return self._folder.sizes()

    def take_records(self) -> dict[str, ObjectRecord]:
        """Records of the objects that this thread wrote since it was last asked, by path within the group."""
        records = self._own_records()
        self._records.found = {}
        return records

    def _own_records(self) -> dict[str, ObjectRecord]:
        if not hasattr(self._records, "found"):
            self._records.found = {}
        found: dict[str, ObjectRecord] = self._records.found
        return found
