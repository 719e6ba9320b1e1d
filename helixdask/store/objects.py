"""Small plain objects beside the arrays: receipts, locks, history; on a disk or in an object store."""

from __future__ import annotations

import contextlib
import io
import json
import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import fsspec
import numpy as np
from numpy.typing import NDArray

from helixdask.errors import DiskFullError, MissingDependencyError

_TRIES = 100
_AT_ONCE = 16
"""Requests that are on their way side by side."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def is_url(path: str) -> bool:
    """Whether a path names a protocol, such as ``s3://bucket/wheat.zarr``."""
    return "://" in path


PARTIAL = ".partial"
"""End of the name of a file that is being written; it is renamed when it is whole."""


@contextlib.contextmanager
def disk_errors(where: str) -> Iterator[None]:
    """Turn "no space left" of any library below into an error that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in {28, 122}:  # ENOSPC, EDQUOT
            raise DiskFullError(
                "no space is left", where=where, remedy="Make room and run the same command again: it goes on."
            ) from error
        raise


@contextlib.contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """A file to write instead of another, whose name it takes at the end; where something fails it is gone.

    Readers see the old file or the new one, and nobody half of it.
    """
    target = Path(path)
    aside = target.with_name(f".{target.name}.{uuid.uuid4().hex}{PARTIAL}")
    try:
        yield aside
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


class Folder:
    """A folder of small objects, each written whole or not at all.

    Parameters
    ----------
    url
        A path, or any URL that fsspec opens.

    Raises
    ------
    MissingDependencyError
        What opens such URLs is not installed.
    """

    def __init__(self, url: str) -> None:
        self.url = url if is_url(url) else str(Path(url).resolve())
        try:
            self._fs, self._root = fsspec.core.url_to_fs(self.url)
        except ImportError as error:
            raise MissingDependencyError(
                str(error), where=self.url, remedy="Install it: pip install 'helixdask[cloud]'"
            ) from error
        self._local = not is_url(self.url)

    def __reduce__(self) -> tuple[object, ...]:
        return (Folder, (self.url,))

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def folder(self, name: str) -> Folder:
        """A folder inside this one."""
        inner = object.__new__(type(self))
        inner.__dict__.update(self.__dict__)
        inner.url, inner._root = f"{self.url.rstrip('/')}/{name}", self._path(name)
        return inner

    def side_by_side(self, function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """What a function of objects here returns for each item, in their order.

        Object stores answer late, so there several are asked for at once; on a disk it is one after the other.
        """
        if self._local:
            return [function(item) for item in items]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(function, items))

    def write(self, name: str, data: bytes) -> None:
        """Write an object; readers see the old one or the new one."""
        path = self._path(name)
        with disk_errors(path):
            if not self._local:
                self._fs.pipe_file(path, data)
                return
            target = Path(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(target) as aside:
                aside.write_bytes(data)

    def write_new(self, name: str, data: bytes) -> bool:
        """Write an object unless it is there already; whether it was written.

        Of several processes that try at once, one succeeds: by a hard link on a disk, by a conditional request in an
        object store.
        """
        path = self._path(name)
        if not self._local:
            try:
                self._fs.pipe_file(path, data, mode="create")
            except FileExistsError:
                return False
            return True
        target = Path(path)
        with disk_errors(path):
            for _ in range(_TRIES):
                target.parent.mkdir(parents=True, exist_ok=True)
                aside = target.with_name(f".{target.name}.{uuid.uuid4().hex}{PARTIAL}")
                try:
                    aside.write_bytes(data)
                    os.link(aside, target)
                except FileExistsError:
                    return False
                except FileNotFoundError:  # another process removed the folder, which was empty, at this very moment
                    continue
                finally:
                    aside.unlink(missing_ok=True)
                return True
        raise FileNotFoundError(path)

    def read(self, name: str) -> bytes | None:
        """Contents of an object, or None where there is none."""
        path = self._path(name)
        try:
            if self._local:
                return Path(path).read_bytes()
            return self._part(path, None)
        except FileNotFoundError:
            return None

    def _part(self, path: str, stop: int | None) -> bytes:
        """First bytes of an object elsewhere, or all of them, by one request: a whole one would be asked its size."""
        try:
            data: bytes = self._fs.cat_file(path, start=0, end=stop)
        except FileNotFoundError:
            raise
        except OSError as error:
            if "not satisfiable" not in str(error):
                raise
            return b""  # an empty object has no first byte
        return data

    def exists(self, name: str) -> bool:
        """Whether there is such an object; a folder is none."""
        path = self._path(name)
        if self._local:
            return Path(path).is_file()
        try:
            self._part(path, 1)
        except FileNotFoundError:
            return False
        return True

    def names(self) -> list[str]:
        """Names of the objects in this folder, sorted."""
        self._fs.invalidate_cache()
        try:
            found = self._fs.ls(self._root, detail=False)
        except FileNotFoundError:
            return []
        names = (path.rstrip("/").rsplit("/", 1)[-1] for path in found)
        return sorted(name for name in names if name and not name.startswith("."))

    def remove(self, name: str | None = None) -> None:
        """Remove an object or a folder in this one, or this folder with all that is in it."""
        with contextlib.suppress(FileNotFoundError):
            self._fs.rm(self._root if name is None else self._path(name), recursive=True)

    def remove_objects(self, names: Iterable[str]) -> None:
        """Remove objects in this folder; those that are not there are gone already."""
        paths = [self._path(name) for name in names]
        if self._local:
            for path in paths:
                Path(path).unlink(missing_ok=True)
        elif paths:
            with contextlib.suppress(FileNotFoundError):
                self._fs.rm(paths)

    def clear(self, keep: Callable[[str], bool]) -> None:
        """Remove all that is in this folder and below, but the objects whose names are to be kept."""
        if not self._local:
            self.remove_objects(path for path in self.sizes() if not keep(path))
            return
        for name in self.names():
            if not keep(name):
                self.remove(name)
        self.remove_partial()

    def remove_if_empty(self) -> None:
        """Remove this folder where nothing is in it."""
        if self._local:
            with contextlib.suppress(OSError):
                Path(self._root).rmdir()

    def move(self, name: str, target: str) -> None:
        """Give a folder in this one another name here; at once on a disk, object by object elsewhere."""
        if self._local:
            with disk_errors(self._path(name)):
                Path(self._path(target)).parent.mkdir(parents=True, exist_ok=True)
                Path(self._path(name)).rename(self._path(target))
            return
        self._fs.invalidate_cache()
        self._fs.mv(self._path(name), self._path(target), recursive=True)

    def copy(self, name: str, target: str) -> None:
        """Copy an object."""
        self._fs.cp_file(self._path(name), self._path(target))

    def sizes(self) -> dict[str, int]:
        """Bytes of each object in this folder and below, by its path from here.

        Files that are just being written, whose names end in ``.partial``, are left out.
        """
        if not self._local:
            self._fs.invalidate_cache()
            start = len(self._root.rstrip("/")) + 1
            try:
                found = self._fs.find(self._root, detail=True)
            except FileNotFoundError:
                return {}
            return {path[start:]: int(info["size"]) for path, info in found.items()}
        sizes: dict[str, int] = {}
        pending = [("", self._root)]
        while pending:
            prefix, path = pending.pop()
            try:
                entries = os.scandir(path)
            except FileNotFoundError:
                continue
            with entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append((f"{prefix}{entry.name}/", entry.path))
                    elif not entry.name.endswith(PARTIAL):
                        sizes[prefix + entry.name] = entry.stat().st_size
        return sizes

    def partial(self, *, below: bool = True) -> list[str]:
        """Paths from here of what other processes are just writing, or were when they were killed.

        Parameters
        ----------
        below
            Look into the folders in this one, too.
        """
        if not self._local:
            return []
        root = Path(self._root)
        found = root.rglob(f"*{PARTIAL}") if below else root.glob(f"*{PARTIAL}")
        return sorted(str(path.relative_to(root)) for path in found)

    def remove_partial(self) -> None:
        """Remove what killed processes were just writing, here and below."""
        for name in self.partial():
            Path(self._path(name)).unlink(missing_ok=True)

    def write_json(self, name: str, value: Any) -> None:
        """Write an object as JSON with sorted keys."""
        self.write(name, json.dumps(value, sort_keys=True, indent=1).encode())

    def read_json(self, name: str) -> Any:
        """An object that was written as JSON; None where there is none, or where it is broken."""
        data = self.read(name)
        if data is None:
            return None
        try:
            return json.loads(data)
        except ValueError:
            return None

    def write_arrays(self, name: str, arrays: dict[str, NDArray[Any]]) -> None:
        """Write named arrays as one object. Strings travel as fixed-width unicode."""
        buffer = io.BytesIO()
        plain = {key: value.astype(str) if value.dtype.kind in "OT" else value for key, value in sorted(arrays.items())}
        np.savez(buffer, allow_pickle=False, **plain)
        self.write(name, buffer.getvalue())

    def read_arrays(self, name: str) -> dict[str, NDArray[Any]] | None:
        """Named arrays, or None where there is no such object."""
        data = self.read(name)
        if data is None:
            return None
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}
