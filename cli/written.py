"""Files that a command will write: what stands in the way is said before the work, not after it."""

from __future__ import annotations

from pathlib import Path

from helixdask.errors import BadInputError

__all__ = ["check_figure", "check_folder"]

_FIGURES = (".png", ".svg", ".pdf")


def check_folder(*paths: Path | None) -> None:
    """Refuse files in folders that are not there.

    Raises
    ------
    BadInputError
        Names the file.
    """
    for path in paths:
        if path is not None and not path.absolute().parent.is_dir():
            raise BadInputError("no such folder", where=str(path), remedy="Make the folder first.")


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
    from helixdask.plot import figure_module

    figure_module()
    if path.suffix.lower() not in _FIGURES:
        raise BadInputError(
            f"no figure ends in {path.suffix!r}", where=str(path), remedy=f"One of {', '.join(_FIGURES)}."
        )
