"""The windows that a split table names, of one or several stores, checked before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from helixdask.errors import BadInputError, MissingInputError
from helixdask.public_names import public_name
from helixdask.registry import CDS, LABEL_CLASSES, UTR
from helixdask.selection.split import TRAIN, VALIDATION
from helixdask.selection.table import chosen_rows, parent, window_table, windows_behind, windows_of
from helixdask.settings import Rules
from helixdask.store.lineage import are_predicted
from helixdask.store.store import Store
from helixdask.trainer.feed.batch_order import free_stretches, touching_stretches
from helixdask.trainer.feed.window_set import WindowSet, joined

Role = Literal["both", "trains", "validates"]


@dataclass(frozen=True)
class StoreSplit:
    """A store with the names of its split, labels and selection, and the digests of what they stand for.

    The selection says which windows of the training side are learnt from; None: all. ``role`` is ``both``, ``trains``
    or ``validates``: a store that validates does so with all windows of its split but those for test.
    """

    store: Store
    split: str
    labels: str
    windows: str
    window_length: int
    selection: str | None = None
    role: Role = "both"

    @property
    def kinship(self) -> str | None:
        """Name of what is known of copies of the windows; None: nothing."""
        name = self.store.attrs(f"splits/{self.split}").get("kinship")
        return str(name) if name and name in self.store.names("kinship") else None

    @property
    def leakage(self) -> float | None:
        """Share of validation's coding bases with a near copy in training; None where that is not known."""
        rows = self.store.attrs(f"splits/{self.split}").get("leakage")
        return float(rows[0]["coding_bases"]) if rows else None

    @property
    def has_weights(self) -> bool:
        """Whether the selection says how much each of its windows counts."""
        return self.selection is not None and self.store.has_array(f"selections/{self.selection}/window_weight")

    @property
    def has_pseudolabels(self) -> bool:
        """Whether the labels' genes were called from predictions."""
        return are_predicted(self.store, self.labels)

    def card(self) -> dict[str, Any]:
        """What a model's card says of it."""
        return {
            "store": public_name(self.store.url),
            "species": self.store.species,
            "n_bases": self.store.n_bases,
            "labels": self.labels,
            "labels_digest": self.store.identity(f"labels/{self.labels}"),
            "split": self.split,
            "split_digest": self.store.identity(f"splits/{self.split}"),
            "selection": self.selection,
            "selection_digest": self.store.identity(f"selections/{self.selection}") if self.selection else None,
            "leakage": self.leakage,
            "role": self.role,
        }


def utr_ratio(splits: Sequence[StoreSplit]) -> float | None:
    """UTR bases for each coding base in the labels of all windows; None where windows were not measured.

    Annotations without any UTR say nothing of how long UTRs are, and do not count.
    """
    bases = np.zeros(len(LABEL_CLASSES), np.int64)
    for split in splits:
        if split.windows not in split.store.names("windows"):
            continue
        counts = split.store.table(f"windows/{split.windows}", ("window_class_count",)).get("window_class_count")
        if counts is not None and counts[:, UTR].any():
            bases += counts.sum(0, dtype=np.int64)
    return round(int(bases[UTR]) / int(bases[CDS]), 4) if bases[CDS] else None


def read_split(
    store: Store, split: str | None = None, labels: str | None = None, selection: str | None = None
) -> StoreSplit:
    """Find the split, its windows, the labels to train on and the windows that are learnt from.

    Parameters
    ----------
    store
        The store.
    split, labels
        Names; None: the only split there is, and the labels that it was made with.
    selection
        Name; None: the only one among the split's training windows, or else the only one of the same windows. Where
        there is none, and where the split was made from a selection, all of the training side is learnt from.

    Raises
    ------
    MissingInputError
        There is no split or there are no labels, or several and none was named; or several selections.
    BadInputError
        The selection is of other windows, or was made from another split.
    """
    split = store.resolve("splits", split)
    attrs = store.attrs(f"splits/{split}")
    if labels is None:
        labels = parent(attrs, "labels")
    labels = store.resolve("labels", labels)
    windows = store.resolve("windows", parent(attrs, "windows"))
    length = store.attrs(f"windows/{windows}").get("window_length") or attrs.get("window_length")
    if length is None:
        table = store.table(f"windows/{windows}")
        length = int((table["window_end"] - table["window_start"]).max(initial=0))
    return StoreSplit(store, split, labels, windows, int(length), _selection(store, split, windows, selection))


def _selection(store: Store, split: str, windows: str, name: str | None) -> str | None:
    if name is None:
        if parent(store.attrs(f"splits/{split}"), "selection"):
            return None
        of_split = {
            each: parent(store.attrs(f"selections/{each}"), "split")
            for each in store.names("selections")
            if parent(store.attrs(f"selections/{each}"), "windows") == windows
        }
        found = [each for each, other in of_split.items() if other == split]
        found = found or [each for each, other in of_split.items() if other is None]
        if len(found) > 1:
            raise MissingInputError(
                f"there are several selections of the windows of this split: {', '.join(found)}",
                where=f"{store.url}/splits/{split}",
                remedy="Name one with --selection.",
            )
        name = found[0] if found else None
    if name is None:
        return None
    group = f"selections/{store.resolve('selections', name)}"
    other = parent(store.attrs(group), "split")
    if windows_behind(store, group) != windows or other not in (split, None):
        raise BadInputError(
            f"this selection was made from {f'splits/{other}' if other else 'other windows'}, not from splits/{split}",
            where=f"{store.url}/{group}",
            remedy=f"Run helixdask select --split {split}, or name another with --selection.",
        )
    return name


def gather_windows(
    splits: Sequence[StoreSplit], pool_size: int, *, rules: Rules = Rules.DEFAULT, weighted: bool = True
) -> tuple[WindowSet, WindowSet]:
    """Training and validation windows of all stores: what is selected of the training side, and all of validation.

    Windows without any valid base are left out, and under ``rules="helixer"`` those of contigs without a labelled
    gene too, as Helixer does.

    Parameters
    ----------
    splits
        What `read_split` found in each store.
    pool_size
        Bases per timestep of the network.
    rules
        See above.
    weighted
        Give training windows the weights that the selections say.

    Raises
    ------
    BadInputError
        Stores differ in window length, or it is no multiple of a timestep (under ``rules="helixer"``, where the rest is
        cut off as Helixer does: shorter than one).
    MissingInputError
        A side of the split is empty, or all its windows are masked.
    """
    lengths = {split.window_length for split in splits}
    if len(lengths) != 1:
        listed = ", ".join(f"{split.store.url}: {split.window_length:,}" for split in splits)
        raise BadInputError(
            "the stores differ in window length", where=listed, remedy="Make the splits with one length."
        )
    length = lengths.pop()
    if length < pool_size:
        raise BadInputError(
            f"windows of {length} bases are shorter than a timestep of the network ({pool_size} bases)",
            remedy="Choose a longer --window-length.",
        )
    if length % pool_size and rules != Rules.HELIXER:
        raise BadInputError(
            f"a window of {length:,} bases cannot be divided by the network's {pool_size} bases of a timestep",
            where=", ".join(f"{split.store.url}/windows/{split.windows}" for split in splits),
            remedy=f"Select others: helixdask select --window-length {length // pool_size * pool_size}.",
        )
    weighted = weighted and any(split.has_weights for split in splits)
    sides = [_sides_of(split, i, rules, weighted=weighted) for i, split in enumerate(splits)]
    train, validation = (joined([pair[side] for pair in sides]) for side in (TRAIN, VALIDATION))
    for windows, side in ((train, "training"), (validation, "validation")):
        if not len(windows):
            where = ", ".join(f"{split.store.url}/splits/{split.split}" for split in splits)
            raise MissingInputError(
                f"no {side} windows are left: the split has none, or all are masked",
                where=where,
                remedy="Look at helixdask inspect STORE; keep more windows (select --keep-fraction), or split again.",
            )
    return train, validation


def _sides_of(split: StoreSplit, index: int, rules: Rules, *, weighted: bool) -> tuple[WindowSet, WindowSet]:
    table = window_table(split.store, split=split.split)
    side, (contig, start, end, strand) = table["side"].to_numpy(), windows_of(table)
    keep = np.ones(len(side), np.bool_)
    if "valid" in table:
        keep &= table["valid"].to_numpy() > 0
    if rules == Rules.HELIXER and "annotated" in table:
        keep &= table["annotated"].to_numpy()
    # Shifted windows keep out of other sides, of the gap beside them, and of near copies of them. Of a selection that
    # was split, most windows are on no side only since they were not selected.
    attrs = split.store.attrs(f"splits/{split.split}")
    held_out, guard = side > TRAIN, int(attrs.get("guard") or 0)
    if not parent(attrs, "selection"):
        place = contig.astype(np.int64) * (int(end.max(initial=0)) + 1) + start  # both strands have one
        held_out |= ~np.isin(place, place[side == TRAIN])
    lengths = split.store.contigs.lengths
    held_start = np.maximum(start[held_out] - guard, 0)
    held_end = np.minimum(end[held_out] + guard, lengths[contig[held_out]])
    sets = []
    learnt = np.ones(len(side), np.bool_)
    weight = np.ones(len(side), np.float32)
    if split.selection is not None:
        group = f"selections/{split.selection}"
        rows = chosen_rows(split.store, group, len(side))
        learnt = np.zeros(len(side), np.bool_)
        learnt[rows] = True
        if split.has_weights:
            weight[rows] = split.store.table(group)["window_weight"]
    takes = {TRAIN: [TRAIN] * (split.role != "validates"), VALIDATION: [VALIDATION] * (split.role != "trains")}
    if split.role == "validates":
        takes[VALIDATION] = [TRAIN, VALIDATION]
    for wanted in (TRAIN, VALIDATION):
        mine = np.isin(side, takes[wanted]) & keep & (learnt | (wanted != TRAIN))
        stretches = free_stretches(
            contig[mine], start[mine], end[mine], lengths, contig[held_out], held_start, held_end
        )
        store = np.full(int(mine.sum()), index, np.int16)
        places = contig[mine], start[mine], end[mine], strand[mine]
        counts = weight[mine] if weighted and wanted == TRAIN else None
        # Pseudolabels beyond the windows that were selected for being sure are not taught.
        sure = split.selection is not None and split.has_pseudolabels and rules != Rules.HELIXER
        taught = touching_stretches(*places) if sure and wanted == TRAIN else None
        sets.append(WindowSet(store, *places, stretches, split.window_length, counts, taught))
    return sets[0], sets[1]
