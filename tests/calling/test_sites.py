"""Splice sites and start codons that are learnt from called genes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.calling.decode import decode_region
from helixdask.calling.hmm import build_hmm
from helixdask.calling.settings import CallSettings
from helixdask.calling.sites import NO_SITES, SiteCounts, count_sites, information, no_counts, site_costs
from helixdask.calling.source import ArraySource
from helixdask.calling.span import call_span, whole_contigs
from helixdask.calling.stage import CallStage
from helixdask.engine.cluster import RunOptions
from helixdask.engine.run import run_stage
from helixdask.errors import BadInputError
from helixdask.genes.table import read_genes
from helixdask.store.store import Store
from tests.calling.made_up import LETTERS, certain, decode, encode, random_case
from tests.calling.test_stage import make_store

DONOR, ACCEPTOR, START = "CAG|GTAAGT", "TTTTTTTTTTTTTTTTGCAG|GTT", "GCCGCCACC|ATGGCG"


def called_of(case):
    options = CallSettings(min_coding_length=12)
    span = whole_contigs(case.codes, case.classes, case.phases, case.lengths)
    return call_span(span, options.model(), options, scored=False)[0]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_both_strands_count_alike(seed):
    case = random_case(seed, [3_000, 200, 1_500], noise=0.1)
    offsets = np.concatenate([[0], np.cumsum(case.lengths)])
    plus = count_sites(called_of(case), case.codes, offsets, 0)
    mirrored = case.mirrored()
    minus = count_sites(called_of(mirrored), mirrored.codes, offsets, 0)
    assert plus.n_introns > 0
    for one, two in zip(plus, minus, strict=True):
        assert np.array_equal(one, two)


def one_gene(before="CCCCCCCCC"):
    """A gene of two coding exons after some bases, the labels of its bases, and its columns."""
    text = before + "GCCGCCACC" + "ATGGCGGCGCAG" + "GTAAGT" + "C" * 40 + "T" * 16 + "GCAG" + "GTTGCGGCGTAA" + "C" * 40
    first = len(before) + 9
    intron = first + 12, first + 12 + 66
    end = intron[1] + 12
    columns = {
        "gene_contig": [0], "gene_strand": [0], "gene_start": [first - 5], "gene_end": [end + 5],
        "gene_n_exons": [2], "exon_start": [first - 5, intron[1]], "exon_end": [intron[0], end + 5],
        "gene_n_cds": [2], "cds_start": [first, intron[1]], "cds_end": [intron[0], end],
    }  # fmt: skip
    return text, {name: np.array(values) for name, values in columns.items()}


def most_frequent(count):
    return "".join(LETTERS[letter] for letter in count.argmax(axis=1))


def test_what_is_around_a_site_is_counted():
    text, columns = one_gene()
    counts = count_sites(columns, encode(text), np.array([0, len(text)]), 0)
    assert [most_frequent(count[0]) for count in counts] == [site.replace("|", "") for site in (DONOR, ACCEPTOR, START)]
    assert counts.n_introns == counts.n_starts == 1
    assert counts.donor[1, 3].tolist() == [0, 0, 0, 3]  # AGT, GTT and GTAA; not the donor itself
    # The soft mask does not matter, nor where the codes begin.
    masked = count_sites(columns, encode(text) | np.uint8(0x10), np.array([0, len(text)]), 0)
    later = count_sites(columns, encode(text)[4:], np.array([0, len(text)]), 4)
    for one, two, three in zip(counts, masked, later, strict=True):
        assert np.array_equal(one, two)
        assert np.array_equal(one, three)


@pytest.mark.parametrize(("place", "kind"), [(11, "start"), (28, "donor"), (90, "acceptor")])
def test_sites_at_ambiguous_letters_and_ends_of_contigs_are_left_out(place, kind):
    text, columns = one_gene()
    codes = encode(text)
    codes[place] = LETTERS.index("N")
    counts = count_sites(columns, codes, np.array([0, len(text)]), 0)
    assert {name: int(count[0, 0].sum()) for name, count in counts._asdict().items()} == {
        name: int(name != kind) for name in SiteCounts._fields
    }
    text, columns = one_gene(before="")
    shifted = {name: values - (3 if name.endswith(("start", "end")) else 0) for name, values in columns.items()}
    cut = encode(text)[3:]
    assert count_sites(shifted, cut, np.array([0, len(cut)]), 0).n_starts == 0
    # The bases before it belong to another contig.
    shifted = {name: values + (9 if name == "gene_contig" else 0) for name, values in columns.items()}
    shifted["gene_contig"] = np.array([1])
    other = np.concatenate([encode("ACGTACGTA"), encode(text)[9:]])
    shifted = {name: v - (9 if name.endswith(("start", "end")) else 0) for name, v in shifted.items()}
    assert count_sites(shifted, other, np.array([0, 9, len(other)]), 0).n_starts == 0


def consensus(n=400, *, other=4000):
    """Counts of sites that all look the same, among places of any letters."""
    counts = no_counts()
    for count, site in zip(counts, (DONOR, ACCEPTOR, START), strict=True):
        letters = site.replace("|", "")
        count[0, np.arange(len(letters)), [LETTERS.index(letter) for letter in letters]] = n
        count[1] = other // 4
    return counts


def test_sites_cost_nothing_on_average_and_others_more():
    rng = np.random.default_rng(0)
    counts = no_counts()
    for count in counts:
        count[0] = rng.multinomial(1_000, [0.4, 0.3, 0.2, 0.1], len(count[0]))
        count[1] = rng.multinomial(9_000, [0.25] * 4, len(count[0]))
    costs = site_costs(counts, 3.0)
    for count, cost in zip(counts, costs, strict=True):
        site, other = (share / share.sum(axis=1, keepdims=True) for share in count)
        assert (cost[:, :4] * site).sum() == pytest.approx(0, abs=0.5)
        assert (cost[:, :4] * other).sum() > 1
        assert (cost[:, 4:] == 0).all()
    assert all(bits > 0 for bits in information(counts).values())
    for few in (no_counts(), consensus(49)):
        assert all(cost.size == 0 for cost in site_costs(few, 3.0))
        assert not few.tell_something
        assert set(information(few).values()) == {0.0}
    assert all(cost is none for cost, none in zip(site_costs(counts, 0.0), NO_SITES, strict=True))


def test_an_exon_ends_where_its_sites_are():
    """The network sees the intron from another GT to another AG, and no stop codon lies between."""
    flank, exon = "C" * 60, "GCC" * 12
    text = flank + "ATG" + exon + "CAG" + "GTAAGT" + "C" * 6 + "GT" + "C" * 60
    text += "AG" + "C" * 7 + "T" * 16 + "GCAG" + "GTT" + exon + "TAA" + flank
    start, donor, acceptor = 60, text.index("GTAAGT"), text.index("GCAGGTT") + 4
    labels = np.array(["g"] * len(text))
    labels[30:-30] = "u"
    labels[start : len(text) - 60] = "c"
    labels[donor + 12 : acceptor - 27] = "i"
    source = ArraySource(encode(text), *certain("".join(labels), 0.6))
    costs = {}
    for weight in (0.0, 10.0):
        model = build_hmm(min_intron_length=30, min_exon_length=3)
        model = model._replace(**site_costs(consensus(), weight)._asdict())
        states = decode_region(model, source).states
        intron = np.flatnonzero(states >= 13)
        costs[weight] = (int(intron[0]), int(intron[-1]) + 1)
    assert costs == {0.0: (donor + 12, acceptor - 27), 10.0: (donor, acceptor)}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Genes whose introns have sites in common, and predictions that do not know them to the base."""
    case = random_case(11, [60_000, 500, 40_000], noise=0.35, odd_bases=0.0)
    text = decode(case.codes)
    label = case.classes.argmax(axis=1)
    letters = np.array(list(text))
    for strand, (one, two) in enumerate((("TAAGT", "TTTTTTTTTT"), ("ACTTA", "AAAAAAAAAA"))):
        inside = np.flatnonzero(np.diff(np.concatenate([[0], label[strand] == 3, [0]])))
        for begin, end in inside.reshape(-1, 2):
            if end - begin < 30:
                continue
            first = (begin + 1, end - 14) if strand == 0 else (end - 6, begin + 4)
            letters[first[0] : first[0] + 5] = list(one)
            letters[first[1] : first[1] + 10] = list(two)
    case.codes[:] = encode("".join(letters))
    return make_store(str(tmp_path_factory.mktemp("sites") / "toy.zarr"), case)


@pytest.mark.slow
def test_genes_are_called_with_the_sites_of_the_genome(store):
    stage = CallStage("base", "sites", min_coding_length=12, min_intron_length=20)
    found = run_stage(stage, store.url, RunOptions(workers=1, quiet=True)).attrs["sites"]
    assert found["introns"] >= 50
    assert found["donor_bits"] > 3
    assert found["acceptor_bits"] > 5
    without = CallStage("base", "without", min_coding_length=12, min_intron_length=20, site_weight=0.0)
    assert "sites" not in run_stage(without, store.url, RunOptions(workers=1, quiet=True)).attrs
    opened = Store.open(store.url)
    assert len(read_genes(opened, "sites")) > 100
    assert not read_genes(opened, "sites").exons.equals(read_genes(opened, "without").exons)


def test_what_was_learnt_is_kept(store):
    learnt = CallStage("base", "x", min_coding_length=12, min_intron_length=20).learn(store).learnt
    kept = type(learnt).of(learnt.arrays())
    assert all(np.array_equal(one, two) for one, two in zip(learnt.sites, kept.sites, strict=True))
    plain = CallStage("base", "x", site_weight=0.0).learn(store).learnt
    assert type(plain).of(plain.arrays()).sites is None


def test_rules_of_helixer_look_at_no_sites(store):
    assert CallStage("base", "x", rules="helixer").learn(store).learnt.sites is None
    with pytest.raises(BadInputError, match="as they are"):
        CallStage("base", "x", rules="helixer", site_weight=1.0).inputs(store)
    with pytest.raises(BadInputError, match="cannot count"):
        CallSettings(site_weight=-1.0).check()


@pytest.mark.slow
def test_genes_do_not_depend_on_the_size_of_tasks(store, monkeypatch):
    settings = {"min_coding_length": 12, "min_intron_length": 20}
    found = []
    for name, length in (("whole", 1 << 20), ("parts", 1 << 14)):
        monkeypatch.setattr(CallStage, "bases_per_task", length)
        assert run_stage(CallStage("base", name, **settings), store.url, RunOptions(workers=1, quiet=True)).tasks
        found.append(read_genes(Store.open(store.url), name))
    assert found[0].exons.equals(found[1].exons)
    assert found[0].genes["score"].equals(found[1].genes["score"])
