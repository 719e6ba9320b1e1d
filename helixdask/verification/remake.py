"""Commands that make a group anew, from the settings that it was made with."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from helixdask.store.store import Store

__all__ = ["Record", "records_of", "remake_commands"]

Record = Mapping[str, Any]
"""What is known of how a group was made: ``stage``, ``settings``, and what else its attributes say."""

_Options = Mapping[str, tuple[str, Any]]
"""Option of the command line and default, by the name of the setting."""


def records_of(store: Store) -> dict[str, Record]:
    """How each group was made: from its attributes; where they cannot be read, from the store's history."""
    found: dict[str, Record] = {}
    history = store.folder.folder("history")
    for name in history.names():  # oldest first
        event = history.read_json(name)
        if isinstance(event, dict) and isinstance(event.get("group"), str) and "settings" in event:
            found[event["group"]] = event
    for group in store.published():
        attrs = store.attrs_if_readable(group)
        if isinstance(attrs.get("settings"), dict):
            found[group] = attrs
    return found


def remake_commands(url: str, group: str, records: Mapping[str, Record]) -> tuple[str, ...]:
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
    >>> record = {"stage": "genes", "settings": {"gff": "a.gff3"}}
    >>> remake_commands("a.zarr", "genes/reference", {"genes/reference": record})
    ('helixdask remove a.zarr genes/reference', 'helixdask labels a.zarr --gff3 a.gff3')
    """
    record = records.get(group, {})
    settings = record.get("settings", {})
    maker = _MAKERS.get(str(record.get("stage", "")))
    if "helixer" in settings:
        maker = _import
    arguments = maker(url, group, record, records) if maker is not None and isinstance(settings, Mapping) else None
    again = shlex.join(["helixdask", *arguments]) if arguments else "Run the command that made it again."
    return (shlex.join(["helixdask", "remove", url, group]), again)


def _given(settings: Mapping[str, Any], options: _Options) -> list[str]:
    """Options whose values differ from the defaults."""
    words: list[str] = []
    for name, (option, default) in options.items():
        value = settings.get(name, default)
        if value in (default, None, ""):
            continue
        if isinstance(value, bool):
            words.append(option if value else option.replace("--", "--no-", 1))
        else:
            for one in value if isinstance(value, list | tuple) else [value]:
                words += [option, str(one)]
    return words


def _encode(url: str, group: str, record: Record, records: Mapping[str, Record]) -> list[str]:
    settings = record["settings"]
    options = _given(settings, {"species": ("--species", None), "on_bad_base": ("--on-bad-base", "error")})
    return ["encode", _text(settings, "fasta", "GENOME.fa"), "-o", url, *options]


def _import(url: str, group: str, record: Record, records: Mapping[str, Record]) -> list[str]:
    return ["import", _text(record["settings"], "helixer", "HELIXER.h5"), "-o", url]


def _genes(url: str, group: str, record: Record, records: Mapping[str, Record]) -> list[str]:
    settings = record["settings"]
    options: _Options = {"output": ("--name", "reference"), "aliases": ("--aliases", None)}
    rules = ["--rules", "helixer"] if settings.get("phases") == "file" else []
    return ["labels", url, "--gff3", _text(settings, "gff", "GENES.gff3"), *_given(settings, options), *rules]


def _labels(url: str, group: str, record: Record, records: Mapping[str, Record]) -> list[str]:
    settings = record["settings"]
    genes = f"genes/{settings.get('genes')}"
    source = records.get(genes, {})
    if source.get("stage") == "call":
        return [*_call(url, genes, source, records), "--labels", group.partition("/")[2]]
    options: _Options = {"genetic_code": ("--genetic-code", 1), "genetic_codes": ("--genetic-codes", None)}
    rules: _Options = {"rules": ("--rules", "default")}
    if "settings" not in source:
        source = {"settings": {"output": settings.get("genes")}}
    made = _genes(url, genes, source, records)
    return [*made, *_given(settings, options), *([] if "--rules" in made else _given(settings, rules))]


def _coverage(url: str, group: str, record: Record, records: Mapping[str, Record]) -> list[str]:
    settings = record["settings"]
    reads: _Options = {
        "min_mapq": ("--min-mapq", None),
        "count_duplicates": ("--count-duplicates", False),
        "count_supplementary": ("--count-supplementary", False),
        "count_secondary": ("--count-secondary", False),
        "count_qc_failed": ("--count-qc-failed", False),
        "mates_once": ("--mates-once", True),
    }
    options: _Options = {
        "strandedness": ("--strandedness", None),
        "kind": ("--kind", "rnaseq"),
        "set_name": ("--name", "rnaseq"),
        "rules": ("--rules", "default"),
        "aliases": ("--aliases", None),
    }
    path = _text(settings, "path", "READS.bam")
    name = re.sub(r"[^A-Za-z0-9_.+-]", "_", Path(path).name)
    if not name.startswith(str(settings.get("library"))):  # named in a sheet
        chosen: _Options = {"set_name": options["set_name"], "rules": options["rules"], "aliases": options["aliases"]}
        return ["coverage", url, "--libraries", "SHEET.tsv", *_given(settings, chosen)]
    return ["coverage", url, "--bam", path, *_given(settings, options), *_given(settings.get("reads", {}), reads)]


def _track(url: str, group: str, record: Record, records: Mapping[str, Record]) -> list[str]:
    settings = record["settings"]
    options: _Options = {"output": ("--name", "repeats"), "aliases": ("--aliases", None), "types": ("--type", [])}
    return ["track", url, f"--{settings.get('kind')}", _text(settings, "file", "FILE"), *_given(settings, options)]


def _predict(url: str, group: str, record: Record, records: Mapping[str, Record]) -> list[str]:
    settings = record["settings"]
    options: _Options = {
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
    model = str(record.get("model_path") or _text(settings, "model", "MODEL"))
    return ["predict", url, "--model", model, *_given(settings, options)]


def _call(url: str, group: str, record: Record, records: Mapping[str, Record]) -> list[str]:
    name = group.partition("/")[2]
    options: _Options = {
        "predictions": ("--predictions", None),
        "output": ("--name", None),
        "window_size": ("--window-size", 100),
        "edge_threshold": ("--edge-threshold", 0.1),
        "peak_threshold": ("--peak-threshold", 0.8),
        "min_coding_length": ("--min-coding-length", 60),
        "min_exon_length": ("--min-exon-length", None),
        "min_intron_length": ("--min-intron-length", None),
        "splice_site_cost": ("--splice-site-cost", None),
        "phase_weight": ("--phase-weight", None),
        "rules": ("--rules", "default"),
    }
    return ["call", url, "-o", f"{name}.gff3", *_given(record["settings"], options)]


def _windows(url: str, group: str, record: Record, records: Mapping[str, Record]) -> list[str]:
    options: _Options = {
        "window_length": ("--window-length", None),
        "labels": ("--labels", None),
        "predictions": ("--predictions", None),
        "output": ("--name", None),
        "rules": ("--rules", "default"),
    }
    return ["windows", url, *_given(record["settings"], options)]


def _select(url: str, group: str, record: Record, records: Mapping[str, Record]) -> list[str]:
    options: _Options = {
        "windows": ("--windows", None),
        "keep_fraction": ("--keep-fraction", 0.2),
        "output": ("--name", "default"),
        "rules": ("--rules", "default"),
    }
    return ["select", url, *_given(record["settings"], options)]


def _split(url: str, group: str, record: Record, records: Mapping[str, Record]) -> list[str]:
    options: _Options = {
        "selection": ("--selection", None),
        "val_fraction": ("--val-fraction", 0.2),
        "seed": ("--seed", 0),
        "groups": ("--groups", None),
        "output": ("--name", "default"),
        "rules": ("--rules", "default"),
    }
    return ["split", url, *_given(record["settings"], options)]


def _kinship(url: str, group: str, record: Record, records: Mapping[str, Record]) -> list[str]:
    options: _Options = {
        "genes": ("--genes", None),
        "most_copies": ("--most-copies", 64),
        "output": ("--name", "default"),
    }
    return ["kinship", url, *_given(record["settings"], options)]


def _text(settings: Mapping[str, Any], name: str, unknown: str) -> str:
    return str(settings.get(name) or unknown)


_Maker = Callable[[str, str, Record, Mapping[str, Record]], list[str]]
_MAKERS: Final[Mapping[str, _Maker]] = {
    "encode": _encode,
    "genes": _genes,
    "labels": _labels,
    "coverage": _coverage,
    "track": _track,
    "predict": _predict,
    "call": _call,
    "windows": _windows,
    "select": _select,
    "split": _split,
    "kinship": _kinship,
}
