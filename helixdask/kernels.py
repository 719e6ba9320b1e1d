"""The compiler of all kernels: numba, without the part of SciPy that it would import and no kernel needs.

When numba compiles or loads its first kernel it looks for SciPy's linear algebra, which takes half as long to import as
numba itself. Only kernels that multiply matrices need it, and find it then all the same.
"""

from __future__ import annotations

import sys
from importlib import import_module

from numba import njit

__all__ = ["njit"]

_LINEAR_ALGEBRA = "scipy.linalg"


def _load_without_linear_algebra() -> None:
    """Import the module of numba that looks for it while it cannot be found."""
    if _LINEAR_ALGEBRA in sys.modules:
        return
    sys.modules[_LINEAR_ALGEBRA] = None  # type: ignore[assignment]
    try:
        import_module("numba.np.arraymath")
    finally:
        del sys.modules[_LINEAR_ALGEBRA]


_load_without_linear_algebra()
