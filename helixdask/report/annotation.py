"""What was found in annotations: skipped, mended or masked."""

from __future__ import annotations

from helixdask.genes.finding_report import summarise
from helixdask.pages import html_table
from helixdask.report.section import Section, heading, note
from helixdask.store.lineage import are_predicted
from helixdask.store.store import Store

_COLUMNS = ("finding", "severity", "genes", "rows", "meaning", "what was done")


def annotation_section(store: Store) -> Section:
    """Findings of reading and of labelling, by code, the most severe first."""
    parts: list[str] = []
    for kind in ("genes", "labels"):
        for name in store.names(kind):
            group = f"{kind}/{name}"
            table = store.table(f"{group}/findings")
            if not table or not len(table["finding_code"]):
                continue
            rows = [(r.code, r.severity, r.genes, r.findings, r.meaning, r.done) for r in summarise([table])]
            parts += [heading(group), html_table(_COLUMNS, rows, text=(4, 5))]
    masked = [(f"labels/{name}", *_valid(store, name)) for name in store.names("labels")]
    if not masked:
        return Section("Annotation", missing="no labels; `helixdask labels STORE --gff3 FILE` makes them")
    table_of_labels = html_table(("labels", "contigs with labels", "called from predictions"), masked)
    if not parts:
        parts = [note("Nothing was skipped, mended or masked.")]
    return Section("Annotation", (table_of_labels, *parts))


def _valid(store: Store, name: str) -> tuple[object, ...]:
    attrs = store.attrs(f"labels/{name}")
    return attrs.get("contigs_annotated"), "yes" if are_predicted(store, name) else "no"
