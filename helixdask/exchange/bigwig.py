"""Writing coverage as bigWig files."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import pybigtools
from numpy.typing import NDArray

from helixdask.errors import BadInputError, MissingInputError
from helixdask.store.store import Store

__all__ = ["export_bigwig"]

log = logging.getLogger(__name__)

_TRACKS: Final = (("coverage", ""), ("spliced_coverage", ".spliced"))
_STRANDS: Final = ("plus", "minus")
_EXACT: Final = 1 << 24
_BLOCK: Final = 1 << 20


def export_bigwig(store: Store, folder: str | Path, coverage: str | None = None) -> list[Path]:
    """Write each library of a coverage set as `NAME.plus.bw`, `NAME.minus.bw`, `NAME.spliced.plus.bw` and so on.

    Bases without coverage are left out; tracks without any value make no file. All values are positive, those of the
    minus strand, too. Files are written one after the other, block by block, and appear when they are whole.

    Parameters
    ----------
    store
        The store.
    folder
        Where to write; made if it is not there.
    coverage
        The set; None: the only one there is.

    Returns
    -------
    list of Path
        The files, in the order of libraries.

    Raises
    ------
    MissingInputError
        There is no such set, or it holds nothing.
    BadInputError
        The folder or a file cannot be written.
    """
    name = store.resolve("coverage", coverage)
    libraries = store.names(f"coverage/{name}")
    if not libraries:
        raise MissingInputError(f"coverage/{name} holds no library", where=store.url)
    folder = Path(folder)
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".bigwig-", dir=folder) as scratch:
            for library in libraries:
                counts = store.attrs(f"coverage/{name}/{library}").get("counts", {})
                for track, infix in _TRACKS:
                    for row, strand in enumerate(_STRANDS):
                        if not counts.get(f"{track}_sum_{strand}", 1):
                            continue
                        part = Path(scratch) / "track.bw"
                        _write(store, f"coverage/{name}/{library}/{track}", row, part)
                        target = folder / f"{library}{infix}.{strand}.bw"
                        part.replace(target)
                        written.append(target)
    except (OSError, pybigtools.BBIReadError) as error:
        raise BadInputError(f"cannot be written ({error})", where=str(folder)) from error
    return written


def _write(store: Store, path: str, row: int, target: Path) -> None:
    # Files of bigWig list their contigs by name, and values must come in that order.
    order = np.argsort(store.contigs.names.astype(str), kind="stable")
    lengths = {str(store.contigs.names[i]): int(store.contigs.lengths[i]) for i in order.tolist()}
    writer = pybigtools.open(str(target), "w")
    writer.write(lengths, _runs(store, path, row, order))
    writer.close()


def _runs(store: Store, path: str, row: int, order: NDArray[np.int64]) -> Iterator[tuple[str, int, int, float]]:
    """Stretches of one value above 0, contig by contig."""
    rounded = False

    @lru_cache(maxsize=4)  # for many small contigs, which lie side by side
    def block(index: int) -> NDArray[np.uint32]:
        start = index * _BLOCK
        return np.asarray(store.read(path, start, min(start + _BLOCK, store.n_bases))[row])

    for contig in order.tolist():
        name, begin = str(store.contigs.names[contig]), int(store.contigs.offsets[contig])
        end = int(store.contigs.offsets[contig + 1])
        at = begin
        while at < end:
            first = at - at % _BLOCK
            stop = min(end, first + _BLOCK)
            values = block(first // _BLOCK)[at - first : stop - first]
            edges = np.flatnonzero(np.diff(values)) + 1
            starts, stops = np.concatenate([[0], edges]), np.concatenate([edges, [len(values)]])
            runs = values[starts]
            rounded |= bool(runs.max() > _EXACT)
            keep = runs > 0
            starts, stops = starts[keep] + at - begin, stops[keep] + at - begin
            yield from zip(
                [name] * len(starts), starts.tolist(), stops.tolist(), runs[keep].astype(float).tolist(), strict=True
            )
            at = stop
    if rounded:
        log.warning("%s: depths above %s are rounded, because bigWig holds 32-bit floats", path, f"{_EXACT:,}")
