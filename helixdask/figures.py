"""Figures of matplotlib as files, and as part of a page."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from helixdask.errors import BadInputError, MissingDependencyError
from helixdask.whole_files import output_file


def figure_module() -> Any:
    """Return matplotlib's pyplot, drawing to files.

    Raises
    ------
    MissingDependencyError
        matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
    except ImportError:
        raise MissingDependencyError(
            "pictures need matplotlib", remedy="Install it: pip install 'helixdask[plot]'"
        ) from None
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    return plt


def save_figure(figure: Any, path: str | Path, *, dpi: int = 130) -> None:
    """Write a figure as PNG, SVG or PDF and close it; the file appears whole or not at all.

    Raises
    ------
    BadInputError
        The ending is unknown, or the file cannot be written.
    """
    try:
        with output_file(path) as aside:
            _save(figure, aside, Path(path).suffix.lstrip("."), dpi)
    except ValueError as error:
        raise BadInputError(str(error), where=str(path), remedy="End the name in .png, .svg or .pdf.") from None


def svg_of(figure: Any) -> str:
    """A figure as SVG inside a page; the figure is closed."""
    out = io.BytesIO()
    _save(figure, out, "svg", 130)
    text = out.getvalue().decode()
    return text[text.index("<svg") :]


def _save(figure: Any, out: Path | io.BytesIO, kind: str, dpi: int) -> None:
    """The same figure gives the same bytes: no time and no random names are in it."""
    plt = figure_module()
    metadata: dict[str, None] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind, {})
    try:
        with plt.rc_context({"svg.hashsalt": "helixdask"}):
            figure.savefig(out, format=kind, dpi=dpi, metadata=metadata)
    finally:
        plt.close(figure)
