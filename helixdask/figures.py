"""Figures of matplotlib as files, and as part of a page; none of them needs a display or touches pyplot."""

from __future__ import annotations

import io
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from helixdask.errors import BadInputError, MissingDependencyError
from helixdask.whole_files import output_file


def check_matplotlib() -> None:
    """Refuse to go on without matplotlib, which is not imported yet.

    Raises
    ------
    MissingDependencyError
        It is not installed.
    """
    if find_spec("matplotlib") is None:
        raise MissingDependencyError("pictures need matplotlib", remedy="Install it: pip install 'helixdask[plot]'")


def new_figure(width: float, height: float) -> Any:
    """Return an empty figure that lays itself out; it belongs to no window and need not be closed.

    Parameters
    ----------
    width, height
        Inches.

    Raises
    ------
    MissingDependencyError
        matplotlib is not installed.
    """
    check_matplotlib()
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def swatch(colour: str) -> Any:
    """A filled box for a legend."""
    from matplotlib.patches import Patch

    return Patch(color=colour)


def save_figure(figure: Any, path: str | Path, *, dpi: int = 130, title: str = "") -> None:
    """Write a figure as PNG, SVG or PDF; the file appears whole or not at all.

    Parameters
    ----------
    figure
        The figure.
    path
        File to write; its ending says how.
    dpi
        Dots per inch of a PNG.
    title
        What the figure shows, as part of the file.

    Raises
    ------
    BadInputError
        The ending is unknown, or the file cannot be written.
    """
    try:
        with output_file(path) as aside:
            _save(figure, aside, Path(path).suffix.lstrip(".").lower(), dpi, title)
    except ValueError as error:
        raise BadInputError(str(error), where=str(path), remedy="End the name in .png, .svg or .pdf.") from None


def svg_of(figure: Any) -> str:
    """A figure as SVG inside a page."""
    out = io.BytesIO()
    _save(figure, out, "svg", 130)
    text = out.getvalue().decode()
    return text[text.index("<svg") :]


def _save(figure: Any, out: Path | io.BytesIO, kind: str, dpi: int, title: str = "") -> None:
    """The same figure gives the same bytes: no time and no random names are in it."""
    from matplotlib import rc_context

    dates = {"svg": "Date", "pdf": "CreationDate"}
    metadata: dict[str, str | None] = {dates[kind]: None} if kind in dates else {}
    if title:
        metadata["Title"] = title
    with rc_context({"svg.hashsalt": "helixdask"}):
        figure.savefig(out, format=kind, dpi=dpi, metadata=metadata)
