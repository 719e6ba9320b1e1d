"""Commands that fill a store: encode, labels, windows, select, split; and simulate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from helixdask.cli.findings import print_with_findings
from helixdask.cli.options import (
    AliasesOption,
    OnBadBase,
    OnBadBaseOption,
    Output,
    Rules,
    RulesOption,
    with_run_options,
)
from helixdask.cli.report import print_facts, print_json, print_summaries, say
from helixdask.errors import BadInputError

__all__ = ["encode", "labels", "select", "simulate", "split", "windows"]

StoreUrl = Annotated[str, typer.Argument(metavar="STORE", help="Folder or URL of the store.")]
Report = Annotated[Path | None, typer.Option(metavar="HTML", help="Write a page that shows what was chosen.")]


@with_run_options
def encode(
    genome: Annotated[Path, typer.Argument(metavar="GENOME.fa", help="FASTA, plain, gzip or bgzip.")],
    store: Annotated[str, typer.Option("--output", "-o", metavar="STORE", help="Folder or URL of the new store.")],
    species: Annotated[str | None, typer.Option(help="Name of the species. Default: the file's name.")] = None,
    on_bad_base: OnBadBaseOption = OnBadBase.ERROR,
    *,
    output: Output,
) -> None:
    """Put a genome into a new store, about two bits a base."""
    from helixdask.engine.run import run_stage
    from helixdask.outputs import check_folder
    from helixdask.sequence.stage import EncodeStage

    check_folder(store)
    stage = EncodeStage(fasta=str(genome), species=species or species_of(genome), on_bad_base=on_bad_base.value)
    print_summaries([run_stage(stage, store, output.run_options())], as_json=output.json)


def species_of(genome: Path) -> str:
    """Name of a species where none is given: the file's name without its endings."""
    return genome.name.split(".")[0] or genome.name


@with_run_options
def labels(
    store: StoreUrl,
    gff3: Annotated[Path, typer.Option(help="Annotation, GFF3 or GTF, plain or gzip.")],
    name: Annotated[str, typer.Option(help="Name of the gene models and labels.")] = "reference",
    aliases: AliasesOption = None,
    findings: Annotated[
        Path | None, typer.Option(metavar="TSV", help="Write all findings of reading and labelling to this file.")
    ] = None,
    rules: RulesOption = Rules.DEFAULT,
    genetic_code: Annotated[int, typer.Option(min=1, help="Number of NCBI's genetic code of the genome.")] = 1,
    genetic_codes: Annotated[
        Path | None,
        typer.Option(help="Tab-separated table of contigs with another one, such as organelles: contig, number."),
    ] = None,
    *,
    output: Output,
) -> None:
    """Read an annotation and paint its genes as label tracks; say what was skipped, mended or masked."""
    from helixdask.engine.run import run_stage
    from helixdask.genes.reading.stage import ImportGenesStage
    from helixdask.labels.stage import LabelsStage
    from helixdask.outputs import check_outputs
    from helixdask.store.store import Store

    check_outputs(findings)
    options = output.run_options()
    stages = [
        ImportGenesStage(
            gff=str(gff3),
            output=name,
            aliases=str(aliases) if aliases else None,
            phases="file" if rules is Rules.HELIXER else "chain",
        ),
        LabelsStage(
            genes=name,
            output=name,
            rules=rules.value,
            genetic_code=genetic_code,
            genetic_codes=str(genetic_codes) if genetic_codes else None,
            aliases=str(aliases) if aliases else None,
        ),
    ]
    if output.dry_run and not Store.open(store).is_complete(f"genes/{name}"):
        stages = stages[:1]  # the plan of the labels needs the imported genes
    print_with_findings(store, [run_stage(stage, store, options) for stage in stages], findings, as_json=output.json)


@with_run_options
def windows(
    store: StoreUrl,
    window_length: Annotated[int, typer.Option(min=1, help="Bases of a window.")] = 21_384,
    labels: Annotated[str | None, typer.Option(help="Labels to measure; the only ones by default.")] = None,
    predictions: Annotated[str | None, typer.Option(help="Predictions to measure; the only ones by default.")] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the table. Default: length, labels and predictions joined by dashes.")
    ] = None,
    rules: RulesOption = Rules.DEFAULT,
    *,
    output: Output,
) -> None:
    """Cut all contigs into windows and measure each: classes, masks, distance of prediction and label.

    `select` does this by itself where it is needed.
    """
    from helixdask.engine.run import run_stage
    from helixdask.stages import windows_stage

    stage = windows_stage(store, window_length, labels=labels, predictions=predictions, name=name, rules=rules.value)
    print_summaries([run_stage(stage, store, output.run_options())], as_json=output.json)


@with_run_options
def select(
    store: StoreUrl,
    labels: Annotated[str | None, typer.Option(help="Labels to learn; the only ones by default.")] = None,
    predictions: Annotated[
        str | None, typer.Option(help="Predictions that say how sure each window is; the only ones by default.")
    ] = None,
    window_length: Annotated[
        int | None,
        typer.Option(min=1, help="Bases of a window. Default: those of the only fitting table, else 21384."),
    ] = None,
    windows: Annotated[
        str | None, typer.Option(help="Choose from this table of windows, whatever it was measured against.")
    ] = None,
    keep_fraction: Annotated[float, typer.Option(min=0, max=1, help="Share of the windows to keep.")] = 0.2,
    name: Annotated[str, typer.Option(help="Name of the selection.")] = "default",
    report: Report = None,
    rules: RulesOption = Rules.DEFAULT,
    *,
    output: Output,
) -> None:
    """Choose the windows whose predictions are surest, stratified by how much of them is intergenic.

    The windows are cut and measured first, unless that was done before. Without predictions every window with valid
    labels is kept.
    """
    from helixdask.engine.run import run_stage
    from helixdask.outputs import check_outputs
    from helixdask.stages import select_stages

    check_outputs(report)
    measure, choose = select_stages(
        store,
        windows=windows,
        window_length=window_length,
        labels=labels,
        predictions=predictions,
        keep_fraction=keep_fraction,
        name=name,
        rules=rules.value,
    )
    options = output.run_options()
    summaries = [run_stage(measure, store, options)] if measure else []
    if not (measure and output.dry_run):  # the plan of the choice needs the windows
        summaries.append(run_stage(choose, store, options))
    if report and not output.dry_run:
        from helixdask.selection.report import write_selection_report
        from helixdask.store.store import Store

        write_selection_report(Store.open(store), name, report)
    print_summaries(summaries, as_json=output.json)


@with_run_options
def split(
    store: StoreUrl,
    selection: Annotated[str | None, typer.Option(help="Selection to split; the only one by default.")] = None,
    val_fraction: Annotated[float, typer.Option(min=0, max=1, help="Share of the bases for validation.")] = 0.2,
    seed: Annotated[int, typer.Option(help="Seed of the draw.")] = 0,
    groups: Annotated[
        Path | None, typer.Option(help="Tab-separated contig and group: a group is never divided (homoeologs).")
    ] = None,
    aliases: AliasesOption = None,
    name: Annotated[str, typer.Option(help="Name of the split.")] = "default",
    report: Report = None,
    rules: RulesOption = Rules.DEFAULT,
    *,
    output: Output,
) -> None:
    """Put whole contigs on the training or the validation side."""
    from helixdask.engine.run import run_stage
    from helixdask.outputs import check_outputs
    from helixdask.stages import split_stage

    check_outputs(report)
    stage = split_stage(
        store,
        selection=selection,
        val_fraction=val_fraction,
        seed=seed,
        groups=str(groups) if groups else None,
        aliases=str(aliases) if aliases else None,
        name=name,
        rules=rules.value,
    )
    summary = run_stage(stage, store, output.run_options())
    if report and not output.dry_run:
        from helixdask.selection.report import write_split_report
        from helixdask.store.store import Store

        write_split_report(Store.open(store), name, report)
    print_summaries([summary], as_json=output.json)


def simulate(
    folder: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to write.")],
    bases: Annotated[str, typer.Option(help="Size of the genome, such as 2M or 400M.")] = "2M",
    seed: Annotated[int, typer.Option(help="Seed of the genome.")] = 0,
    species_seed: Annotated[int, typer.Option(help="Seed of the species: composition, codons, splice sites.")] = 1,
    subgenomes: Annotated[int, typer.Option(help="Copies of the genome that have diverged: 1 to 26.")] = 2,
    contigs: Annotated[int, typer.Option(help="Contigs of each subgenome.")] = 4,
    divergence: Annotated[float, typer.Option(help="Substitutions per neutral base between two subgenomes.")] = 0.04,
    turnover: Annotated[
        float, typer.Option(help="Share of the intergenic sequence that each subgenome has drawn anew.")
    ] = 0.0,
    genic_fraction: Annotated[float, typer.Option(help="Share of the genome that is genes, introns included.")] = 0.35,
    repeat_fraction: Annotated[float, typer.Option(help="Share of the intergenic DNA covered by repeats.")] = 0.35,
    transposon_fraction: Annotated[
        float, typer.Option(help="Share of it covered by transposons with reading frames that look like genes.")
    ] = 0.0,
    tandem_fraction: Annotated[
        float, typer.Option(help="Share of the genes that are followed by diverged copies of themselves.")
    ] = 0.0,
    scaffolds: Annotated[int, typer.Option(help="Pieces that all contigs are cut into; 0 leaves them whole.")] = 0,
    soft_mask: Annotated[bool, typer.Option("--soft-mask/--no-soft-mask", help="Repeats in lower case.")] = True,
    read_depth: Annotated[float, typer.Option(help="Mean depth of RNA-seq reads on exons; 0 makes none.")] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Simulate a polyploid genome with its true genes and stranded RNA-seq reads."""
    from helixdask.outputs import check_folder
    from helixdask.simulate import simulation
    from helixdask.simulate.settings import SimulateSettings

    check_folder(folder)
    settings = SimulateSettings(
        bases=_size(bases),
        seed=seed,
        species_seed=species_seed,
        subgenomes=subgenomes,
        contigs=contigs,
        divergence=divergence,
        turnover=turnover,
        genic_fraction=genic_fraction,
        repeat_fraction=repeat_fraction,
        transposon_fraction=transposon_fraction,
        tandem_fraction=tandem_fraction,
        scaffolds=scaffolds,
        soft_masked=soft_mask,
        read_depth=read_depth,
    )
    if not as_json:
        say(f"simulating {settings.bases:,} bases", to_errors=True)
    result = simulation.simulate(settings, folder)
    facts = {key: str(value) if isinstance(value, Path) else value for key, value in vars(result).items()}
    if as_json:
        print_json(facts)
    else:
        print_facts(f"simulate → {folder}", facts)


def _size(text: str) -> int:
    scale = {"k": 1_000, "m": 1_000_000, "g": 1_000_000_000}.get(text[-1:].lower(), 1)
    digits = text[:-1] if scale > 1 else text
    try:
        return round(float(digits.replace(",", "").replace("_", "")) * scale)
    except (ValueError, OverflowError):
        raise BadInputError(f"{text!r} is no number of bases", remedy="For example 2M.") from None
