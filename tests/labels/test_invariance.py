"""The default rules do not depend on the order of genes, isoforms or contigs, on the strand, or on how it is cut."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.genes.reading.gff_read import read_gff
from helixdask.genes.writing.gff_write import write_gff3
from helixdask.labels.label_findings import label_findings
from helixdask.labels.paint import TRACKS, paint
from helixdask.labels.tables import label_tables
from tests.labels.gene_sets import LENGTHS, NAMES, gene_sets, models_of

QUICK = settings(max_examples=30)
WHOLE = sum(LENGTHS)


def tracks_of(genes, rules="default"):
    """Tracks of each contig, by name."""
    painted = paint(genes.tables(rules).strands, 0, WHOLE)
    offsets = genes.contigs.offsets
    return {
        name: {track: painted[track][:, offsets[k] : offsets[k + 1]] for track in TRACKS}
        for k, name in enumerate(genes.codes)
    }


def assert_same(these, those):
    for name in NAMES:
        for track in TRACKS:
            np.testing.assert_array_equal(these[name][track], those[name][track], err_msg=f"{track} of {name}")


@pytest.mark.slow
@QUICK
@given(gene_sets(), st.randoms(use_true_random=False))
def test_order_of_genes_and_isoforms_does_not_matter(genes, random):
    shuffled = [replace(g, isoforms=tuple(random.sample(g.isoforms, len(g.isoforms)))) for g in genes.genes]
    random.shuffle(shuffled)
    assert_same(tracks_of(genes), tracks_of(replace(genes, genes=tuple(shuffled))))


@pytest.mark.slow
@QUICK
@given(gene_sets(), st.permutations(NAMES), st.sampled_from(["default", "helixer"]))
def test_permuted_contigs_give_permuted_tracks(genes, order, rules):
    assert_same(tracks_of(genes, rules), tracks_of(genes.with_contigs(order), rules))


@pytest.mark.slow
@QUICK
@given(gene_sets())
def test_the_other_strand_of_the_genome_gives_mirrored_tracks(genes):
    turned = tracks_of(genes.mirrored())
    back = {name: {track: values[::-1, ::-1] for track, values in tracks.items()} for name, tracks in turned.items()}
    assert_same(tracks_of(genes), back)


@QUICK
@given(gene_sets(), st.lists(st.integers(0, WHOLE), max_size=8))
def test_pieces_make_the_whole(genes, cuts):
    strands = genes.tables().strands
    whole = paint(strands, 0, WHOLE)
    borders = [0, *sorted(cuts), WHOLE]
    pieces = [paint(strands, a, b) for a, b in pairwise(borders)]
    for track in TRACKS:
        np.testing.assert_array_equal(np.concatenate([piece[track] for piece in pieces], axis=1), whole[track])


@QUICK
@given(gene_sets())
def test_what_is_learnt_is_a_gene_and_every_other_gene_is_named(genes):
    """No stop codon in a frame that is learnt; no gene without a label or a finding."""
    made = genes.tables()
    models, f = models_of(genes), made.features
    named = set(label_findings(models, genes.contigs, made).frame()["gene"])
    learnt = {genes.genes[g].name for g in f.gene[made.learnt]}
    assert {gene.name for gene in genes.genes} <= named | learnt
    for row in np.flatnonzero(made.learnt).tolist():
        gene = genes.genes[f.gene[row]]
        isoform = next(i for i in gene.isoforms if i.name == models.transcripts["id"][f.transcript[row]])
        codes = genes.codes[gene.contig]
        coding = np.concatenate([codes[a:b] for a, b in isoform.cds])
        coding = 3 - coding[::-1] if gene.strand else coding
        letters = "".join("CATG"[c] for c in coding[isoform.phase :])
        codons = [letters[k : k + 3] for k in range(0, len(letters) - 3, 3)]
        assert not {"TAA", "TAG", "TGA"} & set(codons)


@pytest.mark.slow
@QUICK
@given(gene_sets())
def test_genes_written_as_gff3_give_the_same_labels(tmp_path_factory, genes):
    path, contigs = tmp_path_factory.mktemp("round") / "genes.gff3", genes.contigs

    def trip(models):
        write_gff3(path, models, contigs, species="test")
        return read_gff(path, contigs)[0]

    # What is in a store was read from a file.
    models = trip(models_of(genes))
    there, back = (
        paint(label_tables(one, contigs, genes.read, "default").strands, 0, WHOLE) for one in (models, trip(models))
    )
    for track in TRACKS:
        np.testing.assert_array_equal(there[track], back[track], err_msg=track)
