"""Fine-tune and run Helixer gene prediction on genomes of any size."""

from __future__ import annotations

import logging as _logging
import os as _os
from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

from helixdask.compiled_cache import find_place_for_compiled_kernels

if TYPE_CHECKING:
    __version__: str
    from helixdask.explore import GenomeStore, open_store
    from helixdask.selection.on_tables import split
    from helixdask.selection.select_on_tables import select

__all__ = ["GenomeStore", "open_store", "select", "split"]

find_place_for_compiled_kernels()  # before any kernel is imported, in workers too
if _os.environ.get("HELIXDASK_QUIET"):  # a worker of the command line, whose terminal is not for other packages' logs
    _logging.lastResort = _logging.NullHandler()


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def __getattr__(name: str) -> Any:
    """Import what people use when they use it, so that the command line starts fast."""
    if name in __all__:
        homes = {"select": "selection.select_on_tables", "split": "selection.on_tables"}
        return getattr(_import_module(f"helixdask.{homes.get(name, 'explore')}"), name)
    if name == "__version__":
        from importlib.metadata import version

        return version("helixdask")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
