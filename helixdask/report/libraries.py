"""Libraries: what was counted, and how evenly it lies."""

from __future__ import annotations

from helixdask.charts.strips import bar
from helixdask.coverage.statistics import QUANTILES
from helixdask.coverage.summary import library_facts
from helixdask.pages import html_table
from helixdask.registry import STRANDS
from helixdask.report.section import Section, heading, share
from helixdask.store.store import Store

_COLUMNS = (
    *("library", "kind", "protocol", "alignments", "reads counted", "of all reads", "", "spliced", "plus strand"),
    *("bases covered +", "bases covered −", "median depth", "depth, 99 %"),
)


def libraries_section(store: Store) -> Section:
    """A row for each library of each set."""
    parts: list[str] = []
    for name in store.names("coverage"):
        rows = []
        for library in store.names(f"coverage/{name}"):
            facts = library_facts(store, library, store.attrs(f"coverage/{name}/{library}"))
            used = facts["reads_used"]
            seen = (used or 0) + sum(facts["reads_skipped"].values())
            rows.append(
                (
                    library,
                    facts["kind"],
                    facts["strandedness"],
                    facts["alignments"],
                    used,
                    share(used, seen),
                    bar(used, seen, seen) if used else "",
                    share(facts["spliced_share"]),
                    share(facts["plus_share"]),
                    *(share(facts["covered_share"][strand]) for strand in STRANDS),
                    *_depth(facts),
                )
            )
        parts += [heading(f"coverage/{name}"), html_table(_COLUMNS, rows, raw=(6,))]
    if not parts:
        return Section("Libraries", missing="no coverage; `helixdask coverage STORE --bam FILE` counts reads")
    return Section("Libraries", tuple(parts))


def _depth(facts: dict[str, object]) -> tuple[object, object]:
    """Median and 99 % quantile of the depth of covered bases, of the strand that has more."""
    constants = facts["constants"]
    if not isinstance(constants, dict):
        return None, None
    found = [tuple(constants[strand]["quantiles"][f"{q:g}"] for q in QUANTILES) for strand in STRANDS]
    best = max(found)
    return best[QUANTILES.index(0.5)], best[QUANTILES.index(0.99)]
