"""What goes wrong in the middle: a named error or recovery, and earlier libraries are untouched."""

import dataclasses
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from helixdask.alignments.bam_blocks import BamReader
from helixdask.alignments.stretches import Stretch
from helixdask.coverage.pileup import Pileup
from helixdask.coverage.reading import load_index
from helixdask.coverage.rules import make_rules
from helixdask.coverage.stage import CoverageStage
from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import BadInputError, DiskFullError
from helixdask.sequence.stage import EncodeStage
from helixdask.store.store import Store
from tests.coverage.plain_count import Read, write_bam

HERE = RunOptions(workers=1, quiet=True)
GENOME = {"a": 400_000, "b": 100_000}


@dataclasses.dataclass(frozen=True)
class SmallTasks(CoverageStage):
    def region_length(self, n_bases):
        return 1 << 16

    def run(self, store, region, work):
        if region.index >= int(os.environ.get("STANDS_STILL_AT", "999")):
            time.sleep(3600)  # until it is killed
        return super().run(store, region, work)


@pytest.fixture
def store(tmp_path):
    fasta = tmp_path / "genome.fa"
    fasta.write_text("".join(f">{name}\n{'ACGT' * (length // 4)}\n" for name, length in GENOME.items()))
    url = str(tmp_path / "genome.zarr")
    run_stage(EncodeStage(fasta=str(fasta), species="toy"), url, HERE)
    return url


@pytest.fixture
def bam(tmp_path):
    rng = random.Random(4)
    reads = [Read(f"r{i}", 0, 0, rng.randrange(0, 390_000), f"{rng.randrange(50, 100)}M") for i in range(20_000)]
    return write_bam(tmp_path / "a.bam", GENOME, reads)


def everything(url, group):
    """All bytes of a group."""
    return {p.relative_to(url): p.read_bytes() for p in sorted((Path(url) / group).rglob("*")) if p.is_file()}


def test_damage_in_the_middle_is_named_and_earlier_libraries_stay(tmp_path, store, bam):
    run_stage(SmallTasks("good", bam), store, HERE)
    before = everything(store, "coverage/rnaseq/good")
    raw = bytearray(Path(bam).read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 100] = bytes(100)
    (tmp_path / "bad.bam").write_bytes(raw)
    (tmp_path / "bad.bam.bai").write_bytes(Path(f"{bam}.bai").read_bytes())
    with pytest.raises(BadInputError, match=r"bad\.bam: (the BGZF block|no complete BGZF block|cannot be read)"):
        run_stage(SmallTasks("bad", str(tmp_path / "bad.bam")), store, HERE)
    assert Store.open(store).names("coverage/rnaseq") == ["good"]
    assert everything(store, "coverage/rnaseq/good") == before


def test_a_full_disk_is_gone_on_from(store, bam, monkeypatch):
    run_stage(SmallTasks("whole", bam), store, HERE)
    write, calls = Store.write_region, []

    def full(self, path, start, data):
        calls.append(path)
        if len(calls) > 7:
            raise OSError(28, "No space left on device")
        write(self, path, start, data)

    monkeypatch.setattr(Store, "write_region", full)
    with pytest.raises(DiskFullError):
        run_stage(SmallTasks("again", bam), store, HERE)
    monkeypatch.setattr(Store, "write_region", write)
    assert run_stage(SmallTasks("again", bam), store, HERE).resumed == 3
    mine = Store.open(store)
    for track in ("coverage", "spliced_coverage"):
        one, two = (mine.read(f"coverage/rnaseq/{name}/{track}", 0, mine.n_bases) for name in ("whole", "again"))
        np.testing.assert_array_equal(one, two)


COMMAND = """
import sys
from helixdask.engine.run import RunOptions, run_stage
from tests.coverage.test_coverage_faults import SmallTasks
run_stage(SmallTasks("killed", sys.argv[2]), sys.argv[1], RunOptions(workers=1, quiet=True))
"""


@pytest.mark.slow
def test_a_killed_run_is_gone_on_from(store, bam):
    run_stage(SmallTasks("whole", bam), store, HERE)
    receipts = Path(store) / ".work/coverage/rnaseq/killed/receipts"
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, store, bam], env={**os.environ, "STANDS_STILL_AT": "2"}
    ) as process:
        while len(list(receipts.glob("0*.npz")) if receipts.exists() else []) < 2:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert (Path(store) / ".work/coverage/rnaseq/killed/index.npz").exists()
    summary = run_stage(SmallTasks("killed", bam), store, HERE)
    assert summary.resumed == 2
    mine = Store.open(store)
    np.testing.assert_array_equal(
        mine.read("coverage/rnaseq/whole/coverage", 0, mine.n_bases),
        mine.read("coverage/rnaseq/killed/coverage", 0, mine.n_bases),
    )
    assert mine.attrs("coverage/rnaseq/whole")["counts"] == mine.attrs("coverage/rnaseq/killed")["counts"]


DEEP = """
import resource, sys
from tests.coverage.test_coverage_faults import count_deep
count_deep(sys.argv[1], 1000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
count_deep(sys.argv[1], 1 << 20)
sys.stdout.write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""


def count_deep(path, length):
    pileup = Pileup(length, "reverse", make_rules("default"))
    for records in BamReader(path, load_index(path, f"{path}.bai")).records(Stretch.of_part(0, 0, length)):
        pileup.add(records)
    tracks = pileup.finish()
    return int(tracks[0].sum(axis=0).max())


@pytest.mark.slow
def test_memory_is_bounded_at_great_depth_and_with_long_introns(tmp_path):
    """Pairs waiting across introns of 179 kb, and 1,000 reads at a place: 20 bytes a base, and the open mates."""
    reads = []
    for i in range(60_000):
        a = 100 + 12 * i
        reads += [
            Read(f"p{i}", 99, 0, a, "50M179000N50M", 60, a + 1),
            Read(f"p{i}", 147, 0, a + 1, "50M179000N50M", 60, a),
        ]
        if i % 1000 == 0:
            reads += [Read(f"d{i}_{k}", 16, 0, a, "100M") for k in range(1000)]
    path = write_bam(tmp_path / "deep.bam", {"a": 1_200_000}, reads)
    assert count_deep(path, 1 << 20) >= 1000
    found = subprocess.run(
        [sys.executable, "-c", DEEP, path], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert int(found.stdout) * 1024 < 20 * (1 << 20) + 30e6
