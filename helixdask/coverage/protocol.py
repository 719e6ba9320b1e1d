"""The protocol of a library, inferred from a sample of its reads.

A read says something where the strand of its transcript is known: from the splice motifs of the introns that it skips,
else from the aligner's tag XS or ts, or from the gene models around it. Read 1 or an unpaired read on that strand, or
read 2 on the other, speaks for `forward`; the opposite for `reverse`; both alike for `unstranded`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from helixdask.coverage.libraries import AUTO, Library
from helixdask.coverage.protocol_sample import sample_reads
from helixdask.coverage.read_sample import FIRST_LOOK, SAMPLE_SIZES, ReadSample, SampleSize
from helixdask.coverage.rules import PAIRED, READ1, READ2, REVERSE
from helixdask.engine.identity import file_identity
from helixdask.errors import BadInputError
from helixdask.store.store import Store

log = logging.getLogger(__name__)

ENOUGH_READS: Final = 100
"""Fewer reads than this decide nothing."""
STRANDED_SHARE: Final = 0.85
"""From this share of reads that agree on, a library is stranded."""
UNSTRANDED_SHARES: Final = (0.4, 0.6)
"""Between these shares for `forward` it is unstranded; anything else is ambiguous."""
MATES_DIFFER: Final = 0.3
"""Read 1 and read 2 that differ by more than this in their share for `forward` contradict each other."""

_known: dict[tuple[str, str, str], Evidence] = {}
"""What was found out in this process, by store, file and what it holds, so that what is stored is what was said."""

_BLOCK: Final = 1 << 20
_C, _A, _T, _G = 0, 1, 2, 3
_PLUS_MOTIFS: Final = ((_G, _T, _A, _G), (_G, _C, _A, _G), (_A, _T, _A, _C))
_MINUS_MOTIFS: Final = ((_C, _T, _A, _C), (_C, _T, _G, _C), (_G, _T, _A, _T))


@dataclass(frozen=True)
class Evidence:
    """What a sample of reads says about the protocol.

    Parameters
    ----------
    source
        `spliced reads` or `gene models`.
    reads_sampled
        Alignments looked at that count by the default rules.
    spliced_reads
        Those of them that skip an intron.
    single_sense, single_antisense, read1_sense, read1_antisense, read2_sense, read2_antisense
        Reads whose transcript's strand is known, by number and by agreement with it.
    """

    source: str
    reads_sampled: int
    spliced_reads: int
    single_sense: int = 0
    single_antisense: int = 0
    read1_sense: int = 0
    read1_antisense: int = 0
    read2_sense: int = 0
    read2_antisense: int = 0

    @property
    def informative(self) -> int:
        """Reads that say something."""
        return sum(sum(pair) for pair in self._pairs())

    @property
    def forward_share(self) -> float:
        """Share of them that speaks for `forward`; NaN where there are none."""
        single, first, second = self._pairs()
        return (single[0] + first[0] + second[1]) / self.informative if self.informative else float("nan")

    @property
    def verdict(self) -> str | None:
        """`forward`, `reverse` or `unstranded`; None where the reads are too few or contradict each other."""
        if self.informative < ENOUGH_READS or self._mates_differ():
            return None
        share = self.forward_share
        if share >= STRANDED_SHARE:
            return "forward"
        if share <= 1 - STRANDED_SHARE:
            return "reverse"
        return "unstranded" if UNSTRANDED_SHARES[0] <= share <= UNSTRANDED_SHARES[1] else None

    def _pairs(self) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
        return (
            (self.single_sense, self.single_antisense),
            (self.read1_sense, self.read1_antisense),
            (self.read2_sense, self.read2_antisense),
        )

    def _mates_differ(self) -> bool:
        _, first, second = self._pairs()
        if min(sum(first), sum(second)) < ENOUGH_READS // 4:
            return False
        return abs(first[0] / sum(first) - second[1] / sum(second)) > MATES_DIFFER

    def __str__(self) -> str:
        parts = [
            f"{name} {sense:,} sense, {antisense:,} antisense"
            for name, (sense, antisense) in zip(("unpaired reads", "read 1", "read 2"), self._pairs(), strict=True)
            if sense or antisense
        ]
        figures = "; ".join(parts) or "none of them says on which strand its transcript lies"
        share = f" ({self.forward_share:.1%} for forward)" if self.informative else ""
        return f"{self.source}; {self.reads_sampled:,} reads sampled, {self.spliced_reads:,} spliced; {figures}{share}"

    def attrs(self) -> dict[str, Any]:
        """All of it, JSON-able."""
        share = round(self.forward_share, 4) if self.informative else None
        return {**asdict(self), "forward_share": share, "verdict": self.verdict}


def evidence_of(sample: ReadSample, transcript_strand: NDArray[np.int8], source: str) -> Evidence:
    """Count sense and antisense reads.

    Parameters
    ----------
    sample
        The reads.
    transcript_strand
        1 plus, -1 minus, 0 unknown, int8 per read.
    source
        Where it is known from.
    """
    number = np.where(sample.flag & PAIRED == 0, 0, np.where(sample.flag & (READ1 | READ2) == READ2, 2, 1))
    read_strand = np.where(sample.flag & REVERSE, -1, 1)
    agrees = read_strand * transcript_strand
    counts = {
        f"{name}_{word}": int(np.count_nonzero((number == row) & (agrees == sign)))
        for row, name in enumerate(("single", "read1", "read2"))
        for word, sign in (("sense", 1), ("antisense", -1))
    }
    return Evidence(source, len(sample.flag), len(np.unique(sample.intron_read)), **counts)


def find_evidence(
    store: Store,
    library: Library,
    aliases: Mapping[str, str] | None = None,
    sizes: Sequence[SampleSize] = SAMPLE_SIZES,
) -> Evidence:
    """Evidence from spliced reads, or, where those decide nothing, from gene models of the store, if it has any.

    Parameters
    ----------
    store
        The store, for the genome and its gene models.
    library
        The library; it was checked before.
    aliases
        Names in the file that stand for other names in the genome.
    sizes
        Of the samples: each is taken where those before were not enough.
    """
    for size in sizes:
        sample = sample_reads(library, store, size, aliases)
        found = [evidence_of(sample, _strand_by_splicing(store, sample), "spliced reads")]
        genes = store.names("genes")
        if found[0].verdict is None and genes:
            name = "reference" if "reference" in genes else genes[0]
            found.append(evidence_of(sample, _strand_by_genes(store, name, sample), "gene models"))
        for evidence in found:
            if evidence.verdict is not None:
                return evidence
    return max(found, key=lambda evidence: evidence.informative)


def resolved(store: Store, library: Library, aliases: Mapping[str, str] | None = None) -> Library:
    """The library with its protocol found out, if that is `auto`; the evidence is logged.

    Raises
    ------
    BadInputError
        The reads do not decide it.
    """
    if library.strandedness != AUTO:
        return library
    evidence = _known[_key(store, library)] = find_evidence(store, library, aliases)
    if evidence.verdict is None:
        raise BadInputError(
            f"the reads of library `{library.name}` do not tell its protocol: {_why(evidence)}. Evidence: {evidence}",
            where=library.path,
            remedy="State it: --strandedness unstranded, forward or reverse (dUTP)."
            + ("" if store.names("genes") else " Or import gene models first: helixdask labels STORE --gff3 FILE."),
        )
    log.info("%s: %s, from %s", library.name, evidence.verdict, evidence)
    return replace(library, strandedness=evidence.verdict)


def check_stated(store: Store, library: Library, aliases: Mapping[str, str] | None = None) -> Evidence:
    """Compare the stated protocol with the reads; where they contradict it, warn.

    Returns
    -------
    Evidence
        What the reads say; what was found out for `auto` before, where it was.
    """
    evidence = _known.get(_key(store, library)) or find_evidence(store, library, aliases, (FIRST_LOOK,))
    if evidence.verdict not in (None, library.strandedness):
        log.warning(
            "%s: stated as %s, but the reads look %s: %s. Count it again with --strandedness %s --replace, unless the "
            "protocol is certain: on the wrong strand, reads teach the opposite",
            library.path,
            library.strandedness,
            evidence.verdict,
            evidence,
            evidence.verdict,
        )
    return evidence


def _key(store: Store, library: Library) -> tuple[str, str, str]:
    return store.url, library.path, file_identity(library.path)


def _why(evidence: Evidence) -> str:
    if evidence.informative < ENOUGH_READS:
        return f"{evidence.informative:,} of them say something, {ENOUGH_READS} are needed"
    if evidence._mates_differ():
        return "read 1 and read 2 contradict each other"
    low, high = UNSTRANDED_SHARES
    return (
        f"{evidence.forward_share:.1%} speak for forward: at least {STRANDED_SHARE:.0%} is forward, at most "
        f"{1 - STRANDED_SHARE:.0%} reverse, {low:.0%} to {high:.0%} unstranded"
    )


def _strand_by_splicing(store: Store, sample: ReadSample) -> NDArray[np.int8]:
    """Strand of each read's transcript: by most of its introns' motifs, else by the aligner's tag."""
    offset = store.contigs.offsets[sample.contig[sample.intron_read]]
    first, last = offset + sample.intron_start, offset + sample.intron_end
    bases = np.stack([_bases(store, at) for at in (first, first + 1, last - 2, last - 1)], axis=-1)
    vote = np.zeros(len(bases), np.int64)
    for motifs, sign in ((_PLUS_MOTIFS, 1), (_MINUS_MOTIFS, -1)):
        for motif in motifs:
            vote[(bases == np.array(motif)).all(axis=-1)] = sign
    votes = np.zeros(len(sample.flag), np.int64)
    np.add.at(votes, sample.intron_read, vote)
    spliced = np.zeros(len(sample.flag), np.bool_)
    spliced[sample.intron_read] = True
    return np.where(votes != 0, np.sign(votes), np.where(spliced, sample.tag_strand, 0)).astype(np.int8)


def _bases(store: Store, positions: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Base codes at positions of the genome, read block by block."""
    codes = np.zeros(len(positions), np.uint8)
    block = positions // _BLOCK
    for index in np.unique(block).tolist():
        start = index * _BLOCK
        values = store.read("genome/sequence", start, min(start + _BLOCK, store.n_bases))
        here = block == index
        codes[here] = values[positions[here] - start] & 0x7F
    return codes


def _strand_by_genes(store: Store, name: str, sample: ReadSample) -> NDArray[np.int8]:
    """Strand of the genes that hold both ends of a read, where all of them lie on one strand."""
    table = store.table(f"genes/{name}")
    offsets = store.contigs.offsets
    start = offsets[table["gene_contig"]] + table["gene_start"]
    end = offsets[table["gene_contig"]] + table["gene_end"]
    inside = []
    for strand in (0, 1):
        rows = table["gene_strand"] == strand
        starts, ends = np.sort(start[rows]), np.sort(end[rows])
        both = [
            np.searchsorted(starts, at, side="right") - np.searchsorted(ends, at, side="right")
            for at in (offsets[sample.contig] + sample.start, offsets[sample.contig] + sample.end - 1)
        ]
        inside.append([depth > 0 for depth in both])
    (plus_a, plus_b), (minus_a, minus_b) = inside
    plus, minus = plus_a & plus_b & ~minus_a & ~minus_b, minus_a & minus_b & ~plus_a & ~plus_b
    return (plus.astype(np.int8) - minus.astype(np.int8)).astype(np.int8)
