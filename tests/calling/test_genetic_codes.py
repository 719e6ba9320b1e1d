"""Genes of other genetic codes: where they end, what they say of themselves, and which codes cannot be called."""

import json

import numpy as np
import pytest
from Bio.Data.CodonTable import unambiguous_dna_by_id
from Bio.Seq import Seq

from helixdask.calling.gene_states import EDGES, edges_of
from helixdask.calling.settings import CallSettings
from helixdask.calling.stage import CallStage
from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import BadInputError
from helixdask.genes.genetic_code import genetic_code
from helixdask.genes.table import read_genes
from helixdask.store.store import Store
from tests.calling.made_up import Case, certain, encode, random_case
from tests.calling.test_stage import make_store
from tests.cli.support import done, helixdask

QUIET = RunOptions(workers=1, quiet=True)


def codons_of(edges):
    """Codons that end a gene, and those that may stand inside one, followed base by base."""
    follow = {}
    for before, after, letters, kind in edges:
        follow.setdefault(before, []).append((after, letters if kind else "ACGT"))
    found = {"stop2": set(), "coding2": set()}
    for first in "ACGT":
        for one, letters in follow["coding2"]:
            for second in "ACGT" if first in letters else "":
                for two, more in follow[one]:
                    for third in "ACGT" if second in more else "":
                        for three, last in follow[two]:
                            if third in last:
                                found[three].add(first + second + third)
    return found["stop2"], found["coding2"]


@pytest.mark.parametrize("number", sorted(unambiguous_dna_by_id))
def test_codons_of_every_code(number):
    table = unambiguous_dna_by_id[number]
    if {codon[:2] for codon in table.stop_codons} - {"TA", "TG"}:
        with pytest.raises(BadInputError, match=f"genetic code {number}, whose stop codons are"):
            edges_of(genetic_code(number))
        return
    stops, inside = codons_of(edges_of(genetic_code(number)))
    assert stops == set(table.stop_codons)
    assert inside == set(table.forward_table)


def test_the_standard_code_is_the_list_itself():
    assert edges_of(genetic_code(1)) == EDGES


CODING = "ATG" + "GCTTAAGCC" * 12 + "TGA"  # TAA is glutamine in code 6


def ciliate(strand=0):
    """A gene whose frame holds TAA, between random bases; labels are certain."""
    rng = np.random.default_rng(5)
    flank = "".join(rng.choice(list("CG"), 300))
    text = flank + CODING + flank
    labels = "g" * 250 + "u" * 50 + "c" * len(CODING) + "u" * 50 + "g" * 250
    classes, phases = certain(labels)
    nothing = np.tile(np.array([[0.94], [0.02], [0.02], [0.02]], np.float32), len(text))
    case = Case(
        encode(text),
        np.stack([classes, nothing]).astype(np.float16),
        np.stack([phases, nothing]).astype(np.float16),
        np.array([len(text)]),
    )
    return case.mirrored() if strand else case


@pytest.mark.parametrize("strand", [0, 1])
def test_a_gene_ends_at_the_stops_of_its_code(strand):
    models = ciliate(strand).call(genetic_code=6)
    assert len(models) == 1
    assert int((models.cds["end"] - models.cds["start"]).sum()) == len(CODING)
    wrong = ciliate(strand).call()
    assert (wrong.cds["end"] - wrong.cds["start"]).tolist() != [len(CODING)]


def test_genes_carry_their_code(tmp_path):
    store = make_store(str(tmp_path / "s.zarr"), ciliate(1))
    gff, proteins = tmp_path / "g.gff3", tmp_path / "p.fa"
    done("call", store.url, "-o", gff, "--proteins", proteins, "--genetic-code", 6, "--labels", "called", "-q")
    protein = "".join(proteins.read_text().splitlines()[1:])
    assert protein == str(Seq(CODING[:-3]).translate(table=6))
    assert "transl_table=6" in gff.read_text()
    models = read_genes(Store.open(store.url), "base")
    assert json.loads(models.genes["attributes"][0])["transl_table"] == 6
    attrs = Store.open(store.url).attrs("labels/called")
    assert attrs["genes_learnt"] == attrs["genes_read"]
    exported = tmp_path / "e.fa"
    done("export", store.url, "--proteins", exported)  # the genes say which code
    assert exported.read_text() == proteins.read_text()
    ran = helixdask("call", store.url, "-o", gff, "--genetic-code", 2, "--replace")
    assert ran.code == 2
    assert "AGA, AGG" in ran.err


def test_helixer_rules_have_no_such_settings():
    for settings in ({"genetic_code": 6}, {"min_score": 0.5}):
        with pytest.raises(BadInputError, match="helixer rules"):
            CallSettings(rules="helixer", **settings).check()
    for settings in ({"genetic_code": 7}, {"min_score": 1.5}, {"min_score": -1}):
        with pytest.raises(BadInputError):
            CallSettings(**settings).check()


def test_the_least_score_leaves_out_genes_and_nothing_else(tmp_path):
    store = make_store(str(tmp_path / "s.zarr"), random_case(3, [9000, 5000], noise=0.5))
    run_stage(CallStage("base", "all", min_coding_length=12), store.url, QUIET)
    every = read_genes(store, "all")
    score = every.genes["score"].to_numpy()
    least = float(np.median(score))
    summary = run_stage(CallStage("base", "some", min_coding_length=12, min_score=least), store.url, QUIET)
    some = read_genes(Store.open(store.url), "some")
    kept = every.select(score >= least)
    assert 0 < len(some) < len(every)
    assert summary.attrs["genes_below_min_score"] == len(every) - len(some)
    for table in ("genes", "transcripts", "exons", "cds"):
        ours, theirs = getattr(some, table), getattr(kept, table)
        for column in ours.columns:
            np.testing.assert_array_equal(ours[column].to_numpy(), theirs[column].to_numpy(), err_msg=column)


def test_ids_may_carry_a_prefix(tmp_path):
    store = make_store(str(tmp_path / "s.zarr"), random_case(3, [9000, 5000], noise=0.5))
    run_stage(CallStage("base", "all", min_coding_length=12), store.url, QUIET)
    run_stage(CallStage("base", "mine", min_coding_length=12, prefix="Tae_v1"), store.url, QUIET)
    every, mine = (read_genes(Store.open(store.url), name) for name in ("all", "mine"))
    renamed = [f"Tae_v1{name.removeprefix(store.species)}" for name in every.genes["id"]]
    assert mine.genes["id"].tolist() == renamed
    for bad in ("", "a b", "-x", "a;b"):
        with pytest.raises(BadInputError, match="--prefix"):
            CallSettings(prefix=bad).check()


def test_settings_that_change_nothing_are_not_noted():
    """Genes that were called before there were these settings are still those of the same settings."""
    assert not {"genetic_code", "min_score", "prefix"} & set(CallStage("base", "x").settings())
    assert CallStage("base", "x", genetic_code=12, min_score=0.5).settings()["genetic_code"] == 12
