"""Commands for other programs' files: import, export."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from helixdask.cli.options import Options, Running, StoreUrl
from helixdask.cli.report import give, print_summaries, say
from helixdask.cli.showing import shown
from helixdask.errors import BadInputError
from helixdask.exchange.settings import ExportSettings, ImportSettings
from helixdask.genes.writing.settings import GeneFiles
from helixdask.settings import STANDARD_CODE

_HELIXER = "Helixer's HDF5"
_GENES = "Gene models"


def import_helixer(
    helixer: Annotated[Path, typer.Argument(metavar="HELIXER.h5", help="A file of Helixer's, with `data`.")],
    store: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="STORE",
            help="A new store, or one of the same genome; a folder of stores if the file holds several species.",
        ),
    ],
    settings: ImportSettings,
    output: Running,
) -> None:
    """Bring a Helixer HDF5 file into a store: sequence, labels, coverage, predictions."""
    from helixdask.exchange.helixer_import import import_helixer as run
    from helixdask.outputs import check_folder

    check_folder(store)
    summaries = run(helixer, store, settings, options=output.run_options())
    print_summaries(summaries, as_json=output.json)


def export(
    store: StoreUrl,
    helixer: Annotated[
        Path | None, typer.Option(metavar="OUT.h5", help="Helixer's HDF5 file to write.", rich_help_panel=_HELIXER)
    ] = None,
    window_length: Annotated[
        int | None, typer.Option(min=1, help="Bases of a row (subsequence length).", rich_help_panel=_HELIXER)
    ] = None,
    alternative: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=LABELS",
            help="Labels to write under alternative/NAME. May be repeated.",
            rich_help_panel=_HELIXER,
        ),
    ] = None,
    *,
    settings: Annotated[ExportSettings, Options(without=("alternative",), panel=_HELIXER)],
    genes: Annotated[
        str | None, typer.Option(help="Gene models to write; the only ones by default.", rich_help_panel=_GENES)
    ] = None,
    files: Annotated[GeneFiles, Options(panel=_GENES)],
    region: Annotated[
        str | None,
        typer.Option(metavar="CONTIG:START-END", help="Only genes that touch this region.", rich_help_panel=_GENES),
    ] = None,
    longest: Annotated[
        bool,
        typer.Option(
            "--longest", help="In FASTA only the longest coding transcript of each gene.", rich_help_panel=_GENES
        ),
    ] = False,
    genetic_code: Annotated[
        int, typer.Option(help="NCBI's number of the genetic code of genes that name none.", rich_help_panel=_GENES)
    ] = STANDARD_CODE,
    bigwig: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder for bigWig files: a coverage set (--coverage; NAME.plus.bw, NAME.spliced.minus.bw, ...), or, "
            "with --predictions, probabilities (NAME.genic.plus.bw, NAME.cds.minus.bw, ...).",
            rich_help_panel="bigWig",
        ),
    ] = None,
    browser: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="New folder for JBrowse 2 and IGV: sequence, genes, masks of labels, probabilities and coverage with "
            "their indexes, and settings that open them; of one --genes, --labels, --predictions or --coverage, or of "
            "all.",
            rich_help_panel="Genome browsers",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write files for other programs: gene models in any format, bigWig, a folder for browsers, or Helixer's HDF5."""
    from helixdask.genes.writing.export import export_genes
    from helixdask.outputs import check_folder, check_outputs
    from helixdask.store.store import Store
    from helixdask.whole_files import refuse_full_folder

    opened = Store.open(store)
    if helixer is None and bigwig is None and browser is None and not files.given():
        raise BadInputError(
            "nothing to write was named",
            remedy="Give --gff3, --gtf, --bed, --cds or --proteins, --bigwig, --browser, or --helixer with "
            "--window-length.",
        )
    if not files.given() and ((genes and browser is None) or region or longest):
        raise BadInputError("--genes, --region and --longest are for gene models", remedy="Give --gff3 or the like.")
    check_outputs(helixer, *files.given().values())
    check_folder(bigwig)
    check_folder(browser)
    if browser is not None:
        refuse_full_folder(browser)
    written: list[dict[str, Any]] = []
    if helixer is not None:
        if window_length is None:
            raise BadInputError("--helixer needs --window-length", remedy="Helixer's own default is 21384.")
        from helixdask.exchange.helixer_h5 import export_helixer

        wanted = replace(settings, alternative=_named(alternative or []))
        export_helixer(opened, str(helixer), window_length, wanted)
        written.append({"file": str(helixer), "kind": "helixer"})
    if bigwig is not None:
        from helixdask.exchange.bigwig import export_bigwig, export_probability_bigwig

        coverage, predictions = settings.coverage, settings.predictions
        tracks = export_probability_bigwig(opened, bigwig, predictions) if predictions else []
        if coverage or not predictions:
            tracks += export_bigwig(opened, bigwig, coverage)
        written += [{"file": str(path), "kind": "bigwig"} for path in tracks]
    if browser is not None:
        from helixdask.browser.folder import Chosen, write_browser_folder

        chosen = Chosen.of(opened, genes, settings.predictions, settings.coverage, settings.labels)
        write_browser_folder(opened, browser, chosen, quiet=shown().quiet)
        written.append({"file": str(browser), "kind": "browser"})
    if files.given():
        n_genes = export_genes(opened, genes, files, region=region, longest=longest, code=genetic_code)
        written += [{"file": str(path), "kind": kind, "genes": n_genes} for kind, path in files.given().items()]
    if not give({"written": written}, as_json=as_json):
        for one in written:
            more = f" ({one['genes']:,} genes)" if "genes" in one else ""
            more = "; its README.txt says how to open it" if one["kind"] == "browser" else more
            say(f"written: {one['file']}{more}")


def _named(pairs: list[str]) -> dict[str, str]:
    named: dict[str, str] = {}
    for pair in pairs:
        name, equals, labels = pair.partition("=")
        if not (name and equals and labels) or name in named:
            raise BadInputError(f"--alternative {pair!r}", remedy="Give NAME=LABELS, each name once.")
        named[name] = labels
    return named
