"""Introns that are too long: left out of spliced coverage, counted, and nothing else of the read is lost."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.coverage.rules import NO_LIMIT, default_max_intron, make_rules
from helixdask.coverage.settings import ReadOptions
from helixdask.coverage.sheet import read_libraries
from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import BadInputError
from helixdask.store.store import Store
from tests.coverage.plain_count import Read, plain_tracks, tracks_of, write_bam

LENGTH = 400


@st.composite
def fragments(draw):
    """Pairs of reads with introns, whose mates may overlap."""
    reads = []
    for number in range(draw(st.integers(1, 6))):
        places = [draw(st.integers(0, 150)) for _ in range(2)]
        for mate, flag in ((0, 0x1 | 0x40 | 0x20), (1, 0x1 | 0x80 | 0x10)):
            skip, block = draw(st.integers(1, 60)), draw(st.integers(1, 30))
            cigar = f"{block}M{skip}N{draw(st.integers(1, 30))}M"
            reads.append(Read(f"r{number}", flag, 0, places[mate], cigar, 60, places[1 - mate]))
    return reads


@given(fragments(), st.integers(1, 60), st.integers(40, 400))
def test_the_same_as_deletions_in_their_place(tmp_path_factory, reads, longest, region):
    folder = tmp_path_factory.mktemp("x")
    path = write_bam(folder / "a.bam", {"a": LENGTH}, reads)

    def cut(cigar):
        return re.sub(r"(\d+)N", lambda m: m[0] if int(m[1]) <= longest else f"{m[1]}D", cigar)

    expected = plain_tracks([read._replace(cigar=cut(read.cigar)) for read in reads], [LENGTH], "reverse", "default")
    (found,), _ = tracks_of(path, [LENGTH], "reverse", "default", region, max_intron=longest)
    assert np.array_equal(found, expected[0])


def test_they_are_counted_once_and_kept_in_the_attributes(tmp_path):
    from helixdask.coverage.stage import CoverageStage
    from tests.coverage.small_genome import LENGTHS, make_store

    store = make_store(tmp_path)
    name = max(LENGTHS, key=LENGTHS.get)
    row = list(LENGTHS).index(name)
    reads = [Read(f"r{i}", 0, row, 10, f"10M{length}N10M") for i, length in enumerate((300, 301, 302))]
    path = write_bam(tmp_path / "a.bam", LENGTHS, reads)
    here = RunOptions(workers=1, quiet=True)
    for given_length, kept, left_out in ((300, 1, 2), (0, 3, 0), (None, 3, 0)):
        stage = CoverageStage(f"x{given_length}", path, "rnaseq", "forward", ReadOptions(max_intron=given_length))
        attrs = run_stage(stage, store.url, here).attrs
        assert attrs["counts"]["introns_too_long"] == left_out
        assert attrs["counts"]["reads_spliced"] == kept
        assert attrs["counts"]["reads_used"] == 3
        assert attrs["max_intron"] == {300: 300, 0: None, None: default_max_intron(store.n_bases)}[given_length]
        spliced = Store.open(store.url).read(f"{stage.group()}/spliced_coverage", 0, store.n_bases)
        assert spliced.max() == kept
        assert ("max_intron" in stage.settings()["reads"]) == (given_length is not None)


def test_limits():
    assert default_max_intron(1000) == 5_000
    assert make_rules().max_intron == NO_LIMIT
    assert make_rules(options=ReadOptions(max_intron=7)).max_intron == 7
    assert make_rules("helixer").max_intron == NO_LIMIT
    with pytest.raises(BadInputError, match="max_intron"):
        make_rules("helixer", ReadOptions(max_intron=7))


def test_in_a_sheet(tmp_path):
    sheet = tmp_path / "sheet.tsv"
    sheet.write_text("name\tpath\tstrandedness\tmax_intron\na\ta.bam\tforward\t2000\n")
    assert read_libraries(str(sheet))[0].reads.max_intron == 2000
    sheet.write_text("name\tpath\tstrandedness\tmax_intron\na\ta.bam\tforward\tlong\n")
    with pytest.raises(BadInputError, match="number of bases"):
        read_libraries(str(sheet))
