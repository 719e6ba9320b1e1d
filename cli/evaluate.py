"""The command that scores predictions and gene models against an annotation: evaluate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from helixdask.cli.options import Running
from helixdask.cli.report import give, print_table, print_written
from helixdask.errors import BadInputError
from helixdask.settings import InputFile, NameTable, Shown


@dataclass(frozen=True)
class Scoring:
    """What is scored, and how.

    Parameters
    ----------
    predictions
        Predictions to score; may be given again. All by default.
    genes
        Gene models of the store; may be given again. All called ones by default.
    compare
        What came before, set beside it: another store or file, or other predictions or genes of the store.
    contigs
        Score only the contigs listed in this file.
    regions
        Score only these: a BED file, or CONTIG:START-END (0-based, half-open).
    split
        Score only one side of this split; with --side alone: of the only one.
    side
        Which side of the split; default: validation.
    cds_only
        Compare coding parts only: many references have no UTRs.
    noncoding
        Let non-coding transcripts take part in the comparison of exons.
    matching
        Whole exons: both ends exact, or gffcompare's own rules for the free ends of transcripts.
    """

    predictions: tuple[str, ...] = ()
    genes: tuple[str, ...] = ()
    compare: Annotated[str, Shown(metavar="STORE|GFF3|NAME")] | None = None
    aliases: NameTable | None = None
    contigs: InputFile | None = None
    regions: Annotated[str, Shown(metavar="BED|REGION")] | None = None
    split: Annotated[str, Shown(metavar="NAME")] | None = None
    side: Literal["train", "validation", "test"] | None = None
    cds_only: bool = False
    noncoding: bool = False
    matching: Literal["exact", "gffcompare"] = "exact"


def evaluate(
    source: Annotated[str, typer.Argument(metavar="STORE|GFF3", help="A store with predictions, or gene models.")],
    reference: Annotated[
        str,
        typer.Option(
            metavar="GFF3|NAME", help="The true genes: an annotation file (GFF3 or GTF), or a gene set of the store."
        ),
    ],
    scoring: Scoring,
    per_contig: Annotated[bool, typer.Option("--per-contig", help="Show each contig, too.")] = False,
    tsv: Annotated[Path | None, typer.Option(metavar="TSV", help="Write all scores, of each contig too.")] = None,
    plot: Annotated[Path | None, typer.Option(metavar="PNG", help="Draw the scores (PNG, SVG or PDF).")] = None,
    report: Annotated[Path | None, typer.Option(metavar="HTML", help="Write tables and figures as one page.")] = None,
    *,
    output: Running,
) -> None:
    """Score predictions base by base, and genes exon by exon, against an annotation."""
    from helixdask.evaluation import evaluate as run
    from helixdask.evaluation.result import write_tsv
    from helixdask.evaluation.tables import contig_tables, tables_of
    from helixdask.inputs.tables import read_names
    from helixdask.outputs import check_figure, check_outputs

    if output.dry_run:
        raise BadInputError("evaluate writes nothing to a store, so there is no plan", remedy="Leave --dry-run out.")
    check_outputs(tsv, plot, report)
    check_figure(plot)
    check_figure(report and report.with_suffix(".svg"))
    contigs = read_names(scoring.contigs) if scoring.contigs else None
    asked = vars(scoring) | {"contigs": contigs}
    scores = run(source, reference, **asked, options=output.run_options())
    if tsv:
        write_tsv(scores, tsv)
    if plot:
        from helixdask.evaluation.figures import draw_scores

        draw_scores(scores, plot)
    if report:
        from helixdask.evaluation.report import write_report

        write_report(scores, report)
    if give(scores.as_dict(per_contig=per_contig), as_json=output.json):
        return
    for table in (*tables_of(scores), *(contig_tables(scores) if per_contig else ())):
        print_table(f"\n{table.title}", table.columns, table.rows)
    print_written(tsv, plot, report)
