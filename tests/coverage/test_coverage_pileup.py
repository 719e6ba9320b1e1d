import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.coverage.rules import REASONS, make_rules
from helixdask.coverage.settings import ReadOptions
from helixdask.errors import BadInputError
from tests.coverage.plain_count import Read, plain_tracks, tracks_of, write_bam


def bases(track):
    return np.flatnonzero(track).tolist()


@pytest.mark.parametrize("rules", ["helixer", "default"])
@pytest.mark.parametrize(
    ("strandedness", "covered", "spliced"),
    [
        ("reverse", [[], [0, 1, 2, 3, 6, 7, 9, 10]], [[], [8]]),
        ("forward", [[0, 1, 2, 3, 6, 7, 9, 10], []], [[8], []]),
        ("unstranded", [[0, 1, 2, 3], [6, 7, 9, 10]], [[], [8]]),
    ],
)
def test_strand_of_a_pair(tmp_path, rules, strandedness, covered, spliced):
    reads = [Read("a", 0x1 | 0x40, 0, 0, "4M"), Read("a", 0x1 | 0x80 | 0x10, 0, 6, "2M1D2M")]
    path = write_bam(tmp_path / "a.bam", {"c": 24}, reads)
    [track], counts = tracks_of(path, [24], strandedness, rules)
    assert [bases(t) for t in track[0]] == covered
    assert [bases(t) for t in track[1]] == (spliced if rules == "helixer" else [[], []])  # a deletion is no splicing
    assert counts[0] == 2


def test_single_read_in_the_dutp_protocol(tmp_path):
    path = write_bam(tmp_path / "a.bam", {"c": 24}, [Read("a", 0, 0, 0, "2=1X")])
    [track], _ = tracks_of(path, [24], "reverse", "helixer")
    assert bases(track[0, 1]) == [0, 1, 2]
    assert track.sum() == 3


def test_all_operations_on_the_minus_strand(tmp_path):
    path = write_bam(tmp_path / "a.bam", {"c": 10}, [Read("a", 0x10, 0, 2, "2S2M3N2M1I1M")])
    [track], _ = tracks_of(path, [10], "unstranded", "helixer")
    assert track[0, 1, ::-1].tolist() == [1, 1, 1, 0, 0, 0, 1, 1, 0, 0]
    assert track[1, 1, ::-1].tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0, 0]
    assert not track[:, 0].any()


def test_helixer_counts_duplicates_supplementary_and_mapq_0(tmp_path):
    flags = [0x100, 0x200, 0x400, 0x800, 0x4, 0, 0]
    reads = [Read(str(f), f, 0, 10 * i, "5M" if f != 4 else "", 0 if i == 5 else 255) for i, f in enumerate(flags)]
    path = write_bam(tmp_path / "a.bam", {"c": 100}, reads)
    [track], counts = tracks_of(path, [100], "unstranded", "helixer")
    assert [int(track[0, 0, 10 * i]) for i in range(7)] == [0, 0, 1, 1, 0, 1, 1]
    [track], counts = tracks_of(path, [100], "unstranded", "default")
    assert [int(track[0, 0, 10 * i]) for i in range(7)] == [0, 0, 0, 0, 0, 0, 1]
    assert dict(zip(REASONS, counts.tolist(), strict=True)) == {
        "used": 1,
        "unmapped": 1,
        "secondary": 1,
        "qc_fail": 1,
        "duplicate": 1,
        "supplementary": 1,
        "low_mapq": 1,
        "no_cigar": 0,
        "unclear_mate": 0,
        "second_mate": 0,
        "too_short": 0,
    }


@pytest.mark.parametrize("region", [1, 7, 50, 1000])
@pytest.mark.parametrize("first_starts", [True, False])
def test_overlapping_mates_count_once_across_region_edges(tmp_path, region, first_starts):
    a, b = ("60M100N40M", "50M") if first_starts else ("50M", "60M100N40M")
    at = (20, 30) if first_starts else (30, 20)
    reads = [Read("p", 0x61, 0, at[0], a), Read("p", 0x91, 0, at[1], b), Read("q", 0x61, 0, 20, "9M")]
    path = write_bam(tmp_path / "a.bam", {"c": 300}, reads)
    [track], counts = tracks_of(path, [300], "unstranded", "default", region)
    total = track[0].sum(axis=0)
    assert total[29:80].tolist() == [1] * 51
    assert total.sum() == 100 + 9
    assert bases(track[0, 0])[:1] == [20]
    assert track[0, 0 if first_starts else 1, 20:30].tolist() == ([2] * 9 + [1] if first_starts else [0] * 0 + [1] * 10)
    assert bases(track[0, 0]) == (
        [*range(20, 80), *range(180, 220)] if first_starts else [*range(20, 29), *range(30, 80)]
    )
    assert counts[0] == 3


def test_a_mate_that_is_left_out_hides_nothing(tmp_path):
    reads = [Read("p", 0x61, 0, 0, "10M", 1), Read("p", 0x91, 0, 5, "10M")]
    path = write_bam(tmp_path / "a.bam", {"c": 30}, reads)
    [track], _ = tracks_of(path, [30], "unstranded", "default")
    assert bases(track[0, 1]) == list(range(5, 15))
    assert not track[0, 0].any()


def test_a_paired_read_without_number_is_named(tmp_path):
    path = write_bam(tmp_path / "a.bam", {"c": 30}, [Read("p", 0x1, 0, 4, "10M")])
    with pytest.raises(BadInputError, match=r"base 4 is neither the first nor the second"):
        tracks_of(path, [30], "reverse", "helixer")
    _, counts = tracks_of(path, [30], "reverse", "default")
    assert counts[REASONS.index("unclear_mate")] == 1
    [track], _ = tracks_of(path, [30], "unstranded", "helixer")
    assert bases(track[0, 0]) == list(range(4, 14))


def test_a_read_past_the_end_is_clipped(tmp_path):
    path = write_bam(tmp_path / "a.bam", {"c": 30, "d": 30}, [Read("p", 0, 0, 25, "10M")])
    tracks, _ = tracks_of(path, [30, 30], "unstranded", "helixer")
    assert bases(tracks[0][0, 0]) == [25, 26, 27, 28, 29]
    assert not tracks[1].any()


def test_rules_have_names():
    with pytest.raises(BadInputError, match="rules is 'x'"):
        make_rules("x")
    with pytest.raises(BadInputError, match="no options for reads: min_mapq"):
        make_rules("helixer", ReadOptions(5))
    with pytest.raises(BadInputError, match="outside 0-255"):
        make_rules("default", ReadOptions(300))


CIGARS = st.lists(st.tuples(st.integers(1, 20), st.sampled_from("MMMM=XINDSHP")), min_size=0, max_size=7)
FLAGS = st.sampled_from([0, 0x10, 0x41, 0x81, 0x51, 0x91, 0x61, 0x49, 0x89, 0x1, 0xC1, 0x441, 0x881, 0x101, 0x281, 0x4])

POSITIONS = st.sampled_from([0, 1, 20, 30, 31, 60, 85, 89])
QUALITIES = st.sampled_from([0, 9, 10, 255])


@st.composite
def some_reads(draw):
    reads = []
    for _ in range(draw(st.integers(0, 25))):
        flag = draw(FLAGS)
        cigar = "".join(f"{n}{op}" for n, op in draw(CIGARS)) if flag != 4 else ""
        name = draw(st.sampled_from("abcdefgh"))
        reads.append(
            Read(
                name,
                flag,
                draw(st.integers(0, 1)),
                draw(POSITIONS),
                cigar,
                draw(QUALITIES),
                draw(st.one_of(POSITIONS, st.sampled_from([None, None, -2]))),
            )
        )
    return reads


@st.composite
def true_pairs(draw):
    """Fragments as an aligner reports them: two reads that point to each other, near enough to overlap often."""
    reads = []
    for i in range(draw(st.integers(0, 6))):
        a = draw(st.integers(0, 70))
        b = a + draw(st.integers(0, 19))
        flags = draw(st.sampled_from([(0x63, 0x93), (0x93, 0x63), (0x53, 0xA3), (0x43, 0x83)]))
        cigars = [draw(st.sampled_from(["10M", "3M5N10M", "20M", "4M20N6M", "1M1D8M", "15M"])) for _ in range(2)]
        reads += [Read(f"p{i}", flags[0], 0, a, cigars[0], 60, b), Read(f"p{i}", flags[1], 0, b, cigars[1], 60, a)]
    return reads


REGIONS = st.sampled_from([1, 3, 10, 33, 64, 200])
PROTOCOLS = st.sampled_from(["unstranded", "forward", "reverse"])


@pytest.mark.slow
@given(st.one_of(some_reads(), true_pairs()), PROTOCOLS, REGIONS, st.sampled_from([1, 300, None]))
@settings(max_examples=200)
@pytest.mark.parametrize("rules", ["default", "helixer"])
def test_any_reads_any_region_size_any_piece_of_the_file(tmp_path, rules, reads, strandedness, region, chunk):
    if rules == "helixer":
        reads = [r for r in reads if not (r.flag & 1 and not r.flag & 0xC0)]
    lengths = [100, 90]
    path = write_bam(tmp_path / "a.bam", {"c:1-2": 100, "d": 90}, reads)
    tracks, counts = tracks_of(path, lengths, strandedness, rules, region, chunk=chunk)
    for mine, plain in zip(tracks, plain_tracks(reads, lengths, strandedness, rules), strict=True):
        np.testing.assert_array_equal(mine, plain)
    assert np.sum(counts) == len(reads)
