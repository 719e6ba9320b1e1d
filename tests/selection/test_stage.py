"""Selection and split of a store, from windows to sides."""

import logging

import numpy as np
import pytest

from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import BadInputError, MissingInputError
from helixdask.selection.settings import SelectSettings, SplitSettings
from helixdask.selection.split_stage import SplitStage
from helixdask.selection.stage import SelectStage
from helixdask.stages import select_stages, split_stage
from helixdask.store.store import Store
from helixdask.windows.stage import WindowsStage
from tests.small_store import publish, small_store

LENGTH = 100
LENGTHS = [3000, 2500, 40, 1500, 900, 700, 2200, 1800]
QUIET = RunOptions(workers=1, quiet=True)


def prepared(folder, lengths=LENGTHS, *, labels="reference", predictions="base", rules="default", **more):
    store, _ = small_store(folder, lengths, **more)
    run_stage(WindowsStage(LENGTH, labels, predictions, rules=rules), store.url, QUIET)
    return Store.open(store.url)


def run(store, stage):
    attrs = run_stage(stage, store.url, QUIET).attrs
    return Store.open(store.url).table(stage.group()), attrs


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("s") / "s.zarr", genic=[True, True, True, False, True, True, True, True])


def test_a_selection_and_its_split(store):
    windows = store.table("windows/default")
    chosen, attrs = run(store, SelectStage(keep_fraction=0.3))
    rows = chosen["window_row"]
    n = len(windows["window_start"])
    assert len(rows) == attrs["n_kept"] == sum(s["kept"] for s in attrs["strata"])
    for stratum in attrs["strata"]:
        assert abs(stratum["kept_bases"] - stratum["wanted_bases"]) <= windows["window_end"].max()
    assert abs(len(rows) - 0.3 * n) <= len(attrs["strata"])
    assert not (windows["window_contig"][rows] == 3).any()  # the annotation is silent about this contig
    size = windows["window_end"] - windows["window_start"]
    assert (2 * windows["window_usable"] >= size)[rows].all()
    mean = windows["window_class_distance"].sum(axis=1) / windows["window_valid"]
    assert mean[rows].mean() < np.nanmean(mean)

    split, attrs = run(store, SplitStage(selection="default", seed=3))
    assert sorted(split["window_row"].tolist()) == rows.tolist()
    contig = windows["window_contig"][split["window_row"]]
    for c in np.unique(contig):
        assert len(set(split["window_side"][contig == c])) == 1
    size = (windows["window_end"] - windows["window_start"])[split["window_row"]]
    assert attrs["n_bases"] == {
        "train": size[split["window_side"] == 0].sum(),
        "validation": size[split["window_side"] == 1].sum(),
    }
    assert 0.1 < attrs["n_bases"]["validation"] / size.sum() < 0.3
    assert (attrs["windows"], attrs["labels"], attrs["seed"], attrs["by_blocks"]) == ("default", "reference", 3, False)


def test_little_to_learn_from_is_said_where_more_could_be_had(store, caplog):
    _, attrs = run(store, SelectStage(keep_fraction=0.3, output="little"))
    left = sum(stratum["available"] - stratum["kept"] for stratum in attrs["strata"] if "fully" not in stratum["name"])
    assert f"{attrs['bases_kept']:,} bases are little to learn from; {left} windows with genes" in caplog.text
    caplog.clear()
    run(store, SelectStage(keep_fraction=1.0, output="all"))
    run(store, SelectStage(keep_windows=3, output="as_wanted"))
    assert "little to learn from" not in caplog.text


def test_a_selection_without_predictions_keeps_every_genic_window(tmp_path):
    store = prepared(tmp_path / "s.zarr", predictions=None)
    chosen, attrs = run(store, SelectStage())
    windows = store.table("windows/default")
    usable = 2 * windows["window_usable"] >= windows["window_end"] - windows["window_start"]
    usable &= windows["window_annotated"]
    genic = windows["window_class_count"][:, 1:].any(axis=1)
    kept = np.zeros(len(usable), bool)
    kept[chosen["window_row"]] = True
    assert (kept[genic] == usable[genic]).all()
    assert not (kept & ~usable).any()
    assert attrs["predictions"] is None
    size = windows["window_end"] - windows["window_start"]
    assert size[kept & ~genic].sum() <= 0.36 * size[kept].sum()
    every, _ = run(store, SelectStage(max_intergenic=1.0, output="all"))
    assert every["window_row"].tolist() == np.flatnonzero(usable).tolist()


def test_weights_stand_for_the_genome(store):
    chosen, attrs = run(store, SelectStage(keep_bases=12_000, output="few"))
    assert 0 < attrs["bases_kept"] <= 12_000 + 6 * LENGTH
    windows = store.table("windows/default")
    size = (windows["window_end"] - windows["window_start"])[chosen["window_row"]]
    assert (chosen["window_weight"] * size).sum() == pytest.approx(size.sum(), rel=1e-5)
    with pytest.raises(BadInputError, match="said twice"):
        run(store, SelectStage(keep_bases=12_000, keep_fraction=0.2, output="twice"))


def test_unannotated_contigs_may_be_chosen_where_labels_are_predicted_or_on_request(tmp_path):
    genic = [True, False]
    store = prepared(tmp_path / "s.zarr", [2000, 2000], genic=genic, predictions=None)
    _, attrs = run(store, SelectStage())
    assert attrs["n_usable"] == 40
    _, attrs = run(store, SelectStage(output="all", unannotated=True))
    assert attrs["n_usable"] == 80
    publish(store, "genes/called", stage="call")
    attrs = store.attrs("labels/reference")
    store.complete_group("labels/reference", {**attrs, "settings": {"genes": "called"}, "digest": "other"})
    run_stage(WindowsStage(LENGTH, "reference", output="called"), store.url, QUIET)
    _, attrs = run(Store.open(store.url), SelectStage("called", output="called"))
    assert attrs["n_usable"] == 80


@pytest.mark.slow
def test_permuting_contigs_permutes_selection_and_split(tmp_path):
    found = []
    for name, order in (("a", range(len(LENGTHS))), ("b", [5, 2, 7, 0, 1, 6, 4, 3])):
        store = prepared(tmp_path / f"{name}.zarr", order=order, quantised=True)
        run(store, SelectStage(keep_fraction=0.4))
        split, attrs = run(store, SplitStage())
        windows = store.table("windows/default")
        rows = split["window_row"]
        columns = (windows[f"window_{c}"][rows].tolist() for c in ("start", "strand"))
        names = store.contigs.names[windows["window_contig"][rows]]
        found.append((set(zip(names, *columns, split["window_side"].tolist(), strict=True)), attrs["n_bases"]))
    assert found[0] == found[1]


def test_equally_certain_windows_are_drawn_from_all_contigs(tmp_path):
    store = prepared(tmp_path / "s.zarr", [5000] * 4)
    table = store.table("windows/default")
    table["window_class_count"][:] = [LENGTH, 0, 0, 0]
    table["window_class_distance"][:] = 0
    table["window_annotated"][:] = True
    attrs = store.attrs("windows/default")
    store.begin_group("windows/default")
    store.write_table("windows/default", table)
    store.complete_group("windows/default", attrs)
    chosen, _ = run(store, SelectStage(keep_fraction=0.2))
    per_contig = np.bincount(table["window_contig"][chosen["window_row"]], minlength=4)
    assert per_contig.sum() == 80
    assert (per_contig > 8).all()


def test_one_contig_is_split_by_blocks_and_says_so(tmp_path, caplog):
    store = prepared(tmp_path / "s.zarr", [20_000], predictions=None)
    run(store, SelectStage(max_intergenic=1.0))
    with caplog.at_level(logging.WARNING, "helixdask"):
        split, attrs = run(store, SplitStage())
    assert attrs["by_blocks"] is True
    assert attrs["guard"] == LENGTH
    assert "cut into blocks" in caplog.text
    assert set(split["window_side"].tolist()) == {0, 1}
    windows = store.table("windows/default")
    usable = 2 * windows["window_usable"] >= windows["window_end"] - windows["window_start"]
    assert len(split["window_row"]) + attrs["n_left_out"] == usable.sum()
    assert "copies were not looked for" in caplog.text


def test_groups_from_a_file(store, tmp_path):
    path = tmp_path / "groups.tsv"
    path.write_text("# homoeologs\ncontig0\tone\ncontig1\tone\n\ncontig4\ttwo\ncontig6\ttwo\n")
    split, _ = run(store, SplitStage(groups=str(path), output="groups"))
    contig = store.table("windows/default")["window_contig"][split["window_row"]]
    for pair in ([0, 1], [4, 6]):
        assert len(set(split["window_side"][np.isin(contig, pair)])) == 1
    path.write_text("contig0 one\n")
    with pytest.raises(BadInputError, match="line 1"):
        run(store, SplitStage(groups=str(path), output="broken"))
    path.write_text("nobody\tone\n")
    with pytest.raises(BadInputError, match="nobody"):
        run(store, SplitStage(groups=str(path), output="broken"))


def test_helixer_rules_need_helixer_distances(store, tmp_path):
    with pytest.raises(BadInputError, match="as Helixer does"):
        run(store, SelectStage(rules="helixer", output="h"))
    other = prepared(tmp_path / "s.zarr", rules="helixer")
    chosen, attrs = run(other, SelectStage(keep_fraction=0.3, rules="helixer"))
    n = len(other.table("windows/default")["window_start"])
    assert 0 < len(chosen["window_row"]) <= int(0.3 * n)
    assert attrs["strata"][0]["name"].startswith("sextile")
    split, attrs = run(other, SplitStage(selection="default", rules="helixer"))
    assert len(split["window_row"]) == len(chosen["window_row"])


def test_stale_and_missing_parents_are_refused(tmp_path):
    store = prepared(tmp_path / "s.zarr", [3000, 3000])
    with pytest.raises(MissingInputError):
        run(store, SplitStage(selection="default"))
    run(store, SelectStage())
    options = RunOptions(workers=1, quiet=True, replace=True)
    run_stage(WindowsStage(LENGTH, "reference"), store.url, options)
    with pytest.raises(BadInputError, match="made anew"):
        run(store, SplitStage(selection="default"))
    run_stage(WindowsStage(LENGTH, output="places"), store.url, QUIET)
    with pytest.raises(MissingInputError, match="without labels"):
        run(store, SelectStage("places", output="x"))
    with pytest.raises(MissingInputError, match="without labels"):
        run(store, SplitStage("places", output="x"))


def sides_of(store, name="default"):
    """Side of each window of the table, -1 for none."""
    table = store.table(f"splits/{name}")
    side = np.full(len(store.table("windows/default")["window_start"]), -1)
    side[table["window_row"]] = table["window_side"]
    return side


def test_a_split_of_all_usable_windows_and_a_selection_among_its_training_side(store):
    split, attrs = run(store, SplitStage(test_fraction=0.15, kinship="off", output="three"))
    windows = store.table("windows/default")
    size = windows["window_end"] - windows["window_start"]
    usable = (2 * windows["window_usable"] >= size) & windows["window_annotated"]
    assert split["window_row"].tolist() == np.flatnonzero(usable).tolist()
    side = sides_of(store, "three")
    assert attrs["n_bases"] == {
        name: int(size[side == code].sum()) for code, name in enumerate(("train", "validation", "test"))
    }
    assert attrs["n_bases"]["test"] / size[usable].sum() == pytest.approx(0.15, abs=0.075)
    assert (attrs["selection"], attrs["kinship"]) == (None, None)
    assert "leakage" not in attrs

    chosen, attrs = run(store, SelectStage(split="three", keep_fraction=0.25, output="of_three"))
    assert (side[chosen["window_row"]] == 0).all()
    assert len(chosen["window_row"]) == attrs["n_kept"]
    assert abs(len(chosen["window_row"]) - 0.25 * (side == 0).sum()) <= 6
    assert attrs["split"] == "three"


def test_windows_that_are_mostly_masked_or_n_are_on_no_side(store):
    table = store.table("windows/default")
    size = table["window_end"] - table["window_start"]
    poor = 2 * table["window_usable"] < size
    poor[:50] = True
    attrs = store.attrs("windows/default")
    store.begin_group("windows/poor")
    usable = np.where(poor, size // 2 - 1, table["window_usable"]).astype(np.int32)
    store.write_table("windows/poor", {**table, "window_usable": usable})
    store.complete_group("windows/poor", {**attrs, "digest": "poor"})
    fresh = Store.open(store.url)
    split, _ = run(fresh, SplitStage("poor", kinship="off", output="poor"))
    assert not poor[split["window_row"]].any()


def test_names_that_are_left_out_are_looked_up(tmp_path):
    store = prepared(tmp_path / "s.zarr")
    run(store, SelectStage())
    made = split_stage(store.url, SplitSettings())
    assert (made.windows, made.selection) == ("default", None)
    made = split_stage(store.url, SplitSettings(selection="default"))
    assert (made.windows, made.selection) == ("default", "default")
    assert split_stage(store.url, SplitSettings(rules="helixer")).selection == "default"
    run(store, SplitStage())
    measure, chosen = select_stages(store.url, SelectSettings(split="default"))
    assert measure is None
    assert (chosen.windows, chosen.split) == ("default", "default")
    run_stage(WindowsStage(50, "reference", "base", output="short"), store.url, QUIET)
    with pytest.raises(MissingInputError, match="several"):
        split_stage(store.url, SplitSettings())
    with pytest.raises(BadInputError, match="is of windows/default, not"):
        split_stage(store.url, SplitSettings(windows="short", selection="default"))
    with pytest.raises(BadInputError, match="was not made from windows/short"):
        run(Store.open(store.url), SelectStage("short", split="default", output="x"))
    with pytest.raises(BadInputError, match="Give either"):
        select_stages(store.url, SelectSettings(split="default"), window_length=50)


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"rules": "helixer", "groups": "g.tsv"}, {"seed": 1 << 32}])
def test_settings_that_cannot_be(wrong):
    with pytest.raises(BadInputError):
        SplitSettings(**wrong).check()


def test_helixer_rules_have_no_test_side(store):
    with pytest.raises(BadInputError, match="neither a test side nor groups"):
        run(store, SplitStage(rules="helixer", test_fraction=0.1, output="x"))
