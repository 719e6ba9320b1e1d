"""One genome validates, others train; near copies between genomes are left out."""

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.errors import BadInputError
from helixdask.kinship.homologous import Sketch
from helixdask.selection.across import Genome, across_genomes
from helixdask.trainer.feed.many_genomes import with_roles, without_copies_across
from helixdask.trainer.feed.training_windows import gather_windows, read_split
from helixdask.trainer.network.model_file import load_model
from helixdask.trainer.tuning.tune import TuneSettings, dry_run, train_from_scratch
from helixdask.windows.grid import Windows
from tests.small_store import publish
from tests.trainer.conftest import PLAIN, POOL, write_split, write_toy_store

LENGTH = 100


def windows(contig, start):
    start = np.asarray(start, np.int64)
    strand = np.zeros(len(start), np.int8)
    return Windows(np.full(len(start), contig, np.int32), start, start + LENGTH, strand)


def genome(hashes, n_train, n_held):
    """Windows one after the other, each with its own list of k-mers; the first ones train."""
    place = [(w, k) for w, own in enumerate(hashes) for k in range(len(own))]
    sketch = Sketch(
        np.array([hashes[w][k] for w, k in place], np.uint64),
        np.zeros(len(place), np.int64),
        np.array([w * LENGTH + 2 * k for w, k in place], np.int64),
    )
    starts = np.arange(n_train + n_held) * LENGTH
    return Genome(sketch, windows(0, starts[:n_train]), windows(0, starts[n_train:]))


HASHES = st.lists(st.lists(st.integers(0, 8), max_size=3, unique=True), min_size=12, max_size=12)


@given(HASHES, HASHES)
def test_what_is_dropped_shares_kmers_with_another_genome(one, other):
    found = across_genomes([genome(one, 10, 2), genome(other, 11, 1)])
    parts = [(one[:10], other[11:]), (other[:11], one[10:])]
    for least in (2, 4):  # the rule, as its words say
        near = [[any(len(set(a) & set(b)) >= least for b in held) for a in train] for train, held in parts]
        if sum(map(sum, near)) <= 0.1 * 21:
            assert [each.tolist() for each in found.dropped] == near
            assert found.least_shared == least
            return
    assert found.least_shared == 0
    assert not any(each.any() for each in found.dropped)


def test_copies_within_a_genome_are_no_matter_of_this():
    same = [[1, 2, 3]] * 12
    other = [[9]] * 12
    found = across_genomes([genome(same, 10, 2), genome(other, 10, 2)])
    assert not any(each.any() for each in found.dropped)
    assert found.leaked == 0


def test_too_many_copies_are_kept_and_told():
    same = [[k, k + 50, k + 90, k + 130] for k in range(12)]
    found = across_genomes([genome(same, 1, 11), genome(same[::-1], 11, 1)])
    assert found.least_shared == 0
    assert found.leaked > 0.5


def with_kinship(store, hashes):
    """A kinship whose k-mers are the hash of every hundredth base's place."""
    position = np.arange(0, store.n_bases - 30, 30)
    n = len(store.contigs)
    table = {
        "sketch_hash": hashes(position).astype(np.uint64),
        "sketch_position": position,
        "kin_group": np.arange(n, dtype=np.int32),
        "kin_kmers": np.full(n, 100, np.int32),
        **{f"pair_{name}": np.zeros(0, np.int32) for name in ("first", "second", "shared")},
        **{f"pair_{name}": np.zeros(0, np.float32) for name in ("containment", "colinear")},
    }
    publish(store, "kinship/default", table=table, genes=None, settings={"scale": 1})
    side = np.where(store.table("windows/default")["window_contig"] == 1, 1, 0)
    write_split(store, side, kinship="default")
    return store


@pytest.fixture
def stores(tmp_path):
    """Two genomes; windows of contig 1 validate; a piece of the second's contig 0 is one of the first's contig 1."""
    one = with_kinship(write_toy_store(tmp_path / "one.zarr"), lambda at: at)
    shift = int(one.contigs.offsets[1])
    first = shift + (-shift % 30)
    return one, with_kinship(
        write_toy_store(tmp_path / "two.zarr", seed=5),
        lambda at: np.where((at >= 900) & (at < 1_800), at - 900 + first, at + 10_000_000),
    )


def test_training_windows_near_another_store_are_left_out(stores):
    splits = [read_split(store) for store in stores]
    train, validation = gather_windows(splits, POOL)
    left, found = without_copies_across(train, validation, splits)
    assert found.least_shared == 2
    gone = sum(int(each.sum()) for each in found.dropped)
    assert len(left) == len(train) - gone
    assert gone == 2  # both strands of one window
    there = set(zip(left.store.tolist(), left.contig.tolist(), left.start.tolist(), strict=True))
    assert (1, 0, 900) not in there
    assert {(1, 0, 0), (1, 0, 1800), (0, 0, 900)} <= there
    assert left.stretches.lower.shape == left.start.shape


@pytest.mark.slow
def test_without_kinship_nothing_is_left_out(stores, tmp_path):
    other = write_toy_store(tmp_path / "other.zarr")
    splits = [read_split(store) for store in (*stores, other)]
    train, validation = gather_windows(splits, POOL)
    same, found = without_copies_across(train, validation, splits)
    assert same is train
    assert found is None


def test_one_store_validates_and_the_others_train(stores):
    splits = with_roles([read_split(store) for store in stores], stores[1].url, [store.url for store in stores])
    train, validation = gather_windows(splits, POOL)
    assert set(train.store.tolist()) == {0}
    assert set(validation.store.tolist()) == {1}
    table = stores[1].table("windows/default")
    assert len(validation) == len(table["window_start"])  # training and validation side of its split
    assert [split.card()["role"] for split in splits] == ["trains", "validates"]


@pytest.mark.parametrize(
    ("names", "asked", "said"),
    [
        (("a", "b"), "c", "is not among the stores"),
        (("a", "b"), "toy", "means several stores"),
        (("a",), "a", "cannot validate alone"),
    ],
)
def test_roles_that_cannot_be(stores, names, asked, said):
    splits = [read_split(store) for store in stores[: len(names)]]
    with pytest.raises(BadInputError, match=said):
        with_roles(splits, asked, names)


@pytest.mark.slow
def test_leave_one_genome_out(stores, tmp_path, caplog):
    urls = tuple(store.url for store in stores)
    settings = TuneSettings(urls, str(tmp_path / "m.keras"), epochs=1, threads=1, validate_on=f"{urls[1]}/")
    told = []
    with caplog.at_level(logging.WARNING, "helixdask"):
        result = train_from_scratch(settings, PLAIN, lambda event: told.append(event.text))
    assert any("near copies of validation windows of another store" in text for text in told)
    assert result.verdict["validation_windows"] == len(stores[1].table("windows/default")["window_start"])
    page = (tmp_path / "m.md").read_text()
    assert "validates" in page
    assert "trains" in page
    assert load_model(result.path).card["copies_across"]["text"] in page
    plan = dry_run(settings, PLAIN)
    assert plan["n_validation_windows"] == result.verdict["validation_windows"]
