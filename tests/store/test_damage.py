"""Two hundred damages to a store: none is read as something else, none ends in a raw exception, `verify` names all."""

from __future__ import annotations

import shutil
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from helixdask.engine.run import run_stage
from helixdask.errors import StoreDamagedError
from helixdask.explore import open_store
from helixdask.labels.stage import LabelsStage
from helixdask.registry import arrays_of, tables_below
from helixdask.store.store import Store
from helixdask.verification.verify import verify_store
from tests.cli.support import helixdask
from tests.engine.toy import ToyStage
from tests.store.every_group import (
    GROUPS,
    HERE,
    changed_number,
    copy_store,
    data_objects,
    documents,
    flipped,
    rewrite,
    write_store,
)

CONTAINERS = ("labels", "coverage", "coverage/rnaseq")


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return write_store(tmp_path_factory.mktemp("sound"))


@pytest.fixture
def copy(sound, tmp_path):
    return copy_store(sound, tmp_path / "damaged.zarr")


# --- what is damaged: each returns the group and the object that `verify` must name ---------------------------------


def some(paths, rng):
    return paths[int(rng.integers(len(paths)))]


def with_object(change):
    def damage(store, group, rng):
        path = some(data_objects(store / group), rng)
        change(path, path.read_bytes(), rng)
        return group, str(path.relative_to(store / group))

    return damage


def with_document(change):
    def damage(store, group, rng):
        path = some(documents(store / group), rng)
        change(path, path.read_bytes(), rng)
        return group, str(path.relative_to(store / group))

    return damage


def with_attributes(change):
    def damage(store, group, rng):
        path = store / group / "zarr.json"
        change(path, path.read_bytes(), rng)
        return group, "zarr.json"

    return damage


def with_manifest(change):
    def damage(store, group, rng):
        kind, _, name = group.rpartition("/")
        (path,) = (store / ".manifests" / kind).glob(f"{name}.*.json")
        change(path, path.read_bytes(), rng)
        return group, str(path.relative_to(store))

    return damage


def delete(path, data, rng):
    path.unlink()


def truncate(path, data, rng):
    rewrite(path, data[: int(rng.integers(1, len(data)))])


def empty(path, data, rng):
    rewrite(path, b"")


def flip(path, data, rng):
    rewrite(path, flipped(data, int(rng.integers(len(data)))))


def flip_index(path, data, rng):
    rewrite(path, flipped(data, len(data) - 1 - int(rng.integers(min(len(data), 20)))))


def lengthen(path, data, rng):
    rewrite(path, data + b"\0" * int(rng.integers(1, 9)))


def garbage(path, data, rng):
    rewrite(path, rng.bytes(len(data)))


def change_number(path, data, rng):
    rewrite(path, changed_number(data, rng))


def no_object(path, data, rng):
    rewrite(path, b'{"zarr_format": 3, "node_type": "array"}')


def remove_folder(store, group, rng):
    shutil.rmtree(store / group)
    return group, "zarr.json"


def add_object(store, group, rng):
    path = some(data_objects(store / group), rng)
    added = path.with_name("77")
    rewrite(added, path.read_bytes())
    return group, str(added.relative_to(store / group))


DAMAGES = {
    "object deleted": with_object(delete),
    "object truncated": with_object(truncate),
    "object emptied": with_object(empty),
    "object flipped": with_object(flip),
    "index flipped": with_object(flip_index),
    "object lengthened": with_object(lengthen),
    "object garbage": with_object(garbage),
    "object added": add_object,
    "metadata deleted": with_document(delete),
    "metadata garbage": with_document(garbage),
    "metadata changed": with_document(change_number),
    "attributes deleted": with_attributes(delete),
    "attributes emptied": with_attributes(empty),
    "attributes garbage": with_attributes(garbage),
    "attributes changed": with_attributes(change_number),
    "attributes of an array": with_attributes(no_object),
    "manifest deleted": with_manifest(delete),
    "manifest changed": with_manifest(flip),
    "group deleted": remove_folder,
}
QUICK = 9
"""One case of so many is among the quick tests: less than there are groups, so all kinds, and all groups."""
TWICE = ("object flipped", "attributes changed")
CASES = [(kind, group, 0) for kind in DAMAGES for group in GROUPS] + [
    (kind, group, 1) for kind in TWICE for group in GROUPS
]
ROOT = {
    "deleted": delete,
    "truncated": truncate,
    "emptied": empty,
    "garbage": garbage,
    "changed": change_number,
    "of an array": no_object,
}


# --- what is done with it -----------------------------------------------------------------------------------------


def values_of(group):
    """All arrays of a group."""

    def look(store):
        opened = Store.open(store)
        assert group in opened.published()
        names = [
            f"{table}/{name}"
            for table in (group, *tables_below(group))
            for name in arrays_of(table)
            if opened.has_array(f"{table}/{name}")
        ]
        return {name: _comparable(opened.array(name)[...]) for name in names}

    return look


def _comparable(values):
    return np.asarray(values, object if values.dtype.kind == "T" else None)


def tree(store):
    shown = open_store(store).tree
    return {
        f"{node.path}/{name}": _comparable(variable.values)
        for node in shown.subtree
        for name, variable in node.data_vars.items()
    }


def selected(store):
    view = open_store(store).sel("chr1:60,000-90,000").load()
    return {str(name): variable.values for name, variable in view.data_vars.items()}


def windows(store):
    view = open_store(store).windows(20_000).isel(window=slice(0, 4)).compute()
    return {str(name): variable.values for name, variable in view.data_vars.items()}


def genes(store):
    models = open_store(store).genes("chr1:0-50,000")
    return {name: getattr(models, name).to_json().encode() for name in ("genes", "transcripts", "exons", "cds")}


def command(*arguments):
    """Output of a command; what it says when it fails must be an error of the family."""

    def run(store):
        ran = helixdask(arguments[0], store, *arguments[1:])
        if ran.code:
            assert ran.err.splitlines()[-2:][0].startswith("error: ") or "error: " in ran.err
            assert "internal error" not in ran.err
            assert "Traceback" not in ran.err
            assert "failed 3 times" not in ran.err
            raise StoreDamagedError(ran.err)
        return {"out": ran.out.replace(str(store), "STORE").encode()}

    return run


def exported(store):
    target = Path(store).with_suffix(".gff3")
    open_store(store).export_genes("reference", gff3=target)
    return {"gff3": target.read_bytes()}


def labelled(store):
    run_stage(LabelsStage(output="again"), str(store), HERE)
    return values_of("labels/again")(store)


VERBS = {
    "sel": selected,
    "tree": tree,
    "windows": windows,
    "genes": genes,
    "inspect": command("inspect", "--json"),
    "inspect a region": command("inspect", "chr1:60,000-90,000", "--json"),
    "export": exported,
    "labels": labelled,
}
ROTATION = (*VERBS, "genes", "inspect", "export", "windows", "genes", "inspect", "export")
"""Quick ones more often: one verb is tried with each damage, beside reading the group itself."""


def outcome(verb, store):
    """What a verb returns, or the named error; any other exception fails the test."""
    try:
        return verb(store)
    except StoreDamagedError as error:
        return error


def same(found, expected):
    return found.keys() == expected.keys() and all(
        np.array_equal(np.asarray(found[name]), np.asarray(expected[name]), equal_nan=_has_nan(expected[name]))
        for name in expected
    )


def _has_nan(values):
    return np.asarray(values).dtype.kind == "f"


@pytest.fixture(scope="module")
def undamaged(sound, tmp_path_factory):
    """What each verb returns of the sound store."""
    folder = copy_store(sound, tmp_path_factory.mktemp("undamaged") / "damaged.zarr")
    found = {name: verb(folder) for name, verb in VERBS.items() if name != "labels"}
    found |= {group: values_of(group)(folder) for group in GROUPS}
    return {**found, "labels": labelled(folder)}


def test_a_sound_store_is_sound(sound):
    found = verify_store(str(sound))
    assert found.findings == ()
    assert {state.group for state in found.groups} == set(GROUPS)
    assert {state.state for state in found.groups} == {"sound"}


@pytest.mark.parametrize(
    ("kind", "group", "seed"),
    [pytest.param(*case, marks=[pytest.mark.slow] if number % QUICK else []) for number, case in enumerate(CASES)],
)
def test_damage_is_told(copy, undamaged, kind, group, seed):
    number = CASES.index((kind, group, seed))
    damaged_group, damaged_object = DAMAGES[kind](copy, group, np.random.default_rng([number, seed]))
    assert isinstance(outcome(values_of(group), copy), StoreDamagedError)
    name = ROTATION[number % len(ROTATION)]
    found = outcome(VERBS[name], copy)
    assert isinstance(found, StoreDamagedError) or same(found, undamaged[name])
    verified = verify_store(str(copy), [group])
    assert (damaged_group, damaged_object) in {(one.group, one.path) for one in verified.damages}
    remove, *_ = verified.damages[0].remedy
    assert remove == f"helixdask remove {copy} {group}"


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("kind", ROOT)
def test_the_root_is_mended(copy, sound, undamaged, kind, seed):
    path = copy / "zarr.json"
    ROOT[kind](path, path.read_bytes(), np.random.default_rng(seed))
    if seed:
        verified = verify_store(str(copy))
        assert [(one.group, one.path) for one in verified.damages] == [("", "zarr.json")]
    assert same(selected(copy), undamaged["sel"])
    assert path.read_bytes() == (sound / "zarr.json").read_bytes()
    assert verify_store(str(copy), quick=True).findings == ()


@pytest.mark.parametrize("kind", ["deleted", "garbage"])
def test_the_copy_of_the_root_is_mended(copy, sound, kind):
    path = copy / ".manifests/store.json"
    ROOT[kind](path, path.read_bytes(), np.random.default_rng(0))
    assert [one.path for one in verify_store(str(copy), quick=True).damages] == [".manifests/store.json"]
    assert path.read_bytes() == (sound / ".manifests/store.json").read_bytes()


def test_root_and_copy_both_lost(copy):
    for name in ("zarr.json", ".manifests/store.json"):
        rewrite(copy / name, b"{")
    with pytest.raises(StoreDamagedError, match="backup"):
        open_store(copy)
    with pytest.raises(StoreDamagedError, match="backup"):
        verify_store(str(copy))


@pytest.mark.parametrize("kind", ["deleted", "garbage"])
@pytest.mark.parametrize("holder", CONTAINERS)
def test_what_holds_groups_is_mended(copy, undamaged, holder, kind):
    path = copy / holder / "zarr.json"
    ROOT[kind](path, path.read_bytes(), np.random.default_rng(0))
    assert same(selected(copy), undamaged["sel"])
    assert (holder, "zarr.json") in {(one.group, one.path) for one in verify_store(str(copy), quick=True).damages}
    assert verify_store(str(copy), quick=True).findings == ()


def test_swapped_objects_of_one_size_are_found(copy, sound):
    swapped = set()
    for group in GROUPS:
        sizes = {path: path.read_bytes() for path in data_objects(copy / group)}
        pairs = [(a, b) for a, b in combinations(sizes, 2) if len(sizes[a]) == len(sizes[b]) and sizes[a] != sizes[b]]
        if pairs:
            one, other = pairs[0]
            rewrite(one, sizes[other])
            rewrite(other, sizes[one])
            swapped |= {(group, str(path.relative_to(copy / group))) for path in (one, other)}
    assert len({group for group, _ in swapped}) >= 4
    assert {(one.group, one.path) for one in verify_store(str(copy)).damages} == swapped
    assert verify_store(str(copy), quick=True).is_sound


def test_swapped_metadata_of_one_size_is_an_error(copy):
    one, other = (copy / f"genes/reference/{name}/zarr.json" for name in ("exon_start", "exon_end"))
    first, second = one.read_bytes(), other.read_bytes()
    rewrite(one, second)
    rewrite(other, first)
    with pytest.raises(StoreDamagedError, match="exon_"):
        Store.open(copy).array("genes/reference/gene_id")


def test_damage_that_a_worker_finds_is_named_and_not_tried_again(copy, tmp_path):
    path = data_objects(copy / "genome/sequence")[0]
    rewrite(path, flipped(path.read_bytes(), 100))
    with pytest.raises(StoreDamagedError, match=r"genome/sequence.*bytes are damaged"):
        run_stage(ToyStage(str(tmp_path)), str(copy), HERE)
    assert len(list(tmp_path.glob("run-0-*"))) == 1


def test_an_object_lost_while_a_group_is_in_use(copy):
    store = Store.open(copy)
    before = store.read("genome/sequence", 0, 10)
    (copy / "genome/sequence/c/1").unlink()
    assert len(before) == 10
    with pytest.raises(StoreDamagedError, match=r"sequence/c/1.*is missing"):
        store.read("genome/sequence", 70_000, 70_010)


@pytest.mark.parametrize("kind", ["object deleted", "attributes garbage", "group deleted", "manifest deleted"])
def test_the_remedy_helps(copy, sound, kind):
    DAMAGES[kind](copy, "labels/reference", np.random.default_rng(0))
    with pytest.raises(StoreDamagedError):
        run_stage(LabelsStage(), str(copy), HERE)
    assert helixdask("remove", copy, "labels/reference").code == 0
    assert run_stage(LabelsStage(), str(copy), HERE).state == "done"
    assert {one.severity for one in verify_store(str(copy)).findings} <= {"warning"}
    label = Path("labels/reference/label/c/0/0")
    assert (copy / label).read_bytes() == (sound / label).read_bytes()


def test_replace_makes_a_damaged_group_anew(copy):
    from dataclasses import replace

    DAMAGES["attributes garbage"](copy, "labels/reference", np.random.default_rng(0))
    assert run_stage(LabelsStage(), str(copy), replace(HERE, replace=True)).state == "done"
    assert verify_store(str(copy)).is_sound
