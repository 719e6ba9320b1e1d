"""A model that is there already under the name of the one to be trained: used, replaced or refused."""

from __future__ import annotations

from pathlib import Path

from helixdask.engine.same_work import in_words
from helixdask.errors import AlreadyExistsError, HelixdaskError
from helixdask.store.store import Store
from helixdask.trainer.network.describe import ModelDescription, describe_model
from helixdask.trainer.network.spec import NetworkSpec
from helixdask.trainer.tuning.checkpoint import Checkpoint
from helixdask.trainer.tuning.intent import intent_of_training, intent_of_tuning
from helixdask.trainer.tuning.recipe import Recipe, recipe_differences, recipe_of
from helixdask.trainer.tuning.settings import TuneResult, TuneSettings

_REMEDY = "Name another --output, or train anew with --replace; a tuned model is tuned further as --model of another."


def already_there(settings: TuneSettings, spec: NetworkSpec | None = None) -> TuneResult | None:
    """Look, before TensorFlow is started, whether there is anything to do.

    Parameters
    ----------
    settings
        Of the run that is asked for.
    spec
        The network of a training from scratch; None: a base model is tuned.

    Returns
    -------
    TuneResult or None
        The result of an earlier run of the same recipe that came to its end; None where there is work to be done.

    Raises
    ------
    AlreadyExistsError
        The output is there and was made otherwise, or does not tell how, and is not to be replaced.
    BadInputError, MissingInputError
        A model is there, and the settings, the base model or the stores cannot be used.
    """
    if settings.replace or not Path(settings.output).exists() or Checkpoint(settings.output, {}).exists():
        return None
    stores = [Store.open(url) for url in settings.stores]
    if spec is not None:
        intent = intent_of_training(settings, spec, stores)
    elif settings.model is not None:
        intent = intent_of_tuning(settings, describe_model(settings.model), stores)
    else:
        return None
    return finished_run(settings, recipe_of(intent, intent.splits))


def finished_run(settings: TuneSettings, recipe: Recipe) -> TuneResult | None:
    """The result of an earlier run of the same recipe that came to its end; None where there is none to be kept.

    Parameters
    ----------
    settings
        Of the run that is asked for.
    recipe
        What it is made from, see `recipe_of`.

    Raises
    ------
    AlreadyExistsError
        The output is there and was made otherwise, or does not tell how, and is not to be replaced.
    """
    if settings.replace or not Path(settings.output).exists():
        return None
    try:
        model = describe_model(settings.output)
    except HelixdaskError as error:
        raise AlreadyExistsError(
            f"a file of that name is there, which is no model that can be read: {error.problem}",
            where=settings.output,
            remedy=_REMEDY,
        ) from error
    there = model.card.get("recipe")
    if there is None:
        raise AlreadyExistsError(
            "a model of that name is there, which does not tell what it was made from",
            where=settings.output,
            remedy=_REMEDY,
        )
    if found := recipe_differences(there, recipe):
        raise AlreadyExistsError(
            f"the model is there already, made from other settings or inputs: {in_words(found)}",
            where=settings.output,
            remedy=_REMEDY,
        )
    return _result_of(model) if model.card.get("ended") else None


def _result_of(model: ModelDescription) -> TuneResult:
    """What training ended with, from the card of its model."""
    verdict, history = model.card["verdict"] or {}, model.card["scores"]
    scores = {side: (verdict.get(side) or {}).get("genic", {}).get("f1") for side in ("tuned", "base")}
    return TuneResult(
        path=model.path,
        digest=model.digest,
        best_epoch=verdict.get("best_epoch", 0),
        genic_f1=scores["tuned"],
        base_genic_f1=scores["base"],
        verdict=verdict,
        history=history,
        state="already there",
        stopped=model.card["ended"],
        steps=history[-1]["step"] if history else 0,
    )
