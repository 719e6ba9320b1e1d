"""Random FASTA: every base is there, lines are wrapped, the same seed gives the same bytes."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import random_fasta
from benchmarks.random_fasta import write_random_fasta
from helixdask.errors import BadInputError


@given(bases=st.integers(1, 3_000), contigs=st.integers(1, 40), width=st.integers(1, 90), batch=st.integers(1, 700))
def test_lengths_and_lines(tmp_path_factory, bases, contigs, width, batch):
    contigs = min(contigs, bases)
    path = tmp_path_factory.mktemp("fasta") / "r.fa"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(random_fasta, "_BATCH", batch)
        write_random_fasta(path, bases, contigs, line_width=width)
    records = path.read_text().split(">")[1:]
    assert len(records) == contigs
    total = 0
    for i, record in enumerate(records):
        name, *lines = record.split("\n")
        assert name == f"contig{i + 1}"
        assert lines.pop() == ""
        assert all(len(line) == width for line in lines[:-1])
        assert 1 <= len(lines[-1]) <= width
        length = sum(map(len, lines))
        total += length
        assert length == bases // contigs or i == contigs - 1
        assert set("".join(lines)) <= set("ACGT")
    assert total == bases


def test_letters_are_even_and_seeded(tmp_path):
    first = write_random_fasta(tmp_path / "a.fa", 40_000, seed=1).read_bytes()
    assert write_random_fasta(tmp_path / "b.fa", 40_000, seed=1).read_bytes() == first
    assert write_random_fasta(tmp_path / "c.fa", 40_000, seed=2).read_bytes() != first
    counts = Counter(first.decode().split("\n", 1)[1].replace("\n", ""))
    assert all(abs(counts[letter] - 10_000) < 500 for letter in "ACGT")
    assert not list(tmp_path.glob("*.partial"))


def test_fewer_bases_than_contigs_is_refused(tmp_path):
    with pytest.raises(BadInputError):
        write_random_fasta(tmp_path / "a.fa", 3, contigs=4)
