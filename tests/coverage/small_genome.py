"""A small store to add libraries to: two contigs with genes whose introns have the usual motifs."""

from __future__ import annotations

import numpy as np

from helixdask.engine.run import RunOptions, run_stage
from helixdask.genes.reading.stage import ImportGenesStage
from helixdask.labels.stage import LabelsStage
from helixdask.sequence.stage import EncodeStage
from helixdask.store.store import Store
from tests.coverage.plain_count import Read

HERE = RunOptions(workers=1, quiet=True)
CODING = "ATG" + "GCA" * 98 + "TAA"
LENGTHS = {"one": 150_000, "two": 60_000}
GENES = [("one", 2_000 + 1_000 * i, "+-"[i % 2]) for i in range(100)] + [("two", 5_000, "+"), ("two", 9_000, "-")]
"""Contig, start and strand of genes of 600 bases with an intron from 200 to 400."""


def make_store(folder, *, genes=False):
    """Encode the genome, and label its genes if asked."""
    rng = np.random.default_rng(5)
    text = {name: rng.choice(list("ACGT"), length) for name, length in LENGTHS.items()}
    for contig, start, strand in GENES:
        donor, acceptor = ("GT", "AG") if strand == "+" else ("CT", "AC")
        text[contig][start + 200 : start + 202] = list(donor)
        text[contig][start + 398 : start + 400] = list(acceptor)
        coding = CODING if strand == "+" else CODING[::-1].translate(str.maketrans("ACGT", "TGCA"))
        text[contig][start + 50 : start + 200] = list(coding[:150])
        text[contig][start + 400 : start + 550] = list(coding[150:])
    fasta = folder / "genome.fa"
    fasta.write_text("".join(f">{name}\n{''.join(bases)}\n" for name, bases in text.items()))
    url = str(folder / "genome.zarr")
    run_stage(EncodeStage(fasta=str(fasta), species="toy"), url, HERE)
    if genes:
        gff = folder / "genes.gff3"
        gff.write_text("##gff-version 3\n" + "".join(_gff(i, *gene) for i, gene in enumerate(GENES)))
        run_stage(ImportGenesStage(gff=str(gff), output="reference"), url, HERE)
        run_stage(LabelsStage(genes="reference", output="reference"), url, HERE)
    return Store.open(url)


def _gff(number, contig, start, strand):
    def line(kind, a, b, attributes):
        phase = 0 if kind == "CDS" else "."
        return f"{contig}\t.\t{kind}\t{start + a + 1}\t{start + b}\t.\t{strand}\t{phase}\t{attributes}\n"

    exons = [(0, 200), (400, 600)]
    return (
        line("gene", 0, 600, f"ID=g{number}")
        + line("mRNA", 0, 600, f"ID=t{number};Parent=g{number}")
        + "".join(line("exon", a, b, f"Parent=t{number}") for a, b in exons)
        + "".join(line("CDS", a, b, f"ID=c{number};Parent=t{number}") for a, b in ((50, 200), (400, 550)))
    )


def reads_of_genes(protocol, *, spliced=True, per_gene=4):
    """Pairs from every gene; `protocol` gives whether read 1 is sense: a bool, or a function of the pair's number."""
    reads, names = [], list(LENGTHS)
    for contig, start, strand in GENES:
        for i in range(per_gene):
            sense_first = protocol(len(reads)) if callable(protocol) else protocol
            left, right = start + 130 + i, start + 420 + i
            first_is_left = sense_first == (strand == "+")
            cigar = f"{70 - i}M200N30M" if spliced else "60M"
            name, row = f"r{len(reads)}", names.index(contig)
            reads.append(Read(name, 0x61 if first_is_left else 0xA1, row, left, cigar, 60, right))
            reads.append(Read(name, 0x91 if first_is_left else 0x51, row, right, "80M", 60, left))
    return reads
