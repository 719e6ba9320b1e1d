"""A small store that holds a group of every kind, and ways to damage it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np

from helixdask.engine.run import RunOptions, run_stage
from helixdask.genes.reading.stage import ImportGenesStage
from helixdask.labels.stage import LabelsStage
from helixdask.sequence.stage import EncodeStage
from helixdask.store.store import Store
from tests.small_store import publish

LENGTHS = {"chr1": 100_000, "chr2": 40_000}
GROUPS = (
    "genome",
    "genes/reference",
    "labels/reference",
    "coverage/rnaseq/leaf",
    "predictions/base",
    "tracks/repeats",
    "windows/default",
    "selections/default",
    "splits/default",
    "kinship/default",
)
HERE = RunOptions(workers=1, quiet=True)


def write_inputs(folder: Path) -> tuple[Path, Path]:
    """A FASTA and a GFF3 file of some genes."""
    rng = np.random.default_rng(5)
    text = "".join(f">{name}\n{''.join(rng.choice(list('ACGT'), n))}\n" for name, n in LENGTHS.items())
    (folder / "g.fa").write_text(text)
    rows = ["##gff-version 3"]
    for number, start in enumerate(range(1_000, 90_000, 4_000)):
        span = f"{start + 1}\t{start + 900}"
        rows += [
            f"chr1\tx\tgene\t{span}\t.\t+\t.\tID=g{number}",
            f"chr1\tx\tmRNA\t{span}\t.\t+\t.\tID=t{number};Parent=g{number}",
            f"chr1\tx\texon\t{span}\t.\t+\t.\tParent=t{number}",
            f"chr1\tx\tCDS\t{span}\t.\t+\t0\tParent=t{number}",
        ]
    (folder / "a.gff3").write_text("\n".join(rows) + "\n")
    return folder / "g.fa", folder / "a.gff3"


def write_store(folder: Path) -> Path:
    """Make the store; tracks are random, so that all their shards are there."""
    fasta, gff = write_inputs(folder)
    url = folder / "every.zarr"
    run_stage(EncodeStage(fasta=str(fasta), species="test"), str(url), HERE)
    run_stage(ImportGenesStage(gff=str(gff)), str(url), HERE)
    run_stage(LabelsStage(), str(url), HERE)
    store, rng = Store.open(url), np.random.default_rng(6)
    n = store.n_bases
    genome = {"genome": store.identity("genome")}
    counts = rng.poisson(3, (2, n)).astype(np.uint32)
    publish(store, "coverage/rnaseq/leaf", {"coverage": counts, "spliced_coverage": counts[::-1]}, inputs=genome)
    share = rng.random((2, 4, n)).astype(np.float16)
    publish(store, "predictions/base", {"class_probability": share, "phase_probability": share[:, ::-1]}, inputs=genome)
    publish(store, "tracks/repeats", {"mask": rng.integers(0, 2, n).astype(np.uint8)}, inputs=genome)
    starts = np.arange(0, 100_000, 20_000)
    windows = {
        "window_contig": np.zeros(len(starts), np.int32),
        "window_start": starts,
        "window_end": starts + 20_000,
        "window_strand": np.zeros(len(starts), np.int8),
    }
    publish(store, "windows/default", table=windows, inputs={"labels/reference": store.identity("labels/reference")})
    rows = {"window_row": np.arange(len(starts))}
    publish(store, "selections/default", table=rows)
    publish(store, "kinship/default", table={"sketch_hash": np.arange(9, dtype=np.uint64), "kin_group": np.arange(2)})
    publish(store, "splits/default", table={**rows, "window_side": (rows["window_row"] % 2).astype(np.int8)})
    return url


def copy_store(source: Path, target: Path) -> Path:
    """A copy by hard links: whoever damages a file replaces it."""
    shutil.copytree(source, target, copy_function=os.link)
    return target


def rewrite(path: Path, data: bytes) -> None:
    """Give a file of a copy other contents."""
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def flipped(data: bytes, at: int) -> bytes:
    """The bytes with one bit changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def data_objects(group: Path) -> list[Path]:
    """Objects that hold values, not metadata."""
    return sorted(path for path in group.rglob("*") if path.is_file() and path.name != "zarr.json")


def documents(group: Path) -> list[Path]:
    """Metadata of arrays and tables below a group."""
    return sorted(path for path in group.rglob("zarr.json") if path.parent != group)


def changed_number(data: bytes, rng: np.random.Generator) -> bytes:
    """The same JSON with one digit changed, as long as it was: nothing that a parser would notice."""
    digits = [at for at, letter in enumerate(data) if chr(letter).isdigit()]
    at = digits[int(rng.integers(len(digits)))]
    changed = data[:at] + str((int(chr(data[at])) + 1) % 9 or 1).encode() + data[at + 1 :]
    return changed if changed != data and _parses(changed) else data[:at] + b"1" + data[at + 1 :]


def _parses(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True
