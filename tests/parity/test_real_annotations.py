"""Annotations as they are published: each is read or refused by name, and no gene is lost silently."""

from __future__ import annotations

import gzip
import re
from functools import cache
from urllib.parse import unquote

import numpy as np
import pytest

from helixdask.errors import BadInputError
from helixdask.genes.reading.gff_read import read_gff
from helixdask.genes.reading.gff_types import GENE, level_of
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


@pytest.mark.slow
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


def test_the_raw_annotation_of_pombe_says_what_was_mended(shared):
    contigs = contig_table(fasta(shared / "data" / REAL[0][1]))
    _, findings = read_gff(shared / "data" / REAL[0][0], contigs)
    rows = dict.fromkeys(("wrong_phase", "cds_of_noncoding"), 0)
    for row in findings.rows:
        if row[0] in rows:
            rows[row[0]] += int(row[6].split()[0])
    # Rows of mRNAs whose phase is not that of the chain, and CDS rows of other transcripts, on sequences of the genome.
    assert rows == {"wrong_phase": 2401, "cds_of_noncoding": 1519}
    assert set(findings.counts()) == {*rows, "type_ignored", "contig_unknown", "exons_made"}


def test_phases_of_pasa_are_counted_anew(shared):
    contigs = contig_table(fasta(shared / "data/pasa_at_bacs/genome_sample.fasta.gz"))
    models, findings = read_gff(shared / "data/pasa_at_bacs/orig_annotations_sample.gff3.gz", contigs)
    n_wrong = sum(int(row[6].split()[0]) for row in findings.rows if row[0] == "wrong_phase")
    assert (n_wrong, len(models.cds)) == (453, 1424)


def nasty_files(shared):
    found = sorted(p for p in (shared / "data/edge_gff").rglob("*") if ".g" in p.name and "h5" not in p.name)
    assert len(found) > 40
    return found


def feature_lines(path):
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as handle:
        for line in handle:
            if line.startswith("##FASTA"):
                return
            if line.strip() and line[0] not in "#>":
                yield line.rstrip("\n").split("\t")


def names_of_genes(path):
    """Names of gene rows that have one and are no transcripts of another, and how many gene rows there are."""
    names, count = set(), 0
    for fields in feature_lines(path):
        if len(fields) == 9 and level_of(fields[2]) == GENE:
            count += 1
            if found := re.search(r"(?:^|;)\s*(?:ID=|gene_id \"?)([^;\"]+)", fields[8]):
                name = unquote(found[1].strip())
                if f"Parent={name}" in fields[8] or "Parent=" not in fields[8]:
                    names.add(name)
    return names, count


@pytest.mark.slow
def test_every_nasty_file_is_read_or_refused_by_name(shared):
    refused = []
    for path in nasty_files(shared):
        names = list(dict.fromkeys(fields[0] for fields in feature_lines(path)))
        contigs = ContigTable(np.array(names, object), np.full(len(names), 10**9, np.int64))
        try:
            models, findings = read_gff(path, contigs)
        except BadInputError as error:
            refused.append(str(error.where))
            continue
        models.validate(contigs.lengths)
        assert len(models) or len(findings)
        named, count = names_of_genes(path)
        told = {row[5] for row in findings.rows}
        assert named <= {*models.genes["id"], *models.transcripts["id"], *told}, path
        transcripts = sum(level_of(kind) == GENE for kind in models.transcripts["type"])
        assert count <= len(models.genes) + transcripts + findings.counts().get("gene_skipped", 0), path
    assert refused == [f"{shared}/data/edge_gff/gffutils/issue167.gff, line 1"]


@pytest.mark.slow
def test_short_contigs_lose_no_gene_silently(shared):
    for path in nasty_files(shared):
        names = list(dict.fromkeys(fields[0] for fields in feature_lines(path)))
        contigs = ContigTable(np.array(names, object), np.full(len(names), 5000, np.int64))
        try:
            models, findings = read_gff(path, contigs)
        except BadInputError:
            continue
        models.validate(contigs.lengths)
        named, _ = names_of_genes(path)
        told = {row[5] for row in findings.rows}
        assert named <= {*models.genes["id"], *models.transcripts["id"], *told}, path
