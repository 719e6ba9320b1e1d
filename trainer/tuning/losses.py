"""The loss: weighted categorical cross-entropy per base, on the genic and the phase output.

The sum over bases of ``weight * cross-entropy`` is divided by the number of *all* bases of the batch, padding and
masked ones included, as Helixer does. It is kept as the default too: dividing by the sum of the masks instead would
let the few unmasked bases of a nearly empty batch pull as hard as all bases of a full one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import tensorflow as tf

OUTPUT_WEIGHTS: Final = (0.8, 0.2)
"""Share of the genic and of the phase output in the total."""


def cross_entropy(target: Any, logits: Any, weight: Any, n_bases: Any = None) -> Any:
    """Weighted cross-entropy of one output, averaged over all bases.

    Parameters
    ----------
    target
        Class index, (B, T, P) integer.
    logits
        Values before the softmax, (B, T, P, 4) float32.
    weight
        (B, T, P) float32.
    n_bases
        What the sum is divided by, scalar float32: the bases of a whole batch, of which these may be a part. None:
        these are all.

    Returns
    -------
    tf.Tensor
        Scalar float32.
    """
    loss = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(target, tf.int32), tf.cast(logits, tf.float32))
    return tf.reduce_sum(loss * weight) / (tf.cast(tf.size(loss), tf.float32) if n_bases is None else n_bases)


def total_loss(
    targets: Sequence[Any], logits: Sequence[Any], weight: Any, n_bases: Any = None
) -> tuple[Any, list[Any]]:
    """Total of all outputs, and the loss of each.

    Parameters
    ----------
    targets
        Class indices of the genic output and, where the network has one, of the phase output: (B, T, P) each.
    logits
        As many outputs, before the softmax, (B, T, P, 4) each.
    weight
        (B, T, P) float32, used for both.
    n_bases
        As for `cross_entropy`.

    Returns
    -------
    tuple of tf.Tensor and list of tf.Tensor
        ``0.8 genic + 0.2 phase``, or the genic loss alone where there is no phase; and the parts.
    """
    parts = [cross_entropy(target, output, weight, n_bases) for target, output in zip(targets, logits, strict=True)]
    if len(parts) == 1:
        return parts[0], parts
    return tf.add_n([share * part for share, part in zip(OUTPUT_WEIGHTS, parts, strict=True)]), parts
