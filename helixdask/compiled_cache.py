"""Where numba keeps compiled kernels when it may write neither beside the code nor at home, as in containers.

Without a place it refuses to import any kernel that is to be cached.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from helixdask.own_folder import own_temporary_folder

_VARIABLE = "NUMBA_CACHE_DIR"


def find_place_for_compiled_kernels() -> None:
    """Point numba, here and in processes started from here, to a temporary folder if nothing else can be written.

    The folder belongs to the user alone, since what lies in it is run; it serves later runs, too.
    """
    package = Path(__file__).parent
    beside = package / "__pycache__"
    if os.environ.get(_VARIABLE) or _is_writable(beside) or _is_writable(_home_cache()):
        return
    folder = own_temporary_folder("numba")
    os.environ[_VARIABLE] = str(folder)
    numba = sys.modules.get("numba")
    if numba is not None:  # it has read the environment already
        numba.config.CACHE_DIR = str(folder)


def _home_cache() -> Path:
    named = os.environ.get("XDG_CACHE_HOME")
    return (Path(named) if named else Path(os.path.expanduser("~"), ".cache")) / "numba"  # noqa: PTH111 never raises


def _is_writable(folder: Path) -> bool:
    """Whether files can be made in a folder, which may have to be made first."""
    nearest = folder.absolute()
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
