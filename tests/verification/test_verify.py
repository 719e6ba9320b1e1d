"""What `verify` says of leftovers, of groups out of date, of old stores; and the commands that it prints."""

from __future__ import annotations

import json

import pytest

from helixdask.engine.cluster import RunOptions
from helixdask.engine.lock import GroupLock
from helixdask.errors import BadInputError, MissingInputError
from helixdask.store.consolidated import consolidate
from helixdask.store.lineage import Provenance
from helixdask.store.objects import Folder
from helixdask.store.store import Store
from helixdask.verification.remake import records_of, remake_commands
from helixdask.verification.verify import verify_store
from tests.cli.support import helixdask
from tests.store.every_group import GROUPS, copy_store, flipped, rewrite, write_store


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return write_store(tmp_path_factory.mktemp("sound"))


@pytest.fixture
def copy(sound, tmp_path):
    return copy_store(sound, tmp_path / "a.zarr")


def without_manifest(store, group):
    """Make a group as versions without manifests published it."""
    document = json.loads((store / group / "zarr.json").read_bytes())
    digest = document["attributes"].pop("manifest")
    rewrite(store / group / "zarr.json", json.dumps(document).encode())
    (store / f".manifests/{group}.{digest}.json").unlink()
    consolidate(str(store))


@pytest.mark.slow
def test_commands_say_how_each_group_was_made(copy):
    records = records_of(Store.open(copy))
    made = {group: remake_commands("a.zarr", group, records)[1] for group in GROUPS[:3]}
    assert made["genome"] == "helixdask encode g.fa -o a.zarr --species test"
    assert made["genes/reference"] == "helixdask labels a.zarr --gff3 a.gff3"
    assert made["labels/reference"] == "helixdask labels a.zarr --gff3 a.gff3"


def test_commands_come_from_the_history_where_attributes_are_lost(copy):
    (copy / "labels/reference/zarr.json").unlink()
    found = verify_store(str(copy), ["labels/reference"], quick=True)
    expected = (f"helixdask remove {copy} labels/reference", f"helixdask labels {copy} --gff3 a.gff3")
    assert found.damages[0].remedy == expected


@pytest.mark.parametrize(
    ("stage", "settings", "command"),
    [
        ("call", {"predictions": "base", "output": "b", "peak_threshold": 0.9}, "--predictions base --name b --peak"),
        ("coverage", {"library": "leaf", "path": "leaf.bam", "strandedness": "reverse"}, "--bam leaf.bam --stranded"),
        ("coverage", {"library": "x", "path": "leaf.bam", "strandedness": "reverse"}, "--libraries SHEET.tsv"),
        ("track", {"kind": "bed", "file": "r.bed", "output": "repeats"}, "track S --bed r.bed"),
        ("predict", {"model": "m.keras", "predictions": "m", "overlap": False}, "--model m.keras --name m --no-over"),
        ("windows", {"window_length": 900, "labels": "reference", "output": "w"}, "--window-length 900 --labels ref"),
        ("select", {"windows": "w", "keep_fraction": 0.5}, "select S --windows w --keep-fraction 0.5"),
        ("split", {"selection": "default", "seed": 3}, "split S --selection default --seed 3"),
        ("labels", {"helixer": "h.h5", "output": "reference"}, "import h.h5 -o S"),
    ],
)
def test_commands_of_stages(stage, settings, command):
    records = {"x/y": Provenance(stage, settings)}
    assert command in remake_commands("S", "x/y", records)[1]


def test_leftovers_are_warnings(copy):
    folder = Folder(str(copy))
    folder.write(".work/labels/pseudo/stage.json", b"{}")
    folder.write(".old/labels/gone/label/c/0/0", b"x")
    folder.write(".manifests/labels/reference.0123456789abcdef.json", b"{}")
    folder.write("labels/.x.partial", b"x")
    with GroupLock(folder.folder(".work/labels/busy"), "busy"):
        folder.write(".work/labels/busy/stage.json", b"{}")
        found = verify_store(str(copy), quick=True)
    assert found.is_sound
    named = {(one.group, one.path) for one in found.findings}
    assert named == {
        ("labels/pseudo", ".work"),
        ("labels/gone", ".old"),
        ("labels/reference", ".manifests/labels/reference.0123456789abcdef.json"),
        ("", "labels/.x.partial"),
    }
    assert all(one.severity == "warning" and one.remedy for one in found.findings)
    assert helixdask("verify", copy, "--quick").code == 0


def test_groups_out_of_date_are_warnings(copy):
    Store.open(copy).remove_group("labels/reference")
    found = verify_store(str(copy), quick=True)
    assert found.is_sound
    assert [(one.group, one.problem[:38]) for one in found.findings] == [
        ("windows/default", "was made from labels/reference before ")
    ]


def test_groups_without_a_manifest_are_read(copy):
    without_manifest(copy, "tracks/repeats")
    found = verify_store(str(copy), ["tracks/repeats"])
    assert found.is_sound
    assert found.groups[0].state == "readable"
    assert "earlier version" in found.findings[0].problem
    path = copy / "tracks/repeats/mask/c/0"
    rewrite(path, flipped(path.read_bytes(), 50))
    assert [one.path for one in verify_store(str(copy), ["tracks/repeats"]).damages] == ["mask"]


@pytest.mark.slow
def test_the_command_prints_and_fails(copy):
    path = copy / "labels/reference/label/c/0/0"
    rewrite(path, flipped(path.read_bytes(), 5))
    ran = helixdask("verify", copy, "-q")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("1 damaged: labels/reference;")
    ran = helixdask("verify", copy)
    assert ran.code == 1
    assert "label/c/0/0" in ran.out
    assert f"helixdask labels {copy} --gff3 a.gff3" in ran.out
    assert helixdask("verify", copy, "--quick", "-q").code == 0
    found = helixdask("verify", copy, "labels/reference", "--json").json()
    assert found["sound"] is False
    assert found["findings"][0]["path"] == "label/c/0/0"


def test_what_cannot_be_verified(copy):
    with pytest.raises(MissingInputError, match="It has: genome"):
        verify_store(str(copy), ["labels/other"])
    with pytest.raises(BadInputError, match="HTTP"):
        verify_store("http://localhost/a.zarr")


@pytest.mark.slow
def test_on_the_workers_of_a_scheduler(copy):
    from distributed import Client, LocalCluster

    path = copy / "genome/sequence/c/0"
    rewrite(path, flipped(path.read_bytes(), 5))
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster),
    ):
        options = RunOptions(scheduler=cluster.scheduler_address, quiet=True)
        found = verify_store(str(copy), options=options)
    assert [(one.group, one.path) for one in found.damages] == [("genome", "sequence/c/0")]
