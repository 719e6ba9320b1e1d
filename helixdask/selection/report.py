"""Pages that show what was selected and how it was split: one HTML file each, with nothing to load from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from helixdask.pages import html_table, write_page
from helixdask.registry import SIDES
from helixdask.selection.leakage import Leakage
from helixdask.store.lineage import provenance
from helixdask.store.store import Store

_MOST_CONTIGS = 60
_GREY, _BLUE, _ORANGE, _GREEN = "#d4d4d4", "#3b75af", "#ef8636", "#519e3e"
_SIDE_COLOURS = (_BLUE, _ORANGE, _GREEN)


def write_selection_report(store: Store, name: str, path: str | Path) -> None:
    """Write a page about a selection: its strata, what each holds and gave, and how uncertain its windows may be.

    Parameters
    ----------
    store
        The store.
    name
        Name of the selection.
    path
        HTML file to write.

    Raises
    ------
    BadInputError
        The file cannot be written.
    """
    attrs = store.attrs(f"selections/{name}")
    strata: list[dict[str, Any]] = attrs["strata"]
    rows = [
        (
            stratum["name"],
            f"{stratum['available']:,}",
            f"{stratum['kept']:,}",
            f"{stratum['available_bases']:,}",
            "" if stratum["wanted_bases"] is None else f"{stratum['wanted_bases']:,}",
            f"{stratum['kept_bases']:,}",
            _share(stratum["kept_bases"], stratum["available_bases"]),
            f"{stratum['weight']:.4g}",
            "" if stratum["threshold"] is None else f"{stratum['threshold']:.4g}",
        )
        for stratum in strata
    ]
    bars = [(s["name"], ((s["kept_bases"], _BLUE), (s["available_bases"] - s["kept_bases"], _GREY))) for s in strata]
    facts = {
        "windows of": f"{attrs['window_length']:,} bases (windows/{attrs['windows']})",
        "labels": attrs["labels"] or "none",
        "predictions": attrs["predictions"] or "none: windows are drawn by lot",
        "windows": f"{attrs['n_windows']:,}",
        "usable": f"{attrs['n_usable']:,}",
        "kept": f"{attrs['n_kept']:,} ({_share(attrs['n_kept'], attrs['n_windows'])})",
        "rules": attrs["rules"],
    }
    by, largest = (provenance(store, f"selections/{name}").settings.get(key) for key in ("by", "largest"))
    edge = f"{'smallest' if largest else 'largest'} {by or 'distance'} kept"
    columns = (
        "stratum (intergenic share)",
        "usable windows",
        "kept",
        "usable bases",
        "wanted",
        "kept",
        "share",
        "weight",
        edge,
    )
    key = _key(("kept", _BLUE), ("not kept", _GREY))
    parts = [html_table((), facts.items()), html_table(columns, rows), key, _bars(bars)]
    write_page(path, f"Selection {name} of {store.species}", parts)


def write_split_report(store: Store, name: str, path: str | Path) -> None:
    """Write a page about a split: windows, bases and contigs of both sides, and where the longest contigs went.

    Parameters
    ----------
    store
        The store.
    name
        Name of the split.
    path
        HTML file to write.

    Raises
    ------
    BadInputError
        The file cannot be written.
    """
    attrs = store.attrs(f"splits/{name}")
    sides = [side for side in SIDES if side in attrs["n_windows"]]
    rows = [
        (side, attrs["n_windows"][side], attrs["n_bases"][side], attrs["n_contigs"][side], share)
        for side, share in zip(sides, _shares([attrs["n_bases"][side] for side in sides]), strict=True)
    ]
    how = "by whole contigs"
    if attrs["by_blocks"]:
        how = f"by blocks of contigs, {attrs['guard']:,} bases apart"
    facts = {
        "windows": attrs["windows"],
        "selection": attrs["selection"] or "none: all usable windows",
        "kinship": attrs.get("kinship") or "not used",
        "labels": attrs["labels"] or "none",
        "windows of": f"{attrs['window_length']:,} bases",
        "split": how,
        "left out": f"{attrs['n_left_out']:,} windows",
        "of these near copies of another side": attrs.get("n_near_copies", 0),
        "seed": attrs["seed"],
        "rules": attrs["rules"],
    }
    bars, n_contigs = _contig_bars(store, name, str(attrs["windows"]), len(sides))
    heading = f"<h2>The {len(bars):,} contigs with most windows, of {n_contigs:,}, in bases of their windows</h2>"
    key = _key(*zip(("training", "validation", "test")[: len(sides)], _SIDE_COLOURS, strict=False))
    columns = ("side", "windows", "bases", "contigs", "share of bases")
    tables = [html_table((), facts.items()), html_table(columns, rows), _leakage(attrs.get("leakage") or [])]
    write_page(path, f"Split {name} of {store.species}", [*tables, heading, key, _bars(bars)])


_Bar = tuple[str, tuple[tuple[int, str], ...]]


def _leakage(found: Sequence[dict[str, Any]]) -> str:
    """What of the validation side has a near copy in training; nothing where copies were not looked for."""
    if not found:
        return ""
    columns = ("validation with a near copy in training", "windows", "coding bases")
    return html_table(columns, [(row["split"], *(_share(row[name], 1) for name in Leakage._fields)) for row in found])


def _contig_bars(store: Store, name: str, windows: str, n_sides: int) -> tuple[list[_Bar], int]:
    split, table = store.table(f"splits/{name}"), store.table(f"windows/{windows}")
    rows = split["window_row"]
    contig, size = table["window_contig"][rows], (table["window_end"] - table["window_start"])[rows]
    there, contig = np.unique(contig, return_inverse=True)
    bases = [
        np.bincount(contig[mine], weights=size[mine], minlength=len(there)).astype(np.int64)
        for mine in (split["window_side"] == code for code in range(n_sides))
    ]
    longest = np.sort(np.argsort(-sum(bases), kind="stable")[:_MOST_CONTIGS])
    bars = [
        (str(store.contigs.names[there[i]]), tuple(zip((int(n[i]) for n in bases), _SIDE_COLOURS, strict=False)))
        for i in longest
    ]
    return bars, len(there)


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _shares(parts: Sequence[float]) -> list[str]:
    return [_share(part, sum(parts)) for part in parts]


def _key(*entries: tuple[str, str]) -> str:
    marks = [f'<span class="key" style="background:{colour}"></span> {escape(text)}' for text, colour in entries]
    return "<p>" + "&emsp;".join(marks) + "</p>\n"


def _bars(bars: Sequence[_Bar]) -> str:
    """Horizontal stacked bars as SVG."""
    left, width, step = 200.0, 520.0, 20
    most = max((sum(amount for amount, _ in parts) for _, parts in bars), default=0) or 1
    lines = [f'<svg width="100%" viewBox="0 0 820 {step * len(bars) + 4}" role="img">']
    for row, (name, parts) in enumerate(bars):
        y, x = row * step, left
        shown = name if len(name) <= 28 else f"{name[:27]}…"
        lines.append(f'<text x="{left - 8:g}" y="{y + 14}" text-anchor="end">{escape(shown)}</text>')
        for amount, colour in parts:
            length = width * amount / most
            lines.append(f'<rect x="{x:.1f}" y="{y + 3}" width="{length:.1f}" height="14" fill="{colour}"/>')
            x += length
        lines.append(f'<text x="{x + 6:.1f}" y="{y + 14}">{sum(amount for amount, _ in parts):,}</text>')
    return "\n".join([*lines, "</svg>\n"])
