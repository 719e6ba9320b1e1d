"""The stage that chooses windows to learn from. It is small and runs at once."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np

from helixdask.engine.costs import COSTS, Cost
from helixdask.engine.stage import RegionResult, Stage, Work
from helixdask.errors import BadInputError, MissingInputError
from helixdask.registry import arrays_of
from helixdask.selection.kin import kin_of
from helixdask.selection.on_tables import refuse_other_rules, usable_windows
from helixdask.selection.ranking import refuse_unknown_ranking
from helixdask.selection.select import EMPTY
from helixdask.selection.select_on_tables import select
from helixdask.selection.settings import SelectSettings
from helixdask.selection.split import TRAIN
from helixdask.selection.table import chosen_rows, read_table, windows_behind, windows_of
from helixdask.store.store import Store

log = logging.getLogger(__name__)

_LITTLE: Final = 300_000
"""Bases to learn from, fewer than which deserve a word where more could be had."""


@dataclass(frozen=True)
class SelectStage(SelectSettings, Stage):
    """Windows to learn from, into ``selections/<output>``.

    Parameters
    ----------
    unannotated
        Whether windows of contigs without any labelled gene may be chosen. By default only where labels were called
        from predictions: an annotation that is silent about a contig does not say that it has no genes.
    """

    windows: str | None = "default"
    unannotated: bool | None = None

    name: ClassVar[str] = "select"
    cost: ClassVar[Cost] = COSTS["select"]
    bases_per_task: ClassVar[int] = 0

    def group(self) -> str:
        """Group of the store that the stage writes."""
        return f"selections/{self.output}"

    def inputs(self, store: Store) -> dict[str, str]:
        """Digest of the windows.

        Raises
        ------
        BadInputError
            The windows are not there, or were not measured as the rules need it.
        """
        self.check()
        group = f"windows/{store.resolve('windows', self.windows)}"
        attrs = store.attrs(group)
        if not attrs.get("labels") and not attrs.get("predictions"):
            raise MissingInputError(
                "these windows were measured without labels and predictions",
                where=group,
                remedy="Run helixdask windows with --labels or --predictions, under another --name.",
            )
        if self.by is None:
            refuse_other_rules(attrs, self.rules, group)
        columns = {name.removeprefix("window_") for name in arrays_of(group) if store.has_array(f"{group}/{name}")}
        refuse_unknown_ranking(self.by, self.largest, columns, group)
        refuse_unknown_ranking(self.stratify, False, columns, group)
        if self.min_support is not None and "support" not in columns:
            raise BadInputError(
                "these windows are not measured by reads",
                where=group,
                remedy="Run helixdask windows with --coverage SET, and select with --windows NAME.",
            )
        found = {group: store.identity(group)}
        if self.max_copies is not None:
            kinship = f"kinship/{store.resolve('kinship', self.kinship)}"
            found[kinship] = store.identity(kinship)
        if self.split is not None:
            split = f"splits/{store.resolve('splits', self.split)}"
            if windows_behind(store, split) != self.windows:
                raise BadInputError(
                    f"this split was not made from {group}", where=split, remedy="Leave --windows out, or split again."
                )
            found[split] = store.identity(split)
        return found

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Choose, write the rows, and return the strata."""
        table = read_table(store, self.windows)
        among = np.arange(table.sizes["window"])
        if self.split is not None:
            group = f"splits/{self.split}"
            is_train = store.table(group)["window_side"] == TRAIN
            among = np.sort(chosen_rows(store, group, len(among))[is_train])
            table = table.isel(window=among)
        kin = None
        if self.max_copies is not None:
            kin = kin_of(store, store.resolve("kinship", self.kinship), None, windows_of(table))
        chosen = select(
            table,
            self.keep_fraction,
            keep_bases=self.keep_bases,
            keep_windows=self.keep_windows,
            max_intergenic=self.max_intergenic,
            by=self.by,
            largest=self.largest,
            stratify=self.stratify,
            min_support=self.min_support,
            max_copies=self.max_copies,
            kin=kin,
            unannotated=self.unannotated,
            rules=self.rules,
        )
        kept = chosen["kept"].to_numpy()
        rows = among[kept]
        strata = chosen.attrs["strata"]
        bases = sum(stratum["kept_bases"] for stratum in strata)
        left_with_genes = sum(stratum["available"] - stratum["kept"] for stratum in strata if stratum["name"] != EMPTY)
        if bases < _LITTLE and left_with_genes and self.keep_bases is self.keep_windows is None:
            log.warning(
                "%s: %s bases are little to learn from; %s windows with genes are left out, of which a larger "
                "--keep-fraction keeps more",
                *(self.group(), f"{bases:,}", f"{left_with_genes:,}"),
            )
        store.write_table(self.group(), {"window_row": rows, "window_weight": chosen["weight"].to_numpy()[kept]})
        return {
            "windows": self.windows,
            "split": self.split,
            "labels": table.attrs.get("labels"),
            "predictions": table.attrs.get("predictions"),
            "window_length": table.attrs["window_length"],
            "rules": self.rules,
            "n_windows": table.sizes["window"],
            "n_usable": int(usable_windows(table, self.unannotated).sum()),
            "n_kept": len(rows),
            "bases_kept": bases,
            "strata": strata,
        }
