"""The stage that brings a genome into a new store."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from helixdask.engine.costs import COSTS, Cost
from helixdask.engine.identity import file_identity
from helixdask.engine.stage import Region, RegionResult, Stage, Work
from helixdask.errors import BadInputError, MissingInputError
from helixdask.public_names import as_unicode, public_name
from helixdask.sequence.composition import count_kinds
from helixdask.sequence.fasta import FastaScan, scan
from helixdask.sequence.fasta_reader import FastaIndex, open_fasta
from helixdask.sequence.fasta_source import source_kind
from helixdask.sequence.sampled_size import estimated_bases
from helixdask.sequence.settings import EncodeSettings, OnBadBase
from helixdask.settings import check_settings
from helixdask.store.store import Store

_SEQUENCE = "genome/sequence"


@dataclass(frozen=True)
class EncodeStage(EncodeSettings, Stage):
    """FASTA to base codes, one byte a base before compression, with the contig table; into ``genome``."""

    name: ClassVar[str] = "encode"
    cost: ClassVar[Cost] = COSTS["encode"]
    creates_store: ClassVar[bool] = True
    file_fields: ClassVar[tuple[str, ...]] = ("fasta",)
    # Starting in the middle of a compressed file costs some Mb of decompression: keep tasks longer than that.
    bases_per_task: ClassVar[int] = 1 << 24

    def __post_init__(self) -> None:
        super().__post_init__()
        species = self.species or Path(self.fasta).name.split(".")[0] or Path(self.fasta).name
        object.__setattr__(self, "species", as_unicode(species))

    def group(self) -> str:
        """Group of the store that the stage writes."""
        return "genome"

    def inputs(self, store: Store) -> dict[str, str]:
        """Identity of the FASTA file.

        Raises
        ------
        BadInputError
            It is not there, empty, or plainly no FASTA.
        """
        check_settings(self)
        source_kind(self.fasta)
        return {"fasta": file_identity(self.fasta)}

    def estimate_bases(self, store: Store | None) -> int:
        """Bases of the genome once it is known; before that, an estimate from the beginning of the file."""
        if store is not None:
            with suppress(MissingInputError):
                return store.n_bases
        return estimated_bases(self.fasta)

    def prepare(self, store: Store, work: Work) -> None:
        """Read the whole file once: check it, write the contig table, note where its bases are for the tasks."""
        if work.has("scan"):
            return
        identity = file_identity(self.fasta)
        found = scanned(self.fasta, self.on_bad_base)
        store.write_table("genome", _contig_columns(found))
        replaced = np.array([[ord(letter), count] for letter, count in found.replaced.items()], np.int64).reshape(-1, 2)
        # Saved last: what is there says that the contig table is complete.
        work.save("scan", replaced=replaced, identity=np.array(identity), **found.index.to_arrays())
        _scanned.cache_clear()  # of a large genome it takes memory, and nobody needs it again

    def run(self, store: Store, region: Region, work: Work) -> RegionResult:
        """Write the base codes of one region, shard by shard."""
        index = self._index(work)
        shard = store.array(_SEQUENCE).block
        counts: dict[str, float] = {}
        with open_fasta(self.fasta, index) as reader:
            for start in range(region.start, region.stop, shard):
                codes = reader.read(start, min(start + shard, region.stop))
                store.write_region(_SEQUENCE, start, codes)
                for kind, count in count_kinds(codes).items():
                    counts[kind] = counts.get(kind, 0) + count
        return RegionResult(counts)

    def _index(self, work: Work) -> FastaIndex:
        """What the scan found about where bases are, as long as the file is the one that was scanned."""
        arrays = work.load("scan")
        if arrays["identity"].item() != file_identity(self.fasta):
            raise BadInputError(
                "the file has changed since it was scanned", where=self.fasta, remedy="Run the same command again."
            )
        return FastaIndex.from_arrays(arrays)

    def finish(self, store: Store, work: Work, result: RegionResult) -> dict[str, Any]:
        """Attributes of the genome: how many bases of each kind it has, and what was replaced."""
        replaced = work.load("scan")["replaced"].tolist()
        return {
            "fasta": public_name(self.fasta),
            "n_contigs": len(store.contigs),
            "n_bases": store.n_bases,
            "bases": {kind: int(count) for kind, count in result.counts.items()},
            "replaced_letters": {chr(letter): count for letter, count in replaced},
        }


def scanned(fasta: str, on_bad_base: OnBadBase) -> FastaScan:
    """What one pass over a FASTA file tells, see :func:`scan`; a file that was just read is not read again."""
    return _scanned(fasta, file_identity(fasta), on_bad_base)


@lru_cache(maxsize=1)
def _scanned(fasta: str, identity: str, on_bad_base: OnBadBase) -> FastaScan:
    del identity  # another file has another
    return scan(fasta, on_bad_base=on_bad_base)


def _contig_columns(found: FastaScan) -> dict[str, NDArray[Any]]:
    return {
        "contig_name": np.array(found.names, dtype=object),
        "contig_length": found.lengths,
        "contig_offset": found.offsets,
        "contig_md5": found.md5,
    }
