"""The stage `coverage` for ready-made tracks: bigWig and bedGraph files to a library of the store."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.coverage.bedgraph import bedgraph_values, split_bedgraph
from helixdask.coverage.kinds import DEFAULT_SET
from helixdask.coverage.libraries import Library
from helixdask.coverage.library_stage import LibraryStage
from helixdask.coverage.ready_made_files import as_counts, bigwig_values, check_bedgraph, check_bigwig, open_bigwig
from helixdask.engine.identity import file_identity
from helixdask.engine.stage import Region, RegionResult, Work
from helixdask.names.in_text import names_in_text
from helixdask.names.needed import aliases_input
from helixdask.public_names import public_name
from helixdask.store.store import Store

log = logging.getLogger(__name__)

_TRACK_OF: Final = {
    "path": ("coverage", "plus"),
    "minus_path": ("coverage", "minus"),
    "spliced_path": ("spliced_coverage", "plus"),
    "spliced_minus_path": ("spliced_coverage", "minus"),
}


@dataclass(frozen=True, kw_only=True)
class ReadyMadeStage(LibraryStage):
    """Tracks that another program counted, into `coverage/<set>/<library>`.

    Parameters
    ----------
    library, path, set_name, aliases
        See `LibraryStage`.
    kind, minus_path, spliced_path, spliced_minus_path, strand, scale
        The fields of `Library`.
    """

    kind: str
    minus_path: str | None = None
    spliced_path: str | None = None
    spliced_minus_path: str | None = None
    strand: str = "both"
    scale: float | None = None

    file_fields: ClassVar[tuple[str, ...]] = (*_TRACK_OF, "aliases")

    @classmethod
    def of(cls, library: Library, set_name: str = DEFAULT_SET, aliases: str | None = None) -> ReadyMadeStage:
        """Return the stage for a library."""
        files = ("path", "kind", "minus_path", "spliced_path", "spliced_minus_path", "strand", "scale")
        told = {name: getattr(library, name) for name in files}
        return cls(library=library.name, set_name=set_name, aliases=aliases, **told)

    def inputs(self, store: Store) -> dict[str, str]:
        """Check the files against the genome and return what is read."""
        found = {"genome": store.identity("genome")}
        aliases = self._aliases(store)
        for field, path in self._files().items():
            found[field] = file_identity(path)
            if self.kind == "bigwig":
                check_bigwig(path, store.contigs, aliases, self._counts(field, path))
            else:
                check_bedgraph(path, store.contigs, aliases, self._counts(field, path))
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
                values = bigwig_values(path, file_identity(path), store.contigs, self._aliases(store), region)
            else:
                pieces = work.load(f"{field}-pieces")
                values = bedgraph_values(pieces, work.folder, field, region.start, region.stop)
            counts, changed, lost = self._counts(field, path)(values)
            rounded["bases_rounded"] += changed
            rounded["bases_rounded_to_zero"] += lost
            track, strand = _TRACK_OF[field]
            tracks[track][self._rows(strand)] = counts
        totals = {name: float(n) for name, n in rounded.items()}
        return self._written(store, region, tracks["coverage"], tracks["spliced_coverage"], totals)

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Return where the tracks are from, and their normalisation constants."""
        found = self._attributes(store, result)
        counts = found["counts"]
        if not counts["coverage_sum_plus"] + counts["coverage_sum_minus"]:
            log.warning("%s: no value above 0 on the contigs of the genome; all tracks are zero", self.path)
        return found | {
            **{field: public_name(path) for field, path in self._files().items()},
            "kind": self.kind,
            "strandedness": "by file" if self.minus_path else "unstranded" if self.strand == "both" else self.strand,
            "rules": "ready-made",
            "scale": self.scale,
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

    def _names(self) -> list[str]:
        """Names of the sequences in all files."""
        if self.kind == "bedgraph":
            return [name for path in self._files().values() for name in names_in_text(path, "bedgraph").names]
        return [name for path in self._files().values() for name in open_bigwig(path, file_identity(path)).lengths]
