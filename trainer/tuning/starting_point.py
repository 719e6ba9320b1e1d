"""The network that training starts from, for each mode; also where the base model was itself tuned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from helixdask.settings import Rules
from helixdask.store.store import Store
from helixdask.trainer.network.build import (
    HEAD_LAYERS,
    NetworkSpec,
    build_network,
    copied,
    only_normalising,
    unfreeze,
    weight_shapes,
    with_new_head,
)
from helixdask.trainer.network.model_file import LoadedModel
from helixdask.trainer.tuning.intent import Intent, intent_of_training, intent_of_tuning
from helixdask.trainer.tuning.replicas import Replicas
from helixdask.trainer.tuning.settings import TuneSettings

NORM_MOMENTUM = 0.9


@dataclass(frozen=True)
class Start(Intent):
    """What a run starts from.

    Attributes
    ----------
    base
        The base model with its network, if there is one.
    network
        The network, frozen as it is to be trained.
    replicas
        Devices on which the network has its copies.
    """

    base: LoadedModel | None
    network: keras.Model
    replicas: Replicas


def start_from_base(settings: TuneSettings, base: LoadedModel, stores: Sequence[Store], replicas: Replicas) -> Start:
    """Take the base model and prepare what is to be trained, in the scope of the replicas.

    Raises
    ------
    BadInputError, MissingInputError
        The base model cannot be tuned like this, or not on these stores.
    """
    intent = intent_of_tuning(settings, base, stores)
    return Start(**vars(intent) | {"base": base}, network=starting_network(intent, base), replicas=replicas)


def start_from_nothing(settings: TuneSettings, spec: NetworkSpec, stores: Sequence[Store], replicas: Replicas) -> Start:
    """Draw a network's weights, in the scope of the replicas.

    Raises
    ------
    BadInputError, MissingInputError
        The stores differ in libraries, or have another number of them than the network takes.
    """
    intent = intent_of_training(settings, spec, stores)
    network = build_network(spec, seed=settings.seed, dtype=_policy(settings))
    return Start(**vars(intent), network=network, replicas=replicas)


def _policy(settings: TuneSettings) -> str:
    return "float32" if settings.precision == "float32" else f"mixed_{settings.precision}"


def quicken_normalisation(network: Any) -> None:
    """Let the stored statistics of batch normalisation follow within tens of steps.

    At Keras' 0.99 they still hold much of their starting values after a hundred steps, and a network trained for a
    few hundred scores far worse in inference than it learnt in training. A batch has so many bases that the shorter
    memory adds no noise.
    """
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = NORM_MOMENTUM


def starting_network(intent: Intent, base: LoadedModel) -> keras.Model:
    """Network to train, frozen as the mode wants it; the base model is left as it is.

    It may be a tuned one, with coverage and a hidden layer: then the head goes on from its own.
    """
    settings, spec, dtype = intent.settings, intent.spec, _policy(intent.settings)
    if intent.keeps_head:
        network = copied(base.network, spec, dtype)
        return network if intent.weights_learn else only_normalising(network)
    network = with_new_head(base.network, spec, seed=settings.seed, dtype=dtype)
    helixer = settings.rules == Rules.HELIXER
    start = settings.new_head or ("random" if helixer and not base.spec.n_libraries else "base")
    same_body = spec.body_lstm_layers == base.spec.body_lstm_layers
    if start == "base" and same_body and spec.hidden_units == base.spec.hidden_units:
        _carry_head(base, network, spec)
    if intent.mode == "whole":
        unfreeze(network)
    return network


def _carry_head(base: LoadedModel, network: keras.Model, spec: NetworkSpec) -> None:
    """Give a new head the weights of the base model's; what comes from new libraries starts at nothing."""
    body = weight_shapes(base.spec)[_first_head_layer(base.spec)][0][0] - 2 * base.spec.n_libraries * spec.pool_size
    for name in HEAD_LAYERS:
        if name not in weight_shapes(spec):
            continue
        kernel, bias = base.network.get_layer(name).get_weights()
        if name == _first_head_layer(spec):
            kernel = carried_rows(kernel, body, spec.pool_size, base.spec.n_libraries, spec.n_libraries)
        network.get_layer(name).set_weights([kernel, bias])


def _first_head_layer(spec: NetworkSpec) -> str:
    return "hidden" if spec.hidden_units else "head"


def carried_rows(
    kernel: NDArray[np.float32], body: int, pool_size: int, n_before: int, n_after: int
) -> NDArray[np.float32]:
    """Kernel of a dense layer behind body and coverage, for a network that sees more libraries.

    Parameters
    ----------
    kernel
        ``(body + pool_size * 2 * n_before, units)`` float32. Behind the features of the body stand, base by base of the
        time step, the coverage and then the spliced coverage of all libraries.
    body
        Features of the body.
    pool_size
        Bases of a time step.
    n_before, n_after
        Libraries; the first ``n_before`` are the same.

    Returns
    -------
    numpy.ndarray
        ``(body + pool_size * 2 * n_after, units)``; zeros for the new libraries.
    """
    units = kernel.shape[1]
    wide = np.zeros((body + pool_size * 2 * n_after, units), kernel.dtype)
    wide[:body] = kernel[:body]
    known = min(n_before, n_after)
    before = kernel[body:].reshape(pool_size, 2, n_before, units)
    after = wide[body:].reshape(pool_size, 2, n_after, units)
    after[:, :, :known] = before[:, :, :known]
    return wide
