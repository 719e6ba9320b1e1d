"""Settings of windows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from helixdask.settings import WINDOW_LENGTH, Name, Natural, Rules, RuleSet, Shown


@dataclass(frozen=True)
class WindowsSettings:
    """Which windows, and what they are measured against.

    Parameters
    ----------
    window_length
        Bases of a window.
    labels
        Labels to measure; the only ones by default. Without any, the likeliest class of the predictions stands for
        the label.
    predictions
        Predictions to measure; the only ones by default. Without labels and predictions there are no measures.
    output
        Name of the table. Default: length, labels and predictions joined by dashes.
    rules
        ``helixer``: counts and distances include masked bases, and distances are summed in float16.
    coverage
        Coverage set whose libraries are measured beside the labels.
    repeats
        Track of intervals, such as repeats, of which the share is measured.
    """

    window_length: Natural = WINDOW_LENGTH
    labels: str | None = None
    predictions: str | None = None
    output: Name | None = None
    rules: RuleSet = Rules.DEFAULT
    coverage: Annotated[str | None, Shown(metavar="SET")] = None
    repeats: Annotated[str | None, Shown(metavar="TRACK")] = None
