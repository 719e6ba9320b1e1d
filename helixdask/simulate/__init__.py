"""Simulated genomes and reads of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helixdask.simulate.settings import SimulateResult, SimulateSettings

if TYPE_CHECKING:
    from helixdask.simulate.simulation import simulate

__all__ = ["SimulateResult", "SimulateSettings", "simulate"]


def __getattr__(name: str) -> Any:
    """Import what simulates when it is used: the command line reads the settings alone."""
    if name == "simulate":
        from helixdask.simulate import simulation

        return simulation.simulate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
