"""The stage `coverage` for ready-made tracks: bigWig and bedGraph files to a library of the store."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.coverage.bedgraph import bedgraph_sample, bedgraph_values, split_bedgraph
from helixdask.coverage.bigwig_blocks import check_bigwig_blocks
from helixdask.coverage.bigwig_read import BigWig
from helixdask.coverage.libraries import Library
from helixdask.coverage.statistics import constants, region_statistics
from helixdask.engine.identity import file_identity
from helixdask.engine.stage import Region, RegionResult, Stage, Work
from helixdask.errors import BadInputError
from helixdask.names.in_text import names_in_text
from helixdask.names.needed import aliases_input, aliases_of
from helixdask.public_names import public_name
from helixdask.store.contigs import ContigTable
from helixdask.store.objects import is_url
from helixdask.store.store import Store

__all__ = ["ReadyMadeStage", "as_counts"]

log = logging.getLogger(__name__)

_TRACK_OF: Final = {
    "path": ("coverage", "plus"),
    "minus_path": ("coverage", "minus"),
    "spliced_path": ("spliced_coverage", "plus"),
    "spliced_minus_path": ("spliced_coverage", "minus"),
}
_MOST: Final = float(np.iinfo(np.uint32).max)
_SAMPLE_PLACES: Final = 64
_SAMPLE_LENGTH: Final = 1 << 14


@dataclass(frozen=True)
class ReadyMadeStage(Stage):
    """Tracks that another program counted, into `coverage/<set>/<library>`.

    Parameters
    ----------
    library, path, kind, minus_path, spliced_path, spliced_minus_path, strand, scale
        The fields of `Library`.
    set_name
        Set that the library belongs to.
    aliases
        Table of other names of the genome's contigs, or None.
    """

    library: str
    path: str
    kind: str
    set_name: str = "rnaseq"
    minus_path: str | None = None
    spliced_path: str | None = None
    spliced_minus_path: str | None = None
    strand: str = "both"
    scale: float | None = None
    aliases: str | None = None

    name: ClassVar[str] = "coverage"
    file_fields: ClassVar[tuple[str, ...]] = (*_TRACK_OF, "aliases")
    bases_per_second: ClassVar[float] = 20e6
    bytes_per_base: ClassVar[float] = 1.0
    memory_per_base: ClassVar[float] = 48.0

    @classmethod
    def of(cls, library: Library, set_name: str = "rnaseq", aliases: str | None = None) -> ReadyMadeStage:
        """Return the stage for a library."""
        files = ("path", "kind", "minus_path", "spliced_path", "spliced_minus_path", "strand", "scale")
        told = {name: getattr(library, name) for name in files}
        return cls(library=library.name, set_name=set_name, aliases=aliases, **told)

    def group(self) -> str:
        """Group of the store that is written."""
        return f"coverage/{self.set_name}/{self.library}"

    def inputs(self, store: Store) -> dict[str, str]:
        """Check the files against the genome and return what is read."""
        found = {"genome": store.identity("genome")}
        aliases = self._aliases(store)
        for field, path in self._files().items():
            found[field] = file_identity(path)
            if self.kind == "bigwig":
                _check_bigwig(path, store.contigs, aliases, self._counts(field, path))
            else:
                _check_bedgraph(path, store.contigs, aliases, self._counts(field, path))
        return found | aliases_input(self.aliases, store.contigs, self._names)

    def prepare(self, store: Store, work: Work) -> None:
        """Put the lines of bedGraph files where every worker finds those of its region."""
        if self.kind != "bedgraph":
            return
        for field, path in self._files().items():
            if not work.has(f"{field}-pieces"):
                pieces = split_bedgraph(path, store.contigs, work.folder, field, self._aliases(store))
                work.save(f"{field}-pieces", **pieces)
                if pieces["left_out"][0]:
                    log.warning("%s: %s lines lie on contigs that the genome lacks", path, f"{pieces['left_out'][0]:,}")

    def run(self, store: Store, region: Region, work: Work) -> RegionResult:
        """Write the tracks of a region."""
        tracks = {name: np.zeros((2, region.length), np.uint32) for name in ("coverage", "spliced_coverage")}
        rounded = {"bases_rounded": 0, "bases_rounded_to_zero": 0}
        for field, path in self._files().items():
            if self.kind == "bigwig":
                values = _bigwig_values(path, file_identity(path), store.contigs, self._aliases(store), region)
            else:
                pieces = work.load(f"{field}-pieces")
                values = bedgraph_values(pieces, work.folder, field, region.start, region.stop)
            counts, changed, lost = self._counts(field, path)(values)
            rounded["bases_rounded"] += changed
            rounded["bases_rounded_to_zero"] += lost
            track, strand = _TRACK_OF[field]
            tracks[track][self._rows(strand)] = counts
        for track, both in tracks.items():
            store.write_region(f"{self.group()}/{track}", region.start, both)
        statistics = region_statistics(tracks["coverage"], tracks["spliced_coverage"])
        return RegionResult(statistics.counts | {name: float(n) for name, n in rounded.items()}, statistics.tables)

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Return where the tracks are from, and their normalisation constants."""
        counts = {name: int(value) for name, value in sorted(result.counts.items())}
        if not counts["coverage_sum_plus"] + counts["coverage_sum_minus"]:
            log.warning("%s: no value above 0 on the contigs of the genome; all tracks are zero", self.path)
        return {
            **{field: public_name(path) for field, path in self._files().items()},
            "kind": self.kind,
            "strandedness": "by file" if self.minus_path else "unstranded" if self.strand == "both" else self.strand,
            "rules": "ready-made",
            "scale": self.scale,
            "counts": counts,
            "per_million": None,
            "constants": constants(result, store.n_bases),
        }

    def _files(self) -> dict[str, str]:
        return {field: path for field in _TRACK_OF if (path := getattr(self, field))}

    def _rows(self, strand: str) -> slice:
        """Rows of a track, plus and minus, that a file fills."""
        if not self.minus_path:
            strand = self.strand
        return {"both": slice(0, 2), "plus": slice(0, 1), "minus": slice(1, 2)}[strand]

    def _counts(self, field: str, path: str) -> Callable[[NDArray[np.float64]], tuple[NDArray[np.uint32], int, int]]:
        negative = field.endswith("minus_path") or (self.strand == "minus")
        return lambda values: as_counts(values, self.scale, path, may_be_negative=negative)

    def _aliases(self, store: Store) -> dict[str, str]:
        return aliases_of(self.aliases, store.contigs)

    def _names(self) -> list[str]:
        """Names of the sequences in all files."""
        if self.kind == "bedgraph":
            return [name for path in self._files().values() for name in names_in_text(path, "bedgraph").names]
        return [name for path in self._files().values() for name in _open_bigwig(path, file_identity(path)).lengths]


def as_counts(
    values: NDArray[np.float64], scale: float | None, where: str, *, may_be_negative: bool
) -> tuple[NDArray[np.uint32], int, int]:
    """Turn values of a track into counts.

    Parameters
    ----------
    values
        ``(n,)`` float64.
    scale
        They are multiplied by this and rounded, halves up; None: they must be whole numbers.
    where
        The file, for messages.
    may_be_negative
        Whether negative values stand for a minus strand; their sign is dropped.

    Returns
    -------
    counts
        ``(n,)`` uint32.
    changed, lost
        How many values were rounded, and how many of those to 0.

    Raises
    ------
    BadInputError
        If a value is not finite, negative, too large, or, without a scale, no whole number.
    """
    if not np.isfinite(values).all():
        raise BadInputError("holds values that are no numbers", where=where, remedy="Replace NaN and infinity by 0.")
    if may_be_negative:
        values = np.abs(values)
    elif (values < 0).any():
        raise BadInputError(
            f"holds negative values ({values.min():g})",
            where=where,
            remedy="A file for the minus strand is given as minus_path, or with strand minus.",
        )
    scaled = values if scale is None else values * scale
    counts = np.floor(scaled + 0.5)
    odd = counts != scaled
    if scale is None and odd.any():
        least = float(values[values > 0].min())
        raise BadInputError(
            f"holds values that are no counts, such as {float(values[odd][0]):g}",
            where=where,
            remedy=f"Give the library a scale in the sheet: values are multiplied by it and rounded. "
            f"{1 / least:.6g} makes the least value here, {least:g}, one read; 1 only rounds.",
        )
    if counts.size and counts.max() > _MOST:
        raise BadInputError(f"holds values above {_MOST:,.0f}", where=where, remedy="Give a smaller scale.")
    return counts.astype(np.uint32), int(np.count_nonzero(odd)), int(np.count_nonzero(odd & (counts == 0)))


@lru_cache(maxsize=16)
def _open_bigwig(path: str, identity: str) -> BigWig:
    del identity  # another file has another
    return BigWig(path)


@lru_cache(maxsize=16)
def _check_blocks(path: str, identity: str) -> None:
    """Read a file whole once, and not again for its plan and for each run of the stage."""
    del identity
    check_bigwig_blocks(path)


def _names_in(file: Mapping[str, int], aliases: Mapping[str, str]) -> dict[str, str]:
    """Names of a file's contigs by their names in the genome."""
    return {aliases.get(name, name): name for name in file}


def _bigwig_values(
    path: str, identity: str, contigs: ContigTable, aliases: Mapping[str, str], region: Region
) -> NDArray[np.float64]:
    file = _open_bigwig(path, identity)
    names = _names_in(file.lengths, aliases)
    values = np.zeros(region.length)
    for contig, start, stop, position in contigs.pieces(region.start, region.stop).rows():
        name = names.get(str(contigs.names[contig]))
        if name is not None:
            at = position - region.start
            values[at : at + stop - start] = file.values(name, start, stop)
    return values


def _check_bigwig(path: str, contigs: ContigTable, aliases: Mapping[str, str], counts: Callable[..., Any]) -> None:
    identity = file_identity(path)
    file = _open_bigwig(path, identity)
    if not is_url(path):
        _check_blocks(path, identity)
    names = _names_in(file.lengths, aliases)
    rows = [row for row, name in enumerate(contigs.names.tolist()) if name in names]
    _check_names(path, list(file.lengths), contigs, rows)
    for row in rows:
        known, length = str(contigs.names[row]), int(contigs.lengths[row])
        if file.lengths[names[known]] != length:
            raise BadInputError(
                f"contig `{known}` has {file.lengths[names[known]]:,} bases in the file, {length:,} in the genome",
                where=path,
                remedy="The track belongs to another assembly: make it for this one.",
            )
    lengths = np.array([contigs.lengths[row] for row in rows], np.int64)
    total = np.cumsum(lengths)
    for at in ((np.arange(_SAMPLE_PLACES) + 0.5) / _SAMPLE_PLACES * total[-1]).astype(np.int64).tolist():
        k = int(np.searchsorted(total, at, side="right"))
        start = at - int(total[k] - lengths[k])
        name = names[str(contigs.names[rows[k]])]
        counts(file.values(name, start, min(start + _SAMPLE_LENGTH, int(lengths[k]))))


def _check_bedgraph(path: str, contigs: ContigTable, aliases: Mapping[str, str], counts: Callable[..., Any]) -> None:
    if not Path(path).is_file():
        raise BadInputError("no such file", where=path, remedy="bedGraph files must be local.")
    names, values = bedgraph_sample(path)
    known = {aliases.get(name, name) for name in names}
    _check_names(path, names, contigs, [row for row, name in enumerate(contigs.names.tolist()) if name in known])
    counts(values)


def _check_names(path: str, names: list[str], contigs: ContigTable, rows: list[int]) -> None:
    if not rows:
        raise BadInputError(
            f"no contig name in common with the genome (file: {', '.join(names[:3]) or 'none'}; "
            f"genome: {', '.join(str(name) for name in contigs.names[:3])})",
            where=path,
            remedy="Give the other names with --aliases, or make the track for this genome.",
        )
