"""Stages for a store, with every name that was left out looked up: what the command line and scripts call.

A name that is left out means the only group of its kind; where there are several, the error lists them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from helixdask.errors import BadInputError
from helixdask.store.store import Store

if TYPE_CHECKING:
    from helixdask.calling.stage import CallStage
    from helixdask.coverage.libraries import Library
    from helixdask.coverage.stage import CoverageStage
    from helixdask.selection.stage import SelectStage, SplitStage
    from helixdask.windows.stage import WindowsStage

__all__ = [
    "Rules",
    "call_stage",
    "coverage_stages",
    "libraries_of",
    "select_stage",
    "split_stage",
    "windows_stage",
    "write_annotation",
]


Rules = Literal["default", "helixer"]


def _only(store: Store, kind: str, name: str | None) -> str | None:
    """The name asked for or the only one there is; None where there is none at all."""
    return store.resolve(kind, name) if name is not None or store.names(kind) else None


def libraries_of(bams: Sequence[str], strandedness: str | None, sheet: str | None) -> list[Library]:
    """Libraries from BAM paths of one protocol, or from a sheet; none where neither is given.

    Raises
    ------
    BadInputError
        Both are given, or BAM files without a protocol.
    """
    from helixdask.coverage.libraries import libraries_from_paths, read_libraries

    if bams and sheet:
        raise BadInputError("--bam and --libraries were both given", remedy="Put all files into the sheet.")
    if sheet:
        return read_libraries(sheet)
    if bams and strandedness is None:
        raise BadInputError(
            "the protocol of the reads is not known",
            remedy="Give --strandedness unstranded, forward or reverse (dUTP libraries are reverse).",
        )
    return libraries_from_paths(bams, strandedness or "unstranded") if bams else []


def coverage_stages(
    libraries: Sequence[Library], *, set_name: str, rules: Rules = "default", min_mapq: int | None = None
) -> list[CoverageStage]:
    """One stage for each library."""
    from helixdask.coverage.stage import CoverageStage

    return [CoverageStage.of(library, set_name, rules, min_mapq) for library in libraries]


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
    )


def windows_stage(
    url: str,
    window_length: int,
    *,
    labels: str | None = None,
    predictions: str | None = None,
    name: str = "default",
    rules: Rules = "default",
) -> WindowsStage:
    """Windows, measured against the labels and predictions that are there."""
    from helixdask.windows.stage import WindowsStage

    store = Store.open(url)
    return WindowsStage(
        window_length=window_length,
        labels=_only(store, "labels", labels),
        predictions=_only(store, "predictions", predictions),
        output=name,
        rules=rules,
    )


def select_stage(
    url: str, *, windows: str | None = None, keep_fraction: float = 0.2, name: str = "default", rules: Rules = "default"
) -> SelectStage:
    """Selection among measured windows."""
    from helixdask.selection.stage import SelectStage

    windows = Store.open(url).resolve("windows", windows)
    return SelectStage(windows=windows, keep_fraction=keep_fraction, output=name, rules=rules)


def split_stage(
    url: str,
    *,
    selection: str | None = None,
    val_fraction: float = 0.2,
    seed: int = 0,
    groups: str | None = None,
    name: str = "default",
    rules: Rules = "default",
) -> SplitStage:
    """Split of a selection into training and validation."""
    from helixdask.selection.stage import SplitStage

    selection = Store.open(url).resolve("selections", selection)
    return SplitStage(
        selection=selection, val_fraction=val_fraction, seed=seed, groups=groups, output=name, rules=rules
    )


def write_annotation(url: str, genes: str, gff3: str, *, rules: Rules = "default") -> None:
    """Write gene models of a store as GFF3, with the species and the model that they come from in the header."""
    from helixdask.genes.gff_write import write_gff3
    from helixdask.genes.table import read_genes

    store = Store.open(url)
    predictions = store.attrs(f"genes/{genes}").get("settings", {}).get("predictions")
    digest = store.attrs(f"predictions/{predictions}").get("model_digest") if predictions else None
    write_gff3(gff3, read_genes(store, genes), store.contigs, species=store.species, model_digest=digest, rules=rules)
