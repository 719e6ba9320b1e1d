"""The stage that turns a file of intervals into a per-base track."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from helixdask.engine.costs import COSTS, Cost
from helixdask.engine.identity import file_identity
from helixdask.engine.stage import Region, RegionResult, Stage, Work
from helixdask.errors import BadInputError
from helixdask.names.in_text import names_in_text
from helixdask.names.needed import aliases_input, aliases_of
from helixdask.store.store import Store
from helixdask.tracks.interval_files import FORMATS, read_intervals
from helixdask.tracks.paint import paint_mask, paint_values
from helixdask.tracks.settings import TrackSettings


@dataclass(frozen=True)
class TrackStage(TrackSettings, Stage):
    """Intervals of a file to ``tracks/<output>``: a mask, or values where the file has some.

    Parameters
    ----------
    file
        BED, GFF3, bedGraph, or the .out of RepeatMasker; plain or gzip.
    kind
        ``bed``, ``gff3``, ``bedgraph`` or ``repeatmasker``.
    """

    file: str
    kind: str

    name: ClassVar[str] = "track"
    cost: ClassVar[Cost] = COSTS["track"]
    file_fields: ClassVar[tuple[str, ...]] = ("file", "aliases")

    def group(self) -> str:
        """Group of the store that the stage writes."""
        return f"tracks/{self.output}"

    def inputs(self, store: Store) -> dict[str, str]:
        """Identities of the genome and the files.

        Raises
        ------
        BadInputError
            Unknown kind, or a file is missing.
        """
        if self.kind not in FORMATS:
            raise BadInputError(f"the kind of file is {self.kind!r}", remedy=f"Choose one of {', '.join(FORMATS)}.")
        if self.types and self.kind != "gff3":
            raise BadInputError("only GFF3 has types of features", remedy="Leave --type out.")
        found = {"genome": store.identity("genome"), "file": file_identity(self.file)}
        return found | aliases_input(self.aliases, store.contigs, lambda: names_in_text(self.file, self.kind).names)

    def left_out(self) -> frozenset[str]:
        """The track that the file does not tell."""
        return frozenset({"mask" if FORMATS[self.kind].value else "value"})

    def prepare(self, store: Store, work: Work) -> None:
        """Read the file."""
        if work.has("intervals"):
            return
        aliases = aliases_of(self.aliases, store.contigs)
        found = read_intervals(self.file, self.kind, store.contigs, aliases=aliases, types=self.types)
        names, counts = np.array([*found.unmatched], object), np.array([*found.unmatched.values()], np.int64)
        work.save("unmatched", names=names.astype(str), counts=counts)
        work.save("numbers", numbers=np.array([found.rows, found.ignored], np.int64))
        work.save("intervals", start=found.start, end=found.end, value=found.value)

    def run(self, store: Store, region: Region, work: Work) -> RegionResult:
        """Paint a region, shard by shard; one where nothing lies is not written."""
        columns = work.load("intervals")
        start, end, value = columns["start"], columns["end"], columns["value"]
        track = "value" if FORMATS[self.kind].value else "mask"
        step = store.array(f"{self.group()}/{track}").block
        bases = 0
        for first in range(region.start, region.stop, step):
            stop = min(first + step, region.stop)
            rows = slice(int(np.searchsorted(end, first, side="right")), int(np.searchsorted(start, stop)))
            if rows.start >= rows.stop:
                continue
            low, high = np.maximum(start[rows], first) - first, np.minimum(end[rows], stop) - first
            bases += int((high - low).sum())
            length = stop - first
            painted = (
                paint_values(low, high, value[rows], length) if track == "value" else paint_mask(low, high, length)
            )
            store.write_region(f"{self.group()}/{track}", first, painted)
        return RegionResult({"bases": float(bases)})

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Counts."""
        rows, ignored = work.load("numbers")["numbers"].tolist()
        unmatched = work.load("unmatched")
        bases = int(result.counts.get("bases", 0))
        return {
            "kind": self.kind,
            "rows": rows,
            "rows_ignored": ignored,
            "bases": bases,
            "share_of_genome": round(bases / store.n_bases, 6),
            "rows_unmatched": int(unmatched["counts"].sum()),
            "names_unmatched": dict(
                zip(unmatched["names"][:50].tolist(), unmatched["counts"][:50].tolist(), strict=True)
            ),
        }
