"""A network made ready to predict batch after batch; each shape of a batch is compiled once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from helixdask.engine.gpus import Gpu, usable_gpus
from helixdask.errors import BadInputError
from helixdask.trainer.runtime import configure_tensorflow, refuse_blindness

T = TypeVar("T")
Codes = NDArray[np.uint8]
Coverage = NDArray[np.float32] | None
_IN_FLIGHT: Final = 2
"""Batches that a device has: one to work on, one to go on with while the results of the first are taken."""


class _Sent(NamedTuple):
    """A batch that was given to the device: its inputs, and its outputs, which may not be ready; None: they failed."""

    inputs: list[Any]
    outputs: list[Any] | None


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

    Attributes
    ----------
    gpu
        The GPU that is used; None: the processor.

    Raises
    ------
    BadInputError
        The file cannot be read or is another one now; or TensorFlow cannot use the GPU that is there.
    """

    def __init__(self, path: str, digest: str, coverage_norm: str, threads: int) -> None:
        tf = configure_tensorflow(threads)
        from helixdask.trainer.feed.dataset import network_input
        from helixdask.trainer.network.build import output_list
        from helixdask.trainer.network.model_file import load_model

        refuse_blindness(tf)
        # On processors XLA spares the loops of the LSTMs much of their cost; GPUs have kernels of their own for those.
        on_gpu = bool(tf.config.get_visible_devices("GPU"))
        self.gpu = next(iter(usable_gpus()), Gpu("")) if on_gpu else None
        model = load_model(path)
        if model.digest != digest:
            raise BadInputError("the model file has changed since the work began", where=path, remedy="Start again.")
        self.spec = model.spec
        network = model.network

        def probabilities(codes: Any, *coverage: Any) -> Any:
            batch = {"codes": codes, **({"coverage": coverage[0]} if coverage else {})}
            outputs = network(network_input(batch, coverage_norm), training=False)
            return [tf.reshape(output, (*codes.shape, -1)) for output in output_list(outputs)]

        self._probabilities = tf.function(probabilities, autograph=False, jit_compile=not on_gpu)
        self._tensor = tf.constant
        self._no_memory = tf.errors.ResourceExhaustedError

    def __call__(self, codes: Codes, coverage: Coverage) -> list[NDArray[np.float32]]:
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
        return self._received(self._send(codes, coverage))

    def stream(self, batches: Iterable[tuple[T, Codes, Coverage]]) -> Iterator[tuple[T, list[NDArray[np.float32]]]]:
        """Predict batch after batch; the device has the next one before the results of one are waited for.

        Parameters
        ----------
        batches
            Something that goes with each batch, and its inputs, which may be written over afterwards.

        Yields
        ------
        tuple
            What goes with a batch, and its probabilities, in the order of the batches.
        """
        flying: deque[tuple[T, _Sent]] = deque()
        for label, codes, coverage in batches:
            flying.append((label, self._send(codes, coverage)))
            if len(flying) == _IN_FLIGHT:
                first, sent = flying.popleft()
                yield first, self._received(sent)
        for label, sent in flying:
            yield label, self._received(sent)

    def _send(self, codes: Codes, coverage: Coverage) -> _Sent:
        inputs = [self._tensor(codes)] + ([] if coverage is None else [self._tensor(coverage)])
        return self._sent(inputs)

    def _sent(self, inputs: list[Any]) -> _Sent:
        try:
            return _Sent(inputs, self._probabilities(*inputs))
        except self._no_memory:
            return _Sent(inputs, None)

    def _received(self, sent: _Sent) -> list[NDArray[np.float32]]:
        """Outputs of a batch; where the device has no memory for it, those of its halves.

        Raises
        ------
        BadInputError
            There is no memory for a single window.
        """
        if sent.outputs is not None:
            try:
                return [output.numpy() for output in sent.outputs]
            except self._no_memory:
                pass
        n_windows, length = (int(size) for size in sent.inputs[0].shape[:2])
        if n_windows == 1:
            raise BadInputError(
                f"the device has not enough memory for a window of {length:,} bases",
                remedy="Use shorter windows (--window-length), or a device with more memory.",
            )
        parts = [
            self._received(self._sent([values[part] for values in sent.inputs]))
            for part in (slice(0, n_windows // 2), slice(n_windows // 2, n_windows))
        ]
        return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]


@lru_cache(maxsize=1)
def cached_predictor(path: str, digest: str, coverage_norm: str, threads: int) -> Predictor:
    """Return the predictor of these settings; the last one is kept, so that a worker loads a model once."""
    return Predictor(path, digest, coverage_norm, threads)
