"""Commands that look after a store: remove."""

from __future__ import annotations

from typing import Annotated

import typer

from helixdask.cli.data import StoreUrl
from helixdask.cli.report import print_json, say

__all__ = ["remove"]


def remove(
    store: StoreUrl,
    group: Annotated[
        str, typer.Argument(metavar="GROUP", help="As `inspect` lists it, such as labels/pseudo or predictions/base.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list what was made from it, and how much disk it takes.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Take a group out of a store; what was made from it stays, and is named."""
    from dask.utils import format_bytes

    from helixdask.engine.removal import group_to_remove, remove_group
    from helixdask.store.store import Store

    opened = Store.open(store)
    n_bytes, made_from_it = group_to_remove(opened, group)
    if not dry_run:
        remove_group(opened, group)
    if as_json:
        print_json({"group": group, "removed": not dry_run, "bytes": n_bytes, "made_from_it": made_from_it})
        return
    say(f"{'would remove' if dry_run else 'removed'}: {group} ({format_bytes(n_bytes)})")
    if made_from_it:
        say(f"made from it, and out of date without it: {', '.join(made_from_it)}")
