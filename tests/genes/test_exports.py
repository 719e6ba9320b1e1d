"""GTF, BED12 and FASTA of gene models, and the files of a store in one pass."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from helixdask.errors import BadInputError
from helixdask.explore import open_store
from helixdask.genes.models import GeneModels
from helixdask.genes.table import write_genes
from helixdask.genes.writing.bed_write import bed_lines, bed_score
from helixdask.genes.writing.coding_sequence import BlockReader, coding_sequences
from helixdask.genes.writing.fasta_write import fasta_records
from helixdask.genes.writing.gtf_write import gtf_lines
from helixdask.genes.writing.records import gene_records
from helixdask.genes.writing.unique_names import unique_names
from helixdask.sequence.codes import codes_to_text, reverse_complement, text_to_codes
from tests.cli.support import done, helixdask
from tests.small_store import small_store

# Two exons; the stop codon TAA is split: TA | intron | A. Coding: ATG AAA CCC TAA.
PLUS = "cc" + "ATGAAACCCTA" + "gtaaag" + "A" + "gg" + "cccccccccc"
OTHER = "AAAAAAAAAATGA"


def one_gene(strand, *, exons, cds, score=np.nan, attributes="{}", partial5=False, partial3=False, length=32):
    def span(pieces):
        pairs = [(length - b, length - a) for a, b in pieces][::-1] if strand else pieces
        return [a for a, _ in pairs], [b for _, b in pairs]

    exon_start, exon_end = span(exons)
    cds_start, cds_end = span(cds)
    return GeneModels.from_columns(
        {
            "id": ["g"],
            "contig": [0],
            "start": [exon_start[0]],
            "end": [exon_end[-1]],
            "strand": [strand],
            "type": ["gene"],
            "source": ["x"],
            "score": [score],
            "attributes": [attributes],
        },
        {
            "id": ["t"],
            "gene": [0],
            "start": [exon_start[0]],
            "end": [exon_end[-1]],
            "type": ["mRNA"],
            "partial5": [partial5],
            "partial3": [partial3],
        },
        {"transcript": [0] * len(exons), "start": exon_start, "end": exon_end},
        {"transcript": [0] * len(cds), "start": cds_start, "end": cds_end, "phase": [-1] * len(cds)},
    )


def genome(strand):
    codes = text_to_codes(PLUS.encode() if isinstance(PLUS, str) else PLUS)
    return reverse_complement(codes) if strand else codes


def with_coding(models, strand, code=1):
    codes = genome(strand)
    (gene,) = gene_records(models)
    reader = BlockReader(lambda a, b: codes[a:b], len(codes))
    return gene, coding_sequences(gene, 0, reader, code)


EXONS, CDS = [(0, 13), (19, 22)], [(2, 13), (19, 20)]


@pytest.mark.parametrize("strand", [0, 1])
def test_gtf_splits_the_stop_codon_over_the_intron(strand):
    assert len(PLUS) == 32
    gene, coding = with_coding(one_gene(strand, exons=EXONS, cds=CDS, score=0.5), strand)
    rows = [line.rstrip().split("\t") for line in gtf_lines(gene, "c", coding)]
    places = [(row[2], int(row[3]) - 1, int(row[4]), row[7]) for row in rows]
    if strand:
        places = [(kind, 32 - b, 32 - a, frame) for kind, a, b, frame in places]
    assert sorted(places) == [
        ("3UTR", 20, 22, "."),
        ("5UTR", 0, 2, "."),
        ("CDS", 2, 11, "0"),
        ("exon", 0, 13, "."),
        ("exon", 19, 22, "."),
        ("gene", 0, 22, "."),
        ("start_codon", 2, 5, "0"),
        ("stop_codon", 11, 13, "0"),
        ("stop_codon", 19, 20, "1"),
        ("transcript", 0, 22, "."),
    ]
    assert rows[0][5] == "0.5"
    assert rows[0][8] == 'gene_id "g";'
    assert rows[1][8] == 'gene_id "g"; transcript_id "t"; transcript_biotype "mRNA";'
    numbers = {(row[2], row[8].split("exon_number ")[1]) for row in rows if "codon" in row[2]}
    assert numbers == {("start_codon", '"1";'), ("stop_codon", '"1";'), ("stop_codon", '"2";')}
    assert [int(row[3]) for row in rows[2:]] == sorted(int(row[3]) for row in rows[2:])


def test_gtf_calls_nothing_a_codon_that_is_none_in_the_genome():
    gene, coding = with_coding(one_gene(0, exons=EXONS, cds=[(3, 13), (19, 20)], partial5=True), 0)
    rows = [line.rstrip().split("\t") for line in gtf_lines(gene, "c", coding)]
    kinds = {row[2] for row in rows}
    assert kinds == {"gene", "transcript", "exon", "CDS", "5UTR", "3UTR"}  # 11 bases: no whole codon at the end
    assert rows[1][8].endswith('tag "mRNA_start_NF"; tag "cds_start_NF"; partial "true"; start_range ".,1";')


@pytest.mark.parametrize("strand", [0, 1])
def test_bed(strand):
    (gene,) = gene_records(one_gene(strand, exons=EXONS, cds=CDS, score=0.25))
    (line,) = bed_lines(gene, "c")
    starts = {0: ("0", "22", "2", "20", "13,3,", "0,19,"), 1: ("10", "32", "12", "30", "3,13,", "0,9,")}[strand]
    expected = f"c {starts[0]} {starts[1]} t 250 {'+-'[strand]} {starts[2]} {starts[3]} 0,0,0 2 {starts[4]} {starts[5]}"
    assert line.rstrip().split("\t") == expected.split()


def test_bed_of_overlapping_exons_of_no_cds_and_of_no_transcripts():
    (gene,) = gene_records(one_gene(0, exons=[(0, 10), (8, 13), (13, 15), (20, 22)], cds=[]))
    (line,) = bed_lines(gene, "c")
    assert line.split()[6:] == ["0", "0", "0,0,0", "3", "13,2,2,", "0,13,20,"]
    (line,) = bed_lines(gene._replace(transcripts=[]), "a b")
    assert line.split() == ["a%20b", "0", "22", "g", "0", "+", "0", "0", "0,0,0", "1", "22,", "0,"]


@pytest.mark.parametrize(
    ("score", "expected"), [(float("nan"), 0), (0.5, 500), (1, 1000), (37, 37), (1e6, 1000), (-3, 0)]
)
def test_bed_scores(score, expected):
    assert bed_score(score) == expected


@pytest.mark.parametrize("strand", [0, 1])
def test_fasta_is_spliced_and_turned(strand):
    gene, coding = with_coding(one_gene(strand, exons=EXONS, cds=CDS), strand)
    (cds,) = fasta_records(gene, "c", coding, protein=False)
    (protein,) = fasta_records(gene, "c", coding, protein=True)
    place = "c:2-20 strand=+" if not strand else "c:12-30 strand=-"
    assert cds == f">t gene=g location={place}\nATGAAACCCTAA\n"
    assert protein == f">t gene=g location={place}\nMKP\n"


def test_partial_genes_begin_with_a_whole_codon_and_other_codes_are_used():
    models = one_gene(0, exons=EXONS, cds=[(1, 13), (19, 20)], partial5=True, attributes='{"transl_table": 6}')
    models.cds["phase"] = np.array([1, 0], np.int8)
    gene, coding = with_coding(models, 0)
    (protein,) = fasta_records(gene, "c", coding, protein=True)
    assert protein == ">t gene=g location=c:1-20 strand=+ partial=5' transl_table=6\nMKPQ\n"  # TAA is Q there


def test_block_reader_reads_over_its_edges_and_drops_soft_masking():
    codes = np.random.default_rng(0).integers(0, 4, 3_000_000).astype(np.uint8)
    codes[5::7] |= 0x80
    calls = []

    def read(start, stop):
        calls.append((start, stop))
        return codes[start:stop]

    reader = BlockReader(read, len(codes))
    for start, stop in [(0, 10), (1_048_570, 2_100_000), (2_999_990, 3_000_000), (5, 9)]:
        np.testing.assert_array_equal(reader(start, stop), codes[start:stop] & 15)
    assert len(calls) == 3


def test_names_are_made_unique():
    models = one_gene(0, exons=EXONS, cds=CDS)
    models = GeneModels.concat([models, models, models, models])
    models.genes["id"] = ["g", "g", "", "g-2"]
    models.transcripts["id"] = ["g", "t", "t.cds", "t"]
    assert unique_names(models) == (["g", "g-3", "gene", "g-2"], ["g-4", "t", "t.cds-2", "t-2"])
    models.genes["id"], models.transcripts["id"] = list("abcd"), list("wxyz")
    assert unique_names(models) == (list("abcd"), list("wxyz"))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Random bases with a gene every 3,000, the tables in another order than the genes' places."""
    store, tracks = small_store(tmp_path_factory.mktemp("exports") / "s.zarr", [40_000, 60_000])
    parts = []
    rng = np.random.default_rng(1)
    for contig in (0, 1):
        for start in range(100, int(store.contigs.lengths[contig]) - 2000, 3000):
            strand = int(rng.integers(0, 2))
            shifted = [(start + a, start + b) for a, b in [(0, 300), (500, 900)]]
            models = one_gene(0, exons=shifted, cds=[(start + 30, start + 300), (start + 500, start + 800)])
            models.genes["contig"], models.genes["strand"] = np.int32(contig), np.int8(strand)
            parts.append(models)
    models = GeneModels.concat([parts[i] for i in rng.permutation(len(parts))])
    models.genes["id"] = pd.Series([f"g{i}" for i in range(len(models))], dtype=object)
    models.transcripts["id"] = pd.Series([f"t{i}" for i in range(len(models))], dtype=object)
    store.begin_group("genes/made")
    write_genes(store, "genes/made", models)
    store.complete_group("genes/made", {"digest": "x"})
    return open_store(store.url), models, tracks["sequence"]


@pytest.mark.slow
def test_the_order_of_the_file_is_kept(store):
    opened, models, _ = store
    for table in ("genes", "transcripts", "exons", "cds"):
        pd.testing.assert_frame_equal(getattr(opened.genes().models, table), getattr(models, table))
    assert opened.table("genes/made")["gene_start"].tolist() != models.genes["start"].tolist()


@pytest.mark.slow
def test_a_region_is_looked_up(store):
    opened, models, _ = store
    rng = np.random.default_rng(2)
    for _ in range(40):
        contig = int(rng.integers(0, 2))
        start, end = sorted(rng.choice(int(opened.contigs.lengths[contig]), 2, replace=False).tolist())
        found = opened.genes(f"contig{contig}:{start}-{end}", "made").models
        expected = models.region(contig, start, end).sorted()
        for table in ("genes", "transcripts", "exons", "cds"):
            pd.testing.assert_frame_equal(getattr(found, table), getattr(expected, table))


def test_all_files_in_one_pass(store, tmp_path):
    opened, models, sequence = store
    files = {name: tmp_path / f"x.{name}" for name in ("gff3", "gtf", "bed", "cds", "proteins")}
    arguments = [word for name, path in files.items() for word in (f"--{name}", path)]
    done("export", opened.url, *arguments)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in files.values())
    records = files["cds"].read_text().split(">")[1:]
    assert len(records) == len(models)
    places = models.sorted()
    for record, start, contig, strand in zip(
        records, *(places.genes[name].tolist() for name in ("start", "contig", "strand")), strict=True
    ):
        base = int(opened.contigs.offsets[contig]) + start
        codes = np.concatenate([sequence[base + 30 : base + 300], sequence[base + 500 : base + 800]])
        text = codes_to_text(reverse_complement(codes) if strand else codes)
        text = text if isinstance(text, str) else text.decode()
        assert "".join(record.split("\n")[1:]) == text.upper()
    packed = tmp_path / "y.gtf.gz"
    assert opened.export_genes(gtf=packed) == len(models)
    assert gzip.decompress(packed.read_bytes()) == files["gtf"].read_bytes()
    first = packed.read_bytes()
    opened.export_genes(gtf=packed)
    assert packed.read_bytes() == first
    part = tmp_path / "part.bed"
    done("export", opened.url, "--bed", part, "--region", "contig1:0-7,000", "--genes", "made")
    assert part.read_text() == "".join(
        line
        for line in files["bed"].read_text().splitlines(True)
        if line.startswith("contig1") and int(line.split()[1]) < 7000
    )


def test_nothing_is_left_of_an_export_that_fails(store, tmp_path):
    opened, *_ = store
    (tmp_path / "old.gtf").write_text("old")
    with pytest.raises(BadInputError, match="cannot write"):
        opened.export_genes(gtf=tmp_path / "old.gtf", bed=tmp_path / "no" / "x.bed")
    with pytest.raises(BadInputError, match="two outputs go to one file"):
        opened.export_genes(gtf=tmp_path / "x", bed=tmp_path / "." / "x")
    with pytest.raises(BadInputError, match="a folder"):
        opened.export_genes(gtf=tmp_path)
    with pytest.raises(BadInputError, match="no genetic code 99"):
        opened.export_genes(gtf=tmp_path / "x", code=99)
    with pytest.raises(BadInputError, match="no file to write"):
        opened.export_genes()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("old.gtf", "old")]
    assert helixdask("export", opened.url).code == 2
    assert helixdask("export", opened.url, "--helixer", tmp_path / "x").code == 2
    assert helixdask("export", opened.url, "--bed", tmp_path / "x", "--genes", "none").code == 2
