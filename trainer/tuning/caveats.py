"""What a run is to be warned of before it begins: scores that look better than they are, or that nothing can tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from helixdask.selection.across import Across
from helixdask.selection.leakage import MUCH
from helixdask.trainer.feed.training_windows import StoreSplit
from helixdask.trainer.network.libraries import read_groups


def caveats(
    splits: Sequence[StoreSplit], across: Across | None, *, by_evidence: bool, keep_worse: bool
) -> Iterator[str]:
    """Warnings, in words.

    Parameters
    ----------
    splits
        The stores' splits.
    across
        What is known of near copies between stores.
    by_evidence
        Whether evidence, not known genes, says which model is better.
    keep_worse
        Whether the tuned model is written in any case.
    """
    for split in splits:
        if (split.leakage or 0) > MUCH:
            yield (
                f"{split.store.url}/splits/{split.split}: {100 * (split.leakage or 0):.0f} % of the coding bases of "
                "validation have a near copy in training, so that scores look better than they are"
            )
    if across is not None and across.leaked > MUCH:
        yield (
            f"{100 * across.leaked:.0f} % of the validation windows have a near copy in a store that trains, so that "
            "scores look better than they are"
        )
    if by_evidence and not any(read_groups([split.store for split in splits])):
        kept = "" if keep_worse else ": the base model will be written, unless --keep-worse is given"
        yield (
            "neither known genes nor reads tell of genes here, so that the tuned model cannot be shown to be "
            f"better{kept}"
        )
