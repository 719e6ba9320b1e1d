"""Indexes: found, refused when they belong to another file, made in the store where there is none."""

import logging
import os
import random
import shutil
from pathlib import Path

import numpy as np
import pysam
import pytest

from helixdask.alignments.bam_index import BamIndex, parse_index, read_index
from helixdask.coverage.checks import check_library
from helixdask.coverage.libraries import Library
from helixdask.coverage.reading import load_index, open_reader, prepare_index
from helixdask.engine.stage import Work
from helixdask.errors import BadInputError
from helixdask.store.objects import Folder
from tests.coverage.plain_count import Read, write_bam

CONTIGS = {"a": 300_000, "b": 40_000}


def some_reads(seed, n=4000):
    rng = random.Random(seed)
    return [Read(f"read{i}", 0, rng.choice([0, 0, 1]), rng.randrange(0, 39_000), "100M") for i in range(n)]


def check(path, contigs=None):
    contigs = contigs or CONTIGS
    return check_library(Library("x", str(path)), list(contigs), np.array(list(contigs.values())))


@pytest.mark.parametrize("csi", [False, True])
def test_the_index_of_another_file_is_refused(tmp_path, csi):
    mine = write_bam(tmp_path / "mine.bam", CONTIGS, some_reads(1), csi=csi)
    other = write_bam(tmp_path / "other.bam", CONTIGS, some_reads(2), csi=csi)
    longer = write_bam(tmp_path / "longer.bam", CONTIGS, some_reads(3, 20_000), csi=csi)
    ending = "csi" if csi else "bai"
    assert check(mine).index_path == f"{mine}.{ending}"
    for wrong in (other, longer):
        shutil.copy(f"{wrong}.{ending}", f"{mine}.{ending}")
        with pytest.raises(BadInputError, match=rf"mine\.bam\.{ending}: the index belongs to another file"):
            check(mine)


def test_an_older_index_is_warned_about(tmp_path, caplog):
    path = write_bam(tmp_path / "a.bam", CONTIGS, some_reads(1))
    os.utime(f"{path}.bai", (1, 1))
    with caplog.at_level(logging.WARNING):
        check(path)
    assert "is older than the file" in caplog.text


@pytest.mark.parametrize("csi", [False, True])
def test_offsets_are_lower_bounds_and_near(tmp_path, csi):
    path = write_bam(tmp_path / "a.bam", CONTIGS, some_reads(4), csi=csi)
    index = read_index(f"{path}.{'csi' if csi else 'bai'}")
    assert index.mapped.sum() == 4000
    with pysam.AlignmentFile(path) as bam:
        for position in (0, 16_384, 20_000, 36_000):
            bam.seek(index.start_offset(0, position))
            behind = [read.query_name for read in bam if read.reference_id == 0 and read.reference_end > position]
            assert behind == [read.query_name for read in bam.fetch("a", position)]
            bam.seek(index.start_offset(0, position))
            assert csi or next(bam).reference_start >= position // 16_384 * 16_384 - 100  # a CSI joins small bins
    assert index.first_offset(0, 1, 250_000) >= 0
    assert index.start_offset(7, 0) == -1
    again = BamIndex(**index.arrays())
    assert again.start_offset(1, 0) == index.start_offset(1, 0)


@pytest.mark.slow
@pytest.mark.parametrize("csi", [False, True])
def test_random_bytes_are_no_crash(tmp_path, csi):
    path = write_bam(tmp_path / "a.bam", CONTIGS, some_reads(4), csi=csi)
    raw = Path(f"{path}.{'csi' if csi else 'bai'}").read_bytes()
    data = np.frombuffer(pysam.BGZFile(f"{path}.csi").read() if csi else raw, np.uint8)
    rng = random.Random(5)
    for _ in range(500):
        broken = data[: rng.randrange(4, len(data) + 1)].copy()
        for _ in range(rng.randrange(3)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        try:
            parse_index(broken, path)
        except BadInputError as error:
            assert "a.bam" in str(error)  # noqa: PT017


def test_a_missing_index_is_made_in_the_scratch_folder_once(tmp_path, monkeypatch):
    (tmp_path / "reads").mkdir()
    path = write_bam(tmp_path / "reads/a.bam", CONTIGS, some_reads(6), index=False)
    checked = check(path)
    assert checked.index_path is None
    work = Work(Folder(str(tmp_path / "store/.work/coverage/x")))
    prepare_index(path, checked, work)
    assert [p.name for p in (tmp_path / "reads").iterdir()] == ["a.bam"]
    assert work.folder.names() == ["index.npz"]
    monkeypatch.setattr(pysam, "index", None)  # from here on nobody makes an index
    reader = open_reader(path, Work(Folder(str(tmp_path / "store/.work/coverage/x"))))
    assert (
        sum(len(b) for b in reader.batches(0, 0, 300_000)) + sum(len(b) for b in reader.batches(1, 0, 40_000)) == 4000
    )
    assert open_reader(path, work) is reader


def test_a_contig_beyond_512_mb_gets_a_csi(tmp_path):
    contigs = {"3B": 852_000_000, "small": 1000}
    reads = [Read("near", 0, 0, 5, "10M"), Read("far", 0, 0, 851_999_000, "10M"), Read("s", 0, 1, 3, "5M")]
    path = write_bam(tmp_path / "a.bam", contigs, reads, index=False)
    index = load_index(path)
    assert index.first.tolist()[0] >= 0
    work = Work(Folder(str(tmp_path / "w")))
    prepare_index(path, check(path, contigs), work)
    reader = open_reader(path, work)
    [batch] = reader.batches(0, 851_990_000, 852_000_000)
    assert batch.position.tolist() == [851_999_000]
    [batch] = reader.batches(1, 0, 1000)
    assert batch.position.tolist() == [3]
