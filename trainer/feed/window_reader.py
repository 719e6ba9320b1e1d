"""Windows of a store's tracks as arrays for the network, many at a time.

Reads go straight to the chunks (tensorstore on a disk, zarr elsewhere), all windows of a batch at once: random
windows of a genome-long axis then cost little more than neighbouring ones, and only the batch is ever in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from helixdask.calling.source import probabilities
from helixdask.errors import MissingInputError
from helixdask.registry import group_of
from helixdask.sequence.codes import PADDING
from helixdask.store.objects import is_url
from helixdask.store.store import Store
from helixdask.store.stored_array import damage_errors

__all__ = ["COVERAGE_PADDING", "LABEL_TRACKS", "TrackSet", "WindowReader"]

LABEL_TRACKS: Final = ("label", "phase", "transition", "valid")

COVERAGE_PADDING: Final = -1.0
"""Coverage where a window has no base, as Helixer pads it: a network tells it from no reads."""

_CACHE_BYTES: Final = 256 << 20
_THREADS: Final = 4

# What a read returns: something whose result() is the array, (length,) or (class, length), in plus orientation.
_Read = Callable[[int, int, int], Any]


class _Track(NamedTuple):
    """A track that is read: its group, its path in the store, and how slices of it are asked for."""

    group: str
    path: str
    read: _Read


@dataclass(frozen=True)
class TrackSet:
    """Names of what is read beside the sequence.

    Parameters
    ----------
    labels
        Name of the label group; None: sequence (and coverage) alone.
    coverage
        Groups of the libraries, ``coverage/{set}/{library}``, in the order in which the network sees them.
    confidence
        Name of the predictions that tell how sure each label is; None: labels are taken as they are.
    """

    labels: str | None = None
    coverage: tuple[str, ...] = ()
    confidence: str | None = None


@cache
def _tensorstore_context() -> Any:
    import tensorstore as ts

    return ts.Context({"cache_pool": {"total_bytes_limit": _CACHE_BYTES}})


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="helixdask-read")


def _open_track(store: Store, path: str) -> _Track:
    return _Track(group_of(path), path, _opener(store, path))


def _opener(store: Store, path: str) -> _Read:
    """How slices of one track are read; the strand is ignored by tracks that have none."""
    array = store.array(path)
    before = {1: lambda strand: (), 2: lambda strand: (strand,), 3: lambda strand: (strand, slice(None))}[array.ndim]
    if is_url(store.url):

        def read_zarr(strand: int, start: int, stop: int) -> Any:
            where = (*before(strand), slice(start, stop))
            return _threads().submit(lambda: np.asarray(array[where]))

        return read_zarr

    import tensorstore as ts

    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(Path(store.url) / path)}}
    with damage_errors(store.url, group_of(path), path):
        track = ts.open(spec, context=_tensorstore_context(), read=True, open=True).result()
    return lambda strand, start, stop: track[(*before(strand), slice(start, stop))].read()


class WindowReader:
    """Reads windows of one store.

    Parameters
    ----------
    store
        The store.
    tracks
        What to read.

    Raises
    ------
    MissingInputError
        The store lacks a track.
    StoreDamagedError
        Objects of a track's group are missing, or not what was written.
    """

    def __init__(self, store: Store, tracks: TrackSet) -> None:
        self._store = store
        self.contigs = store.contigs
        self.n_libraries = len(tracks.coverage)
        self._reads: dict[str, _Track] = {"codes": _open_track(store, "genome/sequence")}
        if tracks.labels is not None:
            for name in LABEL_TRACKS:
                self._reads[name] = _open_track(store, f"labels/{tracks.labels}/{name}")
        self._confidence = tracks.confidence is not None
        if tracks.confidence is not None:
            predictions = store.resolve("predictions", tracks.confidence)
            self._reads["confidence"] = _open_track(store, f"predictions/{predictions}/class_probability")
        for i, group in enumerate(tracks.coverage):
            if not store.is_complete(group):
                raise MissingInputError("not there, or not finished", where=f"{store.url}/{group}")
            self._reads[f"coverage.{i}"] = _open_track(store, f"{group}/coverage")
            self._reads[f"coverage.{self.n_libraries + i}"] = _open_track(store, f"{group}/spliced_coverage")

    def check(self) -> None:
        """See that no object of what is read was lost since the store was opened.

        On a disk the chunks are read by a library that takes a missing object for one that was never written.

        Raises
        ------
        StoreDamagedError
            Some were.
        """
        if not is_url(self._store.url):
            for group in sorted({track.group for track in self._reads.values()}):
                self._store.check_objects(group)

    def fill(
        self,
        buffers: Mapping[str, NDArray[Any]],
        rows: Sequence[int] | NDArray[np.int64],
        contig: NDArray[np.integer],
        start: NDArray[np.int64],
        end: NDArray[np.int64],
        strand: NDArray[np.integer],
    ) -> None:
        """Read windows into some rows of a batch.

        Minus windows are reversed (5' to 3'), not complemented: that is done on the one-hot vectors. Windows shorter
        than the batch are padded, as Helixer shows them to the network: at the end on plus, in front on minus, so
        that a minus window is always the reverse complement of the plus one.

        Parameters
        ----------
        buffers
            What `new_buffers` returned.
        rows
            Row of the batch for each window.
        contig, start, end, strand
            The windows, contig coordinates.

        Raises
        ------
        StoreDamagedError
            Bytes of a track are not what was written.
        """
        first = self.contigs.offsets[contig] + start
        last = self.contigs.offsets[contig] + end
        pending = [
            (row, name, minus, track.read(minus, a, b))
            for row, a, b, minus in zip(
                np.asarray(rows).tolist(), first.tolist(), last.tolist(), np.asarray(strand).tolist(), strict=True
            )
            for name, track in self._reads.items()
        ]
        for row, name, minus, future in pending:
            values = self._result(name, future)
            if minus:
                values = values[..., ::-1]
            kind, dot, channel = name.partition(".")
            target = buffers[kind][row, :, int(channel)] if dot else buffers[kind][row]
            size = values.shape[-1]
            part = slice(len(target) - size, None) if minus else slice(size)
            if name == "confidence":  # the labels of the window are there already
                label = buffers["label"][row, part]
                values = probabilities(np.take_along_axis(values, label[np.newaxis].astype(np.intp), axis=0)[0])
            target[part] = values

    def _result(self, name: str, future: Any) -> NDArray[Any]:
        track = self._reads[name]
        with damage_errors(self._store.url, track.group, track.path):
            values: NDArray[Any] = future.result()
        return values

    def new_buffers(self, n_windows: int, length: int) -> dict[str, NDArray[Any]]:
        """Empty batch, all padding.

        Returns
        -------
        dict
            (n_windows, length) uint8 per track, but ``confidence`` float32; coverage (n_windows, length, 2n) float32.
        """
        names = [name for name in self._reads if "." not in name and name != "confidence"]
        buffers: dict[str, NDArray[Any]] = {
            name: np.full((n_windows, length), PADDING if name == "codes" else 0, np.uint8) for name in names
        }
        if self.n_libraries:
            shape = (n_windows, length, 2 * self.n_libraries)
            buffers["coverage"] = np.full(shape, COVERAGE_PADDING, np.float32)
        if self._confidence:
            buffers["confidence"] = np.zeros((n_windows, length), np.float32)
        return buffers
