"""What each data set of a Helixer file holds, as views of a store's tracks, one block of rows after the other.

Rows are read 5' to 3' on their own strand, with padding at their end. Two of Helixer's columns do not mean what their
names say and are written the way Helixer writes them: ``err_samples`` is true where a row has valid data, and
``fully_intergenic_samples`` up to Helixer 0.3.6 where no base of a row is intergenic; from 0.3.9 on where all are, in
rows without padding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.exchange.settings import HelixerVersion
from helixdask.probabilities import decode
from helixdask.registry import LABEL_CLASSES, PHASE_CLASSES, TRANSITIONS
from helixdask.sequence.codes import one_hot
from helixdask.store.store import Store
from helixdask.windows.cut import COVERAGE_PADDING, WindowLayout
from helixdask.windows.grid import Spans, Windows
from helixdask.windows.read import open_track, read_into, read_windows

ID_BYTES: Final = 50
SPECIES_BYTES: Final = 25

_LABEL_VECTORS: Final = np.eye(len(LABEL_CLASSES), dtype=np.int8)
_PHASE_VECTORS: Final = np.eye(len(PHASE_CLASSES), dtype=np.int8)
_TRANSITION_BITS: Final = ((np.arange(256)[:, None] >> np.arange(len(TRANSITIONS))) & 1).astype(np.int8)


@dataclass(frozen=True, eq=False)
class Block:
    """Some rows of the file; each track is read once, however many columns are made from it."""

    store: Store
    windows: Windows
    length: int
    _tracks: dict[str, NDArray[Any]] = field(default_factory=dict)

    def read(self, path: str) -> NDArray[Any]:
        """A track as rows, ``(row, base)`` or ``(row, base, class)``."""
        if path not in self._tracks:
            self._tracks[path] = read_windows(self.store, path, self.spans, self.layout)
        return self._tracks[path]

    @property
    def layout(self) -> WindowLayout:
        """How the file's rows lie: 5' to 3', padding at the end on both strands."""
        return WindowLayout(self.length, padding="end")

    @property
    def spans(self) -> Spans:
        """Where the rows lie in the genome."""
        return self.windows.spans(self.store.contigs.offsets)

    def clear_padding(self, rows: NDArray[Any]) -> None:
        """Set what lies behind the end of short windows, ``(row, base, ...)``, to 0, in place."""
        size = self.windows.end - self.windows.start
        for row in np.flatnonzero(size < self.length).tolist():
            rows[row, size[row] :] = 0


@dataclass(frozen=True, eq=False)
class Column:
    """One data set.

    Parameters
    ----------
    path
        Its place in the file.
    tail
        Shape of one row.
    dtype
        HDF5 type.
    make
        Values of a block of rows.
    fill, compression, chunk
        Where they differ from Helixer's usual: fill 0, the compression asked for, one row a chunk.
    """

    path: str
    tail: tuple[int, ...]
    dtype: str
    make: Callable[[Block], NDArray[Any]]
    fill: int | None = None
    compression: str | None = None
    chunk: tuple[int, ...] | None = None
    growing: int | None = None
    """Axis, beside the rows, along which Helixer appends."""


def row_columns(folder: str, seqids: NDArray[np.bytes_], species: bytes) -> Iterator[Column]:
    """Columns that say where each row lies."""
    yield Column(f"{folder}/species", (), f"S{SPECIES_BYTES}", lambda block: np.full(len(block.windows.start), species))
    yield Column(f"{folder}/seqids", (), f"S{ID_BYTES}", lambda block: seqids[block.windows.contig])
    yield Column(f"{folder}/start_ends", (2,), "int64", _start_ends)


def _start_ends(block: Block) -> NDArray[np.int64]:
    pairs = np.stack([block.windows.start, block.windows.end], axis=1)
    minus = block.windows.strand == 1
    pairs[minus] = pairs[minus, ::-1]
    return pairs


def sequence_column(length: int) -> Column:
    """``X``, the one-hot sequence, channels C, A, T, G."""
    return Column("data/X", (length, 4), "float16", lambda block: one_hot(block.read("genome/sequence")))


def label_columns(
    folder: str, labels: str, length: int, annotated: NDArray[np.bool_], version: HelixerVersion = "0.3.6"
) -> Iterator[Column]:
    """All columns of a label set.

    Parameters
    ----------
    folder
        ``data``, or ``alternative/NAME``.
    labels
        Name of the label set in the store.
    length
        Window length.
    annotated
        Which contigs hold any labelled gene, ``(contig,)`` bool.
    version
        Helixer's, which decides what ``fully_intergenic_samples`` means.
    """
    group = f"labels/{labels}"

    def classes(block: Block, track: str, vectors: NDArray[np.int8]) -> NDArray[np.int8]:
        values: NDArray[np.int8] = np.take(vectors, block.read(f"{group}/{track}"), axis=0)
        block.clear_padding(values)
        return values

    def has_valid(block: Block) -> NDArray[np.bool_]:
        valid: NDArray[np.bool_] = (block.read(f"{group}/valid") != 0).any(axis=1)
        return valid

    def has_no_intergenic(block: Block) -> NDArray[np.bool_]:
        intergenic = block.read(f"{group}/label") == 0
        block.clear_padding(intergenic)
        none: NDArray[np.bool_] = ~intergenic.any(axis=1)
        return none

    def all_intergenic(block: Block) -> NDArray[np.bool_]:
        intergenic = block.read(f"{group}/label") == 0
        block.clear_padding(intergenic)
        every: NDArray[np.bool_] = intergenic.all(axis=1)
        return every

    yield Column(f"{folder}/y", (length, 4), "int8", partial(classes, track="label", vectors=_LABEL_VECTORS))
    yield Column(f"{folder}/sample_weights", (length,), "int8", lambda block: block.read(f"{group}/valid"))
    yield Column(f"{folder}/gene_lengths", (length,), "uint32", lambda block: block.read(f"{group}/gene_length"))
    yield Column(f"{folder}/phases", (length, 4), "int8", partial(classes, track="phase", vectors=_PHASE_VECTORS))
    yield Column(
        f"{folder}/transitions", (length, 6), "int8", partial(classes, track="transition", vectors=_TRANSITION_BITS)
    )
    yield Column(f"{folder}/err_samples", (), "bool", has_valid)
    yield Column(
        f"{folder}/fully_intergenic_samples", (), "bool", has_no_intergenic if version == "0.3.6" else all_intergenic
    )
    yield Column(f"{folder}/is_annotated", (), "bool", lambda block: annotated[block.windows.contig])


def coverage_columns(set_name: str, libraries: list[str], length: int) -> Iterator[Column]:
    """``evaluation/rnaseq_*``: reads at each base, one layer per library, -1 in the padding."""

    def layers(block: Block, track: str) -> NDArray[np.int64]:
        out = np.full((len(block.windows.start), length, len(libraries)), int(COVERAGE_PADDING), np.int64)
        tracks = [open_track(block.store, f"coverage/{set_name}/{library}/{track}") for library in libraries]
        read_into(tracks, list(np.moveaxis(out, -1, 0)), block.spans, block.layout)
        return out

    for track in ("coverage", "spliced_coverage"):
        yield Column(
            f"evaluation/rnaseq_{track}",
            (length, len(libraries)),
            "int64",
            partial(layers, track=track),
            fill=-1,
            compression="lzf",
            chunk=(1, length, 1),
            growing=2,
        )


def prediction_columns(store: Store, predictions: str, length: int) -> Iterator[Column]:
    """``predictions`` and, where the store has them, ``predictions_phase``; rows lie as in ``X``."""
    for path, track in (("predictions", "class_probability"), ("predictions_phase", "phase_probability")):
        source = f"predictions/{predictions}/{track}"
        if store.has_array(source):
            yield Column(path, (length, 4), "float16", partial(_probabilities, path=source))


def _probabilities(block: Block, path: str) -> NDArray[Any]:
    stored = block.read(path)
    return decode(stored) if stored.dtype == np.uint8 else stored
