"""CRAM files, and files behind URLs: the same tracks as from a local BAM."""

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pysam
import pytest

from helixdask.alignments.cram import CramReader
from helixdask.alignments.stretches import Stretch
from helixdask.coverage.checks import check_library
from helixdask.coverage.libraries import Library
from helixdask.coverage.protocol_sample import sample_reads
from helixdask.coverage.read_sample import SampleSize
from helixdask.coverage.stage import CoverageStage
from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import BadInputError
from helixdask.sequence.stage import EncodeStage
from helixdask.store.store import Store
from tests.coverage.plain_count import Read, write_bam

HERE = RunOptions(workers=1, quiet=True)
GENOME = {"chr:1-2": 200_000, "b": 30_000}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A store, and the same reads as BAM and as CRAM without a reference beside it."""
    folder = tmp_path_factory.mktemp("cram")
    rng = random.Random(3)
    sequence = {name: "".join(rng.choices("ACGT", k=length)) for name, length in GENOME.items()}
    fasta = folder / "genome.fa"
    fasta.write_text("".join(f">{name}\n{bases}\n" for name, bases in sequence.items()))
    url = str(folder / "genome.zarr")
    run_stage(EncodeStage(fasta=str(fasta), species="toy"), url, HERE)
    reads = []
    for i in range(3000):
        contig = rng.choice([0, 0, 1])
        a = rng.randrange(0, 29_000 if contig else 199_000)
        b = a + rng.randrange(0, 150)
        cigar = rng.choice(["100M", "30M200N70M", "5S90M3I", "40M2D60M"])
        reads += [Read(f"r{i}", 99, contig, a, cigar, 60, b), Read(f"r{i}", 147, contig, b, "100M", 60, a)]
    bam = write_bam(folder / "reads.bam", GENOME, reads)
    cram = str(folder / "reads.cram")
    pysam.view("-C", "-T", str(fasta), "-o", cram, bam, catch_stdout=False)
    pysam.index(cram)
    fasta.rename(folder / "hidden.fa")  # CRAM names it: only the store is to be had
    (folder / "genome.fa.fai").unlink()
    return folder, url, bam, cram


def tracks(store, group):
    return np.stack([store.read(f"{group}/{t}", 0, store.n_bases) for t in ("coverage", "spliced_coverage")])


@pytest.mark.slow
def test_cram_gives_the_same_tracks(files):
    _, url, bam, cram = files
    groups = []
    bare = Path(cram).with_name("bare.cram")  # has no index
    bare.write_bytes(Path(cram).read_bytes())
    for name, path in (("bam", bam), ("cram", cram), ("bare", str(bare))):
        stage = CoverageStage.of(Library(name, path, "rnaseq", "reverse"))
        groups.append((stage.group(), run_stage(stage, url, HERE).attrs["counts"]))
    store = Store.open(url)
    mine = tracks(store, groups[0][0])
    assert mine.sum() > 100_000
    for group, counts in groups[1:]:
        np.testing.assert_array_equal(mine, tracks(store, group))
        assert counts == groups[0][1]
    assert not bare.with_name("bare.cram.crai").exists()


@pytest.mark.slow
def test_parts_of_a_cram_hold_every_alignment_once(files):
    _, _, bam, cram = files
    with pysam.AlignmentFile(bam) as file:
        wanted = sorted((r.reference_start, r.flag) for r in file.fetch("chr:1-2", 20_000, 180_000))
    reader = CramReader(cram, f"{cram}.crai", part=9_999)
    found = [
        x for b in reader.batches(0, 20_000, 180_000) for x in zip(b.position.tolist(), b.flag.tolist(), strict=True)
    ]
    assert sorted(found) == wanted
    parts = [records.stretch for records in reader.records(Stretch.of_part(0, 20_000, 180_000))]
    assert len(parts) == 17


def test_a_cram_of_another_sequence_or_cut_short_is_refused(files, tmp_path):
    _, url, _, cram = files
    store = Store.open(url)
    names, lengths = store.contigs.names.tolist(), store.contigs.lengths
    md5 = store.array("genome/contig_md5")[...].copy()
    check_library(Library("x", cram), names, lengths, md5)
    md5[1, 0] ^= 1
    with pytest.raises(BadInputError, match="sequence of contig `b` is another one"):
        check_library(Library("x", cram), names, lengths, md5)
    cut = tmp_path / "cut.cram"
    cut.write_bytes(Path(cram).read_bytes()[:-38])
    with pytest.raises(BadInputError, match=r"cut\.cram: the file is cut short"):
        check_library(Library("x", str(cut)), names, lengths, md5)


@pytest.fixture
def server(files):
    command = [sys.executable, "-m", "tests.coverage.range_server", str(files[0])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.kill()


@pytest.mark.slow
def test_a_bam_behind_a_url(files, server):
    _, url, bam, _ = files
    pytest.importorskip("aiohttp")
    near = CoverageStage.of(Library("near", bam, "rnaseq", "unstranded"))
    far = CoverageStage.of(Library("far", f"{server}/reads.bam", "rnaseq", "unstranded"))
    run_stage(near, url, HERE)
    run_stage(far, url, HERE)
    store = Store.open(url)
    np.testing.assert_array_equal(tracks(store, near.group()), tracks(store, far.group()))
    samples = [sample_reads(library, store, SampleSize(500, 20)) for library in (near._library(), far._library())]
    assert len(samples[0].flag) > 100
    for name in ("flag", "contig", "start", "end", "intron_read", "intron_start", "intron_end"):
        np.testing.assert_array_equal(getattr(samples[0], name), getattr(samples[1], name), err_msg=name)
    with pytest.raises(BadInputError, match=r"no such file|cannot be read"):
        run_stage(CoverageStage.of(Library("none", f"{server}/none.bam")), url, HERE)
