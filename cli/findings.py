"""What the command `labels` says of its findings: a table by code, JSON, and a file of them all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from helixdask.cli.report import as_dict, give, print_summaries, print_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from helixdask.engine.run import Summary

_COUNTS = ("findings", "masks")
"""Attributes that the tables say better."""


def print_with_findings(store: str, summaries: Sequence[Summary], tsv: Path | None, *, as_json: bool) -> None:
    """Print what the stages did and what they found, by code; write all findings to a file if one is named.

    Parameters
    ----------
    store
        The store that the stages wrote.
    summaries
        Summaries of stages that have a table of findings.
    tsv
        File to write, or None.
    as_json
        Print JSON: each stage has a list ``findings`` with one entry for each code.
    """
    from helixdask.genes.finding_report import summarise, write_findings
    from helixdask.store.store import Store

    if any(summary.plan is not None for summary in summaries):
        print_summaries(summaries, as_json=as_json)
        return
    opened = Store.open(store)
    tables: list[Mapping[str, NDArray[Any]]] = [opened.table(f"{summary.group}/findings") for summary in summaries]
    if tsv is not None:
        write_findings(tsv, tables)
    rows = [[row._asdict() for row in summarise([table])] for table in tables]
    if give([as_dict(s) | {"findings": found} for s, found in zip(summaries, rows, strict=True)], as_json=as_json):
        return
    for summary in summaries:
        for name in _COUNTS:
            summary.attrs.pop(name, None)
    print_summaries(summaries, as_json=False)
    for summary, table in zip(summaries, tables, strict=True):
        found = summarise([table])
        if found:
            lines = [(row.code, row.severity, row.findings, row.genes, row.done) for row in found]
            columns = ("code", "severity", "findings", "genes", "what was done")
            print_table(f"Findings of {summary.group}", columns, lines, text=("severity", "what was done"))
    if tsv is not None:
        print_table("", ("", ""), [("all findings", str(tsv))])
