"""The network that training starts from, for each mode; also where the base model was itself tuned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.settings import Rules
from helixdask.store.store import Store
from helixdask.trainer.feed.many_genomes import with_roles
from helixdask.trainer.feed.training_windows import StoreSplit, read_split
from helixdask.trainer.network.build import (
    HEAD_LAYERS,
    NetworkSpec,
    build_network,
    copied,
    unfreeze,
    weight_shapes,
    with_new_head,
)
from helixdask.trainer.network.card import default_card
from helixdask.trainer.network.libraries import NamedLibrary, model_libraries, read_groups, shared_libraries
from helixdask.trainer.network.model_file import LoadedModel
from helixdask.trainer.tuning.replicas import Replicas
from helixdask.trainer.tuning.settings import Mode, TuneSettings

NORM_MOMENTUM = 0.9


@dataclass(frozen=True)
class Start:
    """What a run starts from, all that was left out in the settings filled in.

    Attributes
    ----------
    settings, mode
        As given; the mode is never ``auto``, but ``scratch`` without a base model.
    splits
        What is learnt in each store, and which role it has.
    libraries, groups
        The libraries that the network sees in the order of its channels, and their groups in each store.
    network, spec
        The network, frozen as it is to be trained.
    base
        The base model, if there is one.
    coverage_norm, class_weights, transition_weights
        Of the network and the loss; empty weights: no weighting.
    replicas
        Devices on which the network has its copies.
    """

    settings: TuneSettings
    mode: str
    splits: Sequence[StoreSplit]
    libraries: Sequence[NamedLibrary]
    groups: Sequence[tuple[str, ...]]
    network: keras.Model
    spec: NetworkSpec
    base: LoadedModel | None
    coverage_norm: str
    class_weights: tuple[float, ...]
    transition_weights: tuple[float, ...]
    replicas: Replicas


def start_from_base(settings: TuneSettings, base: LoadedModel, stores: Sequence[Store], replicas: Replicas) -> Start:
    """Take the base model and prepare what is to be trained, in the scope of the replicas.

    Raises
    ------
    BadInputError, MissingInputError
        The base model cannot be tuned like this, or not on these stores.
    """
    splits = _splits_of(settings, stores)
    mode = _chosen_mode(settings, splits)
    libraries, groups = _chosen_libraries(settings, mode, base, stores)
    network, spec = starting_network(settings, mode, base, len(libraries))
    rest = _loss_and_norm(settings, base.card)
    return Start(settings, mode, splits, libraries, groups, network, spec, base, *rest, replicas)


def start_from_nothing(settings: TuneSettings, spec: NetworkSpec, stores: Sequence[Store], replicas: Replicas) -> Start:
    """Draw a network's weights, in the scope of the replicas.

    Raises
    ------
    BadInputError, MissingInputError
        The stores differ in libraries, or have another number of them than the network takes.
    """
    libraries, groups = shared_libraries(stores, settings.coverage) if spec.n_libraries else ([], [()] * len(stores))
    if len(libraries) != spec.n_libraries:
        raise BadInputError(f"the network takes {spec.n_libraries} libraries, the stores have {len(libraries)}")
    network = build_network(spec, seed=settings.seed, dtype=_policy(settings))
    rest = _loss_and_norm(settings, default_card())
    splits = _splits_of(settings, stores)
    return Start(settings, "scratch", splits, libraries, groups, network, spec, None, *rest, replicas)


def _loss_and_norm(settings: TuneSettings, card: dict[str, Any]) -> tuple[str, tuple[float, ...], tuple[float, ...]]:
    weights = [
        tuple(card[name] or ()) if given is None else tuple(given)
        for name in ("class_weights", "transition_weights")
        for given in (getattr(settings, name),)
    ]
    return settings.coverage_norm or str(card["coverage_norm"]), weights[0], weights[1]


def _policy(settings: TuneSettings) -> str:
    return "float32" if settings.precision == "float32" else f"mixed_{settings.precision}"


def _splits_of(settings: TuneSettings, stores: Sequence[Store]) -> list[StoreSplit]:
    found = [read_split(store, settings.split, settings.labels, settings.selection) for store in stores]
    return with_roles(found, settings.validate_on, settings.stores)


def _chosen_mode(settings: TuneSettings, splits: Sequence[StoreSplit]) -> Mode:
    """Mode that ``auto`` stands for.

    ``coverage`` where a set was named. Else ``whole`` where labels are known genes, or where there are reads, with
    which pseudolabels are called and judged. What a base model says alone is not enough to learn all weights from:
    ``head``.
    """
    if settings.mode != "auto":
        return settings.mode
    if settings.coverage is not None:
        return "coverage"
    has_evidence = (not split.has_pseudolabels or read_groups([split.store])[0] for split in splits)
    return "whole" if all(has_evidence) else "head"


def _chosen_libraries(
    settings: TuneSettings, mode: Mode, base: LoadedModel, stores: Sequence[Store]
) -> tuple[list[NamedLibrary], list[tuple[str, ...]]]:
    """Libraries of the network to train, those of the base model first, and their groups in each store.

    Raises
    ------
    BadInputError, MissingInputError
        The stores differ, or lack what the base model sees.
    """
    if base.spec.n_libraries:
        sets = [store.resolve("coverage", settings.coverage) for store in stores]
        known = [model_libraries(store, name, base.spec, base.card) for store, name in zip(stores, sets, strict=True)]
        order, groups = shared_libraries(stores, settings.coverage, known[0])
        if mode == "coverage":
            return order, groups
        return known[0], [of_store[: len(known[0])] for of_store in groups]
    if mode == "coverage" or (mode == "whole" and settings.coverage is not None):
        return shared_libraries(stores, settings.coverage)
    return [], [()] * len(stores)


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
) -> tuple[keras.Model, NetworkSpec]:
    """Network to train, frozen as the mode wants it; the base model is left as it is.

    Parameters
    ----------
    settings
        What the head is like.
    mode
        `head`, `coverage` or `whole`.
    base
        The base model. It may be a tuned one, with coverage and a hidden layer: then the head goes on from its own.
    n_libraries
        How many the network sees, those of the base model first.

    Raises
    ------
    BadInputError
        The base model cannot be tuned in this mode.
    """
    spec = base.spec
    if not spec.predict_phase:
        raise BadInputError(
            "the base model predicts no codon phase, so genes cannot be called from a model tuned on it",
            where=base.path,
            remedy="Use a base model that was trained with phase.",
        )
    dtype = _policy(settings)
    helixer = settings.rules == Rules.HELIXER
    new_coverage = n_libraries > spec.n_libraries
    hidden = spec.hidden_units if settings.hidden_units is None else settings.hidden_units
    if hidden and not n_libraries:
        if settings.hidden_units:
            raise BadInputError(
                f"a hidden layer of {hidden} units stands between coverage and output, and there is no coverage",
                remedy="Leave --hidden-layer out, or tune with --mode coverage.",
            )
        hidden = 0
    if mode == "whole" and not new_coverage and hidden == spec.hidden_units and settings.new_head != "random":
        return copied(base.network, spec, dtype), spec
    kept_activation = spec.hidden_activation if hidden == spec.hidden_units else None
    network, new_spec = with_new_head(
        base.network,
        spec,
        n_libraries=n_libraries,
        hidden_units=hidden,
        hidden_activation=kept_activation or ("linear" if helixer else "relu"),
        # Helixer loses a layer when it adds coverage; a model that it made has lost it already.
        cut="helixer" if helixer and mode == "coverage" and new_coverage else "last",
        seed=settings.seed,
        dtype=dtype,
    )
    start = settings.new_head or ("random" if helixer and not spec.n_libraries else "base")
    same_body = new_spec.body_lstm_layers == spec.body_lstm_layers
    if start == "base" and same_body and hidden == spec.hidden_units:
        _carry_head(base, network, new_spec)
    if mode == "whole":
        unfreeze(network)
    return network, new_spec


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
