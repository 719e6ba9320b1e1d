"""What is said of an array of the store: its place, type, chunks and meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

POSITION: Final = "position"
_TABLE_CHUNK: Final = 1 << 16
_TEXT_CHUNK: Final = 1 << 13
_TABLE_SHARD: Final = 1 << 22
TRACK_SHARD: Final = 1 << 21


@dataclass(frozen=True)
class ArraySpec:
    """One array of the store.

    Parameters
    ----------
    group, name
        Where it lies; the group may be a template.
    dims
        Dimension names; ``position``, where there is one, is the last.
    dtype
        NumPy dtype name, or ``str``. Several are allowed where the user may choose: the first is the default.
    fill
        Value of everything never written.
    chunk, shard
        Longest chunk (what one reader takes) and shard (what one task writes) along the last dimension of tracks and
        along the first of tables. Both are shorter on small genomes.
    unit, meaning
        For people.
    flags
        Meaning of the values of a categorical array: of 0, 1, 2 and so on.
    bits
        Whether the flags are bits of the value instead: of 1, 2, 4 and so on.
    scale_factors
        What stored values are multiplied by, for each dtype; empty: they are what they are.
    """

    group: str
    name: str
    dims: tuple[str, ...]
    dtype: str
    fill: int | float | str | bool
    meaning: str
    unit: str = "1"
    chunk: int = _TABLE_CHUNK
    shard: int = _TABLE_SHARD
    other_dtypes: tuple[str, ...] = ()
    optional: bool = False
    flags: tuple[str, ...] = ()
    bits: bool = False
    scale_factors: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_track(self) -> bool:
        """Whether the array has a value for every base."""
        return self.dims[-1] == POSITION

    @property
    def is_probability(self) -> bool:
        """Whether its values are probabilities, to be decoded before they are used."""
        return bool(self.scale_factors)


def track(group: str, name: str, dims: tuple[str, ...], dtype: str, meaning: str, **more: Any) -> ArraySpec:
    """An array with a value for every base."""
    settings: dict[str, Any] = {"fill": 0, "chunk": 1 << 16, "shard": TRACK_SHARD} | more
    return ArraySpec(group, name, (*dims, POSITION), dtype, meaning=meaning, **settings)


_FILLS: Final[dict[str, Any]] = {"str": "", "bool": False, "float32": float("nan"), "float64": float("nan")}


def column(group: str, dim: str, name: str, dtype: str, meaning: str, **more: Any) -> ArraySpec:
    """A column of a table."""
    settings: dict[str, Any] = {"fill": _FILLS.get(dtype, 0), "chunk": _TEXT_CHUNK if dtype == "str" else _TABLE_CHUNK}
    settings |= more
    dims = (dim, *settings.pop("more_dims", ()))
    return ArraySpec(group, name, dims, dtype, meaning=meaning, **settings)
