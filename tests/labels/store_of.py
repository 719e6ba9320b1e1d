"""A store with a genome, as `encode` would make it, for tests of what comes after."""

from __future__ import annotations

import numpy as np

from helixdask.store.store import Store
from tests.labels.support import encode


def store_of(folder, sequences: dict[str, str]) -> Store:
    lengths = np.array([len(s) for s in sequences.values()], np.int64)
    store = Store.create(folder, species="test")
    store.begin_group("genome")
    store.write_table(
        "genome",
        {
            "contig_name": np.array(list(sequences), object),
            "contig_length": lengths,
            "contig_offset": np.cumsum(lengths) - lengths,
            "contig_md5": np.zeros((len(lengths), 16), np.uint8),
        },
    )
    store.create_tracks("genome")
    store.write_region("genome/sequence", 0, encode("".join(sequences.values())))
    store.complete_group("genome", {"digest": "genome", "stage": "encode", "inputs": {}})
    return Store.open(folder)
