"""What a network looks like, in numbers: enough to build it, count it and check a file. Needs no TensorFlow."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Annotated, Any, Literal

from helixdask.errors import BadInputError
from helixdask.settings import Natural, Share, Shown

N_CLASSES = 4
HIDDEN_ACTIVATIONS = ("linear", "relu")
_LARGEST = 1 << 16


@dataclass(frozen=True)
class NetworkSpec:
    """Hyper-parameters of a convolutional and recurrent network with a per-base head.

    The defaults are those of Helixer's published models.

    Parameters
    ----------
    cnn_layers
        Convolutions. Batch normalisation stands between them, not after the last.
    filter_depth
        Filters of each.
    kernel_size
        Bases each sees.
    pool_size
        Bases of a time step; their features are concatenated.
    lstm_layers
        Bidirectional LSTMs.
    units
        Units of each direction.
    dropout1
        Dropout before the LSTMs.
    dropout2
        Dropout behind the LSTMs.
    predict_phase
        Learn codon phases, too; without them no genes can be called.
    n_libraries
        RNA-seq libraries; each adds two input channels: `4 + 2n` channels in the order C, A, T, G, cov_1..n, spl_1..n.
    hidden_units, hidden_activation
        A dense layer between body (and coverage) and head; 0 for none.
    embedding_lstm_layers
        How many of the LSTM layers the head sees; None for all. Helixer's own coverage models lack the last one.
    """

    cnn_layers: Natural = 4
    filter_depth: Natural = 96
    kernel_size: Natural = 10
    pool_size: Natural = 9
    lstm_layers: Natural = 3
    units: Natural = 128
    dropout1: Share = 0.0
    dropout2: Share = 0.0
    predict_phase: Annotated[bool, Shown(option="--phase")] = True
    n_libraries: int = 0
    hidden_units: int = 0
    hidden_activation: str = "linear"
    embedding_lstm_layers: int | None = None

    def __post_init__(self) -> None:
        if self.embedding_lstm_layers is None:
            object.__setattr__(self, "embedding_lstm_layers", self.lstm_layers)
        lowest = {"cnn_layers": 1, "filter_depth": 1, "kernel_size": 1, "pool_size": 1, "units": 1}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int) and not lowest.get(field.name, 0) <= value <= _LARGEST:
                raise BadInputError(
                    f"{field.name} of the network is {value}, outside {lowest.get(field.name, 0)}..{_LARGEST}"
                )
        for name in ("dropout1", "dropout2"):
            if not 0 <= getattr(self, name) < 1:
                raise BadInputError(f"{name} of the network is {getattr(self, name)}, not a rate in [0, 1)")
        if self.body_lstm_layers > self.lstm_layers:
            raise BadInputError(f"the head cannot see {self.body_lstm_layers} of {self.lstm_layers} LSTM layers")
        if self.hidden_activation not in HIDDEN_ACTIVATIONS:
            raise BadInputError(
                f"hidden_activation {self.hidden_activation!r} is none of {', '.join(HIDDEN_ACTIVATIONS)}"
            )

    @property
    def body_lstm_layers(self) -> int:
        """LSTM layers that are in the network."""
        return self.lstm_layers if self.embedding_lstm_layers is None else self.embedding_lstm_layers

    @property
    def n_channels(self) -> int:
        """Channels of the input."""
        return N_CLASSES + 2 * self.n_libraries

    @property
    def n_outputs(self) -> int:
        """1 (genic) or 2 (genic, phase)."""
        return 2 if self.predict_phase else 1

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any], *, where: str | None = None) -> NetworkSpec:
        """From `to_dict`.

        Raises
        ------
        BadInputError
            An unknown, missing or wrongly typed entry.
        """
        defaults = cls()
        known = {field.name: type(getattr(defaults, field.name)) for field in fields(cls)}
        remedy = "Use a model file written by this version of helixdask."
        if set(values) != set(known):
            odd = ", ".join(sorted(set(values) ^ set(known)))
            raise BadInputError(
                f"the network description has missing or unknown entries: {odd}", where=where, remedy=remedy
            )
        for name, kind in known.items():
            value = values[name]
            fits = isinstance(value, (int, float) if kind is float else kind) and (
                kind is bool or not isinstance(value, bool)
            )
            if not fits:
                raise BadInputError(f"{name} of the network description is {value!r}", where=where, remedy=remedy)
        return cls(**values)


def with_head(
    spec: NetworkSpec,
    *,
    n_libraries: int = 0,
    hidden_units: int = 0,
    hidden_activation: str = "linear",
    cut: Literal["last", "helixer"] = "last",
) -> NetworkSpec:
    """A network with the body of another and a head of its own.

    Parameters
    ----------
    spec
        The other.
    n_libraries
        RNA-seq libraries that the head gets beside the body's features; 0 for a head on the sequence alone.
    hidden_units, hidden_activation
        A dense layer before the head; 0 for none.
    cut
        `last` keeps the whole body. `helixer` drops its last LSTM layer, as Helixer does when it adds coverage.

    Raises
    ------
    BadInputError
        The body has no LSTM layer to drop.
    """
    kept = spec.body_lstm_layers
    # Helixer counts layers: where a dropout follows the last LSTM layer, it is the dropout that is lost.
    drop_lstm = cut == "helixer" and not spec.dropout2
    if drop_lstm and not kept:
        raise BadInputError(
            "the network has no LSTM layer left to drop", remedy="Keep the whole body: cut at the last layer."
        )
    return replace(
        spec,
        n_libraries=n_libraries,
        hidden_units=hidden_units,
        hidden_activation=hidden_activation,
        dropout2=0.0 if cut == "helixer" else spec.dropout2,
        embedding_lstm_layers=kept - int(drop_lstm),
    )


def weight_shapes(spec: NetworkSpec) -> dict[str, list[tuple[int, ...]]]:
    """Shapes of the weights of every layer that has some, in the order of `layer.get_weights()`.

    Returns
    -------
    dict
        Layer name to shapes, from input to head: `conv_1`, `norm_1`, ..., `lstm_1`, ..., `hidden`, `head`.
    """
    shapes: dict[str, list[tuple[int, ...]]] = {}
    channels = N_CLASSES
    for i in range(1, spec.cnn_layers + 1):
        if i > 1:
            shapes[f"norm_{i - 1}"] = [(channels,)] * 4
        shapes[f"conv_{i}"] = [(spec.kernel_size, channels, spec.filter_depth), (spec.filter_depth,)]
        channels = spec.filter_depth
    channels *= spec.pool_size
    for i in range(1, spec.body_lstm_layers + 1):
        one = [(channels, 4 * spec.units), (spec.units, 4 * spec.units), (4 * spec.units,)]
        shapes[f"lstm_{i}"] = one + one
        channels = 2 * spec.units
    channels += 2 * spec.n_libraries * spec.pool_size
    if spec.hidden_units:
        shapes["hidden"] = [(channels, spec.hidden_units), (spec.hidden_units,)]
        channels = spec.hidden_units
    head = N_CLASSES * spec.pool_size * spec.n_outputs
    shapes["head"] = [(channels, head), (head,)]
    return shapes


def parameter_count(spec: NetworkSpec) -> int:
    """Weights of the network, moving statistics of batch normalisation included."""
    total = 0
    for shapes in weight_shapes(spec).values():
        for shape in shapes:
            size = 1
            for length in shape:
                size *= length
            total += size
    return total
