"""What a network and its losses need of some windows, as arrays, many windows at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import MissingInputError
from helixdask.probabilities import decode
from helixdask.registry import INTERGENIC
from helixdask.store.objects import is_url
from helixdask.store.store import Store
from helixdask.trainer.feed.doubt import NO_DOUBT, Doubt, doubted_bases
from helixdask.windows.cut import COVERAGE_PADDING, WindowLayout
from helixdask.windows.grid import Windows
from helixdask.windows.read import WindowTrack, open_track, read_into

LABEL_TRACKS: Final = ("label", "phase", "transition", "valid")


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
    doubt
        What casts doubt on labels, see `helixdask.trainer.feed.doubt`: bases in doubt are masked.
    """

    labels: str | None = None
    coverage: tuple[str, ...] = ()
    confidence: str | None = None
    doubt: Doubt = NO_DOUBT


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
        self.n_libraries = len(tracks.coverage)
        paths = {"codes": "genome/sequence"}
        if tracks.labels is not None:
            paths |= {name: f"labels/{tracks.labels}/{name}" for name in LABEL_TRACKS}
        self._tracks = {name: open_track(store, path, ahead=True) for name, path in paths.items()}
        for group in tracks.coverage:
            if not store.is_complete(group):
                raise MissingInputError("not there, or not finished", where=f"{store.url}/{group}")
        self._coverage = [
            open_track(store, f"{group}/{name}", ahead=True)
            for name in ("coverage", "spliced_coverage")
            for group in tracks.coverage
        ]
        self._doubt = tracks.doubt
        self._reads = [open_track(store, f"{reads.group}/coverage", ahead=True) for reads in tracks.doubt.reads]
        self._believed, self._doubted = (
            [open_track(store, f"predictions/{store.resolve('predictions', name)}/class_probability", ahead=True)]
            if name is not None
            else []
            for name in (tracks.confidence, tracks.doubt.predictions)
        )

    def check(self) -> None:
        """See that no object of what is read was lost since the store was opened.

        On a disk the chunks are read by a library that takes a missing object for one that was never written.

        Raises
        ------
        StoreDamagedError
            Some were.
        """
        if not is_url(self._store.url):
            for group in sorted({track.group for track in self._all()}):
                self._store.check_objects(group)

    def _all(self) -> list[WindowTrack]:
        return [*self._tracks.values(), *self._coverage, *self._reads, *self._believed, *self._doubted]

    def fill(self, buffers: Mapping[str, NDArray[Any]], rows: NDArray[np.int64], windows: Windows) -> None:
        """Read windows into some rows of a batch, 5' to 3', padding mirrored.

        Parameters
        ----------
        buffers
            What `new_buffers` returned.
        rows
            Row of the batch for each window.
        windows
            The windows.

        Raises
        ------
        StoreDamagedError
            Bytes of a track are not what was written.
        """
        length = buffers["codes"].shape[1]
        kinds = self._reads, self._believed, self._doubted
        reads, believed, doubted = ([track.rows(len(buffers["codes"]), length) for track in kind] for kind in kinds)
        outs = [buffers[name] for name in self._tracks]
        if self._coverage:
            outs.extend(np.moveaxis(buffers["coverage"], -1, 0))
        spans = windows.spans(self._store.contigs.offsets)
        read_into(self._all(), [*outs, *reads, *believed, *doubted], spans, WindowLayout(length), rows.tolist())
        if self._doubt != NO_DOUBT:
            genic = 1 - decode(doubted[0][rows, :, INTERGENIC]) if doubted else None
            coverage = [values[rows] for values in reads]
            buffers["valid"][rows] *= ~doubted_bases(self._doubt, buffers["label"][rows], coverage, genic)
        for values in believed:
            label = buffers["label"][rows, :, np.newaxis].astype(np.intp)
            buffers["confidence"][rows] = decode(np.take_along_axis(values[rows], label, axis=-1)[..., 0])

    def new_buffers(self, n_windows: int, length: int) -> dict[str, NDArray[Any]]:
        """Empty batch, all padding.

        Returns
        -------
        dict
            (n_windows, length) uint8 per track, but ``confidence`` float32; coverage (n_windows, length, 2n) float32.
        """
        buffers = {name: track.rows(n_windows, length) for name, track in self._tracks.items()}
        if self._coverage:
            buffers["coverage"] = np.full((n_windows, length, len(self._coverage)), COVERAGE_PADDING, np.float32)
        if self._believed:
            buffers["confidence"] = np.zeros((n_windows, length), np.float32)
        return buffers
