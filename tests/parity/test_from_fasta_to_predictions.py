"""FASTA to store to predictions to Helixer's HDF5, by the command line, equals what Helixer made of the same FASTA."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from tests.cli.support import done

pytestmark = [pytest.mark.shared, pytest.mark.slow]
EXACT = ("--precision", "float16")


@pytest.mark.parametrize(
    ("model", "predictions", "options"),
    [
        ("small", "mini30.small.noov.h5", ["--no-overlap"]),
        ("small", "mini30.small.ov.h5", ["--overlap-offset", "2136", "--core-length", "4272"]),
        ("small.ft", "mini30.small.ft.noov.h5", ["--no-overlap"]),
    ],
)
def test_as_a_user_would(golden, tmp_path, model, predictions, options):
    store, out = str(tmp_path / "mini30.zarr"), tmp_path / "out.h5"
    done("encode", str(golden / "inputs/mini30.fa"), "-o", store, "--species", "mini", "-q")
    model_file = str(golden / f"models/{model}.h5")
    done("predict", store, "--model", model_file, "--window-length", "6408", "--workers", "1", "-q", *options, *EXACT)
    done("export", store, "--helixer", str(out), "--window-length", "6408", "--predictions", model)
    with (
        h5py.File(out) as ours,
        h5py.File(golden / "fasta2h5/mini30.6408.h5") as genome,
        h5py.File(golden / f"predictions/{predictions}") as theirs,
    ):
        for name in ("X", "seqids", "start_ends", "species"):
            np.testing.assert_array_equal(ours[f"data/{name}"][:], genome[f"data/{name}"][:])
        for name in ("predictions", "predictions_phase"):
            expected = theirs[name][:]
            for row, (start, end) in enumerate(genome["data/start_ends"][:]):
                padding = expected.shape[1] - abs(start - end)
                if padding and start > end:  # Helixer leaves the padding of these rows in front
                    expected[row] = np.roll(expected[row], -padding, axis=0)
                used = slice(0, abs(start - end))
                difference = np.abs(ours[name][row, used].astype(np.float32) - expected[row, used].astype(np.float32))
                assert difference.max() <= 5e-4, (name, row)
