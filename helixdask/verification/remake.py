"""Commands that make a group anew, from the settings that it was made with."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from helixdask.calling.settings import CallSettings
from helixdask.coverage.kinds import READ_KINDS
from helixdask.coverage.settings import CoverageSettings, LibraryFiles, ReadOptions
from helixdask.kinship.settings import KinshipSettings
from helixdask.labels.settings import LabelsSettings
from helixdask.selection.settings import SelectSettings, SplitSettings
from helixdask.sequence.settings import EncodeSettings
from helixdask.settings import settings_of
from helixdask.store.lineage import Provenance
from helixdask.store.store import Store
from helixdask.tracks.settings import TrackSettings
from helixdask.windows.settings import WindowsSettings

_Options = Mapping[str, tuple[str, Any]]
"""Option of the command line and default, by the name of the setting."""

_ALIKE: Final[Mapping[str, type]] = {
    "windows": WindowsSettings,
    "select": SelectSettings,
    "split": SplitSettings,
    "kinship": KinshipSettings,
}
"""Stages that are a command with nothing but settings."""

_PREDICT: Final[_Options] = {
    "model": ("--model", None),
    "predictions": ("--name", None),
    "window_length": ("--window-length", None),
    "overlap": ("--overlap", True),
    "offset": ("--overlap-offset", None),
    "core_length": ("--core-length", None),
    "batch_size": ("--batch-size", None),
    "precision": ("--precision", "float16"),
    "coverage": ("--coverage", None),
    "coverage_norm": ("--coverage-norm", "log"),
    "rules": ("--rules", "default"),
}
"""Of a stage that stands above this package."""


def records_of(store: Store) -> dict[str, Provenance]:
    """How each group was made: from its attributes; where they cannot be read, from the store's history."""
    found: dict[str, Provenance] = {}
    history = store.folder.folder("history")
    for name in history.names():  # oldest first
        event = history.read_json(name)
        if isinstance(event, dict) and isinstance(event.get("group"), str) and isinstance(event.get("settings"), dict):
            found[event["group"]] = Provenance.of(event)
    for group in store.published():
        attrs = store.attrs_if_readable(group)
        if isinstance(attrs.get("settings"), dict):
            found[group] = Provenance.of(attrs)
    return found


def remake_commands(url: str, group: str, records: Mapping[str, Provenance]) -> tuple[str, ...]:
    """Commands that take a group out of a store and make it again.

    Parameters
    ----------
    url
        The store.
    group
        The group.
    records
        From :func:`records_of`. Only the names of input files are known, not their folders.

    Examples
    --------
    >>> record = Provenance("genes", {"gff": "a.gff3"})
    >>> remake_commands("a.zarr", "genes/reference", {"genes/reference": record})
    ('helixdask remove a.zarr genes/reference', 'helixdask labels a.zarr --gff3 a.gff3')
    """
    arguments = _arguments(url, group, records)
    again = shlex.join(["helixdask", *arguments]) if arguments else "Run the command that made it again."
    return (shlex.join(["helixdask", "remove", url, group]), again)


def _arguments(url: str, group: str, records: Mapping[str, Provenance]) -> list[str]:
    made = records.get(group, Provenance())
    settings, name = made.settings, group.partition("/")[2]
    if "helixer" in settings:
        return ["import", str(settings["helixer"]), "-o", url]
    match made.stage:
        case "encode":
            given = _given({**settings, "fasta": None}, _options(EncodeSettings))
            return ["encode", str(settings.get("fasta") or "GENOME.fa"), "-o", url, *given]
        case "genes":
            return _annotation(url, settings, {})
        case "labels":
            genes = f"genes/{settings.get('genes')}"
            source = records.get(genes, Provenance(settings={"output": settings.get("genes")}))
            if source.stage == "call":
                return [*_arguments(url, genes, records), "--labels", name]
            return _annotation(url, source.settings, settings)
        case "coverage":
            return _coverage(url, settings)
        case "track":
            file = str(settings.get("file") or "FILE")
            return ["track", url, f"--{settings.get('kind')}", file, *_given(settings, _options(TrackSettings))]
        case "predict":
            return ["predict", url, *_given(settings, _PREDICT)]
        case "call":
            return ["call", url, "-o", f"{name}.gff3", *_given(settings, _options(CallSettings))]
        case stage if stage in _ALIKE:
            return [stage, url, *_given(settings, _options(_ALIKE[stage]))]
        case _:
            return []


def _options(cls: type) -> _Options:
    return {name: (setting.option, setting.default) for name, setting in settings_of(cls).items()}


def _given(settings: Mapping[str, Any], options: _Options) -> list[str]:
    """Options whose values differ from the defaults."""
    words: list[str] = []
    for name, (option, default) in options.items():
        value = settings.get(name, default)
        if value in (default, None, "", []):
            continue
        if isinstance(value, bool):
            words.append(option if value else option.replace("--", "--no-", 1))
        else:
            for one in value if isinstance(value, list | tuple) else [value]:
                words += [option, str(one)]
    return words


def _annotation(url: str, genes: Mapping[str, Any], labels: Mapping[str, Any]) -> list[str]:
    rules = {"rules": "helixer"} if genes.get("phases") == "file" else {}
    given = {**labels, **{name: genes[name] for name in ("output", "aliases") if genes.get(name)}, **rules}
    gff = str(genes.get("gff") or "GENES.gff3")
    return ["labels", url, "--gff3", gff, *_given(given, _options(LabelsSettings))]


def _coverage(url: str, settings: Mapping[str, Any]) -> list[str]:
    path = str(settings.get("path") or "READS.bam")
    where = _given(settings, _options(CoverageSettings))
    if not re.sub(r"[^A-Za-z0-9_.+-]", "_", Path(path).name).startswith(str(settings.get("library"))):
        return ["coverage", url, "--libraries", "SHEET.tsv", *where]  # named in a sheet
    if "max_intron" in settings:  # alignments; of reads it is among their options
        given = _given({"evidence": [path]}, _options(LibraryFiles)), _given(settings, _options(ReadOptions))
        return ["coverage", url, *given[0], *where, *given[1]]
    kind = settings.get("kind")  # of other files the name says what they are
    files = {**settings, "bam": [path], "kind": kind if kind in READ_KINDS[1:] else None}
    given = _given(files, _options(LibraryFiles)), _given(settings.get("reads", {}), _options(ReadOptions))
    return ["coverage", url, *given[0], *where, *given[1]]
