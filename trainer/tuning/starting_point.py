"""The network that training starts from, for each mode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from helixdask.errors import BadInputError, MissingInputError
from helixdask.store.store import Store
from helixdask.trainer.network.build import NetworkSpec, unfreeze, with_new_head
from helixdask.trainer.network.model_file import LoadedModel
from helixdask.trainer.tuning.settings import Mode, TuneSettings

__all__ = ["NORM_MOMENTUM", "chosen_mode", "coverage_groups", "quicken_normalisation", "starting_network"]

NORM_MOMENTUM = 0.9


def chosen_mode(settings: TuneSettings, stores: Sequence[Store]) -> Mode:
    """Mode that ``auto`` stands for: ``coverage`` where a set was named or every store holds one, else ``head``."""
    if settings.mode != "auto":
        return settings.mode
    has_coverage = settings.coverage is not None or all(store.names("coverage") for store in stores)
    return "coverage" if has_coverage else "head"


def coverage_groups(store: Store, coverage: str | None) -> tuple[str, ...]:
    """Groups of all libraries of a coverage set, sorted by name.

    Raises
    ------
    MissingInputError
        There is no such set, or it holds no library.
    """
    name = store.resolve("coverage", coverage)
    libraries = store.names(f"coverage/{name}")
    if not libraries:
        raise MissingInputError("the coverage set holds no library", where=f"{store.url}/coverage/{name}")
    return tuple(f"coverage/{name}/{library}" for library in libraries)


def quicken_normalisation(network: Any) -> None:
    """Let the stored statistics of batch normalisation follow within tens of steps.

    At Keras' 0.99 they still hold much of their starting values after a hundred steps, and a network trained for a
    few hundred scores far worse in inference than it learnt in training. A batch has so many bases that the shorter
    memory adds no noise.
    """
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = NORM_MOMENTUM


def starting_network(
    settings: TuneSettings, mode: Mode, base: LoadedModel, n_libraries: int
) -> tuple[Any, NetworkSpec]:
    """Network to train, frozen as the mode wants it.

    In ``whole`` mode it *is* the base network; in the others the base is left as it is.

    Parameters
    ----------
    settings
        What the new head is like.
    mode
        From `chosen_mode`.
    base
        The base model.
    n_libraries
        Libraries of the coverage set, in ``coverage`` mode.

    Raises
    ------
    BadInputError
        The base model cannot be tuned in this mode.
    """
    if not base.spec.predict_phase:
        raise BadInputError(
            "the base model predicts no codon phase, so genes cannot be called from a model tuned on it",
            where=base.path,
            remedy="Use a base model that was trained with phase.",
        )
    if base.spec.n_libraries:
        raise BadInputError(
            "the base model was itself tuned with coverage",
            where=base.path,
            remedy="Tune the model it was made from.",
        )
    if mode == "whole":
        return unfreeze(base.network), base.spec
    helixer = settings.rules == "helixer"
    hidden = settings.hidden_units if mode == "coverage" else 0
    network, spec = with_new_head(
        base.network,
        base.spec,
        n_libraries=n_libraries if mode == "coverage" else 0,
        hidden_units=hidden,
        hidden_activation="linear" if helixer else "relu",
        cut="helixer" if helixer and mode == "coverage" else "last",
        seed=settings.seed,
    )
    if settings.new_head == "base" and not helixer and not hidden and not base.spec.hidden_units:
        kernel, bias = base.network.get_layer("head").get_weights()
        wide = np.zeros((network.get_layer("head").get_weights()[0].shape[0], kernel.shape[1]), kernel.dtype)
        wide[: len(kernel)] = kernel
        network.get_layer("head").set_weights([wide, bias])
    return network, spec
