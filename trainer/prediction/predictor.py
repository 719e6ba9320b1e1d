"""A network made ready to predict batch after batch; each shape of a batch is compiled once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from helixdask.errors import BadInputError
from helixdask.trainer.runtime import configure_tensorflow


class Predictor:
    """Probabilities for batches of windows.

    Parameters
    ----------
    path
        Model file.
    digest
        SHA-256 that it must have.
    coverage_norm
        What is done to coverage before the network sees it.
    threads
        Of TensorFlow.

    Raises
    ------
    BadInputError
        The file cannot be read or is another one now.
    """

    def __init__(self, path: str, digest: str, coverage_norm: str, threads: int) -> None:
        tf = configure_tensorflow(threads)
        from helixdask.trainer.feed.dataset import network_input
        from helixdask.trainer.network.build import output_list
        from helixdask.trainer.network.model_file import load_model

        model = load_model(path)
        if model.digest != digest:
            raise BadInputError("the model file has changed since the work began", where=path, remedy="Start again.")
        self.spec = model.spec
        network = model.network

        def probabilities(codes: Any, *coverage: Any) -> Any:
            batch = {"codes": codes, **({"coverage": coverage[0]} if coverage else {})}
            outputs = network(network_input(batch, coverage_norm), training=False)
            return [tf.reshape(output, (*codes.shape, -1)) for output in output_list(outputs)]

        # On processors XLA spares the loops of the LSTMs much of their cost; cards have kernels of their own for those.
        on_card = bool(tf.config.get_visible_devices("GPU"))
        self._probabilities = tf.function(probabilities, autograph=False, jit_compile=not on_card)
        self._tensor = tf.constant

    def __call__(self, codes: NDArray[np.uint8], coverage: NDArray[np.float32] | None) -> list[NDArray[np.float32]]:
        """Predict one batch.

        Parameters
        ----------
        codes
            (B, S) uint8, each window in its strand's own direction, complemented on the minus strand.
        coverage
            (B, S, 2n) float32 counts, -1 on padding; None for a network without coverage.

        Returns
        -------
        list
            genic and, with phase, phase: (B, S, 4) float32.
        """
        inputs = [self._tensor(codes)] + ([] if coverage is None else [self._tensor(coverage)])
        outputs = self._probabilities(*inputs)
        return [output.numpy() for output in outputs]


@lru_cache(maxsize=1)
def cached_predictor(path: str, digest: str, coverage_norm: str, threads: int) -> Predictor:
    """Return the predictor of these settings; the last one is kept, so that a worker loads a model once."""
    return Predictor(path, digest, coverage_norm, threads)
