"""Splits of a simulated polyploid: kinship keeps copies on one side, and what leaks is told."""

import logging
import shutil
from pathlib import Path

import numpy as np
import pytest
from distributed import LocalCluster

from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import BadInputError
from helixdask.genes.reading.stage import ImportGenesStage
from helixdask.kinship.stage import KinshipStage
from helixdask.labels.stage import LabelsStage
from helixdask.selection.split_stage import SplitStage
from helixdask.selection.stage import SelectStage
from helixdask.sequence.stage import EncodeStage
from helixdask.simulate import SimulateSettings, simulate
from helixdask.store.store import Store
from helixdask.windows.stage import WindowsStage

pytestmark = pytest.mark.slow

HERE = RunOptions(quiet=True, workers=1, replace=True)
WINDOW = 6_000


def made_store(fasta, url):
    for stage in (EncodeStage(str(fasta), "x"), ImportGenesStage(str(fasta.parent / "truth.gff3")), LabelsStage()):
        run_stage(stage, url, HERE)
    for stage in (WindowsStage(WINDOW, "reference"), KinshipStage("reference")):
        run_stage(stage, url, HERE)
    return url


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copies")
    simulate(SimulateSettings(bases=1_600_000, subgenomes=2, contigs=2, divergence=0.04, read_depth=0), folder)
    made_store(folder / "genome.fa", str(folder / "s.zarr"))
    return folder


def run(folder, stage):
    """Attributes of the split, and the side of each contig, place and strand."""
    url = str(folder / "s.zarr")
    run_stage(stage, url, HERE)
    store = Store.open(url)
    windows, split = store.table("windows/default"), store.table(stage.group())
    columns = (windows[f"window_{column}"][split["window_row"]] for column in ("contig", "start", "strand"))
    contig, start, strand = columns
    names = store.contigs.names[contig].tolist()
    places = zip(names, start.tolist(), strand.tolist(), strict=True)
    return store.attrs(stage.group()), dict(zip(places, split["window_side"].tolist(), strict=True))


def test_copies_stay_on_one_side_and_the_naive_split_leaks(folder):
    attrs, side = run(folder, SplitStage(test_fraction=0.1))
    ours, naive = attrs["leakage"]
    assert attrs["kinship"] == "default"
    assert attrs["by_blocks"]  # two groups of half the genome each
    assert ours["coding_bases"] < 0.01
    assert naive["coding_bases"] > 0.3
    assert set(side.values()) == {0, 1, 2}
    # Homoeologs are colinear: hardly a window lies elsewhere than its copy at the same place.
    pairs = [(one, side.get((name.replace("A", "B"), *place))) for (name, *place), one in side.items() if "A" in name]
    apart = sum(one != other for one, other in pairs if other is not None)
    assert apart < 0.1 * len(pairs)


def test_without_kinship_it_is_said_and_leaks(folder, caplog):
    attrs, _ = run(folder, SplitStage(kinship="off", output="off"))
    assert attrs["kinship"] is None
    assert "leakage" not in attrs
    assert "not looked for" not in caplog.text


def test_groups_by_hand_are_honoured_or_refused(folder, tmp_path):
    table = tmp_path / "groups.tsv"
    table.write_text("chr1A\tone\nchr1B\tone\nchr2A\ttwo\nchr2B\ttwo\n")
    with_kinship, _ = run(folder, SplitStage(groups=str(table), output="g"))
    assert with_kinship["by_blocks"]
    with pytest.raises(BadInputError, match="helixdask kinship"):
        run(folder, SplitStage(groups=str(table), kinship="off", output="g"))
    table.write_text("chr1A\tone\nchr2A\tone\nchr1B\ttwo\nchr2B\ttwo\n")  # not what kinship found: nothing to cut by
    with pytest.raises(BadInputError, match="cannot be cut"):
        run(folder, SplitStage(groups=str(table), output="g"))
    table.write_text("chr1A\t.\nchr1B\t.\n")
    _, side = run(folder, SplitStage(groups=str(table), output="g"))
    assert {one for (name, *_), one in side.items() if name.startswith("chr1")} == {0}
    assert 1 in side.values()


def test_the_order_of_contigs_does_not_matter(folder, tmp_path):
    records = (folder / "genome.fa").read_text().split(">")[1:]
    order = [2, 0, 3, 1]
    (tmp_path / "genome.fa").write_text("".join(">" + records[row] for row in order))
    (tmp_path / "truth.gff3").write_text((folder / "truth.gff3").read_text())
    made_store(tmp_path / "genome.fa", str(tmp_path / "s.zarr"))
    for stage in (SplitStage(), SplitStage(seed=3, test_fraction=0.1, val_fraction=0.1)):
        here, there = (run(each, stage) for each in (folder, tmp_path))
        assert here[1] == there[1]
        assert here[0]["leakage"] == there[0]["leakage"]


class SmallTasks(KinshipStage):
    bases_per_task = 1  # regions of one shard


class SmallWindows(WindowsStage):
    bases_per_task = 1


def bytes_of(store, groups):
    """Objects of the arrays of some groups, and attributes without what differs from run to run."""
    paths = [path for group in groups for path in Path(store.url, group).rglob("*") if path.is_file()]
    objects = {str(path.relative_to(store.url)): path.read_bytes() for path in paths if path.name != "zarr.json"}
    return objects, [{**store.attrs(group), "created": None} for group in groups]


def test_workers_and_regions_change_no_byte(folder, tmp_path):
    groups = ("windows/default", "kinship/default", "splits/default", "selections/default")
    stages = SplitStage(test_fraction=0.1), SelectStage(split="default", keep_fraction=0.3, max_copies=1)
    here, there = str(tmp_path / "here.zarr"), str(tmp_path / "there.zarr")
    made = shutil.ignore_patterns("windows", "kinship", "splits", "selections")
    shutil.copytree(folder / "s.zarr", here, ignore=shutil.ignore_patterns("splits", "selections"))
    shutil.copytree(folder / "s.zarr", there, ignore=made)
    for stage in stages:
        run_stage(stage, here, HERE)
    with LocalCluster(n_workers=3, threads_per_worker=1, processes=False, dashboard_address=":0") as cluster:
        many = RunOptions(scheduler=cluster.scheduler_address, quiet=True, replace=True)
        for stage in (SmallWindows(WINDOW, "reference"), SmallTasks("reference"), *stages):
            assert run_stage(stage, there, many).state == "done"
    one, other = (bytes_of(Store.open(url), groups) for url in (here, there))
    assert len(one[0]) > 20
    assert one[0].keys() == other[0].keys()
    assert [name for name in one[0] if one[0][name] != other[0][name]] == []
    assert one[1] == other[1]


def test_little_seen_contigs_only_train(folder, caplog):
    url = str(folder / "s.zarr")
    store = Store.open(url)
    table, attrs = store.table("kinship/default"), store.attrs("kinship/default")
    some = np.where(store.contigs.names == "chr2B", 3, table["kin_kmers"]).astype(np.int32)
    for name, kmers in (("few", some), ("fewer", np.minimum(table["kin_kmers"], 3))):
        store.begin_group(f"kinship/{name}")
        store.write_table(f"kinship/{name}", {**table, "kin_kmers": kmers})
        store.complete_group(f"kinship/{name}", {**attrs, "digest": name})
    _, side = run(folder, SplitStage(kinship="few", output="few"))
    assert {one for (name, *_), one in side.items() if name == "chr2B"} == {0}
    with caplog.at_level(logging.WARNING, "helixdask"):
        _, side = run(folder, SplitStage(kinship="fewer", output="fewer"))
    assert 1 in side.values()
    assert "too few k-mers" in caplog.text
    with pytest.raises(BadInputError, match="few, fewer"):
        run(folder, SplitStage(output="which"))
