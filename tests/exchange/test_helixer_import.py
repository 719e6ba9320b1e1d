"""Helixer files into stores: round trips, odd orders, gaps, several species, old stores, and what is refused."""

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.engine.run import RunOptions
from helixdask.errors import AlreadyExistsError, BadInputError
from helixdask.exchange.helixer_h5 import export_helixer
from helixdask.exchange.helixer_import import import_helixer
from helixdask.exchange.import_coverage import ImportCoverageStage
from helixdask.exchange.import_genome import ImportGenomeStage
from helixdask.exchange.import_labels import ImportLabelsStage
from helixdask.exchange.import_predictions import ImportPredictionsStage
from helixdask.exchange.settings import ExportSettings, ImportSettings
from helixdask.sequence.codes import LETTERS, codes_to_text
from helixdask.store.store import Store
from tests.cli.support import contents, done, helixdask
from tests.exchange.test_helixer_h5 import add_tracks, make_store

QUIET = RunOptions(workers=1, quiet=True)
LABEL_TRACKS = ("label", "phase", "transition", "valid", "gene_length")
TRACKS = (
    "genome/sequence",
    *(f"labels/reference/{track}" for track in LABEL_TRACKS),
    "coverage/rnaseq/a/coverage",
    "coverage/rnaseq/a/spliced_coverage",
    "coverage/rnaseq/b/coverage",
    "predictions/net/class_probability",
    "predictions/net/phase_probability",
)


def full_store(folder, contigs, seed=0, **more):
    """A store with random tracks of every kind."""
    rng = np.random.default_rng(seed)
    store = make_store(folder, contigs, **more)
    n = store.n_bases
    labels = {
        "label": rng.integers(0, 4, (2, n), np.uint8),
        "phase": rng.integers(0, 4, (2, n), np.uint8),
        "transition": rng.integers(0, 64, (2, n), np.uint8),
        "valid": rng.integers(0, 2, (2, n), np.uint8),
        "gene_length": rng.integers(0, 1 << 20, (2, n), np.uint32),
    }
    add_tracks(store, "labels/reference", labels)
    for name in "ab":
        reads = rng.integers(0, 1 << 31, (2, 2, n), np.uint32)
        tracks = {"coverage": reads[0], "spliced_coverage": reads[1]}
        add_tracks(store, f"coverage/rnaseq/{name}", tracks, path=f"/x/{name}.bam")
    probability = [rng.dirichlet([0.3] * 4, (2, n)).transpose(0, 2, 1).astype(np.float16) for _ in range(2)]
    tracks = dict(zip(("class_probability", "phase_probability"), probability, strict=True))
    add_tracks(store, "predictions/net", tracks, model_path="/m/net.h5")
    return store


def export_all(store, path, length, **more):
    export_helixer(
        store, path, length, ExportSettings(labels="reference", coverage="rnaseq", predictions="net", **more)
    )
    return path


def tracks_of(store, names, paths=TRACKS):
    """Every track of each contig."""
    found = {}
    for name in names:
        row = store.contigs.index(name)
        start = int(store.contigs.offsets[row])
        for path in paths:
            found[name, path] = store.read(path, start, start + int(store.contigs.lengths[row]))
    return found


def assert_same(ours, theirs):
    assert set(ours) == set(theirs)
    for key, values in theirs.items():
        assert np.array_equal(ours[key], values), key


def rewrite(path, change):
    """Change the data sets of a file: ``change`` gets and returns a mapping of arrays."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[...]}) if isinstance(item, h5py.Dataset) else None)
        attrs = dict(file.attrs)
    with h5py.File(path, "w") as file:
        file.attrs.update(attrs)
        for name, values in change(found).items():
            file[name] = values
    return path


def rows(keep):
    """Keep some rows of all data sets, in the order given."""
    return lambda sets: {name: values if "meta" in name else values[keep] for name, values in sets.items()}


@pytest.mark.slow
@settings(max_examples=10)
@given(
    st.lists(st.text(LETTERS, min_size=1, max_size=40), min_size=1, max_size=4),
    st.integers(1, 50),
    st.sampled_from(["file", "length"]),
    st.integers(0, 1000),
)
def test_round_trip(tmp_path_factory, sequences, length, order, seed):
    folder = tmp_path_factory.mktemp("round")
    contigs = {f"c{row}": sequence for row, sequence in enumerate(sequences)}
    store = full_store(folder, contigs, seed)
    export_all(store, folder / "a.h5", length, order=order)
    import_helixer(folder / "a.h5", folder / "b.zarr", ImportSettings(minus_padding="end"), options=QUIET)
    back = Store.open(folder / "b.zarr")
    assert back.species == store.species
    assert_same(tracks_of(back, contigs), tracks_of(store, contigs))
    export_all(back, folder / "b.h5", length, order="file")
    with h5py.File(folder / "a.h5") as first, h5py.File(folder / "b.h5") as second:
        assert first["data/seqids"][:].tolist() == second["data/seqids"][:].tolist()
        for name in ("data/X", "data/y", "evaluation/rnaseq_coverage", "predictions", "predictions_phase"):
            assert np.array_equal(first[name][:], second[name][:])


@pytest.mark.slow
@settings(max_examples=5)
@given(st.integers(0, 1000))
def test_rows_may_be_in_any_order(tmp_path_factory, seed):
    folder, rng = tmp_path_factory.mktemp("order"), np.random.default_rng(seed)
    contigs = {"c0": "ACGTN" * 9, "c1": "TTGAC" * 5 + "A", "c2": "CG"}
    store = full_store(folder, contigs, seed)
    path = export_all(store, folder / "a.h5", 7)
    with h5py.File(path) as file:
        order = rng.permutation(len(file["data/X"]))
        seqids = file["data/seqids"][:][order]
    rewrite(path, rows(order))
    import_helixer(path, folder / "b.zarr", ImportSettings(minus_padding="end"), options=QUIET)
    back = Store.open(folder / "b.zarr")
    assert_same(tracks_of(back, contigs), tracks_of(store, contigs))
    assert back.contigs.names.tolist() == list(dict.fromkeys(seqid.decode() for seqid in seqids))


@pytest.mark.slow
def test_regions_and_workers_change_nothing(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    contigs = {f"c{k}": codes_to_text(rng.integers(0, 4, size).astype(np.uint8)) for k, size in enumerate((150_000, 9))}
    store = full_store(tmp_path, contigs)
    path = export_all(store, tmp_path / "a.h5", 4000)
    import_helixer(path, tmp_path / "one.zarr", options=QUIET)
    for stage in (ImportGenomeStage, ImportLabelsStage, ImportCoverageStage, ImportPredictionsStage):
        monkeypatch.setattr(stage, "bases_per_task", 1 << 16)
    done_by = import_helixer(path, tmp_path / "many.zarr", options=QUIET)
    assert {part.tasks for part in done_by} == {3}
    one, many = (contents(tmp_path / name) for name in ("one.zarr", "many.zarr"))
    chunks = {name for name in one if "/c/" in name}
    assert {name for name in many if "/c/" in name} == chunks
    assert all(one[name] == many[name] for name in chunks)
    assert_same(tracks_of(Store.open(tmp_path / "many.zarr"), contigs), tracks_of(store, contigs))
    assert {part.state for part in import_helixer(path, tmp_path / "one.zarr", options=QUIET)} == {"already there"}


def test_missing_windows_are_n_and_masked(tmp_path):
    contigs = {"c": "ACGTA" * 5, "d": "ACG"}
    store = full_store(tmp_path, contigs)
    path = export_all(store, tmp_path / "a.h5", 5)  # c: rows 0-4 plus, 5-9 minus
    rewrite(path, rows([0, 2, 3, 6, 10, 11]))  # 5-10 has no row, 15-20 both strands, 20-25 none
    parts = import_helixer(path, tmp_path / "b.zarr", ImportSettings(minus_padding="end"), options=QUIET)
    back = Store.open(tmp_path / "b.zarr")
    assert dict(zip(back.contigs.names.tolist(), back.contigs.lengths.tolist(), strict=True)) == {"c": 20, "d": 3}
    assert codes_to_text(back.read("genome/sequence", 0, 23)) == "ACGTANNNNNACGTAACGTAACG"
    assert parts[0].attrs["bases_missing"] == 5
    assert parts[0].attrs["contigs_known_up_to_last_row"] == 1
    valid, there = back.read("labels/reference/valid", 0, 23), store.read("labels/reference/valid", 0, 28)
    assert not valid[0, 5:10].any()
    assert not valid[1, :15].any()
    assert np.array_equal(valid[0, :5], there[0, :5])
    assert np.array_equal(valid[1, 15:20], there[1, 15:20])
    labels = parts[1].attrs
    assert (labels["bases_missing_plus"], labels["bases_missing_minus"]) == (5, 15)
    assert not back.read("predictions/net/class_probability", 5, 10)[0].any()


def test_minus_rows_alone_give_the_sequence(tmp_path):
    store = full_store(tmp_path, {"c": "AACGRTTNACGYB"})
    path = export_all(store, tmp_path / "a.h5", 5)
    rewrite(path, rows([3, 4, 5]))
    import_helixer(path, tmp_path / "b.zarr", ImportSettings(minus_padding="end"), options=QUIET)
    assert codes_to_text(Store.open(tmp_path / "b.zarr").read("genome/sequence", 0, 13)) == "AACGRTTNACGYB"


def test_a_row_may_come_twice_but_not_differ(tmp_path):
    store = full_store(tmp_path, {"c": "ACGTA" * 5})
    path = export_all(store, tmp_path / "a.h5", 5)
    rewrite(path, rows([*range(10), 3, 7, 3]))
    parts = import_helixer(path, tmp_path / "b.zarr", ImportSettings(minus_padding="end"), options=QUIET)
    assert parts[1].attrs["rows_repeated"] == 3

    def other(sets):
        sets["data/y"][10] = np.roll(sets["data/y"][10], 1, axis=-1)
        return sets

    rewrite(path, other)
    with pytest.raises(BadInputError, match="two rows of /data/y say different things about base 15"):
        import_helixer(path, tmp_path / "c.zarr", ImportSettings(minus_padding="end"), options=QUIET)
    assert Store.open(tmp_path / "c.zarr").names("labels") == []


def test_strands_that_contradict_each_other(tmp_path):
    store = make_store(tmp_path, {"c": "ACGTA" * 5})
    export_helixer(store, tmp_path / "a.h5", 5)

    def other(sets):
        sets["data/X"][7, 0] = sets["data/X"][7, 0][::-1]
        return sets

    rewrite(tmp_path / "a.h5", other)
    ran = helixdask("import", tmp_path / "a.h5", "-o", tmp_path / "b.zarr", "-q")
    assert ran.code == 2
    assert "two rows of /data/X say different things about base 14" in ran.err


def test_predictions_of_another_file_with_padding_in_front(tmp_path):
    store = full_store(tmp_path, {"c": "ACGTACGTACGTA"})
    export_helixer(store, tmp_path / "data.h5", 5)
    export_helixer(store, tmp_path / "pred.h5", 5, ExportSettings(predictions="net", sequence=False))

    def padding_first(sets):
        found = {name: sets[name] for name in ("predictions", "predictions_phase")}
        for values in found.values():
            values[3] = np.roll(values[3], 2, axis=0)  # row 3 has 3 bases of 5
        return found

    rewrite(tmp_path / "pred.h5", padding_first)
    for choice in ("front", "auto"):
        out = tmp_path / f"{choice}.zarr"
        parts = import_helixer(
            tmp_path / "data.h5",
            out,
            ImportSettings(predictions=tmp_path / "pred.h5", minus_padding=choice),
            options=QUIET,
        )
        assert parts[-1].attrs["minus_padding"] == "front"
        paths = ("predictions/net/class_probability", "predictions/net/phase_probability")
        assert_same(tracks_of(Store.open(out), ["c"], paths), tracks_of(store, ["c"], paths))


def test_predictions_without_phases(tmp_path):
    store = full_store(tmp_path, {"c": "ACGTACGTACGTA"})
    path = export_all(store, tmp_path / "a.h5", 13)
    rewrite(path, lambda sets: {name: values for name, values in sets.items() if name != "predictions_phase"})
    import_helixer(path, tmp_path / "b.zarr", ImportSettings(predictions_name="mine"), options=QUIET)
    back = Store.open(tmp_path / "b.zarr")
    assert back.attrs("predictions/mine")["has_phase"] is False
    export_helixer(back, tmp_path / "b.h5", 13, ExportSettings(predictions="mine"))
    with h5py.File(tmp_path / "b.h5") as file:
        assert "predictions_phase" not in file


@pytest.mark.slow
def test_several_species(tmp_path):
    contigs = {"c": "ACGTACG", "d": "TTTTA"}
    stores = {}
    for species in ("Oryza sativa", "Zea"):
        (tmp_path / species).mkdir()
        stores[species] = full_store(tmp_path / species, contigs, seed=len(species), species=species)
        export_all(stores[species], tmp_path / f"{species}.h5", 4)
    with h5py.File(tmp_path / "Zea.h5") as file:
        more = {}
        file.visititems(lambda name, item: more.update({name: item[...]}) if isinstance(item, h5py.Dataset) else None)
    both = rewrite(
        tmp_path / "Oryza sativa.h5",
        lambda sets: {n: v if "meta" in n else np.concatenate([v, more[n]]) for n, v in sets.items()},
    )
    done("import", both, "-o", tmp_path / "out", "--minus-padding", "end", "-q")
    for species, name in (("Oryza sativa", "Oryza_sativa"), ("Zea", "Zea")):
        back = Store.open(tmp_path / "out" / f"{name}.zarr")
        assert back.species == species
        assert_same(tracks_of(back, contigs), tracks_of(stores[species], contigs))
    # Into a store that is there: the species it is of.
    only = make_store(tmp_path, contigs, species="Zea")
    done("import", both, "-o", only.url, "--minus-padding", "end", "-q")
    assert_same(tracks_of(Store.open(only.url), contigs), tracks_of(stores["Zea"], contigs))


def test_into_a_store_that_is_there(tmp_path):
    contigs = {"a" * 60: "ACGTACGTN", "d": "TTTTA"}
    (tmp_path / "from").mkdir()
    source = full_store(tmp_path / "from", contigs)
    path = export_all(source, tmp_path / "a.h5", 4)
    store = make_store(tmp_path, {"d": "TTTTA", "more": "CCC", "a" * 60: "ACGTACGTN"})
    parts = import_helixer(path, store.url, ImportSettings(minus_padding="end", labels_name="theirs"), options=QUIET)
    assert [part.group for part in parts] == [
        "labels/theirs",
        "coverage/rnaseq/a",
        "coverage/rnaseq/b",
        "predictions/net",
    ]
    ours = tracks_of(Store.open(store.url), contigs, ["labels/theirs/label"])
    assert_same(
        ours,
        {
            (name, "labels/theirs/label"): values
            for (name, _), values in tracks_of(source, contigs, ["labels/reference/label"]).items()
        },
    )
    assert not Store.open(store.url).read("labels/theirs/valid", 5, 8).any()  # a contig that the file has not


@pytest.mark.parametrize(
    ("contigs", "message"),
    [
        ({"c": "ACGTACGTC"}, "the sequence is another than the store's from base 8"),
        ({"c": "ACGTACGTAA"}, "'c' has 9 bases in the file, 10 in the store"),
        ({"d": "ACGTACGTA"}, "'c' is not in the store"),
        ({"c": "ACGTACG"}, "'c' has 9 bases in the file, 7 in the store"),
    ],
)
def test_another_genome_is_refused(tmp_path, contigs, message):
    (tmp_path / "from").mkdir()
    path = export_all(full_store(tmp_path / "from", {"c": "ACGTACGTA"}), tmp_path / "a.h5", 4)
    store = make_store(tmp_path, contigs)
    ran = helixdask("import", path, "-o", store.url, "--minus-padding", "end", "-q")
    assert ran.code == 2
    assert message in ran.err
    assert Store.open(store.url).names("labels") == []


def test_a_group_made_otherwise_is_not_overwritten(tmp_path):
    (tmp_path / "from").mkdir()
    path = export_all(full_store(tmp_path / "from", {"c": "ACGTACGTA"}), tmp_path / "a.h5", 9)
    store = full_store(tmp_path, {"c": "ACGTACGTA"})
    with pytest.raises(AlreadyExistsError, match="labels/reference"):
        import_helixer(path, store.url, options=QUIET)


@pytest.mark.slow
def test_files_that_cannot_be_used(tmp_path):
    path = export_all(full_store(tmp_path, {"c": "ACGTACGTA" * 300}), tmp_path / "a.h5", 400)
    whole = path.read_bytes()

    def refused(message, *options, change=None):
        path.write_bytes(whole)
        if change:
            rewrite(path, change)
        ran = helixdask("import", path, "-o", tmp_path / "out.zarr", "-q", *options)
        assert ran.code == 2, ran.err
        assert message in ran.err

    def without(*names):
        return lambda sets: {name: values for name, values in sets.items() if name not in names}

    def altered(name, make):
        return lambda sets: {**sets, name: make(sets[name])}

    refused("data/start_ends is missing", change=without("data/start_ends"))
    refused("data/y has shape (14, 399, 4), (14, 400, 4) was expected", change=altered("data/y", lambda y: y[:, 1:]))
    refused("data/seqids has 14 rows, data/start_ends 13", change=altered("data/start_ends", lambda pairs: pairs[1:]))
    refused("predictions has shape (13, 400, 4)", change=altered("predictions", lambda values: values[1:]))
    refused("there are phases but no `predictions`", change=without("predictions"))
    refused("row 0 of data cannot be at [0, 0]", change=altered("data/start_ends", np.zeros_like))
    refused("evaluation/rnaseq_spliced_coverage is missing", change=without("evaluation/rnaseq_spliced_coverage"))
    refused("the file holds no row", change=rows([]))
    refused("data/X holds the vector of no base at base 0", change=altered("data/X", np.zeros_like))
    refused("data/y holds no class at base 0", change=altered("data/y", np.zeros_like))
    refused("what is no probability", "--minus-padding", "end", change=altered("predictions", lambda p: p * np.nan))
    refused("where the padding of minus rows lies cannot be told", change=altered("predictions", np.zeros_like))
    other = tmp_path / "other.h5"
    other.write_bytes(whole[: len(whole) // 2])
    refused("the file is cut short", "--predictions", other)
    other.write_text("no HDF5")
    refused("this is no HDF5 file", "--predictions", other)
    other.unlink()
    refused("no such file", "--predictions", other)
    damaged = bytearray(whole)
    with h5py.File(path) as file:
        at = file["data/y"].id.get_chunk_info(3).byte_offset
    damaged[at : at + 8] = b"\xff" * 8
    path.write_bytes(damaged)
    ran = helixdask("import", path, "-o", tmp_path / "last.zarr", "-q")
    assert ran.code == 2
    assert "of /data/y: cannot be read" in ran.err
    assert Store.open(tmp_path / "last.zarr").names("labels") == []


def test_unknown_coverage_is_counted(tmp_path):
    path = export_all(full_store(tmp_path, {"c": "ACGTACGTA"}), tmp_path / "a.h5", 9)

    def unknown(sets):
        sets["evaluation/rnaseq_coverage"][0, 2:4, 1] = -1
        sets["evaluation/rnaseq_meta/bam_files"] = sets["evaluation/rnaseq_meta/bam_files"][:0]
        return sets

    rewrite(path, unknown)
    parts = import_helixer(path, tmp_path / "b.zarr", options=QUIET)
    counts = {part.group: part.attrs["counts"]["coverage_bases_without_data"] for part in parts[2:4]}
    assert counts == {"coverage/rnaseq/library1": 0, "coverage/rnaseq/library2": 2}


def test_names_are_checked_before_anything_is_written(tmp_path):
    store = full_store(tmp_path, {"c": "ACGTACGTA"})
    export_helixer(
        store, tmp_path / "a.h5", 9, ExportSettings(labels="reference", alternative={"reference": "reference"})
    )
    for options, message in (((), "would both become labels/reference"), (("--name", "a/b"), "cannot be a name")):
        ran = helixdask("import", tmp_path / "a.h5", "-o", tmp_path / "b.zarr", "-q", *options)
        assert ran.code == 2
        assert message in ran.err
    assert not (tmp_path / "b.zarr").exists()
    done("import", tmp_path / "a.h5", "-o", tmp_path / "b.zarr", "-q", "--name", "mine")
    assert Store.open(tmp_path / "b.zarr").names("labels") == ["mine", "reference"]


def test_dry_run(tmp_path):
    path = export_all(full_store(tmp_path, {"c": "ACGTACGTA"}), tmp_path / "a.h5", 9)
    ran = done("import", path, "-o", tmp_path / "b.zarr", "--dry-run", "--json")
    assert [part["group"] for part in ran.json()] == [
        "genome",
        "labels/reference",
        "coverage/rnaseq/a",
        "coverage/rnaseq/b",
        "predictions/net",
    ]
    assert {part["state"] for part in ran.json()} == {"planned"}
    assert not (tmp_path / "b.zarr").exists()
