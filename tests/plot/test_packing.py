"""Transcripts and their names are put into layers without lying on each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.genes.models import GeneModels
from helixdask.plot.packing import lay_out, pack, short_name

INTERVALS = st.lists(st.tuples(st.integers(0, 100), st.integers(1, 40)), max_size=30)


@given(INTERVALS)
def test_no_two_of_a_layer_overlap_and_no_layer_is_wasted(intervals):
    low = np.array([start for start, _ in intervals], float)
    high = np.array([start + length for start, length in intervals], float)
    layer = pack(low, high, 100)
    for a in range(len(low)):
        for b in range(a):
            assert layer[a] != layer[b] or high[a] <= low[b] or high[b] <= low[a]
    deepest = max((int(((low <= x) & (high > x)).sum()) for x in low), default=0)
    assert len(set(layer.tolist())) == deepest
    assert deepest == 0 or pack(low, high, deepest - 1) is None


def genes(places, strands):
    n = len(places)
    start, end = (np.array(ends, np.int64) for ends in zip(*places, strict=True))
    common = {"start": start, "end": end, "type": np.full(n, "x", object)}
    return GeneModels.from_columns(
        genes={
            **common,
            "id": np.array([f"g{i}" for i in range(n)], object),
            "contig": np.zeros(n, np.int32),
            "source": np.full(n, "x", object),
            "score": np.full(n, np.nan, np.float32),
            "attributes": np.full(n, "", object),
            "strand": np.array(strands, np.int8),
        },
        transcripts={
            **common,
            "id": np.array([f"t{i}" for i in range(n)], object),
            "gene": np.arange(n, dtype=np.int32),
            "partial5": np.zeros(n, bool),
            "partial3": np.zeros(n, bool),
        },
        exons={"transcript": np.arange(n, dtype=np.int32), "start": start, "end": end},
        cds=None,
    )


def test_strands_do_not_stand_in_each_others_way():
    found = lay_out(genes([(0, 50), (10, 60), (40, 90)], [0, 1, 0]), (0, 100), np.zeros(3), 0)
    assert found.layer.tolist() == [0, 0, 1]
    assert found.n_layers == (2, 1)
    assert found.names == ("t0", "t1", "t2")


def test_names_keep_genes_apart_and_stay_inside():
    models = genes([(0, 10), (20, 30), (95, 200)], [0, 0, 0])
    found = lay_out(models, (0, 100), np.full(3, 30.0), 0)
    assert found.layer.tolist() == [0, 1, 0]
    assert (found.middle - 15 >= 0).all()
    assert (found.middle + 15 <= 100).all()


@pytest.mark.parametrize(("n", "length", "said"), [(30, 2, "names are left out"), (30, 900, "on each other")])
def test_what_has_no_room(n, length, said):
    found = lay_out(genes([(i, i + length) for i in range(n)], [0] * n), (0, 1000), np.full(n, 400.0), 1)
    assert found.names == ()
    assert said in found.left_out
    assert len(found.rows) == n


def test_long_names_are_cut_in_the_middle():
    assert short_name("gene1") == "gene1"
    cut = short_name("x" * 40 + "1")
    assert len(cut) == 32
    assert cut.endswith("x1")
