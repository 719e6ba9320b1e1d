"""GFF3, GTF, BED12 and FASTA against gffread, and GFF3 against GenomeTools' validator, on published annotations."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

import pytest

from helixdask.genes.models import GeneModels
from helixdask.genes.reading.gff_read import read_gff
from helixdask.genes.writing.bed_write import bed_lines
from helixdask.genes.writing.coding_sequence import BlockReader, coding_sequences
from helixdask.genes.writing.fasta_write import fasta_records
from helixdask.genes.writing.gff_write import write_gff3
from helixdask.genes.writing.gtf_write import gtf_lines
from helixdask.genes.writing.records import gene_records
from helixdask.genes.writing.unique_names import unique_names
from helixdask.sequence.codes import text_to_codes
from tests.labels.support import contig_table
from tests.parity.test_real_annotations import fasta

SETS = [
    ("spombe/pombase_mRNA_only.derived.I_II.gff3.gz", "spombe/spombe_I_II.fa.gz"),
    ("korf_1pct/athaliana.1pct.gff3.gz", "korf_1pct/athaliana.1pct.fa.gz"),
    ("korf_1pct/celegans.1pct.gff3.gz", "korf_1pct/celegans.1pct.fa.gz"),
    (
        "athaliana_chr3/Athaliana_447_Araport11.gene_exons.Chr3_1065466-1464870.gtf.gz",
        "athaliana_chr3/Athaliana_447_TAIR10_Chr3_1065466-1464870.fa.gz",
    ),
    ("dmel/flybase_CDS_chr2L.gtf.gz", "dmel/dm6_chr2L.fa.gz"),
    ("pasa_at_bacs/orig_annotations_sample.gff3.gz", "pasa_at_bacs/genome_sample.fasta.gz"),
]
IDS = [gff.split("/")[1][:12] for gff, _ in SETS]


def tool(name, *arguments):
    """Run a tool that must succeed; the test is skipped where it is not installed."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    ran = subprocess.run([path, *map(str, arguments)], capture_output=True, text=True, timeout=3000, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout + ran.stderr


@cache
def exported(shared, folder, gff, genome):
    """The files of one annotation: FASTA of the genome, gff3, gtf, bed, cds, proteins."""
    sequences = fasta(shared / "data" / genome)
    contigs, codes = contig_table(sequences), text_to_codes("".join(sequences.values()).encode())
    models, _ = read_gff(shared / "data" / gff, contigs)
    models = models.sorted()
    reader = BlockReader(lambda start, stop: codes[start:stop], contigs.n_bases)
    files = {kind: folder / f"x.{kind}" for kind in ("fa", "gff3", "gtf", "bed", "cds", "proteins")}
    files["fa"].write_text("".join(f">{name}\n{sequence}\n" for name, sequence in sequences.items()))
    write_gff3(files["gff3"], models, contigs, species="x")
    lines = {kind: [] for kind in ("gtf", "bed", "cds", "proteins")}
    for gene in gene_records(models, unique_names(models)):
        name = str(contigs.names[gene.contig])
        coding = coding_sequences(gene, int(contigs.offsets[gene.contig]), reader, 1)
        lines["gtf"] += gtf_lines(gene, name, coding)
        lines["bed"] += bed_lines(gene, name)
        for kind in ("cds", "proteins"):
            lines[kind] += fasta_records(gene, name, coding, protein=kind == "proteins")
    for kind, texts in lines.items():
        files[kind].write_text("".join(texts))
    return files


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return {gff: tmp_path_factory.mktemp("exports") for gff, _ in SETS}


@pytest.fixture(params=SETS, ids=IDS, scope="module")
def files(request, shared, folders):
    return exported(shared, folders[request.param[0]], *request.param)


def records(path):
    found = {}
    for record in path.read_text().split(">")[1:]:
        head, _, body = record.partition("\n")
        name = head.split()[0]
        assert name not in found
        found[name] = body.replace("\n", "").upper()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gff3", "gtf"])
def test_coding_sequences_and_proteins_are_those_of_gffread(files, kind, tmp_path):
    cds, proteins = tmp_path / "cds", tmp_path / "proteins"
    tool("gffread", "-g", files["fa"], files[kind], "-x", cds, "-y", proteins, "-S")
    ours, theirs = records(files["cds"]), records(cds)
    assert len(ours) > 50
    assert {name for name in ours if ours[name] != theirs.get(name)} == set()
    assert ours.keys() == theirs.keys()
    ours, theirs = records(files["proteins"]), records(proteins)
    # gffread tells some ambiguous codons, which are X here.
    assert {name for name in ours if "X" not in ours[name] and ours[name] != theirs.get(name)} == set()


@pytest.mark.slow
def test_bed_is_that_of_gffread(files, tmp_path):
    tool("gffread", files["gff3"], "--bed", "-o", tmp_path / "bed")
    ours, theirs = (
        {
            (row := line.split("\t"))[3]: (*row[:3], row[5], *row[9:12], *row[6:8])
            for line in path.read_text().splitlines()
        }
        for path in (files["bed"], tmp_path / "bed")
    )
    # gffread leaves out genes without transcripts, and draws transcripts thick that do not code.
    assert theirs.keys() <= ours.keys()
    coding = {name for name, row in ours.items() if row[-1] != row[-2]}
    assert len(coding) > 50
    assert {name for name in coding if theirs[name] != ours[name]} == set()
    assert {name for name in theirs if theirs[name][:-2] != ours[name][:-2]} == set()


@pytest.mark.slow
def test_the_validator_accepts_the_gff3(files):
    assert "valid GFF3" in tool("gt", "gff3validator", files["gff3"])


def test_genes_of_one_name_are_told_apart(shared, golden, tmp_path):
    sequences = fasta(shared / "data" / SETS[1][1])
    contigs = contig_table(sequences)
    models, _ = read_gff(shared / "data" / SETS[1][0], contigs)
    twice = GeneModels.concat([models, models])
    write_gff3(tmp_path / "x.gff3", twice, contigs, species="x")
    assert "valid GFF3" in tool("gt", "gff3validator", tmp_path / "x.gff3")
    found, _ = read_gff(tmp_path / "x.gff3", contigs)
    assert len(found) == 2 * len(models)
    assert len(found.cds) == 2 * len(models.cds)
