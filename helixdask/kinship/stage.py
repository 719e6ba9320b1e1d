"""The stage that finds which contigs are copies of each other."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from helixdask.engine.costs import COSTS, Cost
from helixdask.engine.stage import Region, RegionResult, Stage, Work
from helixdask.errors import BadInputError
from helixdask.kinship.groups import LEAST_HASHES, find_kinship
from helixdask.kinship.order import canonical_order, sketch_in_order
from helixdask.kinship.settings import MOST_COPIES, KinshipSettings
from helixdask.kinship.sketch import K, sketch
from helixdask.sequence.codes import CODE_MASK
from helixdask.sequence.composition import soft_masks_tell
from helixdask.store.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KinshipStage(KinshipSettings, Stage):
    """Groups of contigs that are copies of each other, to ``kinship/<output>``.

    Parameters
    ----------
    scale, gene_scale
        One of so many k-mers is kept, elsewhere and near genes.
    margin
        Bases beside a gene that are near it.
    """

    scale: int = 1000
    gene_scale: int = 50
    margin: int = 500

    name: ClassVar[str] = "kinship"
    cost: ClassVar[Cost] = COSTS["kinship"]

    def group(self) -> str:
        """Group of the store that the stage writes."""
        return f"kinship/{self.output}"

    def inputs(self, store: Store) -> dict[str, str]:
        """Digests of the genome and the genes.

        Raises
        ------
        BadInputError
            A setting cannot be used.
        """
        if not 1 <= self.gene_scale <= self.scale:
            raise BadInputError(
                f"one of {self.gene_scale} k-mers near genes, one of {self.scale} elsewhere",
                remedy="Sample genes at least as densely as the rest.",
            )
        if self.most_copies < MOST_COPIES:
            raise BadInputError(
                f"k-mers with more than {self.most_copies} copies are left out",
                remedy=f"Allow at least {MOST_COPIES}: subgenomes and tandem duplicates multiply.",
            )
        found = {"genome": store.identity("genome")}
        if self.genes:
            group = f"genes/{store.resolve('genes', self.genes)}"
            found[group] = store.identity(group)
        return found

    def prepare(self, store: Store, work: Work) -> None:
        """Settle where genes are."""
        if work.has("near"):
            return
        start, end = self._near_genes(store)
        work.save("near", start=start, end=end)

    def _near_genes(self, store: Store) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Stretches of ``position`` near genes, by start; they may overlap."""
        if not self.genes:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        contigs = store.contigs
        contig, first, last = (
            np.asarray(store.array(f"genes/{self.genes}/gene_{name}")[...]) for name in ("contig", "start", "end")
        )
        start = contigs.offsets[contig] + np.maximum(first - self.margin, 0)
        end = contigs.offsets[contig] + np.minimum(last + self.margin, contigs.lengths[contig])
        order = np.argsort(start, kind="stable")
        return start[order], end[order]

    def run(self, store: Store, region: Region, work: Work) -> RegionResult:
        """Sample the k-mers that begin in a region."""
        stop = min(region.stop + K - 1, store.n_bases)
        codes = store.read("genome/sequence", region.start, stop)
        if not soft_masks_tell(store.attrs("genome").get("bases")):
            codes = codes & CODE_MASK
        pieces = store.contigs.pieces(region.start, stop)
        ends = pieces.position + pieces.contig_stop - pieces.contig_start - region.start
        near = work.load("near")
        last = int(np.searchsorted(near["start"], stop))
        rows = np.flatnonzero(near["end"][:last] > region.start)
        start, end = (np.clip(near[name][rows] - region.start, 0, len(codes)) for name in ("start", "end"))
        fine = np.zeros(len(codes), np.uint8)
        for low, high in zip(start.tolist(), end.tolist(), strict=True):
            fine[low:high] = 1
        found, place = sketch(codes, ends, fine, self.scale, self.gene_scale, region.length)
        return RegionResult(tables={"hash": found, "position": place + region.start})

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Find the groups, and write them with the sketch."""
        contigs = store.contigs
        hashes, position = result.tables["hash"], result.tables["position"]
        order = canonical_order(contigs.names, contigs.lengths)
        ordered = sketch_in_order(hashes, position, contigs.offsets, order)
        kin = find_kinship(*ordered, contigs.lengths[order], most_copies=self.most_copies).in_rows(order)
        columns = {
            "sketch_hash": hashes,
            "sketch_position": position,
            "kin_group": kin.group,
            "kin_kmers": kin.n_hashes,
            "pair_first": kin.first,
            "pair_second": kin.second,
            "pair_shared": kin.shared,
            "pair_containment": kin.containment,
            "pair_colinear": kin.colinear,
        }
        store.write_table(self.group(), columns)
        size = np.bincount(kin.group[kin.known])
        unknown = ~kin.known
        if unknown.any():
            log.info(
                "%s: %d contigs of %d bases have fewer than %d k-mers in the sample: their kin is not known",
                self.group(),
                int(unknown.sum()),
                int(contigs.lengths[unknown].sum()),
                LEAST_HASHES,
            )
        return {
            "genes": self.genes,
            "k": K,
            "n_kmers": len(hashes),
            "n_pairs": len(kin.first),
            "n_groups": int((size > 1).sum()),
            "largest_group": int(size.max(initial=0)),
            "n_single_contigs": int((size == 1).sum()),
            "n_unknown_contigs": int(unknown.sum()),
            "bases_of_unknown_contigs": int(contigs.lengths[unknown].sum()),
        }
