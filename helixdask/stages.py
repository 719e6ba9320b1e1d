"""Stages for a store, with every name that was left out looked up: what the command line and scripts call.

A name that is left out means the only group of its kind; where there are several, the error lists them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from helixdask.errors import BadInputError, MissingInputError
from helixdask.store.store import Store

if TYPE_CHECKING:
    from helixdask.calling.stage import CallStage
    from helixdask.coverage.libraries import Library
    from helixdask.coverage.rules import ReadOptions
    from helixdask.engine.stage import Stage
    from helixdask.kinship.stage import KinshipStage
    from helixdask.selection.stage import SelectStage, SplitStage
    from helixdask.windows.stage import WindowsStage

__all__ = [
    "Rules",
    "call_stage",
    "coverage_stages",
    "kinship_stage",
    "libraries_of",
    "select_stages",
    "split_stage",
    "windows_name",
    "windows_stage",
    "write_annotation",
]


Rules = Literal["default", "helixer"]
_WINDOW_LENGTH = 21_384


def kinship_stage(url: str, *, genes: str | None = None, most_copies: int = 64, name: str = "default") -> KinshipStage:
    """The stage that finds copies among contigs, near the only gene models where none are named."""
    from helixdask.kinship.stage import KinshipStage

    return KinshipStage(_only(Store.open(url), "genes", genes), most_copies=most_copies, output=name)


def _only(store: Store, kind: str, name: str | None) -> str | None:
    """The name asked for or the only one there is; None where there is none at all."""
    return store.resolve(kind, name) if name is not None or store.names(kind) else None


def libraries_of(
    paths: Sequence[str],
    strandedness: str | None,
    sheet: str | None,
    kind: str | None = None,
    reads: ReadOptions | None = None,
) -> list[Library]:
    """Libraries from files of one protocol, or from a sheet; none where neither is given.

    Raises
    ------
    BadInputError
        Both are given, something that is said in the sheet is said beside it, or reads have no protocol.
    """
    from helixdask.coverage.libraries import kind_of, libraries_from_paths
    from helixdask.coverage.rules import DEFAULT_READS
    from helixdask.coverage.sheet import read_libraries

    if not sheet:
        needed = any((kind or kind_of(path)) in ("rnaseq", "longread") for path in paths)
        if needed and strandedness is None:
            raise BadInputError(
                "the protocol of the reads is not known",
                remedy="Give --strandedness unstranded, forward or reverse (dUTP libraries are reverse), or auto.",
            )
        return libraries_from_paths(paths, strandedness or "", kind, reads or DEFAULT_READS)
    if paths:
        raise BadInputError("--bam and --libraries were both given", remedy="Put all files into the sheet.")
    if strandedness or kind or reads not in (None, DEFAULT_READS):
        raise BadInputError(
            "a sheet of libraries says itself how each is to be counted",
            where=sheet,
            remedy="Put strandedness, kind and options for reads into its columns.",
        )
    return read_libraries(sheet)


def coverage_stages(
    url: str,
    libraries: Sequence[Library],
    *,
    set_name: str = "rnaseq",
    rules: Rules = "default",
    aliases: str | None = None,
    replace: bool = False,
) -> list[Stage]:
    """One stage for each library, when all were checked; protocols that are `auto` are found out."""
    from helixdask.coverage.adding import plan_libraries

    if not libraries:
        return []
    return list(
        plan_libraries(Store.open(url), libraries, set_name=set_name, rules=rules, aliases=aliases, replace=replace)
    )


def call_stage(
    url: str,
    *,
    predictions: str | None = None,
    name: str | None = None,
    window_size: int = 100,
    edge_threshold: float = 0.1,
    peak_threshold: float = 0.8,
    min_coding_length: int = 60,
    rules: Rules = "default",
    min_exon_length: int | None = None,
    min_intron_length: int | None = None,
    splice_site_cost: float | None = None,
    phase_weight: float | None = None,
    genetic_code: int = 1,
    min_score: float = 0.0,
) -> CallStage:
    """Gene calling; the genes are named like the predictions they come from."""
    from helixdask.calling.stage import CallStage

    predictions = Store.open(url).resolve("predictions", predictions)
    return CallStage(
        predictions=predictions,
        output=name or predictions,
        window_size=window_size,
        edge_threshold=edge_threshold,
        peak_threshold=peak_threshold,
        min_coding_length=min_coding_length,
        rules=rules,
        min_exon_length=min_exon_length,
        min_intron_length=min_intron_length,
        splice_site_cost=splice_site_cost,
        phase_weight=phase_weight,
        genetic_code=genetic_code,
        min_score=min_score,
    )


def windows_name(window_length: int, labels: str | None, predictions: str | None, rules: Rules = "default") -> str:
    """Name of a table of windows where none is given, so that tables of several lengths and labels lie side by side."""
    parts = [str(window_length), labels, predictions, "helixer" if rules == "helixer" else None]
    return "-".join(part for part in parts if part)


def windows_stage(
    url: str,
    window_length: int = _WINDOW_LENGTH,
    *,
    labels: str | None = None,
    predictions: str | None = None,
    name: str | None = None,
    rules: Rules = "default",
) -> WindowsStage:
    """Windows, measured against the labels and predictions that are there."""
    from helixdask.windows.stage import WindowsStage

    store = Store.open(url)
    labels, predictions = _only(store, "labels", labels), _only(store, "predictions", predictions)
    return WindowsStage(
        window_length=window_length,
        labels=labels,
        predictions=predictions,
        output=name or windows_name(window_length, labels, predictions, rules),
        rules=rules,
    )


def select_stages(
    url: str,
    *,
    windows: str | None = None,
    window_length: int | None = None,
    labels: str | None = None,
    predictions: str | None = None,
    keep_fraction: float = 0.2,
    name: str = "default",
    rules: Rules = "default",
) -> tuple[WindowsStage | None, SelectStage]:
    """Selection among measured windows, and the windows where there is no table yet that fits.

    Parameters
    ----------
    windows
        Table to use; then nothing else about windows may be said.
    window_length
        Length of the windows; None: that of the only table that fits, else 21,384.
    labels, predictions
        What the windows are measured against; None: the only ones there are.

    Raises
    ------
    MissingInputError
        Neither labels nor predictions are there, or there are several.
    BadInputError
        A table was named together with labels, predictions or a length.
    """
    from helixdask.selection.stage import SelectStage

    if windows is not None and (window_length, labels, predictions) != (None, None, None):
        raise BadInputError(
            "a table of windows has its own length, labels and predictions",
            remedy="Give either --windows, or --window-length, --labels and --predictions.",
        )
    store, wanted = Store.open(url), None
    if windows is None:
        wanted = windows_stage(
            url, window_length or _WINDOW_LENGTH, labels=labels, predictions=predictions, rules=rules
        )
        if wanted.labels is None and wanted.predictions is None:
            raise MissingInputError(
                "there are neither labels nor predictions to choose windows by",
                where=store.url,
                remedy="Run helixdask labels or helixdask predict first.",
            )
        fitting = _tables_like(store, wanted, any_length=window_length is None)
        windows = fitting[0] if len(fitting) == 1 else wanted.output
        wanted = None if windows in fitting else wanted
    select = SelectStage(windows=windows, keep_fraction=keep_fraction, output=name, rules=rules)
    return wanted, select


def _tables_like(store: Store, wanted: WindowsStage, *, any_length: bool) -> list[str]:
    """Tables of windows that hold what a stage would write, whatever they are called."""
    found = []
    for name in store.names("windows"):
        attrs = store.attrs(f"windows/{name}")
        length = int(attrs["window_length"]) if any_length else wanted.window_length
        same = replace(wanted, output=name, window_length=length)
        if attrs.get("settings") == same.settings() and attrs.get("inputs") == same.inputs(store):
            found.append(name)
    return found


def split_stage(
    url: str,
    *,
    selection: str | None = None,
    val_fraction: float = 0.2,
    seed: int = 0,
    groups: str | None = None,
    aliases: str | None = None,
    name: str = "default",
    rules: Rules = "default",
) -> SplitStage:
    """Split of a selection into training and validation."""
    from helixdask.selection.stage import SplitStage

    selection = Store.open(url).resolve("selections", selection)
    return SplitStage(
        selection=selection,
        val_fraction=val_fraction,
        seed=seed,
        groups=groups,
        output=name,
        rules=rules,
        aliases=aliases,
    )


def write_annotation(url: str, genes: str, gff3: str, *, rules: Rules = "default") -> None:
    """Write gene models of a store as GFF3, with the species and the model that they come from in the header."""
    from helixdask.genes.table import read_genes
    from helixdask.genes.writing.gff_write import write_gff3

    store = Store.open(url)
    predictions = store.attrs(f"genes/{genes}").get("settings", {}).get("predictions")
    digest = store.attrs(f"predictions/{predictions}").get("model_digest") if predictions else None
    write_gff3(gff3, read_genes(store, genes), store.contigs, species=store.species, model_digest=digest, rules=rules)
