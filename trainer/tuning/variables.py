"""Values of a network's variables: read, set, and set for a while."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray


def values_of(variables: Sequence[Any]) -> list[NDArray[Any]]:
    """Values of variables, in their order."""
    return [np.asarray(variable) for variable in variables]


def assign(variables: Sequence[Any], values: Sequence[NDArray[Any]]) -> None:
    """Set variables, in their order."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


@contextmanager
def assigned(variables: Sequence[Any], values: Sequence[NDArray[Any]]) -> Iterator[None]:
    """Set variables; behind it they have their own values again, also after an error."""
    own = values_of(variables)
    assign(variables, values)
    try:
        yield
    finally:
        assign(variables, own)
