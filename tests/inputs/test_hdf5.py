"""HDF5 files of others: nothing outside is read, damage is named, impossible sizes are refused before memory is."""

import h5py
import numpy as np
import pytest

from helixdask.errors import BadInputError
from helixdask.inputs.hdf5 import open_hdf5, reading_hdf5, text_of


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.h5"


def refused(path, message):
    with pytest.raises(BadInputError, match=message) as caught, open_hdf5(path):
        pass
    assert str(path) in str(caught.value)


def test_sound_files_open(path):
    with h5py.File(path, "w") as file:
        file["group/values"] = np.arange(9)
        file["group/again"] = file["group"]  # a circle
        file["soft"] = h5py.SoftLink("/group/values")
        file.create_dataset("packed", data=np.zeros(1_000_000), compression="gzip", chunks=(1_000_000,))
    with open_hdf5(path) as file:
        assert file["soft"][3] == 3


def test_what_lies_in_other_files_is_not_read(path, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"x" * 800)
    with h5py.File(path, "w") as file:
        file.create_dataset("group/external", (100,), np.float64, external=[(str(secret), 0, 800)])
    refused(path, "group/external is a data set whose values lie in another file")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = np.zeros(4)
    with h5py.File(path, "w") as file:
        layout = h5py.VirtualLayout((4,), np.float64)
        layout[:] = h5py.VirtualSource(tmp_path / "other.h5", "x", shape=(4,))
        file.create_virtual_dataset("virtual", layout)
    refused(path, "virtual is a data set whose values lie in another file")
    with h5py.File(path, "w") as file:
        file["group/link"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/x")
    refused(path, "group/link is a link to another file")


def test_sizes_that_no_file_can_hold(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("bomb", (1 << 40,), np.float64, chunks=(1 << 20,), compression="gzip")
    refused(path, "bomb says to hold 8,796,093,022,208 bytes")


def test_damage_is_named(path):
    refused(path, "no such file")
    path.write_bytes(b"no HDF5")
    refused(path, "this is no HDF5 file")
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(1000)
    path.write_bytes(path.read_bytes()[:-100])
    refused(path, "the file is cut short")
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(3)
    with pytest.raises(BadInputError, match="KeyError"), reading_hdf5(path) as file:
        file["y"]


def test_only_what_h5py_raises_is_blamed_on_the_file(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("packed", data=np.arange(100_000), compression="gzip", chunks=(100_000,))
    with pytest.raises(ZeroDivisionError), open_hdf5(path) as file:
        file["packed"][0] / (1 // 0)
    with h5py.File(path) as file:
        place, size = file["packed"].id.get_chunk_info(0).byte_offset, 200
    with path.open("r+b") as raw:
        raw.seek(place + 20)
        raw.write(b"\xff" * size)
    with pytest.raises(BadInputError, match=r"a\.h5: the HDF5 file is damaged"), open_hdf5(path) as file:
        file["packed"][:]


def test_text_ends_at_the_first_nul():
    assert text_of(np.bytes_(b"a.bam\0\0b")) == text_of("a.bam\0") == "a.bam"
