"""A cap for near copies, rankings by name, finer strata, support by reads."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import helixdask as hd
from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import BadInputError, MissingInputError
from helixdask.selection import ranking
from helixdask.selection.copies import within_cap
from helixdask.selection.finer import finer_strata
from helixdask.selection.quota import choose
from helixdask.selection.ranking import RANKINGS, Ranking, ranked_values, rankings
from helixdask.selection.stage import SelectStage
from helixdask.store.store import Store
from helixdask.windows.stage import WindowsStage
from tests.cli.support import done, helixdask
from tests.small_store import publish, small_store

QUIET = RunOptions(workers=1, quiet=True)
HERE = ("--workers", "1", "-q")


@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(0, 60), st.integers(1, 4))
def test_no_stretch_has_more_copies_before_it_than_allowed(seed, n_spots, n_pairs, most):
    rng = np.random.default_rng(seed)
    spot = np.concatenate([np.arange(n_spots), rng.integers(0, n_spots, n_spots)])
    pairs = {tuple(sorted(p)) for p in rng.integers(0, n_spots, (n_pairs, 2)).tolist() if p[0] != p[1]}
    first, second = np.array(sorted(pairs), np.int64).reshape(-1, 2).T
    order = rng.permutation(len(spot))[: rng.integers(0, len(spot) + 1)]
    found = within_cap(spot, first, second, order, most)
    held, wanted = [], np.zeros(len(spot), bool)
    for row in order.tolist():  # the rule, as its words say
        own = spot[row]
        near = {b if a == own else a for a, b in pairs if own in (a, b)}
        if own in held or len(near & set(held)) < most:
            held = [*held, own]
            wanted[row] = True
    assert found.tolist() == wanted.tolist()


@given(st.integers(0, 2**32 - 1), st.integers(1, 80))
def test_finer_strata_keep_the_coarse_ones_and_the_last(seed, n):
    rng = np.random.default_rng(seed)
    stratum, value = rng.integers(0, 3, n), rng.choice([0.0, 0.5, 1, 2, 7, np.nan], n)
    usable = rng.random(n) < 0.8
    names = ["a", "b", "empty"]
    if np.isnan(value[usable & (stratum < 2)]).all():
        with pytest.raises(BadInputError, match="no window with genes"):
            finer_strata(stratum, names, value, usable, "gc")
        return
    finer, words = finer_strata(stratum, names, value, usable, "gc")
    parts = (len(words) - 1) // 2
    assert 1 <= parts <= 3
    assert len(words) == len(set(words)) == 2 * parts + 1
    assert (finer // parts == stratum).all()
    assert (finer[stratum == 2] == len(words) - 1).all()
    for coarse in (0, 1):  # larger values lie in later parts
        mine = (stratum == coarse) & ~np.isnan(value)
        order = np.argsort(value[mine], kind="stable")
        assert (np.diff(finer[mine][order]) >= 0).all()


def test_what_may_not_be_chosen_still_counts_for_the_weights():
    stratum, bases = np.array([0] * 8 + [1] * 8), np.full(16, 100)
    lot, usable = np.arange(16, dtype=np.uint64), np.ones(16, bool)
    eligible = usable.copy()
    eligible[1:8] = False
    made = choose(stratum, bases, usable, lot, 800, n_strata=2, cap=0.5, eligible=eligible)
    assert made.available.tolist() == [100, 800]
    assert made.kept[0]
    assert not made.kept[1:8].any()
    shares = [(made.weight * bases)[stratum == s].sum() for s in (0, 1)]
    assert shares[0] == pytest.approx(shares[1])  # half of the genome each, though one window stands for eight


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Contigs 0 and 1 are copies window by window; reads cover the first half of each contig."""
    made, _ = small_store(tmp_path_factory.mktemp("s") / "s.zarr", [2000, 2000, 1500])
    depth = np.zeros((2, made.n_bases), np.uint32)
    for offset, length in zip(made.contigs.offsets, made.contigs.lengths, strict=False):
        depth[:, offset : offset + length // 2] = 3
    publish(made, "coverage/rnaseq/leaf", {"coverage": depth, "spliced_coverage": depth})
    run_stage(WindowsStage(100, "reference", "base", coverage="rnaseq"), made.url, QUIET)
    starts = np.arange(20) * 100
    hashes = np.concatenate([np.arange(20) * 2, np.arange(20) * 2 + 1]).astype(np.uint64)
    table = {
        "sketch_hash": np.concatenate([hashes, hashes]),
        "sketch_position": np.concatenate([starts + 10, starts + 50, starts + 2010, starts + 2050]),
        "kin_group": np.array([0, 0, 2], np.int32),
        "kin_kmers": np.array([40, 40, 0], np.int32),
        "pair_first": np.array([0], np.int32),
        "pair_second": np.array([1], np.int32),
        "pair_shared": np.array([40], np.int32),
        "pair_containment": np.ones(1, np.float32),
        "pair_colinear": np.ones(1, np.float32),
    }
    order = np.argsort(table["sketch_position"])
    for name in ("sketch_hash", "sketch_position"):
        table[name] = table[name][order]
    publish(made, "kinship/default", table=table, genes=None, settings={"scale": 1})
    return made.url


def chosen(url, **settings):
    attrs = run_stage(SelectStage(unannotated=True, **settings), url, QUIET).attrs
    return Store.open(url).table(f"selections/{settings['output']}")["window_row"], attrs


def test_one_copy_of_each_is_kept(store):
    table = Store.open(store).table("windows/default")
    rows, attrs = chosen(store, keep_fraction=1.0, max_intergenic=1.0, max_copies=1, output="single")
    kept = {(table["window_contig"][row], table["window_start"][row]) for row in rows.tolist()}
    for start in range(0, 2000, 100):
        assert len({(0, start), (1, start)} & kept) <= 1
    every, _ = chosen(store, keep_fraction=1.0, max_intergenic=1.0, max_copies=2, output="double")
    assert set(rows.tolist()) < set(every.tolist())
    assert attrs["n_usable"] == len(every)


def test_support_by_reads(store):
    table = Store.open(store).table("windows/default")
    rows, _ = chosen(store, keep_fraction=1.0, max_intergenic=1.0, min_support=0.9, output="supported")
    support = table["window_support"]
    assert ((support[rows] >= 0.9) | np.isnan(support[rows])).all()
    every, _ = chosen(store, keep_fraction=1.0, max_intergenic=1.0, output="unsupported")
    assert set(every.tolist()) - set(rows.tolist()) == {row for row in every.tolist() if support[row] < 0.9}


def test_strata_by_a_measure(store):
    _, attrs = chosen(store, keep_fraction=0.5, stratify="gc", output="by_gc")
    names = [stratum["name"] for stratum in attrs["strata"]]
    assert len(names) == 16
    assert names[0].startswith("0-20 % intergenic, gc below")
    assert names[-1] == "fully intergenic"
    ds = hd.select(hd.open_store(store).windows(100), 0.5, stratify="gc", unannotated=True)
    assert ds.attrs["strata"] == attrs["strata"]
    assert int(ds.stratum.max()) <= 15


@pytest.mark.parametrize("name", [each.name for each in RANKINGS])
def test_every_ranking_keeps_small_values_first(store, name):
    ds = hd.select(hd.open_store(store).windows(100), 0.3, by=name, unannotated=True)
    value = ranked_values(ds, name)
    assert np.isfinite(value).any()
    for stratum in range(5):
        mine = (ds.stratum.values == stratum) & ~np.isnan(value)
        kept, left = value[mine & ds.kept.values], value[mine & ~ds.kept.values]
        assert not len(kept) or not len(left) or kept.max() <= left.min()


def test_the_default_is_the_ranking_by_distance_among_likes(store):
    """The same windows where all are alike; the named ranking looks at nothing but the distance."""
    ds = hd.open_store(store).windows(100)
    alike = ds.drop_vars([name for name in ("gc", "soft_masked", "genes") if name in ds])
    one_contig = alike.assign_coords(contig=("window", np.zeros(ds.sizes["window"], np.int64)))
    both = [hd.select(one_contig, 0.3, by=by, unannotated=True).kept.values for by in (None, "distance")]
    assert (both[0] == both[1]).mean() > 0.95


def test_packages_add_rankings(store, monkeypatch):
    mine = Ranking("by-start", "from the left", ("start",), lambda table: table["start"].to_numpy().astype(float))

    class Entry:
        def load(self):
            return mine

    monkeypatch.setattr(ranking, "entry_points", lambda group: [Entry()] if group == "helixdask.rankings" else [])
    rankings.cache_clear()
    try:
        ds = hd.select(hd.open_store(store).windows(100), 0.1, by="by-start", unannotated=True)
        assert isinstance(ds, xr.Dataset)
        genic = ds.stratum.values < 5
        assert ds.start.values[ds.kept.values & genic].mean() < ds.start.values[genic].mean() / 2
    finally:
        rankings.cache_clear()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--by", "beauty"), "not measured by 'beauty'"),
        (("--by", "coverage"), "not measured by 'coverage'"),
        (("--by", "evidence", "--largest"), "of no measure"),
        (("--stratify", "beauty"), "not measured by 'beauty'"),
        (("--kinship", "default"), "no cap for copies"),
        (("--max-copies", "1", "--kinship", "none"), "kinship/none is not in the store"),
        (("--min-support", "1.5"), "less than or equal to 1"),
        (("--min-support", "0.5", "--rules", "helixer"), "does not know --min-support"),
    ],
)
def test_what_cannot_be_asked_for(store, options, said):
    outcome = helixdask("select", store, "--windows", "default", "--name", "wrong", *options, *HERE)
    assert outcome.code == 2
    assert said in " ".join(outcome.err.split())


def test_measures_that_are_missing_are_named(tmp_path):
    made, _ = small_store(tmp_path / "s.zarr", [2000, 1500])
    done("windows", made.url, "--window-length", "100", *HERE)
    ranked = helixdask("select", made.url, "--by", "evidence", "--window-length", "100", *HERE)
    assert (ranked.code, "evidence is made from support" in ranked.err) == (2, True)
    supported = helixdask("select", made.url, "--min-support", "0.5", "--window-length", "100", *HERE)
    assert (supported.code, "the store has no coverage" in supported.err) == (2, True)
    depth = np.ones((2, made.n_bases), np.uint32)
    publish(made, "coverage/rnaseq/leaf", {"coverage": depth, "spliced_coverage": depth})
    groups = done("select", made.url, "--min-support", "0.5", "--window-length", "100", *HERE, "--json").json()
    assert [each["group"] for each in groups] == ["windows/100-reference-base-rnaseq", "selections/default"]
    with pytest.raises(MissingInputError, match="helixdask kinship"):
        run_stage(SelectStage("100-reference-base", max_copies=1, output="x"), made.url, QUIET)
