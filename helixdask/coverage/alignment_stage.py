"""The stage `coverage` for aligned proteins and transcripts: GFF3 files to a library of the store."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.coverage.alignment_blocks import Stretches, alignment_blocks, depth_of
from helixdask.coverage.alignment_rows import AlignmentFile, read_alignments
from helixdask.coverage.kinds import ALIGNMENTS, CODING, DEFAULT_SET, EXONS, PACKED
from helixdask.coverage.libraries import Library
from helixdask.coverage.library_stage import LibraryStage
from helixdask.coverage.ready_made_files import check_some_known
from helixdask.coverage.rules import NO_LIMIT, default_max_intron
from helixdask.engine.costs import ALIGNMENT_BYTES_PER_SECOND, ALIGNMENTS_PER_BYTE, COSTS, Cost
from helixdask.engine.identity import file_identity
from helixdask.engine.stage import Region, RegionResult, Work
from helixdask.errors import BadInputError
from helixdask.intervals import numbers
from helixdask.names.in_text import names_in_text
from helixdask.names.needed import aliases_input
from helixdask.store.contigs import ContigTable
from helixdask.store.store import Store

log = logging.getLogger(__name__)

_BIN: Final = 1 << 22
"""Bases whose stretches are one file of the scratch folder; a task loads those of its region."""
_FIELDS: Final = ("start", "end", "strand")


@dataclass(frozen=True)
class AlignmentStage(LibraryStage):
    """How many alignments cover each base, and how many skip it as an intron, into `coverage/<set>/<library>`.

    Parameters
    ----------
    library, path, set_name, aliases
        See `LibraryStage`.
    max_intron
        Longest gap that is an intron; 0: no limit. None: as for reads.
    """

    max_intron: int | None = None

    cost: ClassVar[Cost] = COSTS["alignments"]

    @classmethod
    def of(cls, library: Library, set_name: str = DEFAULT_SET, aliases: str | None = None) -> AlignmentStage:
        """Return the stage for a library."""
        return cls(library.name, library.path, set_name, aliases, library.reads.max_intron)

    def estimate_seconds(self, n_bases: int) -> float:
        """Time of reading the file, and of writing the tracks."""
        return super().estimate_seconds(n_bases) + self._file_size / ALIGNMENT_BYTES_PER_SECOND[self._is_compressed]

    def estimate_bytes(self, n_bases: int) -> float:
        """Size of the tracks, which follows from that of the file."""
        return super().estimate_bytes(n_bases) + self._file_size * ALIGNMENTS_PER_BYTE[self._is_compressed]

    @property
    def _file_size(self) -> int:
        path = Path(self.path)
        return path.stat().st_size if path.exists() else 0

    @property
    def _is_compressed(self) -> bool:
        return self.path.endswith(PACKED)

    def inputs(self, store: Store) -> dict[str, str]:
        """Check that the file has names of the genome, and return what is read; rows are looked at later."""
        names, aliases = names_in_text(self.path, "gff3").names, self._aliases(store)
        if not names:
            raise BadInputError("there are no rows", where=self.path, remedy="Has the program that aligns ended well?")
        check_some_known(self.path, names, store.contigs, aliases)
        found = {"genome": store.identity("genome"), "path": file_identity(self.path)}
        return found | aliases_input(self.aliases, store.contigs, lambda: names)

    def read(self, store: Store) -> AlignmentFile:
        """Read the file.

        Raises
        ------
        BadInputError
            As `read_alignments`.
        """
        return read_alignments(self.path, store.contigs, self._aliases(store))

    def prepare(self, store: Store, work: Work) -> None:
        """Put the alignments where every worker finds those of its region."""
        if work.has("alignments"):
            return
        found = self.read(store)
        blocks = alignment_blocks(found.rows, self._longest_intron(store) or NO_LIMIT)
        if found.is_mixed:
            log.warning(
                "%s: proteins and transcripts are in one file, and taken for transcripts: give each a file of its own",
                self.path,
            )
        if found.elsewhere:
            log.warning("%s: %s rows lie on sequences that the genome lacks", self.path, f"{found.elsewhere:,}")
        if found.empty:
            log.warning("%s: rows that end before they begin are left out: %s", self.path, f"{found.empty:,}")
        bins = [
            _save_bins(work, name, stretches, store.contigs)
            for name, stretches in (("covered", blocks.covered), ("introns", blocks.introns))
        ]
        work.save(
            "alignments",
            covered=bins[0],
            introns=bins[1],
            numbers=np.array(
                [
                    *(blocks.n_alignments, len(blocks.introns.start), blocks.introns_too_long),
                    *(found.elsewhere, found.empty),
                ],
                np.int64,
            ),
            coding=np.array(found.covers == CODING),
        )

    def run(self, store: Store, region: Region, work: Work) -> RegionResult:
        """Write the tracks of a region."""
        there = work.load("alignments")
        tracks = []
        for name in ("covered", "introns"):
            parts = [
                work.load(f"{name}-{number}")
                for number in range(region.start // _BIN, -(-region.stop // _BIN))
                if number in there[name]
            ]
            columns = [
                np.concatenate([part[column] for part in parts]) if parts else np.zeros(0, np.int64)
                for column in _FIELDS
            ]
            tracks.append(depth_of(columns[0], columns[1], columns[2].astype(np.int8), region.start, region.stop))
        return self._written(store, region, tracks[0], tracks[1])

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Return where the tracks are from, and their normalisation constants."""
        told = work.load("alignments")
        names = ("alignments", "introns", "introns_too_long", "rows_elsewhere", "rows_empty")
        found = self._attributes(store, result)
        return found | {
            "kind": ALIGNMENTS,
            "covers": CODING if told["coding"] else EXONS,
            "strandedness": "by file",
            "rules": ALIGNMENTS,
            "max_intron": self._longest_intron(store),
            "counts": dict(zip(names, told["numbers"].tolist(), strict=True)) | found["counts"],
        }

    def _longest_intron(self, store: Store) -> int:
        return default_max_intron(store.n_bases) if self.max_intron is None else self.max_intron


def _save_bins(work: Work, name: str, stretches: Stretches, contigs: ContigTable) -> NDArray[np.int64]:
    """Cut stretches at the borders of bins, save each bin's, and return the bins that have any."""
    offset = contigs.offsets[stretches.contig]
    start, end = stretches.start + offset, stretches.end + offset
    row, part = numbers(start // _BIN, (end - 1) // _BIN - start // _BIN + 1)
    low, high = np.maximum(start[row], part * _BIN), np.minimum(end[row], (part + 1) * _BIN)
    order = np.argsort(part, kind="stable")
    there, first = np.unique(part[order], return_index=True)
    for number, rows in zip(there.tolist(), np.split(order, first)[1:], strict=True):
        work.save(f"{name}-{number}", start=low[rows], end=high[rows], strand=stretches.strand[row[rows]])
    return there
