import dataclasses

import numpy as np
import pytest

from helixdask.coverage.adding import plan_libraries, remove_library
from helixdask.coverage.libraries import Library
from helixdask.coverage.settings import CoverageSettings, ReadOptions
from helixdask.engine.lock import GroupLock
from helixdask.engine.run import run_stage
from helixdask.errors import AlreadyExistsError, BadInputError, MissingInputError, StoreBusyError
from helixdask.store.objects import Folder
from tests.coverage.plain_count import write_bam
from tests.coverage.small_genome import HERE, LENGTHS, make_store, reads_of_genes


@pytest.fixture
def store(tmp_path):
    return make_store(tmp_path)


@pytest.fixture
def bams(tmp_path):
    return [write_bam(tmp_path / f"{n}.bam", LENGTHS, reads_of_genes(False, per_gene=n + 2)) for n in range(3)]


def add(store, *libraries, **options):
    replace = options.pop("replace", False)
    for stage in plan_libraries(store, libraries, CoverageSettings(**options), replace=replace):
        run_stage(stage, store.url, dataclasses.replace(HERE, replace=replace))


def track(store, name):
    return store.read(f"coverage/rnaseq/{name}/coverage", 0, store.n_bases)


@pytest.mark.slow
def test_libraries_come_and_go(store, bams):
    add(store, Library("b", bams[1], strandedness="reverse"), Library("a", bams[0], strandedness="auto"))
    assert store.names("coverage/rnaseq") == ["a", "b"]
    assert store.attrs("coverage/rnaseq/a")["strandedness"] == "reverse"
    assert store.attrs("coverage/rnaseq/a")["protocol_evidence"]["verdict"] == "reverse"
    before = track(store, "a")
    add(store, Library("c", bams[2], "cage", "reverse"))
    add(store, Library("a", bams[0], strandedness="auto"))  # there already: nothing happens
    remove_library(store, "rnaseq", "b")
    assert store.names("coverage/rnaseq") == ["a", "c"]
    np.testing.assert_array_equal(track(store, "a"), before)
    add(store, Library("b", bams[1], strandedness="reverse"))
    remove_library(store, "rnaseq", "a")
    assert store.names("coverage/rnaseq") == ["b", "c"]
    with pytest.raises(MissingInputError, match="coverage/rnaseq has no library `a`"):
        remove_library(store, "rnaseq", "a")


def test_a_taken_name_is_refused_unless_it_is_replaced(store, bams):
    add(store, Library("a", bams[0], strandedness="reverse"))
    before = track(store, "a")
    for other in (
        Library("a", bams[1], strandedness="reverse"),
        Library("a", bams[0], strandedness="unstranded"),
        Library("a", bams[0], strandedness="reverse", reads=ReadOptions(min_mapq=0)),
    ):
        with pytest.raises(AlreadyExistsError, match="has a library `a` already"):
            add(store, Library("new", bams[2], strandedness="reverse"), other)
        assert store.names("coverage/rnaseq") == ["a"]
    np.testing.assert_array_equal(track(store, "a"), before)
    add(store, Library("a", bams[1], strandedness="reverse"), replace=True)
    assert track(store, "a").sum() > before.sum()


def test_nothing_is_half_added(store, bams, tmp_path):
    wrong = write_bam(tmp_path / "wrong.bam", {"one": 5}, [])
    good = Library("good", bams[0], strandedness="reverse")
    for bad in (
        Library("bad", wrong),
        Library("bad", str(tmp_path / "none.bam")),
        Library("bad", write_bam(tmp_path / "empty.bam", LENGTHS, []), strandedness="auto"),
        Library("good", bams[1]),
        Library("bad", bams[0]),
        Library("bad", str(tmp_path / "none.bw"), "bigwig"),
    ):
        with pytest.raises(BadInputError):
            add(store, good, bad)
        assert not store.names("coverage/rnaseq")
        assert not store.attrs("coverage/rnaseq/good")


def test_a_file_is_in_a_set_once(store, bams):
    add(store, Library("a", bams[0], strandedness="reverse"))
    with pytest.raises(BadInputError, match="is in coverage/rnaseq already, as library `a`"):
        add(store, Library("again", bams[0], strandedness="reverse"))
    add(store, Library("again", bams[0], strandedness="reverse"), set_name="other")


def test_the_rules_helixer_know_reads_only(store, bams):
    for library in (Library("x", "x.bw", "bigwig"), Library("x", bams[0], "cage")):
        with pytest.raises(BadInputError, match="the rules `helixer` know no"):
            add(store, library, rules="helixer")
        assert not store.names("coverage/rnaseq")


def test_a_library_that_is_being_written_is_not_removed(store, bams):
    add(store, Library("a", bams[0], strandedness="reverse"))
    work = Folder(store.url).folder(".work/coverage/rnaseq/a")
    with GroupLock(work, "a"), pytest.raises(StoreBusyError):
        remove_library(store, "rnaseq", "a")
    assert store.names("coverage/rnaseq") == ["a"]
