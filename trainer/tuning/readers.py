"""What reads the windows of a run: labels as they are to be learnt, and as they are to be scored."""

from __future__ import annotations

from collections.abc import Sequence

from helixdask.coverage.transcripts import transcript_groups
from helixdask.settings import Rules
from helixdask.trainer.feed.doubt import NO_DOUBT, doubt_of
from helixdask.trainer.feed.training_windows import StoreSplit
from helixdask.trainer.feed.window_reader import TrackSet, WindowReader
from helixdask.trainer.feed.window_set import WindowSet
from helixdask.trainer.tuning.settings import TuneSettings

Groups = Sequence[tuple[str, ...]]
"""Groups of the libraries that are read, for each store."""


def label_readers(splits: Sequence[StoreSplit], groups: Groups) -> list[WindowReader]:
    """Readers of labels that all count in full, one for each store."""
    return [
        WindowReader(split.store, TrackSet(split.labels, libraries))
        for split, libraries in zip(splits, groups, strict=True)
    ]


def training_readers(
    splits: Sequence[StoreSplit], groups: Groups, windows: WindowSet, settings: TuneSettings
) -> list[WindowReader]:
    """Readers of what is learnt, one for each store: pseudolabels in doubt are masked.

    Parameters
    ----------
    splits, groups
        The stores, and the libraries that the network sees.
    windows
        Training windows.
    settings
        What is done with labels in doubt.
    """
    masks = settings.doubt == "mask" and settings.rules != Rules.HELIXER
    doubts = [
        doubt_of(split.store, index, windows, split.labels, transcript_groups(split.store))
        if masks and split.has_pseudolabels
        else NO_DOUBT
        for index, split in enumerate(splits)
    ]
    return [
        WindowReader(split.store, TrackSet(split.labels, libraries, settings.confidence, doubt))
        for split, libraries, doubt in zip(splits, groups, doubts, strict=True)
    ]
