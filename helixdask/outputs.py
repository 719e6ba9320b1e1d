"""Files that a command will write: what stands in their way is said before the work, not after it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from helixdask.errors import BadInputError
from helixdask.store.objects import is_url
from helixdask.whole_files import refuse_clashes

_FIGURES = (".png", ".svg", ".pdf")


def check_outputs(*paths: str | Path | None) -> None:
    """Refuse files that cannot be written; what is there under their names stays as it is.

    Parameters
    ----------
    paths
        Files, all of one command; None stands for one that is not wanted.

    Raises
    ------
    BadInputError
        A file's folder is not there or cannot be written to, its name is that of a folder, or two files have one name.
    """
    targets = [Path(path).absolute() for path in paths if path is not None]
    refuse_clashes(targets)
    for target in targets:
        if not target.parent.is_dir():
            raise BadInputError("cannot write: no such folder", where=str(target), remedy="Make the folder first.")
        _try_to_write(target.parent, target)


def check_folder(path: str | Path | None) -> None:
    """Refuse a folder that is to be made or filled, and cannot be; URLs and None pass.

    Raises
    ------
    BadInputError
        A file has its name, or it cannot be written to.
    """
    if path is None or is_url(str(path)):
        return
    target = Path(path).absolute()
    nearest = next(folder for folder in (target, *target.parents) if folder.exists())
    if not nearest.is_dir():
        raise BadInputError("cannot write: this is no folder", where=str(nearest), remedy="Choose another folder.")
    _try_to_write(nearest, target)


def _try_to_write(folder: Path, target: Path) -> None:
    """Make a file and remove it: permissions alone do not tell of read-only disks and full quotas."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise BadInputError(
            f"cannot write: {error.strerror or error}", where=str(target), remedy="Choose another place."
        ) from error


def check_figure(path: Path | None) -> None:
    """Refuse figures of an unknown kind, or where there is no matplotlib.

    Raises
    ------
    BadInputError
        The ending is none of .png, .svg and .pdf.
    MissingDependencyError
        matplotlib is not installed.
    """
    if path is None:
        return
    from helixdask.figures import check_matplotlib

    check_matplotlib()
    if path.suffix.lower() not in _FIGURES:
        raise BadInputError(
            f"no figure ends in {path.suffix!r}", where=str(path), remedy=f"One of {', '.join(_FIGURES)}."
        )
