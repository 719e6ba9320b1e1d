"""What a worker that somebody else started must have, and the function that looks for it there."""

from __future__ import annotations

import importlib
import importlib.util
import os
import uuid
from dataclasses import dataclass

from helixdask.errors import HelixdaskError
from helixdask.store.objects import Folder, is_url


@dataclass(frozen=True)
class WorkerNeeds:
    """What tasks need where they run.

    Parameters
    ----------
    modules
        Imported there.
    packages
        Must be installed, and are not imported, because that takes long.
    store
        Path or URL of the store that is read.
    writes
        Whether the store is written to, too.
    files
        Paths of input files.
    start_seconds
        What a process takes to import the packages.
    resource
        Resource of Dask's, such as ``GPU``: where some workers have it, they do the tasks, and the others none.
    """

    modules: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    store: str | None = None
    writes: bool = False
    files: tuple[str, ...] = ()
    start_seconds: float = 0.0
    resource: str | None = None

    def local_files(self) -> tuple[tuple[str, int], ...]:
        """Files on a disk, with their sizes as seen from here."""
        paths = [path for path in self.files if not is_url(path) and os.path.isfile(path)]  # noqa: PTH113
        return tuple((path, os.path.getsize(path)) for path in paths)  # noqa: PTH202


def find_problem(
    modules: tuple[str, ...],
    packages: tuple[str, ...],
    store: str | None,
    token: str | None,
    files: tuple[tuple[str, int], ...],
) -> str | None:
    """Say what keeps this process from doing tasks; runs on a worker.

    Parameters
    ----------
    modules, packages, store
        See `WorkerNeeds`.
    token
        Name of a folder of the store with an object ``token``, which tells this store from another one of the same
        path. A second object is written beside it. None: the store is only read.
    files
        Path and size.

    Returns
    -------
    str or None
        One sentence, or None where all is well.
    """
    try:
        for name in modules:
            importlib.import_module(name)
    except ImportError as error:
        return f"the package cannot be imported there: {error}"
    for name in packages:
        if importlib.util.find_spec(name) is None:
            return f"{name} is not installed there"
    for path, size in files:
        if not os.access(path, os.R_OK):
            return f"it cannot read {path}"
        if os.path.getsize(path) != size:  # noqa: PTH202
            return f"{path} is another file there"
    try:
        return _problem_of_store(store, token)
    except HelixdaskError as error:
        return f"it cannot use the store: {error.problem}"
    except Exception as error:
        return f"it cannot use the store: {type(error).__name__}: {error}"


def _problem_of_store(store: str | None, token: str | None) -> str | None:
    if store is None:
        return None
    root = Folder(store)
    if not root.exists("zarr.json"):
        return f"it cannot see the store {store}"
    if token is None:
        return None
    folder = root.folder(token)
    if folder.read("token") is None:
        return f"{store} is another store there"
    name = uuid.uuid4().hex
    folder.write(name, b"written")
    return None if folder.read(name) == b"written" else "it cannot read what it has written to the store"
