"""Gene sets: number, lengths, exons, scores, motifs; called ones against those that were read from a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from helixdask.charts.axes import beside
from helixdask.charts.plots import Series, columns, histogram
from helixdask.genes.coding import cds_lengths, introns, longest_coding
from helixdask.genes.models import GeneModels
from helixdask.genes.table import read_genes
from helixdask.pages import html_table
from helixdask.report.motifs import Motifs, motifs_of
from helixdask.report.section import Section, heading, note, share
from helixdask.scores.genes import compare_genes
from helixdask.scores.levels import LEVELS
from helixdask.store.lineage import provenance
from helixdask.store.store import Store

_MOST_SETS: Final = 3
_BINS: Final = 30
_MOST_EXONS: Final = 12
_MOST_MOTIFS: Final = 6
_LEVEL_WORDS: Final = {
    "base": "coding bases",
    "exon": "coding exons",
    "intron": "introns",
    "intron_chain": "intron chains",
    "chain": "coding chains",
    "locus": "loci",
    "gene": "genes",
}


def genes_section(store: Store) -> Section:
    """A column for each gene set, distributions beside each other, and the comparison with what was read."""
    names = store.names("genes")
    if not names:
        return Section("Genes", missing="no gene models; `helixdask annotate` or `helixdask call` makes them")
    called = [name for name in names if provenance(store, f"genes/{name}").stage == "call"]
    ordered = [*called, *(name for name in names if name not in called)]
    sets = {name: read_genes(store, name) for name in ordered}
    motifs = {name: motifs_of(store, models) for name, models in sets.items()}
    made = {name: "called" if name in called else "read" for name in ordered}
    read = [name for name in ordered if name not in called][:1]
    shown = {name: sets[name] for name in [*called[: _MOST_SETS - len(read)], *read] if len(sets[name])}
    parts = [_facts(sets, made, store.n_bases), beside(*_figures(shown)), *_motif_parts(motifs)]
    for reference in (name for name in ordered if name not in called):
        parts += [_comparison(reference, name, sets) for name in called]
    if len(ordered) > _MOST_SETS:
        parts.insert(1, note(f"The figures show {', '.join(shown)} of {len(ordered)} sets."))
    return Section("Genes", tuple(parts))


def _chosen(models: GeneModels) -> NDArray[np.int64]:
    """The longest coding transcript of each gene that has one."""
    found = longest_coding(models)
    return found[found >= 0]


def _lengths(models: GeneModels) -> NDArray[np.int64]:
    return (models.genes["end"] - models.genes["start"]).to_numpy()


def _intron_lengths(models: GeneModels) -> NDArray[np.int64]:
    found = introns(models)
    of_chosen = np.isin(found["transcript"].to_numpy(), _chosen(models))
    return (found["end"] - found["start"]).to_numpy()[of_chosen]


def _coding_segments(models: GeneModels) -> NDArray[np.int64]:
    """Coding segments of each chosen transcript."""
    return np.bincount(models.cds["transcript"].to_numpy(), minlength=len(models.transcripts))[_chosen(models)]


def _facts(sets: dict[str, GeneModels], made: dict[str, str], n_bases: int) -> str:
    rows: dict[str, list[object]] = {}
    for name, models in sets.items():
        coding = cds_lengths(models)[_chosen(models)]
        score = models.genes["score"].to_numpy()
        segments = _coding_segments(models)
        facts = {
            "made": made[name],
            "genes": len(models),
            "transcripts": len(models.transcripts),
            "genes per Mb": f"{1e6 * len(models) / n_bases:.1f}" if n_bases else "–",
            "median length, bases": _median(_lengths(models)),
            "median coding length, bases": _median(coding),
            "coding segments per gene, mean": f"{segments.mean():.2f}" if len(segments) else "–",
            "genes of one coding segment": share(float((segments == 1).sum()), len(segments)),
            "median intron, bases": _median(_intron_lengths(models)),
            "median score": f"{np.nanmedian(score):.3f}" if (~np.isnan(score)).any() else "–",
        }
        for key, value in facts.items():
            rows.setdefault(key, []).append(value)
    return html_table(("longest transcripts", *sets), [(key, *values) for key, values in rows.items()])


def _median(values: NDArray[np.int64]) -> int | None:
    return round(float(np.median(values))) if len(values) else None


def _figures(shown: dict[str, GeneModels]) -> list[str]:
    figures = []
    for title, x_label, values in (
        ("Lengths of genes", "bases", {name: _lengths(models) for name, models in shown.items()}),
        ("Lengths of introns", "bases", {name: _intron_lengths(models) for name, models in shown.items()}),
    ):
        known = {name: each for name, each in values.items() if len(each)}
        if known:
            every = np.concatenate([*known.values()])
            edges = np.geomspace(max(every.min(), 1), every.max() * 1.001 + 1, _BINS + 1)
            series = [Series(name, np.histogram(each, edges)[0] / len(each)) for name, each in known.items()]
            figures.append(histogram(edges, series, title, x_label, "share of them", log=True))
    segments = {name: np.minimum(_coding_segments(models), _MOST_EXONS) for name, models in shown.items()}
    segments = {name: each for name, each in segments.items() if len(each)}
    if segments:
        labels = [*map(str, range(1, _MOST_EXONS)), f"{_MOST_EXONS}+"]
        series = [
            Series(name, np.bincount(each, minlength=_MOST_EXONS + 1)[1:] / len(each))
            for name, each in segments.items()
        ]
        figures.append(columns(labels, series, "Coding segments of genes", "coding segments", "share of genes"))
    scores = {name: models.genes["score"].dropna().to_numpy() for name, models in shown.items()}
    scores = {name: each for name, each in scores.items() if len(each) and each.min() >= 0 and each.max() <= 1}
    if scores:
        edges = np.linspace(0, 1, 21)
        series = [Series(name, np.histogram(each, edges)[0] / len(each)) for name, each in scores.items()]
        figures.append(histogram(edges, series, "Scores of genes", "score", "share of genes"))
    return figures


def _motif_parts(motifs: dict[str, Motifs]) -> list[str]:
    parts = [heading("Codons and splice sites")]
    sampled = {name: found for name, found in motifs.items() if found.n_genes < found.n_all}
    if sampled:
        told = ", ".join(f"{found.n_genes:,} of {found.n_all:,} genes of {name}" for name, found in sampled.items())
        parts.append(note(f"Counted in {told}, taken evenly along the genome."))
    tables = [
        _motif_table(title, {name: getattr(found, kind) for name, found in motifs.items()})
        for title, kind in (("first codon", "start"), ("last codon", "stop"), ("splice sites", "splice"))
    ]
    return [*parts, beside(*tables)]


def _motif_table(title: str, counts: dict[str, dict[str, int]]) -> str:
    """The most frequent motifs of any set, and the others together."""
    most = {key: max(each.get(key, 0) for each in counts.values()) for each in counts.values() for key in each}
    keys = sorted(most, key=lambda key: (-most[key], key))
    rest = keys[_MOST_MOTIFS:]
    lines = [(key, [key]) for key in keys[:_MOST_MOTIFS]] + ([(f"{len(rest)} others", rest)] if rest else [])
    rows = [
        (words, *(share(sum(each.get(key, 0) for key in own), sum(each.values())) for each in counts.values()))
        for words, own in lines
    ]
    return html_table((title, *counts), rows)


def _comparison(reference: str, name: str, sets: dict[str, GeneModels]) -> str:
    scores = compare_genes(sets[reference], sets[name], cds_only=True)
    rows: list[Sequence[object]] = []
    for level in LEVELS:
        match = scores.match(level)
        rows.append(
            (
                _LEVEL_WORDS[level],
                *(match.n_reference, match.n_prediction, match.sensitivity, match.precision, match.f1),
            )
        )
    columns_ = ("level", f"in {reference}", f"in {name}", "found", "right", "F1")
    return heading(f"genes/{name} against genes/{reference}") + html_table(columns_, rows, digits=".3f")
