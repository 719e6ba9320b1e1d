"""Writing coverage and probabilities as bigWig files."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pybigtools
from numpy.typing import NDArray

from helixdask.errors import BadInputError, MissingInputError, words_of
from helixdask.probabilities import decode
from helixdask.registry import LABEL_CLASSES
from helixdask.store.contigs import ContigTable
from helixdask.store.store import Store

log = logging.getLogger(__name__)

_TRACKS: Final = (("coverage", ""), ("spliced_coverage", ".spliced"))
_STRANDS: Final = ("plus", "minus")
_EXACT: Final = 1 << 24
_BLOCK: Final = 1 << 20
_STEPS: Final = 100
"""Probabilities are written in hundredths: neighbouring bases that differ by less are one run."""

Read = Callable[[int, int], NDArray[Any]]
Tell = Callable[[int], None]
"""Is told how many bases were written."""


def _untold(bases: int) -> None:
    del bases


def export_bigwig(store: Store, folder: str | Path, coverage: str | None = None, *, tell: Tell = _untold) -> list[Path]:
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
    tell
        Is told how many bases were written.

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
    tracks = {}
    for library in libraries:
        counts = store.attrs(f"coverage/{name}/{library}").get("counts", {})
        for track, infix in _TRACKS:
            for row, strand in enumerate(_STRANDS):
                if counts.get(f"{track}_sum_{strand}", 1):
                    path = f"coverage/{name}/{library}/{track}"
                    tracks[f"{library}{infix}.{strand}.bw"] = _strand_of(store, path, row)
    return _write_all(store.contigs, Path(folder), tracks, tell)


def export_probability_bigwig(
    store: Store,
    folder: str | Path,
    predictions: str | None = None,
    *,
    classes: Sequence[str] = ("genic", *LABEL_CLASSES[1:]),
    tell: Tell = _untold,
) -> list[Path]:
    """Write predictions as `NAME.genic.plus.bw`, `NAME.cds.minus.bw` and so on, in hundredths; zeros are left out.

    `genic` is the probability of not being intergenic; the others are those of UTR, CDS and intron.

    Parameters
    ----------
    store
        The store.
    folder
        Where to write; made if it is not there.
    predictions
        Their name; None: the only ones there are.
    classes
        What is written.
    tell
        Is told how many bases were written.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    MissingInputError
        There are no such predictions.
    BadInputError
        The folder or a file cannot be written.
    """
    name = store.resolve("predictions", predictions)
    path = f"predictions/{name}/class_probability"

    def reader(row: int, numbers: slice) -> Read:
        def read(start: int, stop: int) -> NDArray[Any]:
            values = decode(store.array(path)[row, numbers, start:stop]).sum(axis=0)
            hundredths: NDArray[Any] = np.rint(values * _STEPS) / np.float32(_STEPS)
            return hundredths

        return read

    wanted = {"genic": slice(1, len(LABEL_CLASSES))}
    wanted |= {label: slice(number, number + 1) for number, label in enumerate(LABEL_CLASSES) if number}
    tracks = {
        f"{name}.{label}.{strand}.bw": reader(row, numbers)
        for label, numbers in ((label, wanted[label]) for label in classes)
        for row, strand in enumerate(_STRANDS)
    }
    return _write_all(store.contigs, Path(folder), tracks, tell)


def export_track_bigwig(store: Store, folder: str | Path, name: str, kind: str, *, tell: Tell = _untold) -> list[Path]:
    """Write intervals (`NAME.mask.bw`, 1 inside) or values (`NAME.value.bw`) of a track; zeros are left out.

    Parameters
    ----------
    store, folder
        The store, and where to write.
    name, kind
        Name of the track, and ``mask`` or ``value``.
    tell
        Is told how many bases were written.

    Returns
    -------
    list of Path
        The file.

    Raises
    ------
    BadInputError
        The folder or a file cannot be written.
    """
    path = f"tracks/{name}/{kind}"

    def read(start: int, stop: int) -> NDArray[Any]:
        values: NDArray[Any] = np.nan_to_num(np.asarray(store.array(path)[start:stop]))
        return values

    return _write_all(store.contigs, Path(folder), {f"{name}.{kind}.bw": read}, tell)


def _strand_of(store: Store, path: str, row: int) -> Read:
    return lambda start, stop: np.asarray(store.array(path)[row, start:stop])


def _write_all(contigs: ContigTable, folder: Path, tracks: dict[str, Read], tell: Tell) -> list[Path]:
    """Write each track to the file of its name, whole or not at all."""
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".bigwig-", dir=folder) as scratch:
            for name, read in tracks.items():
                part = Path(scratch) / "track.bw"
                _write(contigs, name, read, part, tell)
                part.replace(folder / name)
                written.append(folder / name)
    except (OSError, pybigtools.BBIReadError) as error:
        raise BadInputError(f"cannot be written ({words_of(error)})", where=str(folder)) from error
    return written


def _write(contigs: ContigTable, title: str, read: Read, target: Path, tell: Tell) -> None:
    # Files of bigWig list their contigs by name, and values must come in that order.
    order = np.argsort(contigs.names.astype(str), kind="stable")
    lengths = {str(contigs.names[i]): int(contigs.lengths[i]) for i in order.tolist()}
    writer = pybigtools.open(str(target), "w")
    writer.write(lengths, _runs(contigs, title, read, order, tell))
    writer.close()


def runs_of_one_value(values: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Start and end of each run of equal values; of at least one value.

    Examples
    --------
    >>> runs_of_one_value(np.array([0, 0, 7, 1, 1]))
    (array([0, 2, 3]), array([2, 3, 5]))
    """
    edges = np.flatnonzero(np.diff(values)) + 1
    return np.concatenate([[0], edges]), np.concatenate([edges, [len(values)]])


def _runs(
    contigs: ContigTable, title: str, read: Read, order: NDArray[np.int64], tell: Tell
) -> Iterator[tuple[str, int, int, float]]:
    """Stretches of one value other than 0, contig by contig."""
    rounded = False

    @lru_cache(maxsize=4)  # for many small contigs, which lie side by side
    def block(index: int) -> NDArray[Any]:
        start = index * _BLOCK
        return read(start, min(start + _BLOCK, contigs.n_bases))

    for contig in order.tolist():
        name, begin = str(contigs.names[contig]), int(contigs.offsets[contig])
        end = int(contigs.offsets[contig + 1])
        at = begin
        while at < end:
            first = at - at % _BLOCK
            stop = min(end, first + _BLOCK)
            values = block(first // _BLOCK)[at - first : stop - first]
            starts, stops = runs_of_one_value(values)
            runs = values[starts]
            rounded |= bool(runs.max() > _EXACT)
            keep = runs != 0
            starts, stops = starts[keep] + at - begin, stops[keep] + at - begin
            yield from zip(
                [name] * len(starts), starts.tolist(), stops.tolist(), runs[keep].astype(float).tolist(), strict=True
            )
            tell(stop - at)
            at = stop
    if rounded:
        log.warning("%s: depths above %s are rounded, because bigWig holds 32-bit floats", title, f"{_EXACT:,}")
