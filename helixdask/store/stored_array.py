"""A Zarr array of a store, whose errors name the store, the group and the remedy."""

from __future__ import annotations

import contextlib
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from helixdask.errors import HelixdaskError, StoreDamagedError
from helixdask.registry import ArraySpec, arrays_of, group_of
from helixdask.store.manifest import remedy_for

# What zarr, tensorstore, numcodecs and json raise for bytes that are not what was written.
_SIGNS_OF_DAMAGE = (
    ValueError,
    RuntimeError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    EOFError,
    AssertionError,
    MemoryError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)


@contextlib.contextmanager
def damage_errors(url: str, group: str, path: str) -> Iterator[None]:
    """Turn what libraries raise for damaged bytes into an error that names the group and the remedy.

    Parameters
    ----------
    url
        The store.
    group
        Group of the store.
    path
        The array or object that is read, within the store.

    Raises
    ------
    StoreDamagedError
        Something in the block raised one of the errors by which libraries answer damaged bytes.
    """
    try:
        yield
    except HelixdaskError:
        raise
    except _SIGNS_OF_DAMAGE as error:
        name = type(error).__name__
        raise StoreDamagedError(
            f"cannot be read, its bytes are damaged ({name}: {error})" if str(error) else f"cannot be read ({name})",
            where=f"{url}/{path}",
            remedy=remedy_for(group),
        ) from error


class StoredArray:
    """A Zarr array that is read by slices.

    Parameters
    ----------
    url, path
        The store, and the array's path within it.
    array
        The Zarr array.
    reading
        Makes the block in which values are read: see :meth:`helixdask.store.reading.StoreReader.reading`.
    """

    def __init__(
        self, url: str, path: str, array: zarr.Array[Any], reading: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self.url, self.group, self.path = url, group_of(path), path
        self.zarr = array
        """The Zarr array itself."""
        self.reading = reading

    @property
    def spec(self) -> ArraySpec:
        """What the registry says of it."""
        group, _, name = self.path.rpartition("/")
        return arrays_of(group)[name]

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each dimension."""
        return self.zarr.shape

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return self.zarr.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values; of text columns that of objects."""
        return np.dtype(self.zarr.dtype)

    @property
    def shards(self) -> tuple[int, ...] | None:
        """Shape of a shard, or None where each chunk is an object."""
        return self.zarr.shards

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of a chunk."""
        return self.zarr.chunks

    @property
    def block(self) -> int:
        """Length of what lies in one object, along the last dimension."""
        return (self.zarr.shards or self.zarr.chunks)[-1]

    @property
    def fill_value(self) -> Any:
        """Value where nothing was written."""
        return self.zarr.fill_value

    @property
    def attrs(self) -> dict[str, Any]:
        """The array's attributes."""
        return dict(self.zarr.attrs)

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the dimensions."""
        return tuple(str(name) for name in getattr(self.zarr.metadata, "dimension_names", None) or ())

    def __len__(self) -> int:
        return self.shape[0]

    def rows(self, which: NDArray[np.int64]) -> NDArray[Any]:
        """Some rows of the first dimension, ascending."""
        with self.reading():
            return np.asarray(self.zarr.oindex[which])

    def __getitem__(self, key: Any) -> NDArray[Any]:
        with self.reading():
            return np.asarray(self.zarr[key])
