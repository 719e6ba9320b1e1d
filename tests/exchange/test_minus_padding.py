"""Where the padding of minus rows is: found out from what a network says about padding."""

import logging

import h5py
import numpy as np
import pytest

from helixdask.errors import BadInputError
from helixdask.exchange.helixer_rows import FileRows
from helixdask.exchange.minus_padding import settle_minus_padding

LENGTH, PERIOD = 180, 9


def predicted(path, sizes, *, front, noise=0.01, genic=0.5, seed=0):
    """A file of plus and minus rows of some sizes, with what stands in padding repeated every few bases."""
    rng = np.random.default_rng(seed)
    usual = rng.dirichlet([3] * 4, PERIOD)
    rows = []
    for strand in (0, 1):
        for size in sizes:
            row = usual[np.arange(LENGTH) % PERIOD] + rng.normal(0, noise, (LENGTH, 4))
            first = LENGTH - size if strand and front else 0
            inside = row[first : first + size]
            inside[:] = (1 - genic) * inside + genic * rng.dirichlet([0.2] * 4, size)
            rows.append(row)
    with h5py.File(path, "w") as file:
        file["predictions"] = np.clip(rows, 0, 1).astype(np.float16)
    n = len(sizes)
    end = np.tile(np.array(sizes, np.int64), 2)
    strand = np.repeat([0, 1], n).astype(np.int8)
    number = np.arange(2 * n)
    contig = np.tile(np.arange(n), 2)
    return FileRows([f"c{k}" for k in range(n)], end[:n], np.ones(n, bool), number, contig, end * 0, end, strand)


@pytest.mark.parametrize("front", [True, False])
@pytest.mark.parametrize("genic", [0.05, 1.0])
@pytest.mark.parametrize("sizes", [[100], [20, 150, 90, 178]])
def test_it_is_found(tmp_path, caplog, front, genic, sizes):
    caplog.set_level(logging.INFO, "helixdask")
    rows = predicted(tmp_path / "p.h5", sizes, front=front, genic=genic, noise=0.002)
    found = settle_minus_padding(str(tmp_path / "p.h5"), rows, LENGTH, "auto")
    assert found == ("front" if front else "end")
    assert found in caplog.text


@pytest.mark.parametrize("front", [True, False])
def test_padding_that_varies_is_known_by_the_ratio_of_both_ends(tmp_path, front):
    """A network may say something else of each row's padding: 0.1 from the usual, and the other end still farther."""
    path = str(tmp_path / "p.h5")
    rows = predicted(path, [100, 60, 150, 90], front=front, noise=0.035, genic=1.0)
    assert settle_minus_padding(path, rows, LENGTH, "auto") == ("front" if front else "end")


def test_zeros_in_padding_are_padding(tmp_path):
    rows = predicted(tmp_path / "p.h5", [100, 70], front=False)
    with h5py.File(tmp_path / "p.h5", "r+") as file:
        values = file["predictions"][:]
        values[[0, 2], 100:] = 0
        values[[1, 3], 70:] = 0
        file["predictions"][:] = values
    assert settle_minus_padding(str(tmp_path / "p.h5"), rows, LENGTH, "auto") == "end"


def test_what_was_asked_for_is_done(tmp_path):
    rows = predicted(tmp_path / "p.h5", [100], front=True)
    assert settle_minus_padding(str(tmp_path / "p.h5"), rows, LENGTH, "end") == "end"
    assert settle_minus_padding(str(tmp_path / "p.h5"), rows, LENGTH, "front") == "front"


def test_nothing_is_padded(tmp_path):
    rows = predicted(tmp_path / "p.h5", [LENGTH, LENGTH], front=True)
    assert settle_minus_padding(str(tmp_path / "p.h5"), rows, LENGTH, "auto") == "end"


def test_what_cannot_be_told(tmp_path):
    path = str(tmp_path / "p.h5")
    rows = predicted(path, [100, 60], front=True, genic=0, noise=0)
    with pytest.raises(BadInputError, match="both ends of the padded rows look alike"):
        settle_minus_padding(path, rows, LENGTH, "auto")
    rows = predicted(path, [100, 60], front=True)
    only = rows.strand == 1
    minus = FileRows(
        rows.names, rows.lengths, rows.known, *(column[only] for column in (rows.row, rows.contig, rows.start)),
        rows.end[only], rows.strand[only]
    )  # fmt: skip
    with pytest.raises(BadInputError, match="no plus-strand row"):
        settle_minus_padding(path, minus, LENGTH, "auto")
    with pytest.raises(BadInputError, match="Choose auto, front, end"):
        settle_minus_padding(path, rows, LENGTH, "middle")


def test_predictions_of_something_else(tmp_path):
    path = str(tmp_path / "p.h5")
    rows = predicted(path, [100, 60], front=True, genic=1)
    with h5py.File(path, "r+") as file:
        file["predictions"][:] = np.roll(file["predictions"][:], 90, axis=1)
        file["predictions"][2:, 50:130] = np.eye(4, dtype=np.float16)[np.arange(80) % 4]
    with pytest.raises(BadInputError, match=r"look like bases|look alike") as error:
        settle_minus_padding(path, rows, LENGTH, "auto")
    assert "--minus-padding front" in error.value.remedy
