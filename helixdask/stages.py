"""Stages for a store, with every name that was left out looked up: what the command line and scripts call.

A name that is left out means the only group of its kind; where there are several, the error lists them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from helixdask.coverage.kinds import ALIGNMENTS, TRANSCRIPT_READS, kind_of
from helixdask.coverage.settings import DEFAULT_READS, CoverageSettings, LibraryFiles, ReadOptions
from helixdask.engine.same_work import differences
from helixdask.errors import BadInputError, MissingInputError
from helixdask.settings import WINDOW_LENGTH, Rules
from helixdask.store.lineage import model_digest, provenance
from helixdask.store.store import Store

if TYPE_CHECKING:
    from helixdask.calling.settings import CallSettings
    from helixdask.calling.stage import CallStage
    from helixdask.coverage.libraries import Library
    from helixdask.engine.stage import Stage
    from helixdask.kinship.settings import KinshipSettings
    from helixdask.kinship.stage import KinshipStage
    from helixdask.labels.settings import LabelsSettings
    from helixdask.selection.settings import SelectSettings, SplitSettings
    from helixdask.selection.split_stage import SplitStage
    from helixdask.selection.stage import SelectStage
    from helixdask.windows.settings import WindowsSettings
    from helixdask.windows.stage import WindowsStage


def kinship_stage(url: str, settings: KinshipSettings) -> KinshipStage:
    """The stage that finds copies among contigs.

    Where no gene models are named, near those that the kinship of that name was made with, if it is there, so that
    its table can be had again however many genes were called meanwhile; else near the only ones.
    """
    from helixdask.kinship.stage import KinshipStage

    store, genes = Store.open(url), settings.genes
    if genes is None and settings.output in store.names("kinship"):
        before = provenance(store, f"kinship/{settings.output}").settings.get("genes")
        genes = before if before in store.names("genes") else None
    return KinshipStage(**vars(settings) | {"genes": _only(store, "genes", genes)})


def _only(store: Store, kind: str, name: str | None) -> str | None:
    """The name asked for or the only one there is; None where there is none at all."""
    return store.resolve(kind, name) if name is not None or store.names(kind) else None


def annotation_stages(gff3: str, settings: LabelsSettings) -> list[Stage]:
    """Gene models of an annotation, read as the rules need it, and their labels."""
    from helixdask.genes.reading.stage import ImportGenesStage
    from helixdask.labels.stage import LabelsStage

    name = settings.output
    phases: Literal["file", "chain"] = "file" if settings.rules == Rules.HELIXER else "chain"
    return [
        ImportGenesStage(gff=gff3, output=name, aliases=settings.aliases, phases=phases),
        LabelsStage(**vars(settings), genes=name),
    ]


def libraries_of(files: LibraryFiles, reads: ReadOptions = DEFAULT_READS) -> list[Library]:
    """Libraries from files of one protocol or from a sheet, and of evidence; none where nothing is given.

    Raises
    ------
    BadInputError
        Files and a sheet are given, something that is said in the sheet is said beside it, or reads have no protocol.
    """
    from helixdask.coverage.libraries import check_names, libraries_from_paths

    longest = ReadOptions(max_intron=reads.max_intron)
    evidence = libraries_from_paths(files.evidence, "", ALIGNMENTS, longest, "--evidence")
    only_evidence = evidence and not files.bam and reads == longest
    libraries = _libraries_of_reads(files, DEFAULT_READS if only_evidence else reads) + evidence
    check_names(libraries, "the libraries")
    return libraries


def _libraries_of_reads(files: LibraryFiles, reads: ReadOptions) -> list[Library]:
    from helixdask.coverage.libraries import libraries_from_paths
    from helixdask.coverage.sheet import read_libraries

    if not files.libraries:
        needed = any((files.kind or kind_of(path)) in TRANSCRIPT_READS for path in files.bam)
        if needed and files.strandedness is None:
            raise BadInputError(
                "the protocol of the reads is not known",
                remedy="Give --strandedness unstranded, forward or reverse (dUTP libraries are reverse), or auto.",
            )
        if not files.bam and (files.strandedness or files.kind or reads != DEFAULT_READS):
            raise BadInputError(
                "strandedness, kind or options for reads are given, but no reads",
                remedy="Give --bam FILE, or leave them out; --max-intron is for --evidence, too.",
            )
        return libraries_from_paths(files.bam, files.strandedness or "", files.kind, reads)
    if files.bam:
        raise BadInputError("--bam and --libraries were both given", remedy="Put all files into the sheet.")
    if files.strandedness or files.kind or reads != DEFAULT_READS:
        raise BadInputError(
            "a sheet of libraries says itself how each is to be counted",
            where=files.libraries,
            remedy="Put strandedness, kind and options for reads into its columns.",
        )
    return read_libraries(files.libraries)


def coverage_stages(
    url: str, libraries: Sequence[Library], settings: CoverageSettings | None = None, *, replace: bool = False
) -> Sequence[Stage]:
    """One stage for each library, when all were checked; protocols that are `auto` are found out."""
    from helixdask.coverage.adding import plan_libraries

    return plan_libraries(Store.open(url), libraries, settings, replace=replace) if libraries else []


def call_stage(url: str, settings: CallSettings) -> CallStage:
    """Gene calling; the genes are named like the predictions they come from."""
    from helixdask.calling.stage import CallStage

    predictions = Store.open(url).resolve("predictions", settings.predictions)
    return CallStage(**vars(settings) | {"predictions": predictions, "output": settings.output or predictions})


def windows_name(settings: WindowsSettings) -> str:
    """Name of a table of windows where none is given, so that tables of several lengths and labels lie side by side."""
    rules = settings.rules if settings.rules == Rules.HELIXER else None
    named = (settings.labels, settings.predictions, settings.coverage, settings.repeats)
    parts = [str(settings.window_length), *named, rules]
    return "-".join(part for part in parts if part)


def windows_stage(url: str, settings: WindowsSettings) -> WindowsStage:
    """Windows, measured against the labels and predictions that are there."""
    from helixdask.windows.stage import WindowsStage

    store = Store.open(url)
    found = replace(
        settings,
        labels=_only(store, "labels", settings.labels),
        predictions=_only(store, "predictions", settings.predictions),
    )
    return WindowsStage(**vars(found) | {"output": settings.output or windows_name(found)})


def select_stages(
    url: str,
    settings: SelectSettings,
    *,
    window_length: int | None = None,
    labels: str | None = None,
    predictions: str | None = None,
) -> tuple[WindowsStage | None, SelectStage]:
    """Selection among measured windows, and the windows where there is no table yet that fits.

    Parameters
    ----------
    settings
        Where they name a table or a split, nothing else about windows may be said.
    window_length
        Length of the windows; None: that of the only table that fits, else 21,384.
    labels, predictions
        What the windows are measured against; None: the only ones there are.

    Raises
    ------
    MissingInputError
        Neither labels nor predictions are there, or there are several.
    BadInputError
        A table or split was named together with labels, predictions or a length, or both do not fit.
    """
    from helixdask.selection.stage import SelectStage
    from helixdask.selection.table import windows_behind
    from helixdask.windows.settings import WindowsSettings

    store, wanted, split = Store.open(url), None, settings.split
    windows = settings.windows
    if split is not None and windows is None:
        split = store.resolve("splits", split)
        windows = windows_behind(store, f"splits/{split}")
    if windows is not None and (window_length, labels, predictions) != (None, None, None):
        raise BadInputError(
            "a table of windows has its own length, labels and predictions",
            remedy="Give either --windows or --split, or --window-length, --labels and --predictions.",
        )
    if windows is None:
        coverage = store.resolve("coverage", None) if settings.min_support is not None else None
        asked = WindowsSettings(
            window_length or WINDOW_LENGTH, labels, predictions, rules=settings.rules, coverage=coverage
        )
        wanted = windows_stage(url, asked)
        if wanted.labels is None and wanted.predictions is None:
            raise MissingInputError(
                "there are neither labels nor predictions to choose windows by",
                where=store.url,
                remedy="Run helixdask labels or helixdask predict first.",
            )
        fitting = _tables_like(store, wanted, any_length=window_length is None)
        windows = fitting[0] if len(fitting) == 1 else wanted.output
        wanted = None if windows in fitting else wanted
    return wanted, SelectStage(**vars(settings) | {"windows": windows, "split": split})


def _tables_like(store: Store, wanted: WindowsStage, *, any_length: bool) -> list[str]:
    """Tables of windows that hold what a stage would write, whatever they are called."""
    found = []
    for name in store.names("windows"):
        made = provenance(store, f"windows/{name}")
        length = int(made.settings["window_length"]) if any_length else wanted.window_length
        coverage, repeats = (made.settings.get(key) for key in ("coverage", "repeats"))
        if wanted.coverage not in (None, coverage) or not _are_there(store, coverage, repeats):
            continue
        same = replace(wanted, output=name, window_length=length, coverage=coverage, repeats=repeats)
        if not differences(same, store.attrs(f"windows/{name}"), same.inputs(store)):
            found.append(name)
    return found


def _are_there(store: Store, coverage: str | None, repeats: str | None) -> bool:
    """Whether the coverage set and the track that a table was measured by are still there."""
    return (coverage is None or coverage in store.names("coverage")) and (
        repeats is None or repeats in store.names("tracks")
    )


def split_stage(url: str, settings: SplitSettings) -> SplitStage:
    """Split of all usable windows, or of those of a selection.

    Raises
    ------
    MissingInputError
        There are no windows, or several tables and none was named.
    BadInputError
        A table was named together with a selection of another.
    """
    from helixdask.selection.split_stage import SplitStage
    from helixdask.selection.table import windows_behind

    store, windows, selection = Store.open(url), settings.windows, settings.selection
    if selection is not None or (settings.rules == Rules.HELIXER and windows is None):
        selection = store.resolve("selections", selection)
        behind = windows_behind(store, f"selections/{selection}")
        if windows not in (behind, None):
            raise BadInputError(
                f"selections/{selection} is of windows/{behind}, not of windows/{windows}",
                remedy="Leave --windows out.",
            )
        windows = behind
    windows = store.resolve("windows", windows)
    return SplitStage(**vars(settings) | {"windows": windows, "selection": selection})


def write_annotation(url: str, genes: str, gff3: str, *, rules: Rules = Rules.DEFAULT) -> None:
    """Write gene models of a store as GFF3, with the species and the model that they come from in the header."""
    from helixdask.genes.table import read_genes
    from helixdask.genes.writing.gff_write import write_gff3

    store = Store.open(url)
    digest = model_digest(store, genes)
    write_gff3(gff3, read_genes(store, genes), store.contigs, species=store.species, model_digest=digest, rules=rules)
