"""What a run is to do, all that was left out filled in from base model and stores; told without TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from helixdask.errors import BadInputError
from helixdask.settings import Rules
from helixdask.store.store import Store
from helixdask.trainer.feed.many_genomes import with_roles
from helixdask.trainer.feed.training_windows import StoreSplit, read_split
from helixdask.trainer.network.card import default_card
from helixdask.trainer.network.describe import ModelDescription
from helixdask.trainer.network.libraries import NamedLibrary, model_libraries, read_groups, shared_libraries
from helixdask.trainer.network.spec import NetworkSpec, with_head
from helixdask.trainer.tuning.settings import Mode, TuneSettings


@dataclass(frozen=True)
class Intent:
    """What a run is to do.

    Attributes
    ----------
    settings, mode
        As given; the mode is never ``auto``, but ``scratch`` without a base model.
    splits
        The split, labels and selection of each store, and what the store is for.
    libraries, groups
        The libraries that the network sees in the order of its channels, and their groups in each store.
    spec
        The network that is trained.
    base
        The base model, if there is one.
    keeps_head
        Whether the base model is trained as it is, without a new head.
    coverage_norm, class_weights, transition_weights
        Of the network and the loss; empty weights: no weighting.
    """

    settings: TuneSettings
    mode: str
    splits: Sequence[StoreSplit]
    libraries: Sequence[NamedLibrary]
    groups: Sequence[tuple[str, ...]]
    spec: NetworkSpec
    base: ModelDescription | None
    keeps_head: bool
    coverage_norm: str
    class_weights: tuple[float, ...]
    transition_weights: tuple[float, ...]

    @property
    def weights_learn(self) -> bool:
        """Whether a loss is followed; else only normalisation adapts to the windows."""
        return self.mode != "norm"


def intent_of_tuning(settings: TuneSettings, base: ModelDescription, stores: Sequence[Store]) -> Intent:
    """What is to be done with a base model.

    Raises
    ------
    BadInputError, MissingInputError
        The base model cannot be tuned like this, or not on these stores.
    """
    splits = _splits_of(settings, stores)
    mode = _chosen_mode(settings, splits)
    libraries, groups = _chosen_libraries(settings, mode, base, stores)
    spec, keeps_head = _spec_to_train(settings, mode, base, len(libraries))
    rest = _loss_and_norm(settings, base.card)
    return Intent(settings, mode, splits, libraries, groups, spec, base, keeps_head, *rest)


def intent_of_training(settings: TuneSettings, spec: NetworkSpec, stores: Sequence[Store]) -> Intent:
    """What is to be done from random weights.

    Raises
    ------
    BadInputError, MissingInputError
        The stores differ in libraries, or have another number of them than the network takes.
    """
    libraries, groups = shared_libraries(stores, settings.coverage) if spec.n_libraries else ([], [()] * len(stores))
    if len(libraries) != spec.n_libraries:
        raise BadInputError(
            f"the network takes {spec.n_libraries} libraries, the stores have {len(libraries)}",
            where=", ".join(store.url for store in stores),
            remedy="Name another set with --coverage, or train a network that takes as many.",
        )
    splits, rest = _splits_of(settings, stores), _loss_and_norm(settings, default_card())
    return Intent(settings, "scratch", splits, libraries, groups, spec, None, True, *rest)


def _loss_and_norm(settings: TuneSettings, card: dict[str, Any]) -> tuple[str, tuple[float, ...], tuple[float, ...]]:
    weights = [
        tuple(card[name] or ()) if given is None else tuple(given)
        for name in ("class_weights", "transition_weights")
        for given in (getattr(settings, name),)
    ]
    return settings.coverage_norm or str(card["coverage_norm"]), weights[0], weights[1]


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
    settings: TuneSettings, mode: Mode, base: ModelDescription, stores: Sequence[Store]
) -> tuple[list[NamedLibrary], list[tuple[str, ...]]]:
    """Libraries of the network to train, those of the base model first, and their groups in each store.

    Raises
    ------
    BadInputError, MissingInputError
        The stores differ, or lack what the base model sees, or coverage is named that the mode does not add.
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
    if settings.coverage is not None:
        raise BadInputError(
            f"coverage {settings.coverage} is given, but the base model sees none, and mode {mode} adds none",
            where=base.path,
            remedy="Leave --coverage out, or tune with --mode coverage or whole.",
        )
    return [], [()] * len(stores)


def _spec_to_train(
    settings: TuneSettings, mode: Mode, base: ModelDescription, n_libraries: int
) -> tuple[NetworkSpec, bool]:
    """The network to train, and whether it is the base model's as it is.

    Parameters
    ----------
    settings
        What the head is like.
    mode
        `norm`, `head`, `coverage` or `whole`.
    base
        The base model. It may be a tuned one, with coverage and a hidden layer.
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
    if mode == "norm" and spec.cnn_layers < 2:
        raise BadInputError("the base model has no batch normalisation", where=base.path, remedy="Use another --mode.")
    keeps = mode == "norm" or (mode == "whole" and settings.new_head != "random")
    if keeps and not new_coverage and hidden == spec.hidden_units:
        return spec, True
    kept_activation = spec.hidden_activation if hidden == spec.hidden_units else None
    return with_head(
        spec,
        n_libraries=n_libraries,
        hidden_units=hidden,
        hidden_activation=kept_activation or ("linear" if helixer else "relu"),
        # Helixer loses a layer when it adds coverage; a model that it made has lost it already.
        cut="helixer" if helixer and mode == "coverage" and new_coverage else "last",
    ), False
