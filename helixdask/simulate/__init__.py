"""Simulated genomes and reads of any size."""

from helixdask.simulate.settings import SimulateResult, SimulateSettings
from helixdask.simulate.simulation import simulate

__all__ = ["SimulateResult", "SimulateSettings", "simulate"]
