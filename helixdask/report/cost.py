"""What a store cost: time of each stage, and bytes on the disk."""

from __future__ import annotations

from typing import Any

from helixdask import amounts
from helixdask.charts.strips import bar
from helixdask.pages import html_table
from helixdask.report.section import Section, note
from helixdask.store.store import Store


def cost_section(store: Store) -> Section:
    """Time and bytes of each group, as the store's history and its manifests tell."""
    if store.read_only:
        return Section("Cost", missing="the history of a store over HTTP cannot be listed")
    history = store.folder.folder("history")
    seconds: dict[str, float] = {}
    made: dict[str, int] = {}
    for name in history.names():
        event: dict[str, Any] = history.read_json(name) or {}
        if "seconds" in event and "group" in event:
            group = str(event["group"])
            seconds[group] = seconds.get(group, 0.0) + float(event["seconds"])
            made[group] = made.get(group, 0) + 1
    if not seconds:
        return Section("Cost", missing="the store has no history")
    most = max(seconds.values())
    rows = []
    for group, spent in seconds.items():
        manifest = store.manifest_if_readable(group) if store.is_complete(group) else None
        size = None if manifest is None else manifest.n_bytes
        times = f" in {made[group]} runs" if made[group] > 1 else ""
        disk = None if size is None else amounts.size(size)
        rows.append((group, f"{amounts.duration(spent)}{times}", bar(spent, spent, most), disk))
    total = sum(seconds.values())
    parts = [
        html_table(("group", "time", "", "on the disk"), rows, raw=(2,)),
        note(f"Together {amounts.duration(total)}, with what was made anew. Models tell how long training took."),
    ]
    return Section("Cost", tuple(parts))
