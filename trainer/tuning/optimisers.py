"""The optimisers that Helixer offers, under Keras 3.

Helixer's ``adamw`` is the one of tensorflow-addons: at every step each variable first shrinks by ``weight_decay``,
*not* multiplied by the learning rate, biases and batch-norm scales included. The default here ties the decay to the
learning rate, so that a slower run is not decayed away, and leaves vectors (biases, batch norm) alone; at Helixer's
default learning rate the decay of a kernel is the same.
"""

from __future__ import annotations

from typing import Any, Final

import keras

from helixdask.errors import BadInputError
from helixdask.settings import Rules

WEIGHT_DECAY: Final = 3.5e-5
CLIP_NORM: Final = 3.0
REFERENCE_LEARNING_RATE: Final = 3e-4
"""Learning rate for which Helixer's weight decay is meant."""


@keras.saving.register_keras_serializable(package="helixdask")
class DecoupledAdamW(keras.optimizers.Adam):
    """Adam after a decay that does not pass through the gradient.

    Epsilon is added to the uncorrected root of the second moment, as in Keras and tensorflow-addons.

    Parameters
    ----------
    learning_rate
        Step size of Adam.
    decay
        Share of a variable removed before each step, at ``REFERENCE_LEARNING_RATE``.
    scaled
        Multiply ``decay`` by ``learning_rate / REFERENCE_LEARNING_RATE`` and decay matrices only.
    clipnorm
        Largest norm of the gradient of each variable.
    """

    def __init__(
        self,
        learning_rate: float = REFERENCE_LEARNING_RATE,
        decay: float = WEIGHT_DECAY,
        scaled: bool = False,
        clipnorm: float | None = CLIP_NORM,
        name: str = "decoupled_adamw",
        **more: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, clipnorm=clipnorm, name=name, **more)
        self.decay = decay
        self.scaled = scaled

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Shrink the variable, then take Adam's step."""
        if not self.scaled:
            self.assign_sub(variable, variable * self.decay)
        elif len(variable.shape) > 1:
            rate = keras.ops.cast(learning_rate, variable.dtype) * (self.decay / REFERENCE_LEARNING_RATE)
            self.assign_sub(variable, variable * rate)
        super().update_step(gradient, variable, learning_rate)

    def get_config(self) -> dict[str, Any]:
        """Settings, for saving."""
        return {**super().get_config(), "decay": self.decay, "scaled": self.scaled}


def make_optimiser(
    name: str = "adamw",
    *,
    learning_rate: float = REFERENCE_LEARNING_RATE,
    weight_decay: float = WEIGHT_DECAY,
    clip_norm: float | None = CLIP_NORM,
    rules: Rules = Rules.DEFAULT,
) -> keras.optimizers.Optimizer:
    """Optimiser by name.

    Parameters
    ----------
    name
        ``adamw`` or ``adam``.
    learning_rate, weight_decay
        The decay is that of one step at a learning rate of 3e-4; ``adam`` ignores it.
    clip_norm
        Largest norm of each gradient tensor by itself; None: no clipping.
    rules
        ``helixer``: the decay does not depend on the learning rate and falls on every variable.

    Raises
    ------
    BadInputError
        Another name, or a learning rate that is not positive.
    """
    if learning_rate <= 0:
        raise BadInputError(f"a learning rate of {learning_rate} cannot train", remedy="Give a positive number.")
    if name == "adamw":
        return DecoupledAdamW(learning_rate, weight_decay, scaled=rules != Rules.HELIXER, clipnorm=clip_norm)
    if name == "adam":
        return keras.optimizers.Adam(learning_rate=learning_rate, clipnorm=clip_norm)
    raise BadInputError(f"no optimiser is called {name!r}", remedy="There are adamw and adam.")
