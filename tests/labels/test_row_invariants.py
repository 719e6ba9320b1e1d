"""Invariants of labels, checked from the rows of random and of real annotations, without reader or painter."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helixdask.errors import BadInputError
from helixdask.genes.reading.gff_read import read_gff
from helixdask.genes.table import genes_to_columns
from helixdask.store.contigs import ContigTable
from tests.labels.annotated import annotated, read_codes, table_of
from tests.labels.row_invariants import Annotation, all_violations, split_rows, transcripts_hold_their_rows

LENGTH = 3000
QUICK = settings(
    max_examples=min(60, settings.default.max_examples), deadline=None, suppress_health_check=list(HealthCheck)
)


@st.composite
def isoforms(draw, low):
    """Exons, and coding segments inside them: whole, or with a base skipped or read twice."""
    at, exons = low + draw(st.integers(0, 40)), []
    for _ in range(draw(st.integers(1, 4))):
        length = draw(st.integers(12, 90))
        exons.append((at, at + length))
        at += length + draw(st.integers(25, 90))
    first, last = draw(st.integers(0, 8)), draw(st.integers(0, 8))
    cds = [(a + (first if k == 0 else 0), z - (last if k == len(exons) - 1 else 0)) for k, (a, z) in enumerate(exons)]
    slip = draw(st.sampled_from([0, 0, 0, 1, 2, -1]))
    a, z = cds[-1]
    if slip and z - a > 12:
        cds[-1:] = [(a, a + 6), (a + 6 + slip, z)]
    return exons, cds if draw(st.integers(0, 5)) else []


@st.composite
def annotations(draw):
    """Lines of genes with every oddity that the rules are for, and whether they are GTF."""
    is_gtf = draw(st.booleans())
    lines, n = [], draw(st.integers(1, 4))
    for g in range(n):
        strand, contig = draw(st.sampled_from("+-")), draw(st.sampled_from(["k1", "k1", "k2"]))
        low = draw(st.integers(0, 1200))
        its = [draw(isoforms(low if draw(st.booleans()) else low + 700)) for _ in range(draw(st.integers(1, 3)))]
        spans = [(exons[0][0], exons[-1][1]) for exons, _ in its]
        whole = min(a for a, _ in spans), max(z for _, z in spans)

        def add(kind, a, z, phase, text, strand=strand, contig=contig):
            lines.append(f"{contig}\tx\t{kind}\t{a + 1}\t{z}\t.\t{strand}\t{phase}\t{text}\n")

        gene = f'gene_id "g{g}";' if is_gtf else f"ID=g{g}"
        add("gene", *whole, ".", gene)
        for t, ((exons, cds), span) in enumerate(zip(its, spans, strict=True)):
            name = f"t{g}.{t}"
            text = f'gene_id "g{g}"; transcript_id "{name}";' if is_gtf else f"Parent={name}"
            own = text if is_gtf else f"ID={name};Parent=g{g}"
            add("mRNA", *span, ".", own)
            if draw(st.booleans()) and is_gtf:
                add("transcript", *span, ".", own)
            for a, z in exons:
                add("exon", a, z, ".", text)
            style = draw(st.sampled_from(["none", "one", "unique", "eden", "gene"]))
            for k, (a, z) in enumerate(cds):
                where = draw(st.integers(0, 40)) == 0
                other = {"strand": "-" if strand == "+" else "+"} if where else {}
                if is_gtf:
                    add("CDS", a, z, ".", text, **other)
                    continue
                parent = f"g{g}" if style == "gene" else name
                number = {"one": f"ID=c{name};", "unique": f"ID=c{name}.{k};", "eden": f"ID=c{name};"}.get(style, "")
                add("CDS", a, z, ".", f"{number}Parent={parent}", **other)
                if style == "eden" and len(cds) > 1:
                    add("CDS", a + 3 if k == 0 else a, z, ".", f"ID=d{name};Parent={name}")
    return lines, is_gtf


def genome(seed):
    rng = np.random.default_rng(seed)
    letters = [0, 3] if seed % 2 else [0, 1, 2, 3]
    return {name: rng.choice(letters, LENGTH).astype(np.uint8) for name in ("k1", "k2")}


@QUICK
@given(annotations(), st.integers(0, 3))
def test_random_annotations_keep_the_rules(tmp_path_factory, lines, seed):
    path = tmp_path_factory.mktemp("rows") / "a.gff"
    path.write_text("k1\tx\tregion\t1\t9\t.\t.\t.\tID=k1\n" + "".join(lines[0]))
    made = annotated(path, genome(seed))
    violations = all_violations(path, *made.plain())
    assert not any(violations.values()), violations


@pytest.mark.slow
@QUICK
@given(annotations(), st.integers(0, 3), st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_nothing(tmp_path_factory, lines, seed, order: random.Random):
    path = tmp_path_factory.mktemp("rows") / "a.gff"

    def stored():
        path.write_text("".join(lines[0]))
        made = annotated(path, genome(seed))
        models = made.models.sorted().in_order_of_genes().with_ordered_transcripts()
        findings = [
            (code, contig, gene, action) for code, _, _, _, contig, gene, action in made.findings.in_order().rows
        ]
        return made.tracks, genes_to_columns(models), findings

    there = stored()
    order.shuffle(lines[0])
    back = stored()
    for name in there[0]:
        np.testing.assert_array_equal(there[0][name], back[0][name], err_msg=name)
    for name in there[1]:
        np.testing.assert_array_equal(there[1][name], back[1][name], err_msg=name)
    assert there[2] == back[2]


SETS = {
    "spombe/Schizosaccharomyces_pombe_all_chromosomes.I_II.gff3.gz": "spombe/spombe_I_II.fa.gz",
    "spombe/pombase_mRNA_only.derived.I_II.gff3.gz": "spombe/spombe_I_II.fa.gz",
    "athaliana_chr3/Athaliana_447_Araport11.gene_exons.Chr3_1065466-1464870.gtf.gz": (
        "athaliana_chr3/Athaliana_447_TAIR10_Chr3_1065466-1464870.fa.gz"
    ),
    "korf_1pct/athaliana.1pct.gff3.gz": "korf_1pct/athaliana.1pct.fa.gz",
    "korf_1pct/celegans.1pct.gff3.gz": "korf_1pct/celegans.1pct.fa.gz",
    "dmel/flybase_CDS_chr2L.gtf.gz": "dmel/dm6_chr2L.fa.gz",
    "pasa_at_bacs/orig_annotations_sample.gff3.gz": "pasa_at_bacs/genome_sample.fasta.gz",
    "pasa_at_bacs/stringtie.gtf.gz": "pasa_at_bacs/genome_sample.fasta.gz",
    "plant_homologs/BrapaFPsc.gff3.gz": "plant_homologs/BrapaFPsc.fa.gz",
    "plant_homologs/Ptrichocarpa.gff3.gz": "plant_homologs/Ptrichocarpa.fa.gz",
    **{
        f"more_genomes/{name}/annotation.gff3.gz": f"more_genomes/{name}/genome.fa.gz"
        for name in (
            "aarenosa_chr1_2", "athaliana_chr1_0_20Mb", "atubingensis_scaffold1", "calbicans_chr1A",
            "cneoformans_chr1_2", "otauri", "pfalciparum_chr1_2", "rcommunis_4scaffolds", "sparadoxus_CBS432",
        )
    },
}  # fmt: skip
UNIQUE_IDS = ("spombe", "cneoformans", "pfalciparum", "Brapa", "Ptrichocarpa")


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("annotation", SETS)
def test_published_annotations_keep_the_rules(shared, annotation):
    data = shared / "data"
    table = 12 if "calbicans" in annotation else 1
    made = annotated(data / annotation, read_codes(data / SETS[annotation]), table=table)
    violations = all_violations(data / annotation, *made.plain())
    assert not any(violations.values()), violations
    if any(name in annotation for name in UNIQUE_IDS):
        assert "several_proteins" not in made.findings.counts()


@pytest.mark.slow
@pytest.mark.shared
def test_odd_files_keep_the_rules(shared):
    folder, seen = shared / "data/edge_gff", 0
    for path in sorted(folder.rglob("*")):
        if not re.search(r"\.g(ff3?|tf)(\.gz)?$", path.name):
            continue
        rows = [] if path.name == "issue167.gff" else split_rows(path)
        names = list(dict.fromkeys(row.seqid for row in rows)) or ["none"]
        contigs = ContigTable(np.array(names, object), np.full(len(names), 10**9, np.int64))
        try:
            models, findings = read_gff(path, contigs)
        except BadInputError:
            assert path.name == "issue167.gff"
            continue
        assert not transcripts_hold_their_rows(Annotation(rows), table_of(models, contigs)), path.name
        if path.parent.name == "helixer":
            assert "several_proteins" not in findings.counts()
        seen += 1
    assert seen > 40


CASES = (
    "braker_mrna_and_transcript", "cds_gap_gap1", "cds_gap_overlap1", "gene_id_is_transcript_id", "gtf_both_strands",
    "isoforms_apart", "parent_upper_case", "several_cds_ids",
)  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("case", CASES)
def test_reported_files_keep_the_rules(shared, case):
    folder: Path = shared / "data/cases" / case
    path = next(path for path in sorted(folder.iterdir()) if path.name in ("a.gff3", "a.gtf"))
    made = annotated(path, read_codes(folder / "g.fa"))
    violations = all_violations(path, *made.plain())
    assert not any(violations.values()), violations
