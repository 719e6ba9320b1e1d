"""What all stages of libraries have in common: where their tracks go, and what is written down of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from helixdask.coverage.kinds import DEFAULT_SET
from helixdask.coverage.statistics import constants, region_statistics
from helixdask.engine.costs import COSTS, Cost
from helixdask.engine.stage import Region, RegionResult, Stage
from helixdask.names.needed import aliases_of
from helixdask.public_names import public_name
from helixdask.store.store import Store


@dataclass(frozen=True)
class LibraryStage(Stage):
    """The tracks of a library, into `coverage/<set>/<library>`.

    Parameters
    ----------
    library, path
        The fields of `Library`.
    set_name
        Set that the library belongs to.
    aliases
        Table of other names of the genome's contigs, or None.
    """

    library: str
    path: str
    set_name: str = DEFAULT_SET
    aliases: str | None = None

    name: ClassVar[str] = "coverage"
    cost: ClassVar[Cost] = COSTS["ready-made coverage"]
    file_fields: ClassVar[tuple[str, ...]] = ("path", "aliases")

    def group(self) -> str:
        """Group of the store that is written."""
        return f"coverage/{self.set_name}/{self.library}"

    def _aliases(self, store: Store) -> dict[str, str]:
        return aliases_of(self.aliases, store.contigs)

    def _written(
        self,
        store: Store,
        region: Region,
        coverage: NDArray[np.uint32],
        spliced: NDArray[np.uint32],
        counts: dict[str, float] | None = None,
    ) -> RegionResult:
        """Write the tracks of a region, each ``(strand, base)``, and add their statistics to what was counted."""
        store.write_region(f"{self.group()}/coverage", region.start, coverage)
        store.write_region(f"{self.group()}/spliced_coverage", region.start, spliced)
        statistics = region_statistics(coverage, spliced)
        return RegionResult((counts or {}) | statistics.counts, statistics.tables)

    def _attributes(self, store: Store, result: RegionResult) -> dict[str, Any]:
        """Where the tracks are from, what was counted, and their normalisation constants."""
        return {
            "path": public_name(self.path),
            "counts": {name: int(value) for name, value in sorted(result.counts.items())},
            "per_million": None,
            "constants": constants(result, store.n_bases),
        }
