"""Selections and splits that Helixer's own scripts made."""

import json

import h5py
import numpy as np
import pytest

from helixdask.selection.select import select_helixer
from helixdask.selection.split import split_n90
from helixdask.windows.measures import measure_windows

CASES = [
    ("mini.filt0.2", "mini.6408.h5", "overfit.ov.h5", 0.2),
    ("multi.filt0.2", "multi.2160.h5", "overfit.multi.2160.geenuff_order.ov.h5", 0.2),
    ("multi.filt0.5", "multi.2160.h5", "overfit.multi.2160.geenuff_order.ov.h5", 0.5),
]


def keys_of(handle):
    return [
        (seqid, *ends)
        for seqid, ends in zip(handle["data/seqids"][:], handle["data/start_ends"][:].tolist(), strict=True)
    ]


@pytest.fixture(scope="module", params=CASES, ids=[case[0] for case in CASES])
def case(request, golden):
    """Label classes with their padding, predictions in the same rows, and what Helixer kept."""
    name, labels, predictions, keep_fraction = request.param
    with h5py.File(golden / "geenuff2h5" / labels) as h5:
        y, keys = h5["data/y"][:], keys_of(h5)
    with h5py.File(golden / "predictions" / predictions) as h5:
        p = h5["predictions"][:]
    if name.startswith("mini"):  # these predictions are in the rows of the FASTA file
        with h5py.File(golden / "fasta2h5" / labels) as h5:
            rows = {key: row for row, key in enumerate(keys_of(h5))}
        p = p[[rows[key] for key in keys]]
    kept = json.loads((golden / "scratch" / f"{name}.kept.json").read_text())["idx"]
    distances = np.loadtxt(golden / "scratch" / f"{name}.avgdist.tsv", skiprows=1)
    return y, p, kept, distances, keep_fraction


def measured(y, p, rules):
    """Rows of the file, each as a window of its own along the plus strand."""
    n, length, _ = y.shape
    size = y.any(axis=2).sum(axis=1)
    label = np.broadcast_to(y.argmax(axis=2).astype(np.uint8).reshape(1, -1), (2, n * length))
    probability = np.broadcast_to(p.reshape(1, -1, 4), (2, n * length, 4)).transpose(0, 2, 1)
    begin = np.arange(n) * length
    return measure_windows(begin, size, np.zeros(n, np.int8), label, np.ones_like(label), probability, rules)


@pytest.mark.slow
def test_distances(case):
    y, p, _, distances, _ = case
    # The file holds nine digits; its exact sums are of differences that were rounded to float16, ours are not.
    for rules, column, tolerance in (("helixer", 1, 6e-9), ("default", 2, 5e-5)):
        got = measured(y, p, rules)
        mean = got.class_distance.sum(axis=1) / got.class_count.sum(axis=1)
        np.testing.assert_allclose(mean, distances[:, column], rtol=tolerance)


def test_kept_rows(case):
    y, p, kept, _, keep_fraction = case
    got = measured(y, p, "helixer")
    chosen = select_helixer(got.class_count, got.class_distance, int(len(got.class_count) * keep_fraction))
    assert chosen.rows.tolist() == kept


@pytest.mark.parametrize(
    ("name", "source", "seed"),
    [
        ("split_multi_seed0", "geenuff2h5/multi.2160.h5", 0),
        ("split_multi_seed1", "geenuff2h5/multi.2160.h5", 1),
        ("split_filt_seed0", "scratch/multi.filt0.2.h5", 0),
        ("split_cov_seed0", "geenuff2h5/mini.6408.h5", 0),
    ],
)
def test_splits(golden, name, source, seed):
    expected = json.loads((golden / "scratch" / "splits.json").read_text())[f"golden/scratch/{name}"]
    with h5py.File(golden / source) as h5:
        names, unit = np.unique(h5["data/seqids"][:], return_inverse=True)
    names = np.array([name.decode() for name in names], object)
    side = split_n90(unit, names, val_fraction=0.2, seed=seed)
    for value, part in enumerate(("training_data", "validation_data")):
        assert set(names[unit[side == value]]) == set(expected[part]["seqids"])
        assert (side == value).sum() == expected[part]["rows"]
