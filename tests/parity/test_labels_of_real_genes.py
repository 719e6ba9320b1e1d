"""Default labels of published annotations: right ones are learnt, wrong ones are not; written as GFF3 they stay so."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from helixdask.genes.coding import cds_lengths
from helixdask.genes.reading.gff_read import read_gff
from helixdask.genes.writing.gff_write import write_gff3
from helixdask.labels.label_findings import label_findings
from helixdask.labels.paint import TRACKS, paint
from helixdask.labels.tables import label_tables
from tests.labels.support import contig_table, encode
from tests.parity.test_real_annotations import fasta

pytestmark = pytest.mark.shared

SETS = {
    "pombe": ("spombe/pombase_mRNA_only.derived.I_II.gff3.gz", "spombe/spombe_I_II.fa.gz"),
    "thaliana": ("korf_1pct/athaliana.1pct.gff3.gz", "korf_1pct/athaliana.1pct.fa.gz"),
    "elegans": ("korf_1pct/celegans.1pct.gff3.gz", "korf_1pct/celegans.1pct.fa.gz"),
    "pasa": ("pasa_at_bacs/orig_annotations_sample.gff3.gz", "pasa_at_bacs/genome_sample.fasta.gz"),
    "rapa": ("plant_homologs/BrapaFPsc.gff3.gz", "plant_homologs/BrapaFPsc.fa.gz"),
    "populus": ("plant_homologs/Ptrichocarpa.gff3.gz", "plant_homologs/Ptrichocarpa.fa.gz"),
    "melanogaster": ("dmel/flybase_CDS_chr2L.gtf.gz", "dmel/dm6_chr2L.fa.gz"),
}


@cache
def labelled(shared, name):
    gff, genome = SETS[name]
    sequences = fasta(shared / "data" / genome)
    contigs, codes = contig_table(sequences), encode("".join(sequences.values()))

    def read(start, stop):
        return codes[start:stop]

    models, _ = read_gff(shared / "data" / gff, contigs)
    return models, contigs, read, label_tables(models, contigs, read, "default")


@pytest.mark.parametrize(("name", "at_most"), [(name, 0.012) for name in SETS if name != "populus"])
def test_few_right_genes_are_said_to_belong_to_another_sequence(shared, name, at_most):
    *_, made = labelled(shared, name)
    wrong = np.unique(made.masks.gene[made.masks.code == "disagrees_with_sequence"])
    coding = np.unique(made.features.gene)
    assert len(wrong) <= at_most * len(coding)
    assert made.learnt.sum() >= (0.9 if name == "elegans" else 0.95) * len(coding)
    assert len(coding) > 100


def test_a_fifth_of_populus_is_masked(shared):
    models, contigs, _, made = labelled(shared, "populus")
    f = made.features
    wrong = made.soundness.disagrees
    assert 0.18 < wrong.mean() < 0.23
    genes = np.unique(made.masks.gene[made.masks.code == "disagrees_with_sequence"])
    assert set(f.gene[wrong]) == set(genes)
    assert len(genes) == 23
    tracks = paint(made.strands, 0, contigs.n_bases)
    offsets = contigs.offsets[models.transcript_contig()]
    cds = models.cds[models.cds["transcript"].isin(f.transcript[wrong])]
    for transcript, start, end in zip(cds["transcript"], cds["start"], cds["end"], strict=True):
        strand = models.transcript_strand()[transcript]
        assert not tracks["valid"][strand, offsets[transcript] + start : offsets[transcript] + end].any()
    assert cds_lengths(models)[f.transcript[wrong]].sum() > 30_000


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SETS if name != "melanogaster"])
def test_genes_written_as_gff3_give_the_same_labels(shared, tmp_path, name):
    models, contigs, read, made = labelled(shared, name)
    write_gff3(tmp_path / "genes.gff3", models, contigs, species=name)
    again, _ = read_gff(tmp_path / "genes.gff3", contigs)
    back = label_tables(again, contigs, read, "default")
    for start in range(0, contigs.n_bases, 1 << 22):
        stop = min(start + (1 << 22), contigs.n_bases)
        these, those = paint(made.strands, start, stop), paint(back.strands, start, stop)
        for track in TRACKS:
            np.testing.assert_array_equal(these[track], those[track], err_msg=track)
    assert label_findings(again, contigs, back).counts() == label_findings(models, contigs, made).counts()


@pytest.mark.parametrize("name", SETS)
def test_every_gene_is_learnt_or_named(shared, name):
    models, contigs, _, made = labelled(shared, name)
    named = set(label_findings(models, contigs, made).frame()["gene"])
    learnt = set(models.genes["id"].to_numpy()[made.features.gene[made.learnt]])
    assert set(models.genes["id"]) <= named | learnt
