"""The whole way: prepare a store, and annotate with a model.

Each step is a stage, so an interrupted run goes on where it stopped when it is called again.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from helixdask.engine.cluster import RunOptions
from helixdask.engine.run import Summary, run_stage
from helixdask.engine.stage import Stage
from helixdask.errors import BadInputError
from helixdask.outputs import check_folder, check_outputs
from helixdask.stages import (
    Rules,
    call_stage,
    coverage_stages,
    select_stages,
    split_stage,
    windows_name,
    windows_stage,
    write_annotation,
)
from helixdask.store.objects import is_url
from helixdask.store.root import is_store
from helixdask.trainer.runtime import require_tensorflow

if TYPE_CHECKING:
    from helixdask.coverage.libraries import Library
    from helixdask.sequence.stage import EncodeStage
    from helixdask.trainer.prediction.stage import PredictStage

__all__ = ["PrepareSettings", "annotate", "predict_stage", "prepare"]

log = logging.getLogger(__name__)

_DEFAULT_WINDOW = 21_384
BASE = "base"
PSEUDO = "pseudo"
REFERENCE = "reference"


@dataclass(frozen=True)
class PrepareSettings:
    """What goes into a store.

    Parameters
    ----------
    genome, store
        FASTA file and store.
    species
        Name of the species.
    gff3
        Annotation to learn from; None: the model's own genes are the labels (pseudolabels).
    aliases
        Table of other sequence names: in the annotation, the libraries, and the tables of groups and genetic codes.
    genetic_code, genetic_codes
        NCBI's genetic code of the genome, and a table of those of single contigs, such as organelles.
    model
        Base model; needed where there is no annotation. Its predictions also tell how sure each window is.
    libraries
        Aligned reads.
    window_length
        Training window; None: what the model was trained on, else 21,384.
    """

    genome: str
    store: str
    species: str
    gff3: str | None = None
    aliases: str | None = None
    genetic_code: int = 1
    genetic_codes: str | None = None
    model: str | None = None
    libraries: tuple[Library, ...] = ()
    on_bad_base: Literal["error", "n"] = "error"
    window_length: int | None = None
    keep_fraction: float = 0.2
    val_fraction: float = 0.2
    seed: int = 0
    groups: str | None = None
    rules: Rules = "default"


def predict_stage(
    url: str,
    model: str,
    *,
    name: str | None = None,
    window_length: int | None = None,
    overlap: bool = True,
    overlap_offset: int | None = None,
    core_length: int | None = None,
    batch_size: int | None = None,
    precision: str = "float16",
    coverage: str | None = None,
    coverage_norm: str | None = None,
    rules: str = "default",
) -> PredictStage:
    """Prediction with a model, all that is left out taken from the model's card."""
    from helixdask.trainer.prediction.stage import PredictStage

    return PredictStage.for_model(
        url,
        model,
        name=name or re.sub(r"[^\w.+-]+", "_", Path(model).stem).lstrip(".+-") or "predictions",
        window_length=window_length,
        overlap=overlap,
        offset=overlap_offset,
        core_length=core_length,
        batch_size=batch_size,
        precision=precision,
        coverage=coverage,
        coverage_norm=coverage_norm,
        rules=rules,
    )


def prepare(
    settings: PrepareSettings, options: RunOptions, on_stage: Callable[[Summary], None] = lambda summary: None
) -> list[Summary]:
    """Genome, labels, coverage, predictions, windows, selection and split, in this order.

    Parameters
    ----------
    settings
        What goes in.
    options
        How to run. With ``dry_run`` only the plan of what can be planned yet is made.
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
            "there is nothing to learn from", remedy="Give --gff3 with an annotation, or --model with a base model."
        )
    if settings.rules == "helixer" and settings.model is None:
        raise BadInputError(
            "the rules helixer select windows by predictions, and there is no model to make them",
            remedy="Give --model, or choose the default rules.",
        )
    check_folder(settings.store)
    if settings.model is not None and not options.dry_run:
        require_tensorflow()
    reads = [path for library in settings.libraries for path in library.paths.values()]
    for path in (settings.gff3, settings.model, settings.groups, *reads):
        if path is not None and not is_url(path) and not Path(path).exists():
            raise BadInputError("no such file", where=path, remedy="Check the path.")
    window_length = settings.window_length or _training_window(settings.model)
    _check_names(settings)
    done: list[Summary] = []
    for make in _stages(settings, window_length, replace_there=options.replace):
        try:
            summary = run_stage(make(), settings.store, options)
        except BadInputError:
            if not options.dry_run or not done:
                raise
            log.warning("what follows %s can be planned when that is done", done[-1].group)
            break
        done.append(summary)
        on_stage(summary)
        if summary.stage == "call" and summary.attrs.get("genes") == 0:
            log.warning("the base model found no genes in this genome: there is hardly anything to learn from")
    return done


def _check_names(settings: PrepareSettings) -> None:
    """Compare what the files call the sequences, before any work."""
    from helixdask.name_check import check_names

    if settings.gff3 or settings.libraries:
        check_names(_encode(settings), settings.store, settings.gff3, settings.libraries, settings.aliases)


def _encode(settings: PrepareSettings) -> EncodeStage:
    from helixdask.sequence.stage import EncodeStage

    return EncodeStage(fasta=settings.genome, species=settings.species, on_bad_base=settings.on_bad_base)


def _training_window(model: str | None) -> int:
    if model is None:
        return _DEFAULT_WINDOW
    from helixdask.trainer.network.describe import describe_model

    return int(describe_model(model).card["training_window"])


def _stages(settings: PrepareSettings, window_length: int, *, replace_there: bool) -> list[Callable[[], Stage]]:
    """Makers of the stages, in order; each is called when what it needs is in the store."""
    from helixdask.genes.reading.stage import ImportGenesStage
    from helixdask.labels.stage import LabelsStage

    url, rules = settings.store, settings.rules
    labels = REFERENCE if settings.gff3 else PSEUDO
    codes: dict[str, Any] = {
        "genetic_code": settings.genetic_code,
        "genetic_codes": settings.genetic_codes,
        "aliases": settings.aliases,
    }
    stages: list[Callable[[], Stage]] = [lambda: _encode(settings)]
    if settings.gff3:
        gff3 = settings.gff3
        stages += [
            lambda: ImportGenesStage(
                gff=gff3,
                output=REFERENCE,
                aliases=settings.aliases,
                phases="file" if rules == "helixer" else "chain",
            ),
            lambda: LabelsStage(genes=REFERENCE, output=REFERENCE, rules=rules, **codes),
        ]
    libraries = cache(
        lambda: coverage_stages(url, settings.libraries, rules=rules, aliases=settings.aliases, replace=replace_there)
    )
    stages += [partial(lambda row: libraries()[row], row) for row in range(len(settings.libraries))]
    predictions = None
    if settings.model:
        model, predictions = settings.model, BASE
        stages.append(lambda: predict_stage(url, model, name=BASE, rules=rules))
        if not settings.gff3:
            stages += [
                lambda: call_stage(url, predictions=BASE, name=PSEUDO, rules=rules, genetic_code=settings.genetic_code),
                lambda: LabelsStage(genes=PSEUDO, output=PSEUDO, rules=rules, **codes),
            ]
    windows = windows_name(window_length, labels, predictions, rules)
    stages += [
        lambda: windows_stage(url, window_length, labels=labels, predictions=predictions, name=windows, rules=rules),
        lambda: select_stages(url, windows=windows, keep_fraction=settings.keep_fraction, rules=rules)[1],
        lambda: split_stage(
            url,
            selection="default",
            val_fraction=settings.val_fraction,
            seed=settings.seed,
            groups=settings.groups,
            aliases=settings.aliases,
            rules=rules,
        ),
    ]
    return stages


def annotate(
    source: str,
    model: str,
    gff3: str,
    options: RunOptions,
    *,
    store: str | None = None,
    species: str | None = None,
    name: str | None = None,
    libraries: Sequence[Library] = (),
    aliases: str | None = None,
    window_length: int | None = None,
    overlap: bool = True,
    batch_size: int | None = None,
    coverage: str | None = None,
    peak_threshold: float = 0.8,
    min_coding_length: int = 60,
    min_score: float = 0.0,
    genetic_code: int = 1,
    rules: Rules = "default",
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
    libraries
        Reads for a model that sees coverage.
    aliases
        Table of other sequence names, in the reads.

    Returns
    -------
    list of Summary
        One for each stage.
    """
    from helixdask.sequence.stage import EncodeStage

    done: list[Summary] = []

    def run(stage: Stage) -> None:
        done.append(run_stage(stage, url, options))
        on_stage(done[-1])

    has_store = is_store(source)
    url = source if has_store else store or str(Path(gff3).with_suffix(".zarr"))
    check_outputs(gff3)
    check_folder(url)
    if not options.dry_run:
        require_tensorflow()
    if not has_store:
        if not Path(source).is_file():
            raise BadInputError("neither a store nor a FASTA file", where=source, remedy="Check the path.")
        run(EncodeStage(fasta=source, species=species or Path(source).name.split(".")[0], on_bad_base="error"))
        if options.dry_run and not is_store(url):
            return done
    set_name = coverage or "rnaseq"
    for stage in coverage_stages(
        url, libraries, set_name=set_name, rules=rules, aliases=aliases, replace=options.replace
    ):
        run(stage)
    predictions = predict_stage(
        url,
        model,
        name=name,
        window_length=window_length,
        overlap=overlap,
        batch_size=batch_size,
        coverage=coverage,
        rules=rules,
    )
    run(predictions)
    if options.dry_run:
        return done
    call = call_stage(
        url,
        predictions=predictions.predictions,
        peak_threshold=peak_threshold,
        min_coding_length=min_coding_length,
        min_score=min_score,
        genetic_code=genetic_code,
        rules=rules,
    )
    run(call)
    write_annotation(url, call.output, gff3, rules=rules)
    done[-1] = replace(done[-1], attrs={**done[-1].attrs, "written": gff3})
    return done
