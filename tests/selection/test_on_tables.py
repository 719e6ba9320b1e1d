"""Windows of a store as people see them: measures, selection and side; selecting and splitting such datasets."""

import numpy as np
import pytest
import xarray as xr

import helixdask as hd
from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import BadInputError, MissingInputError
from helixdask.selection.select import select_helixer
from helixdask.selection.split_stage import SplitStage
from helixdask.selection.stage import SelectStage
from helixdask.windows.stage import WindowsStage
from tests.small_store import small_store

LENGTH = 100
LENGTHS = [3000, 2500, 40, 1500, 905]
QUIET = RunOptions(workers=1, quiet=True)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    made, _ = small_store(tmp_path_factory.mktemp("s") / "s.zarr", LENGTHS, genic=[True, True, True, False, True])
    for stage in (
        WindowsStage(LENGTH, "reference", "base"),
        SelectStage(keep_fraction=0.4),
        SplitStage(selection="default", seed=3, val_fraction=0.3),
        WindowsStage(50, "reference", "base", output="short"),
    ):
        run_stage(stage, made.url, QUIET)
    return hd.open_store(made.url)


@pytest.mark.slow
def test_windows_show_places_measures_selection_and_side(store):
    ds = store.windows(LENGTH)
    table, split = store.table("windows/default"), store.table("splits/default")
    for name, values in table.items():
        np.testing.assert_array_equal(ds[name.removeprefix("window_")], values)
    assert set(ds.indexes) == {"label_class", "phase_class"}
    assert np.flatnonzero(ds.kept).tolist() == store.table("selections/default")["window_row"].tolist()
    for side, number in (("train", 0), ("validation", 1)):
        rows = split["window_row"][split["window_side"] == number]
        assert np.flatnonzero(ds.side == number).tolist() == rows.tolist()
        some = store.windows(side=side)
        assert some.row.values.tolist() == rows.tolist()
        xr.testing.assert_identical(some.load(), ds.isel(window=rows).load())
    names = store.contigs.names[ds.contig.values]
    assert ds.contig_name[ds.contig].values.tolist() == names.tolist()
    strata = store.attrs("selections/default")["strata"]
    meanings = ds.stratum.attrs["flag_meanings"].split()
    assert meanings == [stratum["name"].replace(" ", "_") for stratum in strata]
    kept = np.bincount(ds.stratum[ds.kept.values], minlength=len(strata))
    assert kept.tolist() == [stratum["kept"] for stratum in strata]


def test_what_is_shown_and_which_windows_can_be_named(store):
    chosen = store.windows(selection="default")
    assert chosen.kept.all()
    assert chosen.sizes["window"] == store.attrs("selections/default")["n_kept"]
    assert store.windows(split="default").sizes == store.windows(LENGTH).sizes
    assert "agreement" in store.windows(50)
    bare = store.windows(70)
    assert "agreement" not in bare
    assert bare.sizes["window"] == 2 * sum(-(-length // 70) for length in LENGTHS)
    with pytest.raises(BadInputError, match="are of windows of 100 bases, not 50"):
        store.windows(50, side="train")
    assert store.windows(side="test").sizes["window"] == 0
    with pytest.raises(BadInputError, match="side is"):
        store.windows(side="nobody")
    for name in ("labels", "predictions", "coverage", "selection", "split"):
        with pytest.raises(MissingInputError):
            store.windows(LENGTH, **{name: "nobody"})


def test_selecting_and_splitting_a_dataset_is_what_the_stages_do(store):
    made, ds = hd.select(store.windows(LENGTH), 0.4), store.windows(LENGTH)
    for name in ("kept", "stratum"):
        np.testing.assert_array_equal(made[name], ds[name])
    learnt = hd.split(made.isel(window=made.kept.values), 0.3, seed=3)
    np.testing.assert_array_equal(learnt.side, ds.side[ds.kept.values])
    assert (ds.side[~ds.kept.values] == -1).all()
    assert made.attrs["strata"] == store.attrs("selections/default")["strata"]
    assert (learnt.attrs["by_blocks"], learnt.attrs["guard"]) == (False, 0)
    shuffled = np.random.default_rng(0).permutation(ds.sizes["window"])
    again = hd.select(ds.isel(window=shuffled), 0.4)
    np.testing.assert_array_equal(again.kept, made.kept[shuffled])


def test_windows_are_ranked_by_any_measure(store):
    ds = store.windows(LENGTH)
    by_name, by_values = hd.select(ds, 0.3, by="confidence"), hd.select(ds, 0.3, by=ds.confidence.values)
    np.testing.assert_array_equal(by_name.kept, by_values.kept)
    for stratum in np.unique(ds.stratum):
        mine = by_name.isel(window=((by_name.stratum == stratum) & by_name.annotated & (by_name.valid > 0)).values)
        kept, left = mine.confidence[mine.kept.values], mine.confidence[~mine.kept.values]
        if len(kept) and len(left) and (mine.class_count[:, 1:] > 0).any():  # empty windows come by lot
            assert kept.max() <= left.min()
    value = np.full(ds.sizes["window"], np.nan)
    value[:7] = 1
    every = hd.select(ds, 1.0, by=value, max_intergenic=1.0)
    assert np.flatnonzero(every.kept).tolist() == np.flatnonzero(ds.valid[:7] > 0).tolist()
    count = ds.class_count.values
    helixer = select_helixer(count, None, int(0.3 * len(count)), value.cumsum() * 0 + 1)
    assert len(helixer.rows)


@pytest.mark.parametrize("largest", [False, True])
def test_the_stage_ranks_by_a_measure_as_select_does(store, largest):
    stage = SelectStage(keep_fraction=0.3, by="confidence", largest=largest, output=f"by-{largest}")
    attrs = run_stage(stage, store.url, QUIET).attrs
    made = hd.select(store.windows(LENGTH), 0.3, by="confidence", largest=largest)
    rows = hd.open_store(store.url).table(stage.group())["window_row"]
    assert rows.tolist() == np.flatnonzero(made.kept).tolist()
    assert attrs["strata"] == made.attrs["strata"]
    kept = made.confidence[made.kept.values & (made.stratum == 0).values]
    assert attrs["strata"][0]["threshold"] == (kept.min() if largest else kept.max())


def test_only_measures_that_are_there_rank_windows(store):
    holds = "They hold valid, usable, annotated, agreement, confidence"
    for choose in (
        lambda **by: hd.select(store.windows(LENGTH), **by),
        lambda **by: run_stage(SelectStage(**by, output="never"), store.url, QUIET),
    ):
        with pytest.raises(BadInputError, match=rf"(?s)'length'.*{holds}"):
            choose(by="length")
        with pytest.raises(BadInputError, match="of no measure"):
            choose(largest=True)


def test_windows_without_measures_are_refused(store):
    for verb in (hd.select, hd.split):
        with pytest.raises(BadInputError, match="no measures"):
            verb(store.windows(70))
    with pytest.raises(BadInputError, match="as Helixer does"):
        hd.select(store.windows(LENGTH), rules="helixer")


def test_filters_and_groups_keep_types(store):
    ds = store.windows(LENGTH)
    sure = ds.isel(window=(ds.agreement > 0.3).values)
    assert sure.sequence.dtype == np.uint8
    label = sure.reference_label.compute()
    np.testing.assert_array_equal(label, ds.reference_label.compute()[(ds.agreement > 0.3).values])
    intergenic = (ds.reference_label == 0).mean("offset")
    for key in (ds.stratum, ds.contig):
        means = intergenic.groupby(key).mean().compute()
        for group in np.unique(key):
            mine = intergenic.values[(key == group).values]
            np.testing.assert_allclose(means.sel({key.name: group}), mine.mean())


@pytest.mark.slow
def test_a_selection_of_windows_that_were_made_anew_is_not_shown(tmp_path):
    made, _ = small_store(tmp_path / "s.zarr", [3000, 3000])
    for stage in (WindowsStage(LENGTH, "reference", "base"), SelectStage(), SplitStage()):
        run_stage(stage, made.url, QUIET)
    assert {"kept", "side"} <= set(hd.open_store(made.url).windows(LENGTH).coords)
    run_stage(WindowsStage(LENGTH, "reference"), made.url, RunOptions(workers=1, quiet=True, replace=True))
    store = hd.open_store(made.url)
    assert not {"kept", "side"} & set(store.windows(LENGTH).coords)
    for options in ({"selection": "default"}, {"side": "train"}):
        with pytest.raises(BadInputError, match="made anew"):
            store.windows(LENGTH, **options)
