"""Measures of sequence, intervals and reads: what the kernels count, and the way from the command to the table."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import helixdask as hd
from helixdask.engine.run import RunOptions, run_stage
from helixdask.registry import CDS, UTR
from helixdask.store.store import Store
from helixdask.windows.measures import measure_windows
from helixdask.windows.stage import WindowsStage
from helixdask.windows.track_measures import gc_share, reads_in_windows, support_of_exons
from tests.cli.support import done, helixdask
from tests.small_store import publish, small_store

HERE = ("--workers", "1", "-q")
QUIET = RunOptions(workers=1, quiet=True)
SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed, n=60, n_windows=8):
    """Random tracks of both strands, and windows."""
    rng = np.random.default_rng(seed)
    begin = rng.integers(0, n - 1, n_windows)
    size = np.array([rng.integers(1, n - b + 1) for b in begin])
    label = rng.choice(4, (2, n), p=[0.6, 0.1, 0.2, 0.1]).astype(np.uint8)
    valid = (rng.random((2, n)) < 0.8).astype(np.uint8)
    return rng, begin, size, rng.integers(0, 2, n_windows).astype(np.int8), label, valid


@given(SEEDS)
def test_reads_and_support_by_plain_numpy(seed):
    rng, *windows, label, valid = drawn(seed)
    depth = rng.poisson(0.7, label.shape).astype(np.uint32)
    got = reads_in_windows(*windows, label, valid, depth)
    support = support_of_exons(*windows, label, valid, depth > 0)
    for w, (b, n, s) in enumerate(zip(*windows, strict=True)):
        here = np.s_[s, b : b + n]
        ok, exonic, covered = valid[here] > 0, np.isin(label[here], (1, 2)), depth[here] > 0
        assert got.depth[w] == pytest.approx(depth[here].mean())
        wanted = (exonic == covered)[ok].mean() if ok.any() else np.nan
        assert got.agreement[w] == pytest.approx(wanted, nan_ok=True)
        both = ok & exonic
        assert support[w] == pytest.approx(covered[both].mean() if both.any() else np.nan, nan_ok=True)


@given(SEEDS)
def test_genic_agreement_and_confidence_by_plain_numpy(seed):
    rng, *windows, label, valid = drawn(seed)
    probability = rng.dirichlet([0.3] * 4, label.shape).transpose(0, 2, 1).astype(np.float16)
    got = measure_windows(*windows, label, valid, probability)
    best, sure = probability.argmax(axis=1), probability.max(axis=1).astype(np.float64)
    for w, (b, n, s) in enumerate(zip(*windows, strict=True)):
        here = np.s_[s, b : b + n]
        genic = (valid[here] > 0) & (label[here] > 0)
        agreed = (best[here] == label[here])[genic].mean() if genic.any() else np.nan
        assert got.genic_agreement[w] == pytest.approx(agreed, nan_ok=True)
        assert got.genic_confidence[w] == pytest.approx(
            sure[here][genic].mean() if genic.any() else np.nan, rel=1e-5, nan_ok=True
        )


@given(st.lists(st.sampled_from([0, 1, 2, 3, 4, 9, 0x80, 0x83, 0x84]), min_size=1, max_size=30))
def test_gc_counts_called_bases_only(codes):
    base = np.array(codes, np.uint8) & 15
    known = base < 4
    got = gc_share(np.array([0]), np.array([len(codes)]), np.array(codes, np.uint8))[0]
    assert got == pytest.approx(np.isin(base, (0, 3))[known].mean() if known.any() else np.nan, nan_ok=True)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    made, tracks = small_store(tmp_path_factory.mktemp("s") / "s.zarr", [2030, 1500, 40])
    rng = np.random.default_rng(2)
    counts = {name: rng.poisson(0.4, (2, made.n_bases)).astype(np.uint32) for name in ("leaf", "root")}
    for name, depth in counts.items():
        publish(made, f"coverage/rnaseq/{name}", {"coverage": depth, "spliced_coverage": depth})
    mask = rng.integers(0, 2, made.n_bases).astype(np.uint8)
    publish(made, "tracks/repeats", {"mask": mask})
    made.begin_group("tracks/scores")
    made.create_tracks("tracks/scores", None, left_out=("mask",))
    made.complete_group("tracks/scores", {"digest": "scores", "stage": "track", "inputs": {}})
    return made.url, counts, mask, tracks


@pytest.mark.slow
def test_from_the_command_to_the_table(store):
    url, counts, mask, tracks = store
    more = ("--coverage", "rnaseq", "--repeats", "repeats")
    done("windows", url, "--window-length", "100", *more, *HERE)
    opened = hd.open_store(url)
    assert opened.attrs("windows/100-reference-base-rnaseq-repeats")["libraries"] == ["leaf", "root"]
    ds = opened.windows(100)
    assert ds.library.values.tolist() == ["leaf", "root"]
    at = (opened.contigs.offsets[ds.contig.values] + ds.start.values).tolist()
    for w, (begin, n, s) in enumerate(zip(at, (ds.end - ds.start).values, ds.strand.values, strict=True)):
        assert ds.repeats.values[w] == pytest.approx(mask[begin : begin + n].mean())
        for i, name in enumerate(("leaf", "root")):
            assert ds.coverage.values[w, i] == pytest.approx(counts[name][s, begin : begin + n].mean())
        exonic = np.isin(tracks["label"][s, begin : begin + n], (1, 2)) & (tracks["valid"][s, begin : begin + n] > 0)
        met = (counts["leaf"] + counts["root"])[s, begin : begin + n][exonic] > 0
        assert ds.support.values[w] == pytest.approx(met.mean() if exonic.any() else np.nan, nan_ok=True)
    # A table with more measures is found again, and ranks by any of them.
    again = done("select", url, "--window-length", "100", "--by", "support", "--largest", *HERE, "--json").json()
    assert [summary["group"] for summary in again] == ["selections/default"]


@pytest.mark.parametrize("with_reads", [False, True])
def test_proteins_say_nothing_of_utrs(tmp_path, with_reads):
    store, tracks = small_store(tmp_path / "s.zarr", [300])
    rng = np.random.default_rng(4)
    depth = rng.integers(0, 2, (2, 2, 300)).astype(np.uint32)
    for name, counts, told in (("proteins", depth[0], {"covers": "coding"}), ("leaf", depth[1], {}))[: 1 + with_reads]:
        publish(store, f"coverage/rnaseq/{name}", {"coverage": counts, "spliced_coverage": counts}, **told)
    run_stage(WindowsStage(300, "reference", coverage="rnaseq", output="w"), store.url, QUIET)
    table = Store.open(store.url).table("windows/w")
    label, valid = tracks["label"], tracks["valid"] > 0
    proteins, reads = depth[0] > 0, (depth[1] > 0) & with_reads
    utr, cds = valid & (label == UTR), valid & (label == CDS)
    for strand in (0, 1):
        utr_here, cds_here = utr[strand], cds[strand]
        met = ((proteins | reads)[strand] & cds_here).sum() + (reads[strand] & utr_here).sum()
        asked = cds_here.sum() + (utr_here.sum() if with_reads else 0)
        assert table["window_support"][strand] == pytest.approx(met / asked)
        told = valid[strand] & ~utr_here
        agreement = (proteins[strand] == cds_here)[told].mean()
        assert table["window_coverage_agreement"][strand, -1] == pytest.approx(agreement)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--coverage", "atac"), "coverage/atac holds no library"),
        (("--repeats", "none"), "tracks/none is not in the store"),
        (("--repeats", "scores"), "a track of values"),
    ],
)
def test_what_cannot_be_measured_is_refused(store, options, said):
    outcome = helixdask("windows", store[0], "--window-length", "50", *options, *HERE)
    assert outcome.code == 2
    assert said in outcome.err


@pytest.mark.slow
def test_the_same_numbers_whatever_the_tasks(tmp_path, monkeypatch):
    store, _ = small_store(tmp_path / "s.zarr", [150_000, 90_000])
    depth = np.random.default_rng(3).poisson(0.4, (2, store.n_bases)).astype(np.uint32)
    publish(store, "coverage/rnaseq/leaf", {"coverage": depth, "spliced_coverage": depth})
    tables = []
    for name, size in (("one", 1 << 22), ("many", 1 << 16)):
        monkeypatch.setattr(WindowsStage, "bases_per_task", size)
        stage = WindowsStage(9_000, "reference", "base", coverage="rnaseq", output=name)
        assert (run_stage(stage, store.url, QUIET).tasks == 1) == (name == "one")
        tables.append(Store.open(store.url).table(f"windows/{name}"))
    for name, column in tables[0].items():
        np.testing.assert_array_equal(column, tables[1][name])
