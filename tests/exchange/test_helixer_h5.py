"""The HDF5 layout: Helixer's worked examples, orders, padding, labels, coverage, predictions."""

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.errors import BadInputError, MissingInputError
from helixdask.exchange import helixer_h5
from helixdask.exchange.helixer_h5 import export_helixer
from helixdask.exchange.settings import ExportSettings
from helixdask.sequence.codes import one_hot, reverse_complement, text_to_codes
from helixdask.store.store import Store


def make_store(folder, contigs, species="sp"):
    """A store with a genome and nothing else."""
    store = Store.create(folder / "s.zarr", species=species)
    lengths = np.array([len(sequence) for sequence in contigs.values()])
    store.begin_group("genome")
    store.write_table(
        "genome",
        {
            "contig_name": np.array(list(contigs), dtype=object),
            "contig_length": lengths,
            "contig_offset": np.cumsum(lengths) - lengths,
            "contig_md5": np.zeros((len(contigs), 16), np.uint8),
        },
    )
    store.create_tracks("genome")
    store.write_region("genome/sequence", 0, text_to_codes("".join(contigs.values())))
    store.complete_group("genome", {"digest": "x", "fasta": "g.fa"})
    return store


def add_tracks(store, group, tracks, **attrs):
    store.begin_group(group)
    store.create_tracks(group)
    for name, values in tracks.items():
        store.write_region(f"{group}/{name}", 0, values)
    store.complete_group(group, {"digest": "x", **attrs})


def as_text(row):
    """A row of X as letters, ``.`` for padding."""
    letters = {tuple(one_hot(text_to_codes(letter))[0].tolist()): letter for letter in "ACGTN"}
    letters[(0.0, 0.0, 0.0, 0.0)] = "."
    return "".join(letters[tuple(base)] for base in row.tolist())


EXAMPLE = {"c1": "AATGACATNCGTT", "c2": "ACG"}
EXAMPLE_ROWS = [
    ("c1", [0, 5], "AATGA"),
    ("c1", [5, 10], "CATNC"),
    ("c1", [10, 13], "GTT.."),
    ("c1", [13, 10], "AAC.."),
    ("c1", [10, 5], "GNATG"),
    ("c1", [5, 0], "TCATT"),
    ("c2", [0, 3], "ACG.."),
    ("c2", [3, 0], "CGT.."),
]


def rows_of(path):
    with h5py.File(path) as file:
        data = file["data"]
        return [
            (seqid.decode(), pair.tolist(), as_text(row))
            for seqid, pair, row in zip(data["seqids"][:], data["start_ends"][:], data["X"][:], strict=True)
        ]


@pytest.mark.parametrize("bases_per_block", [1, 12, 1 << 21])
def test_worked_example(tmp_path, monkeypatch, bases_per_block):
    monkeypatch.setattr(helixer_h5, "_BASES_PER_BLOCK", bases_per_block)
    store = make_store(tmp_path, EXAMPLE)
    assert export_helixer(store, tmp_path / "o.h5", 5) == 8
    assert rows_of(tmp_path / "o.h5") == EXAMPLE_ROWS


def test_length_order(tmp_path):
    store = make_store(tmp_path, {"c2": "ACG", "c1": "AATGACATNCGTT"})
    export_helixer(store, tmp_path / "o.h5", 5, ExportSettings(order="length"))
    assert rows_of(tmp_path / "o.h5") == EXAMPLE_ROWS
    export_helixer(store, tmp_path / "o.h5", 5)
    assert rows_of(tmp_path / "o.h5") == EXAMPLE_ROWS[6:] + EXAMPLE_ROWS[:6]


@settings(deadline=None, max_examples=12)
@given(st.lists(st.text("ACGTN", min_size=1, max_size=30), min_size=1, max_size=4), st.integers(1, 40))
def test_rows_put_together_give_both_strands(tmp_path_factory, sequences, length):
    folder = tmp_path_factory.mktemp("h5")
    store = make_store(folder, {f"c{row}": sequence for row, sequence in enumerate(sequences)})
    n_rows = export_helixer(store, folder / "o.h5", length)
    with h5py.File(folder / "o.h5") as file:
        bases, pairs, seqids = file["data/X"][:], file["data/start_ends"][:], file["data/seqids"][:]
    assert len(bases) == n_rows == sum(2 * -(-len(sequence) // length) for sequence in sequences)
    sizes = np.abs(pairs[:, 1] - pairs[:, 0])
    assert not bases[np.arange(length) >= sizes[:, None]].any()
    for row, sequence in enumerate(sequences):
        codes = text_to_codes(sequence)
        for strand, expected in enumerate((codes, reverse_complement(codes))):
            mine = np.flatnonzero((seqids == f"c{row}".encode()) & ((pairs[:, 0] > pairs[:, 1]) == strand))
            joined = np.concatenate([bases[k, : sizes[k]] for k in mine])
            assert np.array_equal(joined, one_hot(expected))


# The two genes of the reference's worked example, windows of 35 on 60 bases.
CLASS = "gggguuuccccccccccccciiiiiiiiiiiiiiiiiiiicccccccccccuuugggggg"
PHASE = "-------0210210210210--------------------21021021021---------"


def label_tracks(mirrored):
    label = np.array([["guci".index(letter) for letter in CLASS], [0] * 60], np.uint8)
    phase = np.array([[" 012".index(letter) if letter != "-" else 0 for letter in PHASE], [0] * 60], np.uint8)
    transition = np.zeros((2, 60), np.uint8)
    for bit, places in enumerate([(3, 4), (6, 7), (19, 20), (53, 54), (50, 51), (39, 40)]):
        transition[0, list(places)] |= 1 << bit
    gene_length = np.zeros((2, 60), np.uint32)
    gene_length[0, 4:54] = 50
    if mirrored:
        label, phase, gene_length = (array[::-1, ::-1] for array in (label, phase, gene_length))
        # Columns follow the plus strand: what starts in one direction ends in the other.
        transition = (((transition & 7) << 3) | (transition >> 3))[::-1, ::-1]
    valid = np.ones((2, 60), np.uint8)
    tracks = {"label": label, "phase": phase, "transition": transition, "gene_length": gene_length, "valid": valid}
    return {name: np.ascontiguousarray(values) for name, values in tracks.items()}


def test_labels_of_the_worked_example(tmp_path):
    store = make_store(tmp_path, {"bare": "ACGTA", "c": "A" * 60})
    tracks = {
        name: np.concatenate([np.full((2, 5), int(name == "valid"), values.dtype), values], axis=1)
        for name, values in label_tracks(mirrored=False).items()
    }
    tracks["valid"][:, :5] = 0
    add_tracks(store, "labels/reference", tracks)
    export_helixer(store, tmp_path / "o.h5", 35, ExportSettings(labels="reference"))
    with h5py.File(tmp_path / "o.h5") as file:
        data = {name: dataset[:] for name, dataset in file["data"].items()}
        assert data["y"].dtype == np.int8
        assert data["gene_lengths"].dtype == np.uint32
    # The longer contig comes first.
    assert data["start_ends"].tolist() == [[0, 35], [35, 60], [60, 35], [35, 0], [0, 5], [5, 0]]

    def text(rows, letters):
        return ["".join(letters[base.argmax()] if base.any() else "." for base in row) for row in rows]

    assert (
        text(data["y"], "guci")
        == [CLASS[:35], CLASS[35:] + "." * 10, "g" * 25 + "." * 10, "g" * 35] + ["g" * 5 + "." * 30] * 2
    )
    assert text(data["phases"], "-012")[:2] == [PHASE[:35], PHASE[35:] + "." * 10]
    assert [np.flatnonzero(column).tolist() for column in data["transitions"][0].T] == [
        [3, 4],
        [6, 7],
        [19, 20],
        *[[]] * 3,
    ]
    assert [np.flatnonzero(column).tolist() for column in data["transitions"][1].T] == [
        *[[]] * 3,
        [18, 19],
        [15, 16],
        [4, 5],
    ]
    assert data["sample_weights"].sum(axis=1).tolist() == [35, 25, 25, 35, 0, 0]
    assert data["gene_lengths"][0].tolist() == [0] * 4 + [50] * 31
    assert data["err_samples"].tolist() == [True] * 4 + [False] * 2
    assert data["is_annotated"].tolist() == [True] * 4 + [False] * 2
    assert not data["fully_intergenic_samples"].any()


def test_what_fully_intergenic_means_depends_on_the_version(tmp_path):
    """Rows without an intergenic base up to 0.3.6; from 0.3.9 on rows that are wholly intergenic and not padded."""
    store = make_store(tmp_path, {"c": "A" * 60})
    add_tracks(store, "labels/reference", label_tracks(mirrored=False))
    found = {}
    for version in ("0.3.6", "0.3.9"):
        export_helixer(
            store, tmp_path / "o.h5", 15, ExportSettings(labels="reference", sequence=False, version=version)
        )
        with h5py.File(tmp_path / "o.h5") as file:
            found[version] = file["data/fully_intergenic_samples"][:].tolist()
            intergenic = (file["data/y"][..., 0] == 1).all(axis=1).tolist()
            none = (file["data/y"][..., 0] == 0).all(axis=1).tolist()
    assert found == {"0.3.6": none, "0.3.9": intergenic}
    assert any(none)
    assert any(intergenic)
    with pytest.raises(BadInputError, match="version"):
        export_helixer(store, tmp_path / "o.h5", 15, ExportSettings(labels="reference", version="0.2"))


def test_labels_of_the_mirrored_example(tmp_path):
    store = make_store(tmp_path, {"c": "A" * 60})
    add_tracks(store, "labels/reference", label_tracks(mirrored=True))
    export_helixer(
        store,
        tmp_path / "o.h5",
        35,
        ExportSettings(labels="reference", sequence=False, alternative={"twin": "reference"}),
    )
    with h5py.File(tmp_path / "o.h5") as file:
        assert "X" not in file["data"]
        minus = file["data/transitions"][2:]
        classes = file["data/y"][2:].argmax(axis=-1)
        assert set(file["alternative/twin"]) == set(file["data"])
        for name, dataset in file["data"].items():
            assert np.array_equal(file[f"alternative/twin/{name}"][:], dataset[:])
    assert "".join("guci"[value] for value in classes[0, :25]) == CLASS[:25]
    assert "".join("guci"[value] for value in classes[1]) == CLASS[25:]
    assert [np.flatnonzero(column).tolist() for column in minus[0].T] == [*[[]] * 3, [3, 4], [6, 7], [19, 20]]
    assert [np.flatnonzero(column).tolist() for column in minus[1].T] == [[28, 29], [25, 26], [14, 15], *[[]] * 3]


def test_coverage_and_predictions(tmp_path):
    rng = np.random.default_rng(0)
    store = make_store(tmp_path, {"c": "A" * 24})
    coverage = np.zeros((2, 24), np.uint32)
    coverage[1, :3] = 1  # the reference's example: one read at the start, on the minus strand
    other = rng.integers(0, 9, (2, 24), dtype=np.uint32)
    add_tracks(
        store, "coverage/rnaseq/a", {"coverage": coverage, "spliced_coverage": np.zeros_like(coverage)}, path="/x/a.bam"
    )
    add_tracks(store, "coverage/rnaseq/b", {"coverage": other, "spliced_coverage": other + 1})
    probability = rng.random((2, 4, 24)).astype(np.float16)
    add_tracks(store, "predictions/base", {"class_probability": probability})
    export_helixer(store, tmp_path / "o.h5", 10, ExportSettings(coverage="rnaseq", predictions="base"))
    with h5py.File(tmp_path / "o.h5") as file:
        found = file["evaluation/rnaseq_coverage"]
        assert (found.shape, found.dtype, found.fillvalue) == ((6, 10, 2), np.int64, -1)
        assert (found.chunks, found.maxshape) == ((1, 10, 1), (None, 10, None))
        assert (found.compression, found.shuffle) == ("lzf", True)
        assert found[:, :, 0].tolist() == [
            *[[0] * 10] * 2,
            *[[0] * 4 + [-1] * 6] * 2,
            [0] * 10,
            [0] * 7 + [1] * 3,
        ]
        assert found[3, :4, 1].tolist() == other[1, 20:][::-1].tolist()
        assert file["evaluation/rnaseq_spliced_coverage"][1, :, 1].tolist() == (other[0, 10:20] + 1).tolist()
        assert file["evaluation/rnaseq_meta/bam_files"][:].tolist() == [b"a.bam", b"b"]
        assert file["evaluation/rnaseq_meta/bam_files"].dtype == "S512"
        predicted = file["predictions"]
        assert (predicted.dtype, predicted.chunks, predicted.maxshape) == (np.float16, (1, 10, 4), (None, 10, 4))
        assert np.array_equal(predicted[2, :4], probability[0, :, 20:].T)
        assert np.array_equal(predicted[3, :4], probability[1, :, 20:].T[::-1])
        assert not predicted[3, 4:].any()


def test_long_ids(tmp_path, caplog):
    long = "é" * 30
    store = make_store(tmp_path, {long: "ACGT", "b": "A"}, species="s" * 30)
    export_helixer(store, tmp_path / "o.h5", 5)
    assert "cut to 50 bytes" in caplog.text
    with h5py.File(tmp_path / "o.h5") as file:
        assert file["data/seqids"][0].decode() == "é" * 25
        assert file["data/species"][0] == b"s" * 25


def test_ids_that_would_become_equal_are_refused(tmp_path):
    store = make_store(tmp_path, {"n" * 50 + "1": "A", "n" * 50 + "2": "C"})
    with pytest.raises(BadInputError, match="same in their first 50 bytes"):
        export_helixer(store, tmp_path / "o.h5", 5)
    assert not list(tmp_path.glob("*o.h5*"))


def test_nothing_is_left_or_replaced_after_a_failure(tmp_path):
    store = make_store(tmp_path, EXAMPLE)
    target = tmp_path / "o.h5"
    target.write_text("before")
    with pytest.raises(MissingInputError):
        export_helixer(store, target, 5, ExportSettings(labels="none"))
    with pytest.raises(BadInputError, match="no such folder"):
        export_helixer(store, tmp_path / "none" / "o.h5", 5)
    with pytest.raises(BadInputError, match="order"):
        export_helixer(store, target, 5, ExportSettings(order="random"))
    with pytest.raises(BadInputError, match="compression"):
        export_helixer(store, target, 5, ExportSettings(compression="zip"))
    with pytest.raises(BadInputError, match="window"):
        export_helixer(store, target, 0)
    assert target.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.h5", "s.zarr"]
