"""Score a store's predictions and genes, or an annotation file, against a reference annotation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from helixdask.engine.cluster import RunOptions
from helixdask.errors import BadInputError
from helixdask.evaluation.base_counts import count_bases
from helixdask.evaluation.result import Evaluation
from helixdask.evaluation.scored_regions import scored_regions
from helixdask.evaluation.sources import Source, common_contigs, contig_rows, open_reference, open_source
from helixdask.evaluation.tally import BaseTally
from helixdask.evaluation.whole_loci import whole_loci
from helixdask.genes.models import GeneModels
from helixdask.names.needed import aliases_of
from helixdask.scores.genes import compare_genes
from helixdask.store.lineage import predictions_of


def evaluate(
    source: str,
    reference: str,
    *,
    predictions: str | Sequence[str] | None = None,
    genes: str | Sequence[str] | None = None,
    compare: str | None = None,
    aliases: str | None = None,
    contigs: Sequence[str] | None = None,
    regions: str | None = None,
    split: str | None = None,
    side: str | None = None,
    cds_only: bool = False,
    noncoding: bool = False,
    matching: str = "exact",
    quiet: bool = False,
    options: RunOptions | None = None,
) -> Evaluation:
    """Score a store or an annotation file.

    Parameters
    ----------
    source
        Store, or GFF3 or GTF file.
    reference
        The true genes: a GFF3 or GTF file, or a gene set of the store that is scored.
    predictions
        Only these predictions, and the genes called from them; None: all that the store has.
    genes
        Only these gene models of the store.
    compare
        What to set beside it, as what came before: another store or file, or the name of other predictions or genes
        of the store.
    aliases
        Table of other sequence names, in the annotation files and in ``contigs``: of the store's sequences, or, where
        only files are compared, of those of the first.
    contigs
        Names of the contigs to score, such as those that no step has learnt from; None: all.
    regions
        Score only these: a BED file, or a region string.
    split, side
        Score only one side of a split of the store, ``train`` or ``validation`` (default); None and None: no split.
        Of contigs, regions and side, what they have in common is scored. Bases beyond are not counted; genes that an
        edge cuts are left out, see `whole_loci`.
    cds_only
        Leave out the comparison of whole exons.
    noncoding
        Let transcripts without coding segments take part in that.
    matching
        ``exact`` or ``gffcompare``: how ends of exons are compared.
    quiet
        Show no progress.
    options
        How to run.

    Raises
    ------
    BadInputError
        Nothing to score, or a file cannot be used.
    """
    options = replace(options or RunOptions(), quiet=quiet or bool(options and options.quiet))
    wanted = _listed(predictions), _listed(genes)
    sources = [open_source(source, *wanted)]
    if compare is not None:
        sources.append(_open_other(sources[0], compare))
        for each in sources:
            _check_single(each)
    true_genes = open_reference(reference, next((each.store for each in sources if each.store is not None), None))
    table = common_contigs(true_genes, sources, aliases)
    scored = scored_regions(
        table,
        rows=contig_rows(table, contigs, aliases),
        regions=regions,
        aliases=aliases_of(aliases, table),
        store=sources[0].store,
        split=split,
        side=side,
    )
    (truth,) = true_genes.models(table, aliases).values()
    if not len(truth.cds) and not noncoding:
        raise BadInputError(
            "the reference has no coding segments",
            where=reference,
            remedy="Compare all exons with --noncoding, or name another annotation.",
        )
    prefixes = _prefixes(sources)
    tallies: dict[str, BaseTally] = {}
    sides: dict[str, GeneModels] = {}
    for each, prefix in zip(sources, prefixes, strict=True):
        if each.store is not None:
            counted = count_bases(each.store, truth, each.predictions, scored, options)
            tallies.update({prefix + name: tally for name, tally in counted.items()})
        sides.update({prefix + name: models for name, models in each.models(table, aliases).items()})
    left_out: dict[str, int] = {}
    if scored is not None:
        (truth, *chosen), cut = whole_loci([truth, *sides.values()], scored)
        sides, left_out = dict(zip(sides, chosen, strict=True)), dict(zip(("reference", *sides), cut, strict=True))
    scores = {
        name: compare_genes(truth, models, cds_only=cds_only, noncoding=noncoding, matching=matching)
        for name, models in sides.items()
    }
    for each in sources:
        if each.store is not None:
            each.store.check_unchanged()
    return Evaluation(tallies, scores, table, scored, _pairs(sources, prefixes), left_out)


def _listed(names: str | Sequence[str] | None) -> list[str]:
    return [names] if isinstance(names, str) else list(names or ())


def _open_other(first: Source, compare: str) -> Source:
    """The other side: a path, or names in the same store."""
    store = first.store
    if store is None or compare not in {*store.names("predictions"), *store.names("genes")}:
        return open_source(compare)
    called = [name for name in store.names("genes") if name == compare or predictions_of(store, name) == compare]
    predicted = [compare] if compare in store.names("predictions") else []
    return replace(first, predictions=predicted, genes=[compare] if compare in called else called)


def _check_single(source: Source) -> None:
    """Two can be compared where each side is one."""
    for kind, names in (("predictions", source.predictions), ("genes", source.genes)):
        if len(names) > 1:
            raise BadInputError(
                f"{source.label} holds several {kind}: {', '.join(names)}",
                remedy=f"Say which one is compared, with --{kind}.",
            )


def _own_names(source: Source) -> set[str]:
    return {*source.predictions, *source.genes} if source.store is not None else {source.label}


def _prefixes(sources: list[Source]) -> list[str]:
    """What stands in front of the names of each source in the result: its label, where two use the same names."""
    if len(sources) < 2 or not _own_names(sources[0]) & _own_names(sources[1]):
        return [""] * len(sources)
    labels = [source.label for source in sources]
    return [f"{label}:" for label in (labels if labels[0] != labels[1] else ("after", "before"))]


def _pairs(sources: list[Source], prefixes: list[str]) -> tuple[tuple[str, str], ...]:
    """Before and after, of genes and of predictions."""
    if len(sources) < 2:
        return ()
    own = [each.genes if each.store is not None else [each.label] for each in sources]
    pairs = [
        (prefixes[1] + old, prefixes[0] + new)
        for news, olds in (own, [each.predictions for each in sources])
        for new in news
        for old in olds
    ]
    return tuple(dict.fromkeys(pairs))
