"""The estimate of a genome's size from the beginning of its file."""

from __future__ import annotations

import gzip

import numpy as np
import pysam
import pytest

from helixdask.sequence import sampled_size
from helixdask.sequence.sampled_size import estimated_bases


def fasta(n_bases, *, contigs=3, width=60, end="\n"):
    letters = np.frombuffer(b"ACGT", np.uint8)[np.random.default_rng(1).integers(0, 4, n_bases)].tobytes().decode()
    parts = [letters[start : start + width] for start in range(0, n_bases, width)]
    step = -(-len(parts) // contigs)
    return "".join(
        f">contig_{number} something{end}" + end.join(parts[start : start + step]) + end
        for number, start in enumerate(range(0, len(parts), step))
    ).encode()


@pytest.mark.parametrize("packing", ["plain", "gzip", "bgzip"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_small_files_are_counted_and_large_ones_estimated(tmp_path, monkeypatch, packing, end):
    path = tmp_path / "genome.fa"
    text = fasta(400_000, end=end)
    if packing == "gzip":
        path.write_bytes(gzip.compress(text))
    elif packing == "bgzip":
        with pysam.BGZFile(str(path), "wb") as file:
            file.write(text)
    else:
        path.write_bytes(text)
    assert estimated_bases(str(path)) == 400_000
    monkeypatch.setattr(sampled_size, "_SAMPLE", 100_000)
    monkeypatch.setattr(sampled_size, "_PIECE", 4_096)
    assert estimated_bases(str(path)) == pytest.approx(400_000, rel=0.05)


def test_a_damaged_file_is_estimated_by_its_sound_part(tmp_path):
    path = tmp_path / "genome.fa.gz"
    packed = gzip.compress(fasta(400_000))
    path.write_bytes(packed[: len(packed) // 2])
    assert 150_000 < estimated_bases(str(path)) < 450_000
