"""What trust in a store costs: checksums of chunks, the check before a stage, and `verify`.

    python benchmarks/reliability.py [--bases 40000000] [--repeats 3]

The same values are written with and without a CRC-32C after each chunk; size and CPU time of both are compared. The
check before a stage is timed on groups of many small objects, warm, and `verify` on what was written.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from helixdask.engine.cluster import RunOptions
from helixdask.sequence.codes import N_CODE
from helixdask.sequence.contig_md5 import contig_md5
from helixdask.store.shards import ShardWriter, encode_shard, shard_writer
from helixdask.store.store import Store
from helixdask.verification.verify import verify_store

OBJECTS = (40_000, 243_000)


def timed(function: Callable[[], object], repeats: int) -> float:
    """Least CPU seconds of this process."""
    seconds = []
    for _ in range(repeats):
        begin = time.process_time()
        function()
        seconds.append(time.process_time() - begin)
    return min(seconds)


def tracks(n: int) -> dict[str, np.ndarray]:
    """Values like those of `encode`, `labels` and `predict`."""
    rng = np.random.default_rng(0)
    sequence = rng.integers(0, 4, n).astype(np.uint8)
    sequence[rng.integers(0, n, n // 1000)] = N_CODE
    label = np.zeros((2, n), np.uint8)
    for start in rng.integers(0, n - 3_000, n // 10_000):  # a gene each 10 kb
        label[int(start) % 2, start : start + 3_000] = np.repeat([1, 2, 3, 2, 3, 2], 500)
    parts = rng.gamma(0.3, size=(2, 4, n)).astype(np.float32)
    return {
        "genome/sequence": sequence,
        "labels/reference/label": label,
        "predictions/base/class_probability": (parts / parts.sum(axis=1, keepdims=True)).astype(np.float16),
    }


def write(folder: Path, values: dict[str, np.ndarray]) -> Store:
    """A store with these tracks."""
    store, n = Store.create(folder, species="x"), len(values["genome/sequence"])
    for path, data in values.items():
        group = path.rpartition("/")[0]
        store.begin_group(group)
        if group == "genome":
            store.write_table(
                "genome",
                {
                    "contig_name": np.array(["chr1"], object),
                    "contig_length": np.array([n]),
                    "contig_offset": np.array([0]),
                    "contig_md5": np.zeros((1, 16), np.uint8),
                },
            )
        store.create_tracks(group)
        store.write_region(path, 0, data)
        if group == "genome":
            store.write_table("genome", {"contig_md5": contig_md5(store)})
        store.complete_group(group, {"digest": group, "stage": "x", "inputs": {}})
    return Store.open(folder)


def checksums(store: Store, values: dict[str, np.ndarray], repeats: int) -> None:
    """Size and CPU of encoding shards with and without checksums, nothing written to disk."""
    print("| track | bytes without | with | more | CPU s without | with | more |\n|---|---|---|---|---|---|---|")
    for path, data in values.items():
        writer = shard_writer(store.array(path).zarr)
        plain, shard = dataclasses.replace(writer, checksum=False), writer.shard[-1]
        parts = [data[..., start : start + shard] for start in range(0, data.shape[-1], shard)]
        sizes, seconds = [], []
        for one in (plain, writer):
            encode = partial(encode_all, parts, one)
            sizes.append(sum(map(len, encode())))
            seconds.append(timed(encode, repeats))
        more = [f"{100 * (b / a - 1):.2f} %" for a, b in (sizes, seconds)]
        row = [f"`{path}`", *(f"{size:,}" for size in sizes), more[0], *(f"{s:.3f}" for s in seconds), more[1]]
        print(f"| {' | '.join(row)} |")


def encode_all(parts: list[np.ndarray], writer: ShardWriter) -> list[bytes]:
    """All shards of a track."""
    return [encode_shard(part, writer) or b"" for part in parts]


def many_objects(folder: Path, count: int) -> None:
    """Seconds of the check before a stage for one group of small objects."""
    store = write(folder, {"genome/sequence": np.zeros(1000, np.uint8)})
    store.begin_group("labels/many")
    place = Path(store.url) / ".work/labels/many/building/label/c/0"
    place.mkdir(parents=True)
    for number in range(count):
        (place / str(number)).write_bytes(b"x")
    store.complete_group("labels/many", {"digest": "x", "stage": "x", "inputs": {}})
    store.check_objects("labels/many")
    begin, busy = time.perf_counter(), time.process_time()
    Store.open(folder).check_objects("labels/many")
    print(f"| {count:,} | {time.perf_counter() - begin:.2f} | {time.process_time() - busy:.2f} |")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bases", type=int, default=40_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        values = tracks(chosen.bases)
        store = write(Path(folder) / "a.zarr", values)
        checksums(store, values, chosen.repeats)
        print("\n| verify | bytes read | s | GB/s | CPU s | GB/CPU s |\n|---|---|---|---|---|---|")
        for workers in (1, 2):
            busy = time.process_time()
            found = verify_store(store.url, options=RunOptions(workers=workers, quiet=True))
            busy = time.process_time() - busy
            n_bytes = found.bytes_read
            wall, cpu = (f"{seconds:.2f} | {n_bytes / seconds / 1e9:.2f}" for seconds in (found.seconds, busy))
            print(f"| {workers} threads | {n_bytes:,} | {wall} | {cpu} |")
        print("\n| objects | check before a stage, s | CPU s |\n|---|---|---|")
        for count in OBJECTS:
            many_objects(Path(folder) / f"{count}.zarr", count)


if __name__ == "__main__":
    main()
