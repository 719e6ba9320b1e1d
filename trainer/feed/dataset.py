"""The stream of batches: tf.data executes the order decided in `batch_order`, the tracks are read by `window_reader`.

A batch travels as byte codes; one-hot vectors and sample weights are made from it inside the compiled step. Memory is
that of the few batches in flight, whatever the size of the genome.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from helixdask.errors import HelixdaskError
from helixdask.sequence.codes import ONE_HOT
from helixdask.trainer.feed.batch_order import BatchOrder, Stretches
from helixdask.trainer.feed.window_reader import WindowReader
from helixdask.trainer.feed.window_set import WindowSet
from helixdask.windows.grid import Windows

# One batch is read while others wait or are trained on. Two at a time would fight for the interpreter, and be slower.
_PARALLEL_READS: Final = 1
_BATCHES_AHEAD: Final = 2

_ONE_HOT: Final = ONE_HOT.astype(np.float32)


@dataclass(frozen=True, eq=False)
class Feed:
    """Batches of some windows.

    Parameters
    ----------
    windows
        Windows of one side of the split.
    readers
        One reader per store, in the order of ``windows.store``.
    order
        Which windows come when.
    pool_size
        Windows are cut to a multiple of it at their end.
    """

    windows: WindowSet
    readers: Sequence[WindowReader]
    order: BatchOrder
    pool_size: int
    _errors: list[HelixdaskError] = field(default_factory=list, init=False, repr=False)

    @property
    def length(self) -> int:
        """Bases of a full window as the network gets it."""
        return self.windows.window_length - self.windows.window_length % self.pool_size

    def read(self, step: int) -> dict[str, NDArray[Any]]:
        """One batch; steps are counted from the start of the first epoch.

        Returns
        -------
        dict
            ``codes``, ``label``, ``phase``, ``transition``, ``valid`` (B, S) uint8, 5' to 3' on the window's strand;
            with libraries ``coverage`` (B, S, 2n) float32; where labels have confidences ``confidence`` (B, S) float32;
            where windows have weights, and in training where batches differ in length, ``weight`` (B,) float32.
        """
        epoch, within = divmod(step, self.order.steps_per_epoch)
        rows, start, end = self.order.batch(epoch, within)
        windows = self.windows
        length = self.order.length_of(rows)
        buffers = self.readers[0].new_buffers(len(rows), length)
        for index, reader in enumerate(self.readers):
            mine = np.flatnonzero(windows.store[rows] == index)
            chosen = rows[mine]
            if len(mine):
                reader.fill(
                    buffers, mine, Windows(windows.contig[chosen], start[mine], end[mine], windows.strand[chosen])
                )
        if windows.taught is not None:
            buffers["valid"] *= _taught(windows.taught, rows, start, end, windows.strand[rows], length)
        length -= length % self.pool_size
        batch = {name: np.ascontiguousarray(array[:, :length]) for name, array in buffers.items()}
        if not self._has_weight:
            return batch
        weight = np.ones(len(rows), np.float32) if windows.weight is None else windows.weight[rows]
        if self._scales:
            # The loss is a mean over the batch: so a base counts the same in every batch of an epoch.
            weight = weight * np.float32(len(rows) * length / (self.order.batch_size * self.length))
        return batch | {"weight": weight}

    @property
    def _scales(self) -> bool:
        """Whether bases of batches with other numbers of them are made to count the same; scores are sums anyway."""
        return self.order.shuffle and self.order.has_lengths

    @property
    def _has_weight(self) -> bool:
        return self.windows.weight is not None or self._scales

    def dataset(self, first_step: int = 0, n_steps: int | None = None) -> tf.data.Dataset:
        """Stream of batches from any step on; without ``n_steps`` it never ends."""
        signature = self._signature()
        names = list(signature)

        def read(step: Any) -> tuple[Any, ...]:
            try:
                batch = self.read(int(step))
            except HelixdaskError as error:  # of which TensorFlow keeps but the text
                self._errors.append(error)
                raise
            return tuple(batch[name] for name in names)

        def load(step: Any) -> dict[str, Any]:
            # Not stateful: what it returns depends on the step alone.
            values = tf.numpy_function(read, [step], [spec.dtype for spec in signature.values()], stateful=False)
            return {
                name: tf.ensure_shape(value, signature[name].shape) for name, value in zip(names, values, strict=True)
            }

        stop = np.iinfo(np.int64).max if n_steps is None else first_step + n_steps
        steps = tf.data.Dataset.range(first_step, stop)
        options = tf.data.Options()
        options.threading.private_threadpool_size = _PARALLEL_READS
        options.autotune.enabled = False
        return (
            steps.map(load, num_parallel_calls=_PARALLEL_READS, deterministic=True)
            .prefetch(_BATCHES_AHEAD)
            .with_options(options)
        )

    def batches(self, first_step: int = 0, n_steps: int | None = None) -> Iterator[dict[str, Any]]:
        """The same, batch by batch.

        Raises
        ------
        StoreDamagedError
            Something that was to be read is lost, or not what was written.
        """
        for reader in self.readers:
            reader.check()
        stream = iter(self.dataset(first_step, n_steps))
        while True:
            try:
                batch = next(stream)
            except StopIteration:
                return
            except tf.errors.OpError as error:
                raise (self._errors.pop() if self._errors else error) from error
            yield batch

    def _signature(self) -> dict[str, tf.TensorSpec]:
        buffers = self.readers[0].new_buffers(0, 0)
        n_libraries = self.readers[0].n_libraries
        length = None if self.order.has_lengths else self.length
        signature = {
            name: tf.TensorSpec((None, length, 2 * n_libraries) if name == "coverage" else (None, length), array.dtype)
            for name, array in buffers.items()
        }
        return signature | {"weight": tf.TensorSpec((None,), tf.float32)} if self._has_weight else signature


def _taught(
    taught: Stretches,
    rows: NDArray[np.int64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    strand: NDArray[np.int8],
    length: int,
) -> NDArray[np.bool_]:
    """Bases of windows whose labels count, ``(window, length)``, each window 5' to 3'."""
    before, behind = np.maximum(taught.lower[rows] - start, 0), np.maximum(end - taught.upper[rows], 0)
    first = np.where(strand == 1, behind, before)[:, np.newaxis]
    last = length - np.where(strand == 1, before, behind)[:, np.newaxis]
    base = np.arange(length)
    counts: NDArray[np.bool_] = (base >= first) & (base < last)
    return counts


def normalised_coverage(coverage: Any, norm: str) -> Any:
    """Coverage as the network sees it: ``log`` ln(x + 1.1), ``linear`` x / 100, ``none`` x; float32."""
    values = tf.cast(coverage, tf.float32)
    if norm == "log":
        return tf.math.log(values + 1.1)
    return values / 100.0 if norm == "linear" else values


def network_input(batch: dict[str, Any], coverage_norm: str = "log") -> Any:
    """Input of the network from a batch of codes.

    Parameters
    ----------
    batch
        ``codes`` (B, S) uint8 and, where the network takes it, ``coverage`` (B, S, 2n).
    coverage_norm
        `log`, `linear` or `none`.

    Returns
    -------
    tf.Tensor
        (B, S, 4 + 2n) float32: C, A, T, G, coverage, spliced coverage.
    """
    bases = tf.gather(tf.constant(_ONE_HOT), tf.cast(batch["codes"], tf.int32))
    if "coverage" not in batch:
        return bases
    return tf.concat([bases, normalised_coverage(batch["coverage"], coverage_norm)], axis=-1)
