"""How large a network is, in numbers that say what it takes: products, weights, values in memory. For plans."""

from __future__ import annotations

from helixdask.trainer.network.spec import N_CLASSES, NetworkSpec


def multiplications(spec: NetworkSpec) -> float:
    """Products for each base of the input.

    Examples
    --------
    >>> round(multiplications(NetworkSpec()), -3)
    483000.0
    """
    return _of_convolutions(spec) + _of_steps(spec) / spec.pool_size


def n_weights(spec: NetworkSpec) -> int:
    """Weights, to within those of biases and normalisation.

    Examples
    --------
    >>> n_weights(NetworkSpec())
    2100992
    """
    return _of_convolutions(spec) + _of_steps(spec)


def activations(spec: NetworkSpec) -> float:
    """Values of all layers together for each base of the input, which training keeps until the step back."""
    of_steps = 2 * spec.units * 4 * spec.body_lstm_layers + spec.hidden_units
    return spec.filter_depth * spec.cnn_layers + of_steps / spec.pool_size + N_CLASSES * spec.n_outputs


def _of_convolutions(spec: NetworkSpec) -> int:
    """Weights of the convolutions, each of which meets every base."""
    inner = (spec.cnn_layers - 1) * spec.filter_depth
    return spec.kernel_size * spec.filter_depth * (N_CLASSES + inner)


def _of_steps(spec: NetworkSpec) -> int:
    """Weights that meet every step of ``pool_size`` bases."""
    width, found = spec.filter_depth * spec.pool_size, 0
    for _ in range(spec.body_lstm_layers):
        found += 2 * 4 * spec.units * (width + spec.units)
        width = 2 * spec.units
    if spec.n_libraries:
        width += 2 * spec.n_libraries * spec.pool_size
    if spec.hidden_units:
        found += width * spec.hidden_units
        width = spec.hidden_units
    return found + width * spec.pool_size * N_CLASSES * spec.n_outputs
