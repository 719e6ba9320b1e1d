"""Any bytes of a file that lies on a disk or behind a URL."""

from __future__ import annotations

import os
import weakref
from pathlib import Path

import fsspec

from helixdask.errors import BadInputError, MissingDependencyError
from helixdask.store.objects import is_url


class ByteRanges:
    """A file opened for reading at any place; it keeps no place of its own, so threads may share it.

    Parameters
    ----------
    path
        A path, or any URL that fsspec opens.

    Raises
    ------
    BadInputError
        If there is no such file, or it cannot be read.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.is_local = not is_url(path)
        if self.is_local and Path(path).is_dir():
            raise BadInputError("a folder, not a file", where=path)
        try:
            if self.is_local:
                self._file = os.open(path, os.O_RDONLY)
                weakref.finalize(self, os.close, self._file)
                self.size = Path(path).stat().st_size
            else:
                self._fs, self._inner = fsspec.core.url_to_fs(path)
                self.size = int(self._fs.info(self._inner)["size"])
        except ImportError as error:
            raise MissingDependencyError(
                str(error), where=path, remedy="Install it: pip install 'helixdask[cloud]'"
            ) from error
        except FileNotFoundError:
            raise BadInputError("no such file", where=path, remedy="Check the path of the library.") from None
        except Exception as error:  # whatever the library behind a protocol raises
            raise _unreadable(path, error) from error

    def read(self, start: int, size: int) -> bytes:
        """Return `size` bytes from `start` on, fewer at the end of the file."""
        size = min(size, self.size - start)
        if size <= 0:
            return b""
        if self.is_local:
            return os.pread(self._file, size, start)
        try:
            data: bytes = self._fs.cat_file(self._inner, start=start, end=start + size)
        except Exception as error:
            raise _unreadable(self.path, error) from error
        return data


def file_exists(path: str) -> bool:
    """Whether there is a file at a path or URL; False where that cannot be found out."""
    if not is_url(path):
        return Path(path).is_file()
    try:
        fs, inner = fsspec.core.url_to_fs(path)
        return bool(fs.isfile(inner))
    except Exception:  # a server may refuse what it does not have in any way
        return False


def _unreadable(path: str, error: Exception) -> BadInputError:
    return BadInputError(
        f"cannot be read ({str(error) or type(error).__name__})",
        where=path,
        remedy="Check the path, the connection and the credentials.",
    )
