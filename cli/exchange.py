"""Commands for other programs' files: export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helixdask.cli.data import StoreUrl
from helixdask.cli.options import Order
from helixdask.errors import BadInputError

__all__ = ["export"]


def export(
    store: StoreUrl,
    helixer: Annotated[Path, typer.Option(metavar="OUT.h5", help="Helixer's HDF5 file to write.")],
    window_length: Annotated[int, typer.Option(min=1, help="Bases of a row (subsequence length).")],
    labels: Annotated[str | None, typer.Option(help="Labels to write, with their masks and gene lengths.")] = None,
    coverage: Annotated[str | None, typer.Option(help="Coverage set to write.")] = None,
    predictions: Annotated[str | None, typer.Option(help="Predictions to write.")] = None,
    sequence: Annotated[bool, typer.Option(help="Write the sequence (data/X).")] = True,
    alternative: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=LABELS", help="Labels to write under alternative/NAME. May be repeated."),
    ] = None,
    order: Annotated[
        Order | None,
        typer.Option(help="Order of contigs: `file`, or `length` as GeenuFF has it (default with --labels)."),
    ] = None,
) -> None:
    """Write a file that Helixer's trainer and HelixerPost read."""
    from helixdask.exchange.helixer_h5 import export_helixer
    from helixdask.store.store import Store

    export_helixer(
        Store.open(store),
        str(helixer),
        window_length,
        labels=labels,
        coverage=coverage,
        predictions=predictions,
        alternative=_named(alternative or []),
        with_sequence=sequence,
        order=order.value if order else "length" if labels else "file",
    )
    typer.echo(f"written: {helixer}")


def _named(pairs: list[str]) -> dict[str, str] | None:
    named = {}
    for pair in pairs:
        name, equals, labels = pair.partition("=")
        if not (name and equals and labels) or name in named:
            raise BadInputError(f"--alternative {pair!r}", remedy="Give NAME=LABELS, each name once.")
        named[name] = labels
    return named or None
