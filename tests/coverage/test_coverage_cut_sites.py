import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.alignments.alignments import Alignments
from helixdask.coverage.cut_sites import MARGIN, CutSites
from helixdask.coverage.rules import REASONS, make_rules
from helixdask.errors import BadInputError

LENGTH = 200
OPS = "MIDNSHP=X"
CIGARS = st.lists(st.tuples(st.integers(1, 20), st.sampled_from("MMM=XIDNS")), min_size=1, max_size=5)
READS = st.lists(
    st.tuples(st.sampled_from([0, 16, 0x41, 0x51, 0x81, 0x91, 0x400, 0x1]), st.integers(0, 150), CIGARS), max_size=8
)


def batch_of(reads):
    cigars = [[n << 4 | OPS.index(op) for n, op in cigar] for _, _, cigar in reads]
    return Alignments(
        np.array([flag for flag, _, _ in reads], np.uint16),
        np.array([position for _, position, _ in reads], np.int64),
        np.full(len(reads), 60, np.uint8),
        np.arange(len(reads), dtype=np.uint64),
        np.full(len(reads), -1, np.int64),
        np.array([x for cigar in cigars for x in cigar], np.uint32),
        np.concatenate([[0], np.cumsum([len(cigar) for cigar in cigars])]).astype(np.int64),
    )


def count(reads, kind, strandedness, rules="default", region=LENGTH):
    parts, counts = [], np.zeros(len(REASONS), np.int64)
    for start in range(0, LENGTH, region):
        stop = min(start + region, LENGTH)
        sites = CutSites(start, stop, kind, strandedness, make_rules(rules))
        here = [r for r in reads if start - MARGIN < r[1] + max(1, span(r[2])) and r[1] < stop + MARGIN]
        sites.add(batch_of(here))
        coverage, spliced = sites.finish()
        assert not spliced.any()
        parts.append(coverage)
        counts += sites.counts
    return np.concatenate(parts, axis=1), counts


def span(cigar):
    return sum(n for n, op in cigar if op in "MDN=X")


def aligned(position, cigar):
    bases, at = [], position
    for n, op in cigar:
        bases += range(at, at + n) if op in "M=X" else []
        at += n if op in "MDN=X" else 0
    return bases


def sites_by_hand(reads, kind, strandedness, rules):
    track = np.zeros((2, LENGTH), np.int64)
    for flag, position, cigar in reads:
        bases, minus = aligned(position, cigar), bool(flag & 16)
        if flag & 0x400 and rules == "default":
            continue
        if rules == "helixer":
            end = position + span(cigar)
            found = range(position, end - 5) if minus else range(position + 4, end)
        elif not bases or (kind == "cage" and flag & 1 and not flag & 0x40):
            continue
        else:
            shift = 0 if kind == "cage" else 5 if minus else 4
            found = [bases[-1] - shift if minus else bases[0] + shift]
        strand = int(minus) ^ (strandedness == "reverse")
        for base in found:
            if 0 <= base < LENGTH:
                track[strand, base] += 1
    return track


@given(READS, st.sampled_from([("cage", "forward"), ("cage", "reverse"), ("atac", "unstranded")]), st.integers(1, 60))
def test_every_base_for_any_region(reads, what, region):
    reads = sorted(reads, key=lambda read: read[1])
    kind, strandedness = what
    track, counts = count(reads, kind, strandedness, region=region)
    np.testing.assert_array_equal(track, sites_by_hand(reads, kind, strandedness, "default"))
    assert counts.sum() == len(reads)


@given(READS, st.integers(1, 60))
def test_whole_reads_by_the_rules_helixer(reads, region):
    reads = sorted(reads, key=lambda read: read[1])
    track, _ = count(reads, "atac", "unstranded", "helixer", region)
    np.testing.assert_array_equal(track, sites_by_hand(reads, "atac", "unstranded", "helixer"))


def read(flag, position, cigar):
    return flag, position, [(int(n), op) for n, op in re.findall(r"(\d+)(\D)", cigar)]


def test_the_documented_bases():
    reads = [read(0, 10, "3S20M"), read(16, 50, "20M5S"), read(0, 180, "3M")]
    cage, _ = count(reads, "cage", "forward")
    assert np.flatnonzero(cage[0]).tolist() == [10, 180]
    assert np.flatnonzero(cage[1]).tolist() == [69]
    atac, _ = count(reads, "atac", "unstranded")
    assert np.flatnonzero(atac[0]).tolist() == [14, 184]
    assert np.flatnonzero(atac[1]).tolist() == [64]


def test_what_is_left_out_has_a_reason():
    _, counts = count([read(0x81, 10, "20M"), read(0x41, 10, "20M"), read(0x1, 20, "20M")], "cage", "forward")
    assert {r: n for r, n in zip(REASONS, counts.tolist(), strict=True) if n} == {
        "used": 1,
        "second_mate": 1,
        "unclear_mate": 1,
    }
    _, counts = count([read(16, 10, "5M"), read(0, 20, "4M")], "atac", "unstranded", "helixer")
    assert counts[REASONS.index("too_short")] == 2


def test_helixer_has_no_cage():
    with pytest.raises(BadInputError, match="know no libraries of kind `cage`"):
        CutSites(0, 10, "cage", "forward", make_rules("helixer"))
