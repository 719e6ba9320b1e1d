"""The whole way: prepare a store, and annotate with a model.

Each step is a stage, so an interrupted run goes on where it stopped when it is called again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from helixdask.calling.settings import CallSettings
from helixdask.coverage.kinds import DEFAULT_SET, TRANSCRIPT_KINDS
from helixdask.coverage.settings import CoverageSettings
from helixdask.coverage.transcripts import transcript_groups
from helixdask.engine.cluster import RunOptions
from helixdask.engine.run import Summary
from helixdask.engine.stage import Stage
from helixdask.errors import BadInputError
from helixdask.kinship.settings import KinshipSettings
from helixdask.labels.settings import LabelsSettings
from helixdask.outputs import check_folder, check_outputs
from helixdask.selection.settings import SelectSettings, SplitSettings
from helixdask.sequence.settings import EncodeSettings
from helixdask.settings import WINDOW_LENGTH, Rules
from helixdask.stages import (
    annotation_stages,
    kinship_stage,
    select_stages,
    split_stage,
    windows_name,
    windows_stage,
    write_annotation,
)
from helixdask.store.objects import is_url
from helixdask.store.root import is_store
from helixdask.store.store import Store
from helixdask.trainer.base_models import shipped_models
from helixdask.trainer.prediction.settings import PredictSettings, predictions_name
from helixdask.trainer.runtime import require_tensorflow
from helixdask.trainer.steps import Step, call_step, coverage_steps, predict_step, run_steps
from helixdask.windows.settings import WindowsSettings

if TYPE_CHECKING:
    from helixdask.coverage.libraries import Library

log = logging.getLogger(__name__)

BASE = "base"
PSEUDO = "pseudo"
REFERENCE = "reference"


@dataclass(frozen=True)
class PrepareSettings:
    """What goes into a store. Names of groups are chosen here: those in the settings of the steps do not count.

    Parameters
    ----------
    genome
        The FASTA file and its species.
    store
        Folder or URL of the store.
    gff3
        Annotation to learn from; None: the model's own genes are the labels (pseudolabels).
    model
        Base model; needed where there is no annotation. Its predictions also tell how sure each window is.
    libraries
        Aligned reads.
    window_length
        Training window; None: what the model was trained on, else 21,384.
    labels
        Genetic codes, rules, and the table of other sequence names: in the annotation, the libraries, and the tables
        of groups and genetic codes. The rules are those of every step.
    select, split
        How windows are chosen and divided; kinship is found first unless it is ``off``.
    predict, call
        How the base model predicts, and how its genes are called where they are the labels.
    with_reads
        Whether reads weigh in where genes are called.
    """

    genome: EncodeSettings
    store: str
    gff3: str | None = None
    model: str | None = None
    libraries: tuple[Library, ...] = ()
    window_length: int | None = None
    labels: LabelsSettings = field(default_factory=LabelsSettings)
    select: SelectSettings = field(default_factory=SelectSettings)
    split: SplitSettings = field(default_factory=SplitSettings)
    predict: PredictSettings = field(default_factory=PredictSettings)
    call: CallSettings = field(default_factory=CallSettings)
    with_reads: bool = True


def prepare(
    settings: PrepareSettings, options: RunOptions, on_stage: Callable[[Summary], None] = lambda summary: None
) -> list[Summary]:
    """Genome, labels, coverage, predictions, windows, kinship, split and selection, in this order.

    By the rules of Helixer the selection is split, and kinship is not looked for.

    Parameters
    ----------
    settings
        What goes in.
    options
        How to run. With ``dry_run`` every step is planned, those too whose inputs are not there yet.
    on_stage
        Called after each stage.

    Returns
    -------
    list of Summary
        One for each stage.

    Raises
    ------
    NamesDifferError
        The files do not call the sequences alike; a table of names may have been written.
    BadInputError
        Neither annotation nor model is given, or an input cannot be used.
    """
    if settings.gff3 is None and settings.model is None:
        raise BadInputError(
            "there is nothing to learn from",
            remedy="Give --gff3 with an annotation, or --model with a base model: "
            f"{', '.join(model.name for model in shipped_models())} come along, helixdask models lists others.",
        )
    if settings.labels.rules == Rules.HELIXER and settings.model is None:
        raise BadInputError(
            "the rules helixer select windows by predictions, and there is no model to make them",
            remedy="Give --model, or choose the default rules.",
        )
    replace(settings.split, rules=settings.labels.rules).check()
    check_folder(settings.store)
    if settings.model is not None:
        options.for_gpus()  # refuses what there is not
        if not options.dry_run:
            require_tensorflow()
    reads = [path for library in settings.libraries for path in library.paths.values()]
    for path in (settings.gff3, settings.model, settings.split.groups, *reads):
        if path is not None and not is_url(path) and not Path(path).exists():
            raise BadInputError("no such file", where=path, remedy="Check the path.")
    window_length = settings.window_length or _training_window(settings.model)
    _check_names(settings)
    return run_steps(_steps(settings, window_length, replace_there=options.replace), settings.store, options, on_stage)


def _check_names(settings: PrepareSettings) -> None:
    """Compare what the files call the sequences, before any work."""
    from helixdask.name_check import check_names
    from helixdask.sequence.stage import EncodeStage

    if settings.gff3 or settings.libraries:
        genome = EncodeStage(**vars(settings.genome))
        check_names(genome, settings.store, settings.gff3, settings.libraries, settings.labels.aliases)


def _training_window(model: str | None) -> int:
    if model is None:
        return WINDOW_LENGTH
    from helixdask.trainer.network.describe import describe_model

    return int(describe_model(model).card["training_window"])


def _steps(settings: PrepareSettings, window_length: int, *, replace_there: bool) -> list[Step]:
    """The steps, in order."""
    from helixdask.labels.stage import LabelsStage
    from helixdask.selection.split_stage import SplitStage
    from helixdask.selection.stage import SelectStage
    from helixdask.sequence.stage import EncodeStage
    from helixdask.windows.stage import WindowsStage

    url, rules, aliases = settings.store, settings.labels.rules, settings.labels.aliases
    labels = replace(settings.labels, output=REFERENCE if settings.gff3 else PSEUDO)
    steps = [Step(lambda: EncodeStage(**vars(settings.genome)))]
    if settings.gff3:
        read, paint = annotation_stages(settings.gff3, labels)
        steps += [Step(lambda: read), Step(lambda: paint, needs=(f"genes/{REFERENCE}",))]
    coverage = CoverageSettings(rules=rules, aliases=aliases)
    steps += coverage_steps(url, settings.libraries, coverage, replace_there=replace_there)
    measured = [f"labels/{labels.output}"]
    if settings.model:
        measured.append(f"predictions/{BASE}")
        predict = replace(settings.predict, predictions=BASE, rules=rules)
        steps.append(predict_step(url, settings.model, predict, settings.libraries))
        if not settings.gff3:
            calling = replace(settings.call, predictions=BASE, output=PSEUDO, rules=rules)
            calling = replace(calling, genetic_code=labels.genetic_code)
            weighing = partial(_weighing, url, coverage.set_name, settings.libraries, wanted=settings.with_reads)
            steps.append(call_step(url, calling, weighing))
            steps.append(Step(lambda: LabelsStage(**vars(labels), genes=PSEUDO), needs=(f"genes/{PSEUDO}",)))
    windows = WindowsSettings(window_length, labels.output, BASE if settings.model else None, rules=rules)
    name = windows_name(windows)
    select = replace(settings.select, windows=name, output="default", rules=rules)
    split = replace(settings.split, windows=name, output="default", rules=rules, aliases=aliases)
    measuring = WindowsStage(**vars(windows) | {"output": name})
    steps.append(Step(lambda: windows_stage(url, windows), lambda: measuring, tuple(measured)))
    needed: tuple[str, ...] = (f"windows/{name}",)
    if rules == Rules.HELIXER:
        split = replace(split, windows=None, selection="default")
        chosen = (*needed, "selections/default")
        return [
            *steps,
            Step(lambda: select_stages(url, select)[1], lambda: SelectStage(**vars(select)), needed),
            Step(lambda: split_stage(url, split), lambda: SplitStage(**vars(split)), chosen),
        ]
    if split.kinship == "auto":
        kinship = KinshipSettings(genes=labels.output)
        steps.append(Step(lambda: kinship_stage(url, kinship), lambda: _kinship(kinship), (f"genes/{labels.output}",)))
        split = replace(split, kinship=kinship.output)
        needed = (*needed, f"kinship/{kinship.output}")
    select = replace(select, split=split.output)
    divided = (*needed, f"splits/{split.output}")
    return [
        *steps,
        Step(lambda: split_stage(url, split), lambda: SplitStage(**vars(split)), needed),
        Step(lambda: select_stages(url, select)[1], lambda: SelectStage(**vars(select)), divided),
    ]


def _kinship(settings: KinshipSettings) -> Stage:
    from helixdask.kinship.stage import KinshipStage

    return KinshipStage(**vars(settings))


def _weighing(
    url: str, coverage: str, libraries: Sequence[Library], call: CallSettings, *, wanted: bool
) -> CallSettings:
    """Settings of the calling, with the reads of a coverage set where it has some, or is going to have."""
    if not wanted or call.coverage is not None or call.rules == Rules.HELIXER:
        return call
    given = any(library.kind in TRANSCRIPT_KINDS for library in libraries)
    there = is_store(url) and bool(transcript_groups(Store.open(url), coverage))
    return replace(call, coverage=coverage) if given or there else call


def store_for(source: str, gff3: str | Path, store: str | None = None) -> str:
    """The store that `annotate` works on: the source itself, the one that was named, or one beside the annotation."""
    return source if is_store(source) else store or str(Path(gff3).with_suffix(".zarr"))


def annotate(
    source: str,
    model: str,
    gff3: str,
    options: RunOptions,
    *,
    store: str | None = None,
    species: str | None = None,
    libraries: Sequence[Library] = (),
    aliases: str | None = None,
    predict: PredictSettings | None = None,
    call: CallSettings | None = None,
    with_reads: bool = True,
    on_stage: Callable[[Summary], None] = lambda summary: None,
) -> list[Summary]:
    """Predict with a model, call genes, write them as GFF3.

    Parameters
    ----------
    source
        A store, or a FASTA file; of a file a store is made first.
    model
        ``.keras``, or Helixer's ``.h5``.
    gff3
        Annotation to write; it appears whole or not at all.
    store
        Where the store of a FASTA file goes; default: beside the GFF3.
    species
        Name of its species; default: the file's name.
    libraries
        Reads: for a model that sees coverage, else they weigh in where genes are called.
    aliases
        Table of other sequence names, in the reads.
    predict, call
        How to predict, and how to call genes from that. The rules of the calling are those of every step.
    with_reads
        Whether reads weigh in where genes are called.

    Returns
    -------
    list of Summary
        One for each stage.
    """
    from helixdask.sequence.stage import EncodeStage

    call = call or CallSettings()
    predict = replace(predict or PredictSettings(), rules=call.rules)
    has_store, url = is_store(source), store_for(source, gff3, store)
    check_outputs(gff3)
    check_folder(url)
    options.for_gpus()  # refuses what there is not
    if not options.dry_run:
        require_tensorflow()
    steps: list[Step] = []
    if not has_store:
        if not Path(source).is_file():
            raise BadInputError("neither a store nor a FASTA file", where=source, remedy="Check the path.")
        steps.append(Step(lambda: EncodeStage(source, species)))
    coverage = CoverageSettings(set_name=predict.coverage or DEFAULT_SET, rules=call.rules, aliases=aliases)
    steps += coverage_steps(url, libraries, coverage, replace_there=options.replace)
    name = predict.predictions or predictions_name(model)
    steps.append(predict_step(url, model, replace(predict, predictions=name), libraries))
    calling = replace(call, predictions=name)
    steps.append(call_step(url, calling, partial(_weighing, url, coverage.set_name, libraries, wanted=with_reads)))
    if options.dry_run:
        return run_steps(steps, url, options, on_stage)

    def write(summary: Summary) -> Summary:
        if summary.stage != "call":
            return summary
        write_annotation(url, summary.group.removeprefix("genes/"), gff3, rules=calling.rules)
        return replace(summary, attrs={**summary.attrs, "written": gff3})

    done = run_steps(steps, url, options, on_stage)
    return [write(summary) for summary in done]
