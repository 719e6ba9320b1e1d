"""Folders of the user's own, on machines without a home too."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path


def own_temporary_folder(name: str) -> Path:
    """A folder below the temporary one that nobody else may write to; the same for later runs, where that can be.

    Parameters
    ----------
    name
        What it is for, such as ``numba``.
    """
    user = os.getuid() if hasattr(os, "getuid") else "user"
    shared = Path(tempfile.gettempdir()) / f"helixdask-{name}-{user}"
    try:
        shared.mkdir(mode=stat.S_IRWXU, exist_ok=True)
        found = shared.lstat()
    except OSError:
        return Path(tempfile.mkdtemp(prefix=f"helixdask-{name}-"))
    is_own = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    if stat.S_ISDIR(found.st_mode) and is_own and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return shared
    return Path(tempfile.mkdtemp(prefix=f"helixdask-{name}-"))
