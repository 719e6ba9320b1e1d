"""What the command `labels` says of its findings: a table by code, JSON, and a file of them all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from helixdask.cli.report import as_dict, give, print_stages, print_summaries, print_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from helixdask.engine.run import Summary
    from helixdask.genes.finding_report import CodeSummary

_WITH_FINDINGS = ("genes", "labels")
"""Stages that write a table of findings."""


def print_stage(store: str, summary: Summary) -> None:
    """Print what a stage did, with its findings by gene where it has a table of them."""
    from helixdask.genes.finding_report import summarise
    from helixdask.store.store import Store

    print_summaries([summary], as_json=False)
    if summary.stage in _WITH_FINDINGS and summary.state == "done":
        _print_by_gene(summary.group, summarise([Store.open(store).table(f"{summary.group}/findings")]))


def _print_by_gene(group: str, found: Sequence[CodeSummary]) -> None:
    """A table of findings by code: how many genes, and what was done with them."""
    if found:
        lines = [(row.code, row.severity, row.genes or "–", row.findings, row.done) for row in found]
        columns = ("code", "severity", "genes", "findings", "what was done")
        print_table(f"Findings of {group}", columns, lines, text=("severity", "what was done"))


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
    print_stages(summaries)
    for summary, table in zip(summaries, tables, strict=True):
        _print_by_gene(summary.group, summarise([table]))
    if tsv is not None:
        print_table("", ("", ""), [("all findings", str(tsv))])
