"""What commands print: a table for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from helixdask.engine.run import Summary

__all__ = ["human", "print_json", "print_summaries", "print_table"]

_HIDDEN = {"settings", "inputs", "digest", "stage", "complete"}


def human(value: Any) -> str:
    """A number as people write it."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() and abs(value) >= 10 else f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def print_json(value: Any) -> None:
    """Print a value as JSON on standard output."""
    Console(soft_wrap=True, highlight=False, markup=False).print(json.dumps(value, indent=1, default=str))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table on standard output; all but the first column are set to the right."""
    table = Table(title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left", overflow="fold")
    for row in rows:
        table.add_row(*(human(cell) for cell in row))
    Console().print(table)


def _flat(attrs: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in attrs.items():
        if not prefix and name in _HIDDEN:
            continue
        label = f"{prefix}{name}".replace("_", " ")
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{label} · ")
        elif isinstance(value, str | int | float | bool) or value is None:
            flat[label] = value
        elif isinstance(value, list) and len(value) <= 8 and all(isinstance(item, str | int | float) for item in value):
            flat[label] = ", ".join(human(item) for item in value)
    return flat


def print_summaries(summaries: Sequence[Summary], *, as_json: bool) -> None:
    """Print what one or several stages did, or plan to do."""
    if as_json:
        print_json([_as_dict(summary) for summary in summaries])
        return
    planned = [summary.plan for summary in summaries if summary.plan is not None]
    if planned:
        rows = [
            (
                plan.stage,
                plan.group,
                plan.bases,
                plan.tasks,
                plan.finished,
                f"{plan.bytes_out / 1e6:,.1f} MB",
                f"{plan.memory_per_worker / 1e6:,.0f} MB",
                plan.workers,
                f"{plan.seconds:,.0f} s",
            )
            for plan in planned
        ]
        columns = ("stage", "group", "bases", "tasks", "finished", "disk", "memory a worker", "workers", "time, about")
        print_table("Plan; nothing was done", columns, rows)
        return
    for summary in summaries:
        state = f"{summary.state}, {summary.seconds:.1f} s"
        if summary.resumed:
            state += f", {summary.resumed} of {summary.tasks} tasks were finished before"
        print_table(f"{summary.stage} → {summary.group} ({state})", ("", ""), _flat(summary.attrs).items())


def _as_dict(summary: Summary) -> dict[str, Any]:
    return {
        "stage": summary.stage,
        "group": summary.group,
        "state": summary.state,
        "seconds": round(summary.seconds, 3),
        "tasks": summary.tasks,
        "resumed": summary.resumed,
        "attrs": summary.attrs,
        "plan": summary.plan.as_dict() if summary.plan else None,
    }
