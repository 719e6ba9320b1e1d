"""The compiler of all kernels: numba, without the part of SciPy that it would import and no kernel needs.

When numba compiles or loads its first kernel it looks for SciPy's linear algebra, which takes half as long to import as
numba itself. Only kernels that multiply matrices need it, and find it then all the same.
"""

from __future__ import annotations

from importlib import import_module

from numba import njit

from helixdask.hidden_modules import hidden

__all__ = ["njit"]

with hidden("scipy.linalg"):
    import_module("numba.np.arraymath")  # looks for it
