"""Random gene sets: any slicing gives the same labels, mirrored genes mirrored labels, per base what the rules say."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.genes.models import GeneModels
from helixdask.labels.paint import TRACKS, count_bases, paint
from helixdask.labels.segments import overlay, subtract, union
from helixdask.labels.tables import label_tables
from helixdask.store.contigs import ContigTable

QUICK = settings(max_examples=40)
LENGTHS = np.array([120, 7, 200], np.int64)
OFFSETS = np.array([0, 120, 127, 327])


@st.composite
def transcripts(draw):
    """Contig, strand and sorted cuts: exons between each second pair, CDS from one place to another."""
    contig = draw(st.sampled_from([0, 2]))
    places = st.integers(0, int(LENGTHS[contig]))
    cuts = sorted(draw(st.sets(places, min_size=2, max_size=8)))
    cuts = cuts[: len(cuts) // 2 * 2]
    exons = list(zip(cuts[::2], cuts[1::2], strict=True))
    first, last = sorted(draw(st.tuples(places, places)))
    cds = [(max(a, first), min(b, last)) for a, b in exons if max(a, first) < min(b, last)]
    return contig, draw(st.integers(0, 1)), exons, cds, draw(st.integers(0, 2))


def models_of(items) -> GeneModels:
    genes = {name: [] for name in ("id", "contig", "start", "end", "strand", "type", "source", "score", "attributes")}
    ts = {name: [] for name in ("id", "gene", "start", "end", "type", "partial5", "partial3")}
    exons = {name: [] for name in ("transcript", "start", "end")}
    cds = {name: [] for name in ("transcript", "start", "end", "phase")}
    for number, (contig, strand, its_exons, its_cds, phase) in enumerate(items):
        start, end = its_exons[0][0], its_exons[-1][1]
        values = (f"g{number}", contig, start, end, strand, "gene", "x", np.nan, "{}")
        for column, value in zip(genes.values(), values, strict=True):
            column.append(value)
        for column, value in zip(ts.values(), (f"t{number}", number, start, end, "mRNA", False, False), strict=True):
            column.append(value)
        for a, b in its_exons:
            for column, value in zip(exons.values(), (number, a, b), strict=True):
                column.append(value)
        done = 0
        for a, b in its_cds[::-1] if strand else its_cds:
            for column, value in zip(cds.values(), (number, a, b, (phase - done) % 3), strict=True):
                column.append(value)
            done += b - a
    return GeneModels.from_columns(genes, ts, exons, cds)


def tables_of(items, codes, rules):
    contigs = ContigTable(np.array(["a", "b", "c"], object), LENGTHS)
    return label_tables(models_of(items), contigs, lambda low, high: codes[low:high], rules)


def codes_of(seed):
    return np.random.default_rng(seed).integers(0, 4, 327).astype(np.uint8)


GENES = st.lists(transcripts(), max_size=6)
RULES = st.sampled_from(["default", "helixer"])


@QUICK
@given(GENES, RULES, st.integers(0, 9), st.integers(1, 90))
def test_any_slicing_gives_the_same_tracks(items, rules, seed, step):
    made = tables_of(items, codes_of(seed), rules)
    whole = paint(made.strands, 0, 327)
    pieces = [paint(made.strands, low, min(low + step, 327)) for low in range(0, 327, step)]
    for name in TRACKS:
        np.testing.assert_array_equal(np.concatenate([piece[name] for piece in pieces], axis=1), whole[name])


@pytest.mark.slow
@QUICK
@given(GENES, RULES, st.integers(0, 9))
def test_mirrored_genes_give_mirrored_tracks(items, rules, seed):
    codes = codes_of(seed)
    turned = [
        (c, 1 - s, *([(int(LENGTHS[c]) - b, int(LENGTHS[c]) - a) for a, b in part[::-1]] for part in (e, d)), phase)
        for c, s, e, d, phase in items
    ]
    # Of genes that begin at one place the file's first comes first on plus and last on minus.
    other = np.concatenate([3 - codes[a:b][::-1] for a, b in pairwise(OFFSETS)])
    there = paint(tables_of(items, codes, rules).strands, 0, 327)
    back = paint(tables_of(turned[::-1], other, rules).strands, 0, 327)
    swap = np.array([(v >> 3 | (v & 7) << 3) for v in range(64)], np.uint8) if rules == "helixer" else np.arange(64)
    names = [name for name in TRACKS if name != "phase" or rules == "default"]
    borders = {(c, s, e[0][0]) for c, s, e, _, _ in items} | {(c, s, ~e[-1][1]) for c, s, e, _, _ in items}
    firsts = {(c, s, d[0][0]) for c, s, _, d, _ in items if d} | {(c, s, ~d[-1][1]) for c, s, _, d, _ in items if d}
    if len(borders) < 2 * len(items) or len(firsts) < 2 * sum(bool(d) for *_, d, _ in items):
        names = ["label", "gene_length"]
    for name in names:
        for strand in (0, 1):
            for low, high in pairwise(OFFSETS):
                a, b = there[name][strand, low:high], back[name][1 - strand, low:high][::-1]
                np.testing.assert_array_equal(a, swap[b] if name == "transition" else b, err_msg=name)


@QUICK
@given(GENES, st.integers(0, 9))
def test_bases_are_what_helixer_says(items, seed):
    """The text of the rules, base by base."""
    models = models_of(items)
    made = tables_of(items, codes_of(seed), "helixer")
    tracks = paint(made.strands, 0, 327)
    f = made.features
    for strand in (0, 1):
        t, c, i = (np.zeros(327, bool) for _ in range(3))
        length, phase = np.zeros(327, int), np.zeros(327, int)
        features = []
        for contig, its_strand, exons, cds, _ in items:
            if its_strand != strand or not cds:
                continue
            o = OFFSETS[contig]
            start, end = exons[0][0] + o, exons[-1][1] + o
            t[start:end] = True
            i[start:end] |= ~np.isin(np.arange(start, end), [p + o for a, b in exons for p in range(a, b)])
            c[cds[0][0] + o : cds[-1][1] + o] = True
            length[start:end] = np.maximum(length[start:end], end - start)
        np.testing.assert_array_equal(tracks["label"][strand], np.where(~t, 0, np.where(i, 3, np.where(c, 2, 1))))
        np.testing.assert_array_equal(tracks["gene_length"][strand], length)
        bits = np.zeros(327, int)
        for column, flags in enumerate((t, c, i)):
            for b in range(1, 327):
                if b not in OFFSETS and flags[b] != flags[b - 1]:
                    bits[b - 1 : b + 1] |= 1 << (column if flags[b] else column + 3)
        np.testing.assert_array_equal(tracks["transition"][strand], bits)
        for row in np.flatnonzero(f.chosen & (f.minus == bool(strand))).tolist():
            g = int(f.gene[row])
            own = models.cds[models.cds["transcript"] == f.transcript[row]]
            o = OFFSETS[int(f.contig[row])]
            first, last = int(own["start"].min()) + o, int(own["end"].max()) + o
            features.append((first, g, last, int(f.phase5[row])))
        for first, _, last, p in sorted(features):
            places = [x for x in range(first, last) if not i[x]]
            for k, x in enumerate(places[::-1] if strand else places):
                phase[x] = 1 + (p - k) % 3
        np.testing.assert_array_equal(tracks["phase"][strand], phase)


@QUICK
@given(GENES, st.integers(0, 9))
def test_phase_stands_where_cds_stands(items, seed):
    tracks = paint(tables_of(items, codes_of(seed), "default").strands, 0, 327)
    np.testing.assert_array_equal(tracks["phase"] > 0, tracks["label"] == 2)


INTERVALS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)).map(lambda p: (p[0], p[0] + p[1])), max_size=12)


def arrays(spans):
    return tuple(np.array(column, np.int64) for column in (zip(*spans, strict=True) if spans else ([], [])))


@QUICK
@given(INTERVALS, INTERVALS)
def test_interval_algebra(spans, holes):
    start, end = arrays(spans)
    bases = [set(range(a, b)) for a, b in spans]
    low, high = union(start, end)
    assert set().union(*bases) == {x for a, b in zip(low, high, strict=True) for x in range(a, b)}
    assert (low[1:] > high[:-1]).all()
    assert (low < high).all()
    hole_start, hole_end = union(*arrays(holes))
    hidden = {x for a, b in holes for x in range(a, b)}
    parts: list[set[int]] = [set() for _ in spans]
    for a, b, owner in zip(*subtract(start, end, hole_start, hole_end), strict=True):
        parts[owner] |= set(range(a, b))
    assert parts == [own - hidden for own in bases]
    seen = {x: owner for a, b, owner in zip(*overlay(start, end), strict=True) for x in range(a, b)}
    assert seen == {x: row for row, own in enumerate(bases) for x in own}


def test_permuted_contigs_give_permuted_tracks():
    codes = codes_of(0)
    items = [(0, 0, [(10, 60)], [(20, 50)], 0), (2, 1, [(0, 90), (120, 200)], [(30, 90), (120, 150)], 1)]
    there = paint(tables_of(items, codes, "default").strands, 0, 327)
    order = [2, 0, 1]
    contigs = ContigTable(np.array(["c", "a", "b"], object), LENGTHS[order])
    parts = [slice(OFFSETS[k], OFFSETS[k + 1]) for k in order]
    moved = np.concatenate([codes[part] for part in parts])
    new = [(order.index(c), *rest) for c, *rest in items]
    made = label_tables(models_of(new), contigs, lambda a, b: moved[a:b], "default")
    back = paint(made.strands, 0, 327)
    for name in TRACKS:
        np.testing.assert_array_equal(back[name], np.concatenate([there[name][:, part] for part in parts], axis=1))


@pytest.mark.parametrize("rules", ["default", "helixer"])
def test_no_genes(rules):
    tracks = paint(tables_of([], codes_of(0), rules).strands, 0, 327)
    assert not tracks["label"].any()
    assert tracks["valid"].all()


@QUICK
@given(GENES, RULES, st.integers(0, 9), st.tuples(st.integers(0, 327), st.integers(0, 327)).map(sorted))
def test_bases_are_counted_as_they_are_painted(items, rules, seed, borders):
    made = tables_of(items, codes_of(seed), rules)
    tracks = paint(made.strands, *borders)
    classes, masked = count_bases(made.strands, *borders)
    assert classes.tolist() == np.bincount(tracks["label"].ravel(), minlength=4).tolist()
    assert masked == np.count_nonzero(tracks["valid"] == 0)
