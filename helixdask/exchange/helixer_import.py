"""A Helixer file into stores: which stages that takes, for each species in it."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from helixdask.coverage.kinds import DEFAULT_SET
from helixdask.coverage.libraries import libraries_from_paths
from helixdask.engine.cluster import RunOptions
from helixdask.engine.run import Summary, plan_ahead, run_stage
from helixdask.engine.same_work import differences
from helixdask.errors import BadInputError
from helixdask.exchange.helixer_columns import SPECIES_BYTES
from helixdask.exchange.helixer_file import CoverageColumns, Layout, describe, prediction_sets, reading_h5
from helixdask.exchange.helixer_rows import file_rows, species_of
from helixdask.exchange.helixer_stage import HelixerStage
from helixdask.exchange.import_coverage import ImportCoverageStage
from helixdask.exchange.import_genome import ImportGenomeStage
from helixdask.exchange.import_labels import ImportLabelsStage
from helixdask.exchange.import_predictions import ImportPredictionsStage
from helixdask.exchange.minus_padding import settle_minus_padding
from helixdask.exchange.settings import ImportSettings
from helixdask.public_names import public_name
from helixdask.settings import check_settings
from helixdask.store.root import is_store
from helixdask.store.store import Store

log = logging.getLogger(__name__)


def import_helixer(
    path: str | Path, output: str | Path, settings: ImportSettings | None = None, *, options: RunOptions | None = None
) -> list[Summary]:
    """Bring a Helixer HDF5 file into a new store, or into one of the same genome.

    Parameters
    ----------
    path
        The file with ``data``.
    output
        The store; a folder of stores, one for each species, where the file holds several.
    settings
        What is to be known beside that; None: the defaults.
    options
        How to run.

    Returns
    -------
    One summary for each group of each store.

    Raises
    ------
    BadInputError
        A file cannot be used, contradicts itself or the store, or the padding cannot be told.
    """
    options, names = options or RunOptions(), settings or ImportSettings()
    check_settings(names)
    for asked in (names.labels_name, names.predictions_name, names.coverage_name):
        if asked is not None and _plain_name(asked) != asked:
            raise BadInputError(
                f"{asked!r} cannot be a name in a store", remedy="Use letters, digits, and _ . + - between them."
            )
    layout = describe(str(path))
    source = str(names.predictions or path)
    with reading_h5(source) as file:
        predicted = prediction_sets(file, layout.rows, layout.window_length)
        model = str(file.attrs.get("model_path", ""))
    if names.predictions and not predicted:
        raise BadInputError("there are no `predictions` in the file", where=source)
    names = replace(names, predictions_name=names.predictions_name or _plain_name(Path(model).stem) or "imported")
    summaries: list[Summary] = []
    for url, species in _targets(layout, str(output)):
        where = (
            settle_minus_padding(
                source, file_rows(layout.path, species, layout.window_length), layout.window_length, names.minus_padding
            )
            if predicted
            else "end"
        )
        stages = [*_stages(layout, species, names, source, predicted, where)]
        _refuse_same_names(stages, layout)
        summaries.extend(_run([replace(stage, aliases=names.aliases) for stage in stages], url, layout, options))
    return summaries


def _targets(layout: Layout, output: str) -> list[tuple[str, str]]:
    """Stores to write, and the species for each."""
    species = species_of(layout.path)
    if len(species) == 1:
        return [(output, species[0])]
    if is_store(output):
        mine = Store.open(output).species.encode()[:SPECIES_BYTES].decode("utf-8", "ignore")
        if mine not in species:
            raise BadInputError(
                f"the store is of {mine!r}, the file of {', '.join(species)}",
                where=output,
                remedy="Give a folder: each species gets a store in it.",
            )
        return [(output, mine)]
    files = [_plain_name(name) or "species" for name in species]
    twice = [name for name, count in Counter(files).items() if count > 1]
    if twice:
        raise BadInputError(f"two species would become {twice[0]}.zarr", where=layout.path)
    return [(f"{output.rstrip('/')}/{file}.zarr", name) for file, name in zip(files, species, strict=True)]


def _refuse_same_names(stages: list[HelixerStage], layout: Layout) -> None:
    group, count = Counter(stage.group() for stage in stages).most_common(1)[0] if stages else ("", 0)
    if count > 1:
        raise BadInputError(
            f"two parts of the file would both become {group}",
            where=layout.path,
            remedy="Give --name NAME for the labels in `data`, or --coverage-name.",
        )


def _plain_name(text: str) -> str:
    return re.sub(r"[^\w.+-]+", "_", text).strip("._+-")


def _stages(
    layout: Layout, species: str, names: ImportSettings, source: str, predicted: tuple[str, ...], where: str
) -> Iterator[HelixerStage]:
    path = layout.path
    for folder in layout.labels:
        name = names.labels_name if folder == "data" else _plain_name(folder.partition("/")[2])
        yield ImportLabelsStage(path, species, name, folder=folder)
    for columns in layout.coverage:
        set_name = names.coverage_name or _plain_name(columns.prefix) or DEFAULT_SET
        yield from _coverage_stages(path, species, columns, set_name, names.strandedness)
    if predicted:
        yield ImportPredictionsStage(
            path,
            species,
            names.predictions_name or "",
            predicted=source,
            minus_padding=where,
            has_phase="predictions_phase" in predicted,
        )


def _coverage_stages(
    path: str, species: str, columns: CoverageColumns, set_name: str, strandedness: str
) -> Iterator[ImportCoverageStage]:
    bams = columns.bams if len(columns.bams) == columns.n_libraries else ("",) * columns.n_libraries
    if columns.bams != bams:
        log.warning(
            "%s: %d libraries, but %d names of BAM files: they are numbered",
            path,
            columns.n_libraries,
            len(columns.bams),
        )
    elif list(bams) != sorted(bams, key=_library_name):
        log.warning(
            "%s: the libraries are %s, in this order; the store, and what is exported from it, has them by name",
            path,
            ", ".join(_library_name(bam) for bam in bams),
        )
    used: Counter[str] = Counter()
    for number, bam in enumerate(bams):
        name = _library_name(bam) if bam else f"library{number + 1}"
        used[name] += 1
        yield ImportCoverageStage(
            path,
            species,
            name if used[name] == 1 else f"{name}_{used[name]}",
            set_name=set_name,
            dataset=columns.dataset("coverage"),
            spliced_dataset=columns.dataset("spliced_coverage"),
            column=None if columns.flat else number,
            bam=public_name(bam),
            strandedness=strandedness,
        )


def _library_name(bam: str) -> str:
    return libraries_from_paths([bam], "unstranded")[0].name


def _run(stages: list[HelixerStage], url: str, layout: Layout, options: RunOptions) -> Iterator[Summary]:
    """Make the genome where there is none, then everything else; a genome that was there is compared first."""
    species = stages[0].species if stages else species_of(layout.path)[0]
    genome = ImportGenomeStage(layout.path, species)
    store = Store.open(url) if is_store(url) else None
    attrs = store.attrs("genome") if store else {}
    finished = attrs.get("complete") is True
    there = store is not None and finished and bool(differences(genome, attrs, genome.inputs(store)))
    if there and not stages:
        raise BadInputError(
            "the store has its genome, and the file holds nothing else",
            where=layout.path,
            remedy="Choose another -o.",
        )
    if there and not layout.has_sequence:
        log.warning("%s: there is no sequence (data/X): only names and lengths of contigs are compared", layout.path)
    if not there:
        yield run_stage(genome, url, options)
    for number, stage in enumerate(stages):
        made = replace(stage, compare=there and number == 0)  # type: ignore[call-arg]
        if options.dry_run and not finished:
            yield plan_ahead(made, url, options, genome.estimate_bases(None), ())
        else:
            yield run_stage(made, url, options)
