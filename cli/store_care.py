"""Commands that look after a store: verify, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from helixdask.amounts import size
from helixdask.cli.options import Reading, StoreUrl
from helixdask.cli.report import give, print_table, say

if TYPE_CHECKING:
    from helixdask.verification.result import Verification


def verify(
    store: StoreUrl,
    groups: Annotated[
        list[str] | None,
        typer.Argument(metavar="[GROUP]...", help="As `inspect` lists them, such as labels/reference. Default: all."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Compare existence and size of objects; read none but metadata.")
    ] = False,
    *,
    output: Reading,
) -> None:
    """Read all of a store and compare it with its checksums; exit 1 when something is lost or damaged."""
    from helixdask.verification.verify import verify_store

    found = verify_store(store, groups or (), quick=quick, options=output.run_options())
    if not give(found.as_dict(), as_json=output.json):
        _print(found)
    if not found.is_sound:
        if output.quiet:
            damaged = ", ".join(sorted({one.group or "the store itself" for one in found.damages}))
            say(
                f"{len(found.damages):,} damaged: {damaged}; without --quiet all are listed",
                to_errors=True,
                always=True,
            )
        raise typer.Exit(1)


def _print(found: Verification) -> None:
    rows = [(state.group, state.objects, size(state.bytes), state.state) for state in found.groups]
    print_table(f"Verified: {found.store}", ("group", "objects", "size", "state"), rows, text=("state",))
    for severity, title in (("damage", "Damaged"), ("warning", "Left over, or out of date")):
        findings = [one for one in found.findings if one.severity == severity]
        if findings:
            lines = [(one.group or "(store)", one.path or "–", one.problem) for one in findings]
            print_table(
                f"\n{title}: {len(findings):,}", ("group", "object", "problem"), lines, text=("object", "problem")
            )
    remedies = {one.remedy: one.group or "the store" for one in found.findings if one.remedy}
    if remedies:
        say("\nWhat to do:")
        for remedy, group in remedies.items():
            say("\n".join([f"  {group}", *(f"    {line}" for line in remedy)]))
    verdict = "All is sound." if found.is_sound else f"{len(found.damages):,} damaged."
    rate = size(found.bytes_read / max(found.seconds, 1e-9))
    read = f"{size(found.bytes_read)} read in {found.seconds:.1f} s ({rate}/s)."
    say(f"\n{verdict} {read if found.bytes_read else 'Sizes and metadata were compared; no data were read.'}")


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
    from helixdask.engine.removal import group_to_remove, remove_group
    from helixdask.store.store import Store

    opened = Store.open(store)
    n_bytes, made_from_it = group_to_remove(opened, group)
    if not dry_run:
        remove_group(opened, group)
    result = {"group": group, "removed": not dry_run, "bytes": n_bytes, "made_from_it": made_from_it}
    if give(result, as_json=as_json):
        return
    say(f"{'would remove' if dry_run else 'removed'}: {group} ({size(n_bytes)})")
    if made_from_it:
        say(f"made from it, and out of date without it: {', '.join(made_from_it)}")
