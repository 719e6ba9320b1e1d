"""A small store whose labels can be learnt from the sequence."""

import numpy as np
import pytest

from helixdask.store.store import Store
from helixdask.trainer.network.spec import NetworkSpec
from helixdask.trainer.tuning.settings import TuneSettings

LENGTHS = (20_000, 9_100, 400, 15_003)
WINDOW = 900
POOL = 9

LITTLE = {"lengths": (9_000, 4_100, 400, 3_003), "window": 450}
"""Of a store that is enough to learn from in few and short steps."""

RECURRENT = NetworkSpec(cnn_layers=1, filter_depth=8, kernel_size=9, pool_size=POOL, lstm_layers=1, units=8)
PLAIN = NetworkSpec(cnn_layers=1, filter_depth=8, kernel_size=9, pool_size=POOL, lstm_layers=0, units=8)
"""Without an LSTM: a training takes a third of the time, most of which goes into making the graphs of its loops."""


def settings_for(store, path, /, **more):
    """Settings of a short training on a store."""
    mode = "auto" if "coverage" in more else "head"
    known = {"mode": mode, "epochs": 2, "batch_size": 8, "learning_rate": 1e-2, "threads": 1, "seed": 3}
    return TuneSettings(**({"stores": (store.url,), "output": str(path)} | known | more))


def _paint(rng, length):
    """Codes, and label, phase, transition of both strands: CDS is rich in G on its own strand, introns in A."""
    label = np.zeros((2, length), np.uint8)
    codes = rng.integers(0, 4, length).astype(np.uint8)
    at = 50
    while at + 260 < length:
        strand = int(rng.integers(2))
        for name, size in ((1, 30), (2, 90), (3, 60), (2, 45), (1, 30)):
            label[strand, at : at + size] = name
            if name in (2, 3):
                letter = 3 if name == 2 else 1
                letter = letter if strand == 0 else 3 - letter
                rich = rng.random(size) < 0.7
                codes[at : at + size][rich] = letter
            at += size
        at += int(rng.integers(50, 250))
    phase = np.where(label == 2, 1 + np.arange(length) % 3, 0).astype(np.uint8)
    transition = np.zeros((2, length), np.uint8)
    border = np.diff(label == 2, axis=1, prepend=0) != 0
    transition[border] = 1 << 1
    return codes, label, phase, transition


def write_toy_store(path, seed=0, masked=False, window=WINDOW, lengths=LENGTHS):
    rng = np.random.default_rng(seed)
    store = Store.create(path, species="toy")
    parts = [_paint(rng, length) for length in lengths]
    tracks = [np.concatenate([part[i] for part in parts], axis=-1) for i in range(4)]
    lengths = np.array(lengths, np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    store.begin_group("genome")
    store.write_table(
        "genome",
        {
            "contig_name": np.array([f"c{i}" for i in range(len(lengths))], object),
            "contig_length": lengths,
            "contig_offset": offsets,
            "contig_md5": np.zeros((len(lengths), 16), np.uint8),
        },
    )
    store.create_tracks("genome")
    tracks[0][100:110] = 4  # N
    tracks[0][200:205] |= 0x80
    valid = np.zeros_like(tracks[1]) if masked else np.ones_like(tracks[1])
    valid[:, 300:304] = 0
    store.write_region("genome/sequence", 0, tracks[0])
    store.complete_group("genome", {"digest": "genome"})
    store.begin_group("labels/reference")
    store.create_tracks("labels/reference")
    for name, values in zip(("label", "phase", "transition", "valid"), (*tracks[1:], valid), strict=True):
        store.write_region(f"labels/reference/{name}", 0, values)
    store.complete_group("labels/reference", {"digest": "labels"})
    rows = [
        (c, start, min(start + window, int(length)), strand)
        for c, length in enumerate(lengths)
        for strand in (0, 1)
        for start in range(0, int(length), window)
    ]
    contig, start, end, strand = (np.array(column) for column in zip(*rows, strict=True))
    store.begin_group("windows/default")
    store.write_table(
        "windows/default",
        {
            "window_contig": contig.astype(np.int32),
            "window_start": start.astype(np.int64),
            "window_end": end.astype(np.int64),
            "window_strand": strand.astype(np.int8),
        },
    )
    store.complete_group("windows/default", {"digest": "windows", "window_length": window})
    write_split(store, np.where(contig == 1, 1, 0))
    return store


def write_split(store, side, name="default", selection="default", **more):
    store.begin_group(f"splits/{name}")
    rows = np.arange(len(side), dtype=np.int64)
    keep = side >= 0
    store.write_table(f"splits/{name}", {"window_row": rows[keep], "window_side": side[keep].astype(np.int8)})
    parents = {"windows": "default", "labels": "reference", "selection": selection}
    store.complete_group(f"splits/{name}", {"digest": f"split {name}", **parents, **more})


def add_library(store, group, seed=0):
    """Write a library whose coverage is high in exons, as it would be; returns coverage and spliced coverage."""
    rng = np.random.default_rng(seed)
    label = store.read("labels/reference/label", 0, store.n_bases)
    exon, intron = (label == 1) | (label == 2), label == 3
    counts = [rng.poisson(np.where(where, 30, 1)).astype(np.uint32) for where in (exon, intron)]
    store.begin_group(group)
    store.create_tracks(group)
    for name, values in zip(("coverage", "spliced_coverage"), counts, strict=True):
        store.write_region(f"{group}/{name}", 0, values)
    store.complete_group(group, {"digest": group, "kind": "rnaseq"})
    return counts


@pytest.fixture(scope="session")
def toy_store(tmp_path_factory):
    """Read by many tests: do not write to it."""
    return write_toy_store(tmp_path_factory.mktemp("toy") / "toy.zarr")


@pytest.fixture(scope="session")
def little_store(tmp_path_factory):
    """The same with a third of the bases and half as long windows, for trainings."""
    return write_toy_store(tmp_path_factory.mktemp("toy") / "little.zarr", **LITTLE)
