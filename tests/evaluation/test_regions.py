"""Scoring a part of the genome: which stretches, which bases, which genes, and what an edge cuts."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.errors import BadInputError
from helixdask.evaluation import evaluate
from helixdask.evaluation.base_counts import count_bases
from helixdask.evaluation.scored_regions import ScoredRegions, scored_regions, side_regions
from helixdask.evaluation.whole_loci import whole_loci
from helixdask.genes.models import GeneModels
from helixdask.store.contigs import ContigTable
from tests.cli.support import done, helixdask
from tests.small_store import publish, small_store

LENGTHS = [100, 60, 80]
TABLE = ContigTable(np.array(["a", "b", "c"], object), np.array(LENGTHS))


def regions(*rows):
    columns = np.array(rows, np.int64).reshape(-1, 3).T
    return ScoredRegions.of(*columns)


def as_masks(found):
    masks = [np.zeros(length, bool) for length in LENGTHS]
    for contig, start, end in zip(found.contig, found.start, found.end, strict=True):
        masks[contig][start:end] = True
    return masks


ROWS = st.lists(
    st.integers(0, 2).flatmap(
        lambda c: st.tuples(st.just(c), st.integers(0, LENGTHS[c] - 1), st.integers(1, 40)).map(
            lambda row: (row[0], row[1], min(row[1] + row[2], LENGTHS[row[0]]))
        )
    ),
    min_size=1,
    max_size=8,
)


@given(ROWS, ROWS, st.integers(0, 239), st.integers(1, 240))
def test_sets_of_bases(first, second, low, length):
    one, two = regions(*first), regions(*second)
    for rows, found in ((first, one), (second, two)):
        masks = [np.zeros(length, bool) for length in LENGTHS]
        for contig, start, end in rows:
            masks[contig][start:end] = True
        assert [m.tolist() for m in as_masks(found)] == [m.tolist() for m in masks]
        assert found.n_bases == sum(m.sum() for m in masks)
        same = found.contig[1:] == found.contig[:-1]
        assert (found.start[1:] > found.end[:-1])[same].all()  # what touches is one
    both = [a & b for a, b in zip(as_masks(one), as_masks(two), strict=True)]
    assert [m.tolist() for m in as_masks(one.within(two))] == [m.tolist() for m in both]
    high = min(low + length, 240)
    contig, start, end = one.pieces(TABLE, low, high)
    line = np.zeros(high - low, bool)
    for a, b in zip(start, end, strict=True):
        line[a:b] = True
    np.testing.assert_array_equal(line, np.concatenate(as_masks(one))[low:high])
    assert (contig == [TABLE.contig_at(low + a) for a in start]).all()


def genes(*spans):
    """Coding genes of one exon: (contig, start, end, strand)."""
    contig, start, end, strand = np.array(spans, np.int64).reshape(-1, 4).T
    n = len(contig)
    ids = np.array([f"g{k}" for k in range(n)], object)
    segments = {"transcript": np.arange(n), "start": start, "end": end, "score": np.full(n, np.nan)}
    kind = {"type": np.full(n, "gene", object), "source": ids, "attributes": np.full(n, "{}", object)}
    kind |= {"score": np.full(n, np.nan), "partial5": np.zeros(n, bool), "partial3": np.zeros(n, bool)}
    return GeneModels.from_columns(
        genes={"id": ids, "contig": contig, "start": start, "end": end, "strand": strand, **kind},
        transcripts={"id": ids, "gene": np.arange(n), "start": start, "end": end, **kind},
        exons=segments,
        cds={**segments, "phase": np.zeros(n)},
    )


GENES = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 50), st.integers(1, 9), st.integers(0, 1)).map(
        lambda g: (g[0], g[1], g[1] + g[2], g[3])
    ),
    max_size=12,
)


@pytest.mark.slow
@given(GENES, GENES, ROWS)
def test_loci_are_scored_whole_or_not_at_all(left, right, rows):
    scored = regions(*rows)
    masks = as_masks(scored)
    sides = [left, right]
    models, lost = whole_loci([genes(*side) for side in sides], scored)
    # The same by following overlaps one by one.
    everything = [(side, k) for side in (0, 1) for k in range(len(sides[side]))]
    for side, k in everything:
        locus, waiting = {(side, k)}, [(side, k)]
        while waiting:
            c, a, b, s = sides[waiting[-1][0]][waiting.pop()[1]]
            for other in everything:
                oc, oa, ob, os = sides[other[0]][other[1]]
                if other not in locus and (oc, os) == (c, s) and oa < b and ob > a:
                    locus.add(other)
                    waiting.append(other)
        spans = [sides[i][j] for i, j in locus]
        whole = all(masks[c][a:b].all() for c, a, b, _ in spans if masks[c][a:b].any())
        c, a, b, _ = sides[side][k]
        kept = bool(masks[c][a:b].all()) and whole
        assert (f"g{k}" in models[side].genes["id"].tolist()) == kept
        lost[side] -= bool(masks[c][a:b].any()) and not kept
    assert lost == [0, 0]


@pytest.fixture
def store(tmp_path):
    return small_store(str(tmp_path / "s.zarr"), [3_000, 2_000], names=["a", "b"])


GFF = "".join(
    f"{contig}\tx\t{kind}\t{start}\t{start + 299}\t.\t{strand}\t{0 if kind == 'CDS' else '.'}\t{attributes}\n"
    for contig, start, strand in (("a", 101, "+"), ("a", 1001, "+"), ("a", 2001, "-"), ("b", 501, "+"))
    for kind, attributes in (
        ("gene", f"ID={contig}{start}"),
        ("mRNA", f"ID={contig}{start}.1;Parent={contig}{start}"),
        ("exon", f"Parent={contig}{start}.1"),
        ("CDS", f"Parent={contig}{start}.1"),
    )
)


def test_bases_of_regions_are_those_of_the_whole_added_up(store, tmp_path):
    """Regions that fill the genome give the same counts as no regions."""
    store, _ = store
    truth = tmp_path / "t.gff3"
    truth.write_text(GFF)
    whole = evaluate(store.url, str(truth), quiet=True).tallies["base"].classes.sum(axis=0)
    parts = np.zeros_like(whole)
    for text in ("a:0-777", "a:777-2,100", "a:2,100-", "b"):
        found = evaluate(store.url, str(truth), regions=text, quiet=True)
        parts += found.tallies["base"].classes.sum(axis=0)
        assert found.scored.n_bases == {"b": 2000}.get(text, found.scored.n_bases)
    np.testing.assert_array_equal(parts, whole)


def test_a_bed_file(store, tmp_path):
    store, _ = store
    truth = tmp_path / "t.gff3"
    truth.write_text(GFF)
    other = tmp_path / "p.gff3"
    # The second is found; the first is cut by the edge at 250; the third has a partner that reaches beyond.
    other.write_text(GFF.replace("\t2300\t", "\t2650\t"))
    bed = tmp_path / "r.bed"
    bed.write_text("track x\na\t250\t2500\nb\t0\t100\n")
    found = evaluate(str(other), str(truth), regions=str(bed))
    assert found.left_out == {"reference": 2, "p.gff3": 2}
    gene = found.genes["p.gff3"].gene
    assert (gene.n_reference, gene.n_prediction, gene.found) == (1, 1, 1)
    assert found.contigs == ["a", "b"]
    ran = done("evaluate", other, "--reference", truth, "--regions", bed, "--json").json()
    assert ran["scored"] == {"regions": 2, "bases": 2350, "genes_cut_by_an_edge": {"reference": 2, "p.gff3": 2}}
    assert "Left out: genes cut by an edge" in done("evaluate", other, "--reference", truth, "--regions", bed).out
    for text, message in (("a:5-9000", "not inside"), ("no.bed", "no such file"), ("zz", "zz")):
        ran = helixdask("evaluate", store.url, "--reference", truth, "--regions", text)
        assert ran.code == 2, ran.err
        assert message in ran.err
    ran = helixdask("evaluate", other, "--reference", truth, "--side", "train")
    assert ran.code == 2
    assert "only a store has splits" in ran.err


def add_split(store, contig, start, side):
    n = len(contig)
    columns = {"contig": contig, "start": start, "end": start + 100, "strand": np.zeros(n)}
    table = {f"window_{name}": np.asarray(values, np.int64) for name, values in columns.items()}
    table |= {"window_strand": np.zeros(n, np.int8), "window_contig": np.asarray(contig, np.int32)}
    publish(store, "windows/w", table=table, window_length=100)
    rows = np.flatnonzero(side >= 0)
    publish(
        store,
        "splits/default",
        table={"window_row": rows, "window_side": side[rows].astype(np.int8)},
        windows="w",
        inputs={"windows/w": store.identity("windows/w")},
    )


def test_sides_of_a_split(store):
    """Contig b is validation as a whole; a has blocks, of which some windows were not selected, one is in the guard."""
    store, _ = store
    contig = np.array([0] * 8 + [1])
    start = np.array([0, 100, 300, 500, 700, 1000, 1500, 2000, 700])
    side = np.array([0, 0, -1, 1, 1, 1, -1, 0, 1])
    add_split(store, contig, start, side)
    found = side_regions(store, None, "validation")
    assert list(zip(found.contig, found.start, found.end, strict=True)) == [(0, 500, 1100), (1, 0, 2000)]
    found = side_regions(store, "default", "train")
    assert list(zip(found.contig, found.start, found.end, strict=True)) == [(0, 0, 200), (0, 2000, 2100)]
    both = scored_regions(store.contigs, rows=np.array([0]), regions="a:600-", store=store, side="validation")
    assert list(zip(both.contig, both.start, both.end, strict=True)) == [(0, 600, 1100)]
    with pytest.raises(BadInputError, match="no base of the genome is left"):
        scored_regions(store.contigs, rows=np.array([1]), store=store, split="default", side="train")
    with pytest.raises(BadInputError, match="no window on this side"):
        side_regions(store, None, "test")
    with pytest.raises(BadInputError, match="no side 'tests'"):
        side_regions(store, None, "tests")
    side[-1] = 2
    add_split(store, contig, start, side)
    found = side_regions(store, None, "test")
    assert list(zip(found.contig, found.start, found.end, strict=True)) == [(1, 0, 2000)]


def test_a_side_on_the_command_line(store, tmp_path):
    store, _ = store
    add_split(store, np.array([0, 1]), np.array([0, 0]), np.array([0, 1]))
    truth = tmp_path / "t.gff3"
    truth.write_text(GFF)
    ran = done("evaluate", store.url, "--reference", truth, "--split", "default", "--json").json()
    assert ran["contigs"] == ["b"]
    assert ran["scored"]["bases"] == 2000
    ran = done("evaluate", store.url, "--reference", truth, "--side", "train", "--json").json()
    assert ran["contigs"] == ["a"]
    ran = helixdask("evaluate", store.url, "--reference", truth, "--split", "none")
    assert ran.code == 2
    assert "none" in ran.err


def test_the_curve_of_least_scores(store, tmp_path):
    """Genes of a file with scores: what each least score keeps and how much of it is right."""
    truth, called = tmp_path / "t.gff3", tmp_path / "c.gff3"
    truth.write_text(GFF)
    lines = [line.split("\t") for line in GFF.replace("\t800\t", "\t830\t").splitlines()]
    scores = {"a101": "0.95", "a1001": "0.6", "a2001": "0.45", "b501": "0.3"}  # the last is wrong
    for line in lines:
        name = next(name for name in scores if f"={name}" in line[8])
        line[5] = scores[name]
    called.write_text("".join("\t".join(line) + "\n" for line in lines))
    found = evaluate(str(called), str(truth))
    curve = dict(found.genes["c.gff3"].score_curve())
    kept = {score: (match.n_prediction, match.right, match.n_reference) for score, match in curve.items()}
    assert kept[0.0] == (4, 3, 4)
    assert kept[0.4] == (3, 3, 4)
    assert kept[0.5] == (2, 2, 4)
    assert kept[0.9] == (1, 1, 4)
    ran = done("evaluate", called, "--reference", truth, "--json").json()
    assert ran["genes"]["c.gff3"]["min_score"]["0.4"]["precision"] == 1
    assert json.dumps(ran)
    assert "Genes of at least this score" in done("evaluate", called, "--reference", truth).out
    assert not evaluate(str(truth), str(truth)).genes["t.gff3"].score_curve()


def test_no_region_without_bases(store):
    store, _ = store
    nothing = ScoredRegions.of(*np.zeros((3, 0), np.int64))
    counted = count_bases(store, GeneModels.empty(), ["base"], nothing)
    assert counted["base"].classes.sum() == 0
