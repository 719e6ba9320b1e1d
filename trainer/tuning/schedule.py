"""The learning rate at each step: a function of the step alone, so that it survives any interruption."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Decay = Literal["none", "linear", "cosine"]


@dataclass(frozen=True)
class Schedule:
    """Warm-up, then decay.

    Parameters
    ----------
    peak
        The learning rate after the warm-up.
    warmup_steps
        Steps over which it rises in equal parts to ``peak``.
    decay
        ``none``: it stays. ``linear``, ``cosine``: it falls to 0 at ``total_steps``.
    total_steps
        Steps of the whole run if nothing ends it early.
    """

    peak: float
    warmup_steps: int
    decay: Decay
    total_steps: int

    def rate(self, step: int) -> float:
        """Learning rate of a step, from 0."""
        if step < self.warmup_steps:
            return self.peak * (step + 1) / (self.warmup_steps + 1)
        share = (step - self.warmup_steps) / max(self.total_steps - self.warmup_steps, 1)
        left = max(1.0 - share, 0.0)
        if self.decay == "linear":
            return self.peak * left
        if self.decay == "cosine":
            return self.peak * 0.5 * (1.0 - math.cos(math.pi * left))
        return self.peak
