"""What commands print: a table for people, JSON for programs."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from helixdask.amounts import duration, size
from helixdask.cli.facts import facts_of
from helixdask.cli.plain import plain
from helixdask.cli.showing import shown, tell_result
from helixdask.engine.costs import COMMAND_SECONDS
from helixdask.public_names import without_secrets

if TYPE_CHECKING:
    from helixdask.cli.options import Output
    from helixdask.engine.plan import Plan
    from helixdask.engine.run import Summary
    from helixdask.engine.stage import Stage

_WIDE = 200
_MOST_VALUES = 12
_SMALLEST = 0.001


def human(value: Any) -> str:
    """A number as people write it."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, float):
        if value.is_integer() or not math.isfinite(value):
            return f"{value:,.0f}"
        return f"{value:.4f}" if _SMALLEST <= abs(value) < 1 else f"{value:,.4g}"  # scores stand below each other
    return f"{value:,}" if isinstance(value, int) else without_secrets(str(value))


def print_json(value: Any) -> None:
    """Print a value as JSON on standard output; numbers that JSON does not know (NaN) become null."""
    sys.stdout.write(json.dumps(plain(value), indent=1, allow_nan=False) + "\n")


def give(result: Any, *, as_json: bool) -> bool:
    """Hand over the result of a command: to the log for programs, and as JSON where that is wanted.

    Returns
    -------
    bool
        Whether all is said: tables for people are not wanted.
    """
    tell_result(result)
    if as_json:
        print_json(result)
    return as_json


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, text: Sequence[str] = ()) -> None:
    """Print a table on standard output, unless quiet; all but the first column and those of text are set right."""
    if shown().quiet:
        return
    table = Table(box=None, pad_edge=False, show_header=any(columns))
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index and column not in text else "left", overflow="fold")
    for row in rows:
        table.add_row(*(human(cell) for cell in row))
    console = _console()
    if title:
        console.print(title, style="bold")
    console.print(table)


def _console() -> Console:
    """Standard output. Names of files and contigs are no markup; where nobody looks, hardly anything is wrapped."""
    return Console(width=None if sys.stdout.isatty() else _WIDE, markup=False, emoji=False, highlight=False)


def say(text: str, *, style: str = "", to_errors: bool = False, always: bool = False) -> None:
    """Print a line as it is, unwrapped, unless quiet; characters that the terminal lacks become question marks.

    `typer.echo` would write UTF-8 to a terminal that says it knows ASCII only.
    """
    if shown().quiet and not always:
        return
    console = Console(stderr=to_errors, markup=False, emoji=False, highlight=False)
    console.print(text, style=style, soft_wrap=True)


def print_facts(title: str, facts: Mapping[str, Any]) -> None:
    """Print named values on standard output, unless quiet, one line each; what is empty or says nothing is left out.

    A mapping of numbers takes one line, a list of mappings (such as the strata of a selection) a table of its own.
    """
    if shown().quiet:
        return
    grid = Table(box=None, pad_edge=False, show_header=False)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    tables = {}
    for name, value in facts.items():
        if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
            tables[name] = value
        elif text := _in_a_line(value):
            grid.add_row(f"  {_words(name)}", text)
    console = _console()
    console.print(title, style="bold")
    if grid.row_count:
        console.print(grid)
    for name, rows in tables.items():
        columns = list(rows[0])
        print_table(f"  {_words(name)}", [_words(column) for column in columns], [list(row.values()) for row in rows])


def _words(name: str) -> str:
    text = name.removeprefix("n_").replace("_", " ")
    return f"number of {text}" if name.startswith("n_") else text


def _in_a_line(value: Any) -> str:
    """A value as text; empty for what is not worth a line."""
    if isinstance(value, Mapping):
        parts = [f"{str(name).replace('_', ' ')} {human(item)}" for name, item in value.items() if item]
        return ", ".join(parts) if all(not isinstance(item, Mapping | list) for item in value.values()) else ""
    if isinstance(value, list):
        return ", ".join(human(item) for item in value) if len(value) <= _MOST_VALUES else f"{len(value):,}"
    return "" if value is None or value == "default" else human(value)


def print_summaries(summaries: Sequence[Summary], *, as_json: bool) -> None:
    """Print what one or several stages did, or plan to do."""
    if give([as_dict(summary) for summary in summaries], as_json=as_json):
        return
    planned = [(summary.plan, summary.state) for summary in summaries if summary.plan is not None]
    if planned:
        print_plans(planned)
        return
    print_stages(summaries)


def print_plans(planned: Sequence[tuple[Plan, str]]) -> None:
    """Print what stages would take, one line each, and all of them together."""
    rows: list[tuple[Any, ...]] = [
        (
            plan.group,
            plan.bases,
            f"{plan.finished:,} of {plan.tasks:,}" if plan.finished else plan.tasks,
            size(plan.bytes_out + plan.bytes_replaced),
            size(plan.memory_per_worker) if plan.tasks else "–",
            size(plan.memory_of_client),
            _places(plan),
            duration(plan.seconds) if state == "planned" else state,
        )
        for plan, state in planned
    ]
    todo = [plan for plan, state in planned if state == "planned"]
    if len(todo) > 1:
        disk = sum(plan.bytes_left + plan.bytes_replaced for plan in todo)
        each, here = (max(getattr(plan, name) for plan in todo) for name in ("memory_per_worker", "memory_of_client"))
        seconds = COMMAND_SECONDS + sum(plan.seconds for plan in todo)
        rows.append(("all of them", "", "", size(disk), size(each), size(here), "", duration(seconds)))
    columns = ("group", "bases", "tasks done" if any(plan.finished for plan, _ in planned) else "tasks")
    more = ("disk", "memory of a worker", "of the command", "workers", "time, about")
    print_table("Plan; nothing was done", (*columns, *more), rows)
    for plan, _ in planned:
        if plan.bytes_replaced:
            old = size(plan.bytes_replaced)
            say(f"{plan.group}: {old} of it are those of the group that is there, until the new one is published")


def _places(plan: Plan) -> Any:
    """What works on a plan's tasks: a number of workers, or of GPUs."""
    if not plan.tasks:
        return "–"
    return f"{plan.gpus} GPU{'s' * (plan.gpus > 1)}" if plan.gpus else plan.workers


def print_stages(summaries: Sequence[Summary]) -> None:
    """Print what stages did, in words for people."""
    for summary in summaries:
        state = f"{summary.state}, {duration(summary.seconds)}" if summary.state == "done" else summary.state
        if summary.resumed:
            state += f", {summary.resumed:,} of {summary.tasks:,} tasks were finished before"
        facts = facts_of(summary.stage, summary.attrs)
        print_facts(f"{summary.stage} → {summary.group} ({state})", {} if summary.state == "already there" else facts)


def run_and_print(stage: Stage, store: str, output: Output) -> None:
    """Run a stage and print what it did, or would do."""
    from helixdask.engine.run import run_stage

    print_summaries([run_stage(stage, store, output.run_options())], as_json=output.json)


def print_written(*paths: object) -> None:
    """Name the files that were written; None stands for one that was not wanted."""
    for path in paths:
        if path:
            say(f"written: {path}")


def as_dict(summary: Summary) -> dict[str, Any]:
    """A summary as JSON has it."""
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
