"""Tables of names are told by MD5 or length, and never guessed."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helixdask.names.aliases import read_aliases
from helixdask.names.needed import aliases_input, needed_names
from helixdask.names.proposal import ForeignNames, Proposal, propose
from helixdask.names.table import write_table
from helixdask.store.contigs import ContigTable

NONE = [""] * 50


def table(lengths):
    return ContigTable(np.array(list(lengths), object), np.array(list(lengths.values()), np.int64))


def told(lengths, theirs, *, md5=None, theirs_md5=None, aliases=None):
    ours = [(md5 or {}).get(name, "") for name in lengths]
    file = ForeignNames("f", list(theirs), {k: v for k, v in theirs.items() if v}, theirs_md5 or {})
    return propose(table(lengths), ours, [file], aliases or {})


def test_lengths_that_are_the_only_ones_tell():
    found = told({"I": 500, "II": 400, "M": 10}, {"chr1": 500, "chr2": 400, "chrM": 10, "more": 3})
    assert found.names == {"chr1": "I", "chr2": "II", "chrM": "M"}
    assert (found.unlike, found.open_names) == (["f"], {"f": ["more"]})


def test_equal_lengths_tell_nothing():
    found = told({"I": 500, "II": 400, "III": 400}, {"1": 500, "2": 400, "3": 400})
    assert found.names == {"1": "I"}
    assert told({"I": 400}, {"1": 400, "2": 400}).names == {}


def test_names_alone_tell_nothing():
    found = told({"chr1": 500, "chr2": 400}, {"1": 0, "2": 0})
    assert (found.names, found.unlike) == ({}, ["f"])
    assert told({"chr1": 500, "chr2": 400}, {"1": 501, "2": 399}).names == {}


def test_a_few_equal_lengths_of_another_assembly_tell_nothing():
    found = told({"a": 5000, "b": 4000, "c": 30}, {"x": 5100, "y": 3900, "z": 30})
    assert found.names == {}


def test_md5_tells_more_than_lengths_and_contradicts_them():
    md5 = {"I": "aa", "II": "bb", "III": "cc"}
    found = told({"I": 9, "II": 9, "III": 7}, {"1": 9, "2": 9, "3": 7}, md5=md5, theirs_md5={"1": "bb", "3": "dd"})
    assert (found.names, found.how) == ({"1": "II"}, {"1": "MD5"}) or found.names["1"] == "II"
    assert "3" not in found.names


def test_a_part_of_the_names_differs():
    found = told({"I": 500, "II": 400, "Mito": 10}, {"I": 500, "II": 400, "chrM": 10})
    assert (found.names, found.unlike, found.partly) == ({"chrM": "Mito"}, [], ["f"])
    found = told({"I": 500, "II": 400}, {"I": 500, "II": 400, "decoy": 10})
    assert (found.names, found.unlike, found.partly) == ({}, [], [])
    found = told({"I": 500, "II": 400}, {"I": 500, "1": 500, "II": 400})  # "1" is no other name of a settled sequence
    assert found.names == {}


def test_aliases_settle_names():
    found = told({"I": 500, "II": 400}, {"1": 500, "2": 400}, aliases={"1": "I"})
    assert (found.names, found.unlike, found.partly) == ({"2": "II"}, [], ["f"])
    assert told({"I": 500}, {"1": 500}, aliases={"1": "I"}) == Proposal()


def test_one_file_tells_for_another_unless_they_contradict():
    contigs = table({"I": 500, "II": 400})
    bam = ForeignNames("bam", ["1", "2"], {"1": 500, "2": 400})
    gtf = ForeignNames("gtf", ["2", "1", "x"])
    found = propose(contigs, NONE, [gtf, bam], {})
    assert found.names == {"1": "I", "2": "II"}
    assert (found.unlike, found.open_names["gtf"]) == (["gtf", "bam"], ["x"])
    other = ForeignNames("bw", ["1", "2"], {"1": 400, "2": 500})
    assert propose(contigs, NONE, [bam, other], {}).names == {}


@given(st.lists(st.integers(1, 60), min_size=1, max_size=20), st.randoms())
def test_the_same_sequences_under_other_names(lengths, random):
    ours = {f"o{row}": length for row, length in enumerate(lengths)}
    shuffled = random.sample(list(ours), len(ours))
    theirs = {f"t{name}": ours[name] for name in shuffled}
    found = told(ours, theirs).names
    assert all(name == f"t{known}" for name, known in found.items())
    alone = {f"t{name}" for name, length in ours.items() if lengths.count(length) == 1}
    assert set(found) in (alone, set())
    md5 = {name: hashlib.md5(name.encode()).hexdigest() for name in ours}
    found = told(ours, theirs, md5=md5, theirs_md5={f"t{name}": value for name, value in md5.items()}).names
    assert found == {f"t{name}": name for name in shuffled}


def test_the_table_is_read_back_and_no_file_of_the_user_is_touched(tmp_path):
    contigs = table({"I": 500, "II": 400, "III": 3})
    proposal = propose(contigs, NONE, [ForeignNames("f", ["1", "2"], {"1": 500, "2": 400})], {})
    path = write_table(tmp_path / "s.aliases.tsv", proposal, {"c": "III"})
    assert path.name == "s.aliases.tsv"
    assert read_aliases(path, contigs) == {"1": "I", "2": "II", "c": "III"}
    assert write_table(path, proposal, {}) == path
    path.write_text("mine\tI\n")
    other = write_table(path, proposal, {})
    assert other.name == "s.aliases.1.tsv"
    assert path.read_text() == "mine\tI\n"
    assert read_aliases(other, contigs) == {"1": "I", "2": "II"}


def test_only_what_is_needed_is_an_input(tmp_path):
    contigs = table({"I": 500, "II": 400})
    path = tmp_path / "names.tsv"
    path.write_text("1\tI\n2\tII\n")
    assert needed_names(["I", "2", "x"], contigs, read_aliases(path, contigs)) == {"2": "II"}
    assert aliases_input(str(path), contigs, lambda: ["I", "x"]) == {}
    assert aliases_input(None, contigs, lambda: pytest.fail("read for nothing")) == {}
    first = aliases_input(str(path), contigs, lambda: ["2"])
    assert first["aliases"].startswith("names:")
    path.write_text("1\tII\n2\tII\n")
    again = aliases_input(str(path), contigs, lambda: ["2"])
    assert first["aliases"].split(":")[1] == again["aliases"].split(":")[1]
