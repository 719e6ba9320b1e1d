"""The pieces of work of a verification: each reads some objects, bases or rows, and tells what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final, Protocol

import numpy as np

from helixdask.errors import MissingInputError, StoreDamagedError
from helixdask.registry import POSITION, arrays_of, tables_below
from helixdask.sequence.contig_md5 import contig_md5
from helixdask.store.contigs import ContigTable
from helixdask.store.manifest import Damage, Manifest, ObjectRecord
from helixdask.store.store import Store

_SEQUENCE: Final = "genome/sequence"
_BYTES_AT_ONCE: Final = 32 << 20
_OBJECTS_AT_ONCE: Final = 256
_BASES_AT_ONCE: Final = 1 << 25


class Check(Protocol):
    """A piece of work; it travels to workers."""

    @property
    def group(self) -> str:
        """Group of the store that is looked at."""
        ...

    @property
    def weight(self) -> int:
        """Bytes that are read."""
        ...

    def damages(self, url: str) -> list[Damage]:
        """What is wrong."""
        ...


@lru_cache(maxsize=4)
def _opened(url: str) -> Store:
    return Store(url, check=False)


@dataclass(frozen=True)
class ChecksumsCheck:
    """Compares some objects of a group with their records in its manifest."""

    group: str
    objects: tuple[tuple[str, ObjectRecord], ...]

    @property
    def weight(self) -> int:
        """Bytes that are read."""
        return sum(record.size for _, record in self.objects)

    def damages(self, url: str) -> list[Damage]:
        """Objects that are gone, or whose bytes are others."""
        folder = _opened(url).folder.folder(self.group)
        manifest = Manifest(self.group, dict(self.objects), 0)
        return [found for path, _ in self.objects if (found := manifest.altered(folder, path)) is not None]


@dataclass(frozen=True)
class ContigCheck:
    """Compares the MD5 of some contigs' sequence with the contig table."""

    first: int
    last: int
    bases: int
    group: str = "genome"

    @property
    def weight(self) -> int:
        """Bases that are read."""
        return self.bases

    def damages(self, url: str) -> list[Damage]:
        """Contigs whose sequence is another one."""
        store = _opened(url)
        expected = store.array("genome/contig_md5")[self.first : self.last]
        differ = (contig_md5(store, self.first, self.last) != expected).any(axis=1)
        names = store.contigs.names[self.first : self.last][differ]
        return [Damage("genome", f"contig {name}", "the MD5 of its sequence is not the one stored") for name in names]


@dataclass(frozen=True)
class ReadCheck:
    """Reads a slice of an array: all that can be done where no manifest tells what there should be."""

    group: str
    path: str
    slices: tuple[tuple[int, int], ...]
    weight: int

    def damages(self, url: str) -> list[Damage]:
        """What cannot be read."""
        try:
            _ = _opened(url).array(self.path)[tuple(slice(*one) for one in self.slices)]
        except StoreDamagedError as error:
            return [Damage(self.group, self.path.removeprefix(f"{self.group}/"), error.problem)]
        return []


def checksum_checks(manifest: Manifest, left_out: Iterable[str]) -> Iterator[ChecksumsCheck]:
    """Checks of all objects of a group, apart from those of which something is known already."""
    known = set(left_out)
    batch: list[tuple[str, ObjectRecord]] = []
    size = 0
    for path, record in sorted(manifest.objects.items()):
        if path in known:
            continue
        batch.append((path, record))
        size += record.size
        if size >= _BYTES_AT_ONCE or len(batch) == _OBJECTS_AT_ONCE:
            yield ChecksumsCheck(manifest.group, tuple(batch))
            batch, size = [], 0
    if batch:
        yield ChecksumsCheck(manifest.group, tuple(batch))


def contig_checks(contigs: ContigTable) -> Iterator[ContigCheck]:
    """Checks of the sequence of all contigs, short ones together."""
    ends = np.concatenate([[0], np.cumsum(contigs.lengths)])
    first = 0
    while first < len(contigs):
        last = max(first + 1, int(np.searchsorted(ends, ends[first] + _BASES_AT_ONCE, "right")) - 1)
        last = min(last, len(contigs))
        yield ContigCheck(first, last, int(ends[last] - ends[first]))
        first = last


def read_checks(store: Store, group: str) -> Iterator[ReadCheck]:
    """Checks of all arrays of a group, one for each object."""
    for name in _array_names(group):
        path = f"{group}/{name}"
        try:
            array = store.array(path)
        except (MissingInputError, StoreDamagedError):
            continue
        blocks = array.shards or array.chunks
        edges = [range(0, size, block) for size, block in zip(array.shape, blocks, strict=True)]
        for starts in product(*edges):
            slices = tuple(
                (start, min(start + block, size))
                for start, block, size in zip(starts, blocks, array.shape, strict=True)
            )
            n_values = int(np.prod([stop - start for start, stop in slices]))
            yield ReadCheck(group, path, slices, n_values * array.dtype.itemsize)


def _array_names(group: str) -> list[str]:
    below = [(table.removeprefix(f"{group}/"), name) for table in tables_below(group) for name in arrays_of(table)]
    return [*arrays_of(group), *(f"{table}/{name}" for table, name in below)]


def length_damages(store: Store, group: str) -> list[Damage]:
    """Arrays of a group, and of tables below it, that are not as long as the others of their dimension.

    Raises
    ------
    StoreDamagedError
        Metadata of an array are damaged.
    """
    damages = []
    for table in (group, *tables_below(group)):
        lengths: dict[str, Mapping[str, int]] = {}
        for name, spec in arrays_of(table).items():
            if store.has_array(f"{table}/{name}"):
                axis = -1 if spec.is_track else 0
                lengths.setdefault(spec.dims[axis], {})[name] = store.array(f"{table}/{name}").shape[axis]  # type: ignore[index]
        for dim, by_name in lengths.items():
            expected = _commonest(by_name.values())
            if dim == POSITION and store.has_array(_SEQUENCE):
                expected = len(store.array(_SEQUENCE))
            damages += [
                Damage(group, f"{table}/{name}".removeprefix(f"{group}/"), f"has {length:,} rows, not {expected:,}")
                for name, length in by_name.items()
                if length != expected
            ]
    return damages


def _commonest(lengths: Iterable[int]) -> int:
    values = list(lengths)
    return max(values, key=values.count)
