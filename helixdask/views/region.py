"""All tracks of a region as a lazy Dataset."""

from __future__ import annotations

from typing import Final

import dask.array as da
import numpy as np
import xarray as xr

from helixdask.sequence.codes import SOFT_MASK
from helixdask.store.store import Store
from helixdask.views.tracks import merged_dataset, track_slice

_LONG: Final = 1 << 20


def region_dataset(store: Store, region: str) -> xr.Dataset:
    """All tracks of a region, as :meth:`helixdask.GenomeStore.sel` describes it."""
    row, start, end = store.contigs.parse_region(region)
    begin = int(store.contigs.offsets[row]) + start
    stop = begin + end - start
    dims, codes, attrs = track_slice(store, "genome/sequence", begin, stop)
    soft_masked = (codes & SOFT_MASK) != 0
    # Of a whole chromosome it would take gigabytes.
    count = np.arange if end - start <= _LONG else da.arange
    return merged_dataset(
        store,
        lambda path: track_slice(store, path, begin, stop),
        {
            "sequence": (dims, codes, attrs),
            "soft_masked": (dims, soft_masked, {"long_name": "a lower-case letter in the FASTA"}),
        },
        {"contig_position": ("position", count(start, end))},
        {"contig": str(store.contigs.names[row]), "start": start, "end": end},
    )
