"""The scheduler that Dask's own configuration names, without importing Dask where there can be none."""

from __future__ import annotations

import os
import re
import site
import sys
from pathlib import Path

_SAYS_SO = re.compile(r"^\s*[\"']?scheduler[-_]address", re.MULTILINE)
_KINDS = (".yaml", ".yml", ".json")


def configured_scheduler() -> str | None:
    """Address of a scheduler in Dask's configuration.

    Importing Dask takes longer than most short commands work, so it is asked only where it is imported already, or
    where a variable of the environment or a file of its configuration may say something.

    Returns
    -------
    str or None
        None where nothing is configured.
    """
    if "dask" not in sys.modules and not _may_be_configured():
        return None
    import dask

    found: str | None = dask.config.get("scheduler-address", None)
    return found


def _may_be_configured() -> bool:
    """Whether there are variables of Dask's, or a file in the folders where it looks names a scheduler."""
    if any(name.startswith("DASK_") for name in os.environ):
        return True
    home = Path(os.path.expanduser("~"), ".config")  # noqa: PTH111 never raises
    places = (Path("/etc"), *(Path(prefix, "etc") for prefix in (sys.prefix, *site.PREFIXES)), home)
    return any(_names_one(place / "dask") for place in places)


def _names_one(folder: Path) -> bool:
    try:
        files = [path for path in folder.iterdir() if path.suffix.lower() in _KINDS] if folder.is_dir() else []
        return any(_SAYS_SO.search(path.read_text("utf-8", "replace")) for path in files)
    except OSError:  # Dask says what is wrong with it
        return True
