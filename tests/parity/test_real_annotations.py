"""Annotations as they are published: each is read or refused by name, and no gene is lost silently."""

from __future__ import annotations

import gzip
from functools import cache

import numpy as np
import pytest

from helixdask.errors import BadInputError
from helixdask.genes.gff_read import read_gff
from helixdask.labels.paint import paint
from helixdask.labels.tables import label_tables
from helixdask.store.contigs import ContigTable
from tests.labels.support import contig_table, encode


@cache
def fasta(path):
    sequences: dict[str, list[str]] = {}
    with gzip.open(path, "rt") as handle:
        for line in handle:
            if line[0] == ">":
                parts = sequences.setdefault(line[1:].split()[0], [])
            else:
                parts.append(line.strip())
    return {name: "".join(parts) for name, parts in sequences.items()}


# File, genome, genes, coding transcripts: genes and transcripts of the sequences that the genome has.
REAL = [
    ("spombe/Schizosaccharomyces_pombe_all_chromosomes.I_II.gff3.gz", "spombe/spombe_I_II.fa.gz", 5664, 4210),
    ("spombe/pombase_mRNA_only.derived.I_II.gff3.gz", "spombe/spombe_I_II.fa.gz", 4200, 4210),
    ("korf_1pct/athaliana.1pct.gff3.gz", "korf_1pct/athaliana.1pct.fa.gz", 384, 463),
    ("korf_1pct/celegans.1pct.gff3.gz", "korf_1pct/celegans.1pct.fa.gz", 270, 306),
    (
        "athaliana_chr3/Athaliana_447_Araport11.gene_exons.Chr3_1065466-1464870.gtf.gz",
        "athaliana_chr3/Athaliana_447_TAIR10_Chr3_1065466-1464870.fa.gz",
        122,
        221,
    ),
    ("pasa_at_bacs/orig_annotations_sample.gff3.gz", "pasa_at_bacs/genome_sample.fasta.gz", 296, 281),
    ("plant_homologs/BrapaFPsc.gff3.gz", "plant_homologs/BrapaFPsc.fa.gz", 176, 182),
    ("plant_homologs/Ptrichocarpa.gff3.gz", "plant_homologs/Ptrichocarpa.fa.gz", 130, 174),
]


@pytest.mark.parametrize(("gff", "genome", "n_genes", "n_coding"), REAL, ids=[case[0][:24] for case in REAL])
def test_real_files(shared, gff, genome, n_genes, n_coding):
    sequences = fasta(shared / "data" / genome)
    contigs = contig_table(sequences)
    models, findings = read_gff(shared / "data" / gff, contigs)
    models.validate(contigs.lengths)
    assert len(models.genes) == n_genes
    assert models.cds["transcript"].nunique() == n_coding
    with gzip.open(shared / "data" / gff, "rt") as handle:
        lines = [line.split("\t") for line in handle if line.count("\t") == 8]
    there = sum(line[2] == "gene" and line[0] in contigs for line in lines)
    assert there <= len(models.genes) + findings.counts().get("gene_skipped", 0)
    if gff.startswith("spombe"):
        skipped = [row for row in findings.rows if row[0] == "contig_unknown"]
        assert sorted(row[4] for row in skipped) == ["chr_II_telomeric_gap", "mitochondrial"]


def test_the_raw_annotation_of_pombe_gives_the_labels_of_the_clean_one(shared):
    sequences = fasta(shared / "data" / REAL[0][1])
    contigs, codes = contig_table(sequences), encode("".join(sequences.values()))
    tracks = []
    for gff, *_ in REAL[:2]:
        models, _ = read_gff(shared / "data" / gff, contigs)
        made = label_tables(models, contigs, lambda a, b: codes[a:b], "default")
        tracks.append(paint(made.strands, 0, contigs.n_bases))
        assert made.features.chosen.sum() == 4200
    for name in ("label", "phase", "transition", "gene_length"):
        np.testing.assert_array_equal(tracks[0][name], tracks[1][name])
    assert (tracks[1]["valid"] == 1).mean() > 0.98


def test_every_nasty_file_is_read_or_refused_by_name(shared):
    refused = []
    files = sorted(p for p in (shared / "data/edge_gff").rglob("*") if ".g" in p.name and "h5" not in p.name)
    assert len(files) > 40
    for path in files:
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as handle:
            names = list(dict.fromkeys(line.split("\t")[0] for line in handle if line.strip() and line[0] not in "#>"))
        contigs = ContigTable(np.array(names, object), np.full(len(names), 10**9, np.int64))
        try:
            models, findings = read_gff(path, contigs)
        except BadInputError as error:
            refused.append(str(error.where))
            continue
        models.validate(contigs.lengths)
        assert len(models) or len(findings)
    assert refused == [f"{shared}/data/edge_gff/gffutils/issue167.gff, line 1"]
