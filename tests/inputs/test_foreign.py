"""Exceptions of other libraries become named errors; ours, interruptions and full disks stay what they are."""

import json
import zipfile

import pytest
from isal import isal_zlib

from helixdask.errors import BadInputError, StageFailedError
from helixdask.inputs.foreign import foreign_errors, reason


class PanicException(BaseException):
    """As pyo3 raises it."""


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: json.loads("[" * 200_000), "RecursionError"),
        (lambda: isal_zlib.decompress(b"nothing"), "cannot be read"),
        (lambda: {}["key"], "KeyError: 'key'"),
        (lambda: zipfile.ZipFile(__file__), "not a zip file"),
    ],
)
def test_whatever_is_raised_is_named(make, message):
    with pytest.raises(BadInputError, match=message) as caught, foreign_errors("a.file", "cannot be read"):
        make()
    assert caught.value.where == "a.file"
    assert caught.value.remedy


def test_panics_of_rust_are_named():
    with pytest.raises(BadInputError, match="BadData"), foreign_errors("a.bw"):
        raise PanicException("called `Result::unwrap()` on an `Err` value: BadData")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), GeneratorExit(), SystemExit(3), StageFailedError("ours")])
def test_what_is_no_damage_passes(error):
    with pytest.raises(type(error)), foreign_errors("a.bw"):
        raise error


def test_a_full_disk_is_not_the_files_fault():
    with pytest.raises(OSError, match="No space"), foreign_errors("a.bw"):
        raise OSError(28, "No space left on device")


def test_a_file_that_is_not_there(tmp_path):
    path = tmp_path / "none.h5"
    with pytest.raises(BadInputError, match="no such file"), foreign_errors(path):
        path.open()
    path.write_text("there")
    with pytest.raises(BadInputError, match=r"cannot be read \(No such file"), foreign_errors(path):
        (tmp_path / "other").open()  # what a library wrote aside


def test_reasons_are_one_short_line():
    assert reason(ValueError("a\n  b" + "c" * 1000)) == "a b" + "c" * 157 + " …"
    assert reason(ValueError()) == "ValueError"
    assert reason(MemoryError()) == "it asks for more memory than there is"
