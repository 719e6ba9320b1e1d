"""Random gene sets with isoforms on a small genome, some of them true genes of it, and ways to turn them around."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from helixdask.genes.models import GeneModels
from helixdask.labels.gene_codes import codes_of_genes
from helixdask.labels.tables import LabelTables, label_tables
from helixdask.store.contigs import ContigTable

NAMES = ("a", "b", "c")
LENGTHS = (150, 7, 260)


@dataclass(frozen=True)
class Isoform:
    """Exons and coding segments in contig coordinates; ``phase`` at the 5' end."""

    name: str
    exons: tuple[tuple[int, int], ...]
    cds: tuple[tuple[int, int], ...]
    phase: int


@dataclass(frozen=True)
class Gene:
    name: str
    contig: str
    strand: int
    isoforms: tuple[Isoform, ...]
    attributes: str = "{}"


@dataclass(frozen=True)
class GeneSet:
    """Genes, and the codes of each contig in the order of the genome."""

    genes: tuple[Gene, ...]
    codes: dict[str, np.ndarray]

    @property
    def contigs(self) -> ContigTable:
        return ContigTable(
            np.array(list(self.codes), object), np.array([len(c) for c in self.codes.values()], np.int64)
        )

    def read(self, start: int, stop: int) -> np.ndarray:
        return np.concatenate(list(self.codes.values()))[start:stop]

    def tables(self, rules: str = "default", **codes) -> LabelTables:
        models, contigs = models_of(self), self.contigs
        return label_tables(models, contigs, self.read, rules, codes_of_genes(models, contigs, **codes))

    def with_contigs(self, order) -> GeneSet:
        return replace(self, codes={name: self.codes[name] for name in order})

    def mirrored(self) -> GeneSet:
        """Genes and genome as they are read from the other strand."""
        return GeneSet(
            tuple(self._mirrored(gene) for gene in self.genes),
            {name: np.where(c < 4, 3 - c, c)[::-1].astype(np.uint8) for name, c in self.codes.items()},
        )

    def _mirrored(self, gene: Gene) -> Gene:
        n = len(self.codes[gene.contig])

        def turned(parts):
            return tuple((n - b, n - a) for a, b in parts[::-1])

        isoforms = (replace(i, exons=turned(i.exons), cds=turned(i.cds)) for i in gene.isoforms)
        return replace(gene, strand=1 - gene.strand, isoforms=tuple(isoforms))


def models_of(genes: GeneSet) -> GeneModels:
    rows: dict[str, list[tuple]] = {"genes": [], "transcripts": [], "exons": [], "cds": []}
    for number, gene in enumerate(genes.genes):
        start, end = min(i.exons[0][0] for i in gene.isoforms), max(i.exons[-1][1] for i in gene.isoforms)
        contig = genes.contigs.index(gene.contig)
        rows["genes"].append((gene.name, contig, start, end, gene.strand, "gene", "x", np.nan, gene.attributes))
        for isoform in gene.isoforms:
            transcript = len(rows["transcripts"])
            span = isoform.exons[0][0], isoform.exons[-1][1]
            rows["transcripts"].append((isoform.name, number, *span, "mRNA", False, False))
            rows["exons"] += [(transcript, *exon) for exon in isoform.exons]
            done = 0
            for a, b in isoform.cds[::-1] if gene.strand else isoform.cds:
                rows["cds"].append((transcript, a, b, (isoform.phase - done) % 3))
                done += b - a
    names = {
        "genes": ("id", "contig", "start", "end", "strand", "type", "source", "score", "attributes"),
        "transcripts": ("id", "gene", "start", "end", "type", "partial5", "partial3"),
        "exons": ("transcript", "start", "end"),
        "cds": ("transcript", "start", "end", "phase"),
    }
    return GeneModels.from_columns(
        **{
            table: dict(zip(columns, map(list, zip(*rows[table], strict=True)), strict=True))
            if rows[table]
            else {column: [] for column in columns}
            for table, columns in names.items()
        }
    )


@st.composite
def isoforms(draw, name: str, length: int):
    places = st.integers(0, length)
    cuts = sorted(draw(st.sets(places, min_size=2, max_size=6)))
    cuts = cuts[: len(cuts) // 2 * 2]
    exons = tuple(zip(cuts[::2], cuts[1::2], strict=True))
    first, last = sorted(draw(st.tuples(places, places))) if draw(st.booleans()) else (0, length)
    cds = tuple((max(a, first), min(b, last)) for a, b in exons if max(a, first) < min(b, last))
    return Isoform(name, exons, cds, draw(st.sampled_from([0, 0, 0, 1, 2])))


@st.composite
def gene_sets(draw, max_genes: int = 5):
    """Genes of up to three isoforms; the genome has stop codons or none, and codons and splice sites for some."""
    genes = []
    for number in range(draw(st.integers(0, max_genes))):
        contig = draw(st.sampled_from([0, 2]))
        its = [draw(isoforms(f"t{number}.{k}", LENGTHS[contig])) for k in range(draw(st.sampled_from([1, 1, 2, 3])))]
        genes.append(Gene(f"g{number}", NAMES[contig], draw(st.integers(0, 1)), tuple(its)))
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    letters = draw(st.sampled_from([[0, 3], [0, 3, 0, 3, 1], [0, 1, 2, 3]]))
    codes = {name: rng.choice(letters, size).astype(np.uint8) for name, size in zip(NAMES, LENGTHS, strict=True)}
    for gene in genes:
        for isoform in gene.isoforms:
            if draw(st.booleans()):
                plant(codes[gene.contig], gene.strand, isoform)
    return GeneSet(tuple(genes), codes)


def plant(codes: np.ndarray, strand: int, isoform: Isoform) -> None:
    """Write ATG, TAA and GT-AG where a transcript needs them."""
    view = codes[::-1] if strand else codes
    turn = (lambda c: 3 - c) if strand else (lambda c: c)
    n = len(codes)

    def five_to_three(parts):
        return [(n - b, n - a) for a, b in parts[::-1]] if strand else list(parts)

    exons, cds = five_to_three(isoform.exons), five_to_three(isoform.cds)
    for (_, a), (b, _) in pairwise(exons):
        if b - a >= 20:
            view[a : a + 2], view[b - 2 : b] = turn(np.array([3, 2])), turn(np.array([1, 3]))
    places = [place for a, b in cds for place in range(a, b)]
    if len(places) >= 6:
        view[places[:3]], view[places[-3:]] = turn(np.array([1, 2, 3])), turn(np.array([2, 1, 1]))
