import json

import numpy as np
import pytest
from distributed import LocalCluster

from helixdask.coverage.adding import plan_libraries
from helixdask.coverage.libraries import Library
from helixdask.coverage.places import PLACES
from helixdask.coverage.settings import CoverageSettings
from helixdask.coverage.summary import summarise, summary_tables
from helixdask.coverage.summary_report import write_report
from helixdask.engine.cluster import RunOptions
from helixdask.engine.run import run_stage
from helixdask.errors import BadInputError, MissingInputError
from tests.coverage.plain_count import Read, write_bam
from tests.coverage.small_genome import HERE, LENGTHS, make_store, reads_of_genes


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    store = make_store(folder, genes=True)
    reads = [*reads_of_genes(False), Read("low", 0, 0, 10, "20M", 3), Read("between", 0, 0, 100, "50M")]
    path = write_bam(folder / "a.bam", LENGTHS, reads)
    flat = folder / "flat.bedgraph"
    flat.write_text("one\t0\t1000\t2\n")
    libraries = [
        Library("leaf", path, strandedness="reverse"),
        Library("track", str(flat), "bedgraph", strand="plus"),
    ]
    for stage in plan_libraries(store, libraries):
        run_stage(stage, store.url, HERE)
    for stage in plan_libraries(
        store, [Library("wrong", path, strandedness="unstranded")], CoverageSettings(set_name="other")
    ):
        run_stage(stage, store.url, HERE)
    return store


def by_hand(store, group, unstranded):
    label = store.read("labels/reference/label", 0, store.n_bases)
    coverage = store.read(f"{group}/coverage", 0, store.n_bases).astype(int)
    spliced = store.read(f"{group}/spliced_coverage", 0, store.n_bases).astype(int)
    other = label[::-1]
    exon, intron = np.isin(label, (1, 2)), label == 3
    if unstranded:
        exon = exon | np.isin(other, (1, 2))
        intron = ~exon & (intron | (other == 3))
    antisense = ~exon & ~intron & np.isin(other, (1, 2)) & (not unstranded)
    places = [exon, intron, antisense, ~exon & ~intron & ~antisense]
    return [coverage[p].sum() / coverage.sum() for p in places], spliced[intron].sum() / spliced.sum()


@pytest.mark.slow
@pytest.mark.parametrize(("set_name", "library"), [("rnaseq", "leaf"), ("other", "wrong")])
def test_shares_are_those_of_the_tracks(store, set_name, library):
    found = summarise(store, set_name)["libraries"][0]
    places, introns = by_hand(store, f"coverage/{set_name}/{library}", set_name == "other")
    assert found["name"] == library
    assert [found["places"][place] for place in PLACES] == pytest.approx(places)
    assert found["spliced_on_introns"] == introns == 1
    assert found["places"]["exon"] > 0.9
    assert found["reads_used"] == 817
    assert found["reads_skipped"] == {"low_mapq": 1}
    assert found["spliced_share"] == pytest.approx(408 / 817)


@pytest.mark.slow
def test_tracks_are_read_on_the_cluster_that_was_given(store):
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=":0") as cluster:
        options = RunOptions(scheduler=cluster.scheduler_address, quiet=True)
        assert summarise(store, options=options) == summarise(store)
        assert cluster.scheduler.task_prefixes  # it was given tasks


def test_ready_made_tracks_have_no_reads(store):
    found = summarise(store)["libraries"][1]
    assert (found["kind"], found["reads_used"], found["spliced_share"], found["plus_share"]) == (
        "bedgraph",
        None,
        None,
        1,
    )
    assert found["places"]["elsewhere"] == 1
    assert found["spliced_on_introns"] is None


def test_tables_and_json(store):
    summary = summarise(store)
    assert json.loads(json.dumps(summary)) == summary
    titles = [title for title, _, _ in summary_tables(summary)]
    assert titles[0] == "Coverage set rnaseq of toy"
    for _, columns, rows in summary_tables(summary):
        assert all(len(row) == len(columns) for row in rows)
    assert [row[0] for row in summary_tables(summary)[0][2]] == ["leaf", "track"]


def test_without_labels(tmp_path):
    bare = make_store(tmp_path)
    path = write_bam(tmp_path / "a.bam", LENGTHS, reads_of_genes(True))
    for stage in plan_libraries(bare, [Library("a", path, strandedness="forward")]):
        run_stage(stage, bare.url, HERE)
    summary = summarise(bare)
    assert summary["labels"] is None
    assert "places" not in summary["libraries"][0]
    assert summary_tables(summary)[1][0] == "Shares"


def test_what_is_not_there(store):
    with pytest.raises(MissingInputError, match=r"coverage/none holds no library(.|\n)*Sets that do: other, rnaseq"):
        summarise(store, "none")
    with pytest.raises(MissingInputError, match="labels/none"):
        summarise(store, labels="none")


@pytest.mark.slow
def test_pictures_and_pages(store, tmp_path):
    pytest.importorskip("matplotlib")
    summary = summarise(store)
    for ending, start in ((".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")):
        write_report(summary, tmp_path / f"a{ending}")
        assert (tmp_path / f"a{ending}").read_bytes().startswith(start)
    write_report(summary, tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text()
    assert "<svg" in page
    assert "leaf" in page
    with pytest.raises(BadInputError, match=r"\.txt is no kind of report"):
        write_report(summary, tmp_path / "a.txt")
    with pytest.raises(BadInputError, match="cannot be written"):
        write_report(summary, tmp_path / "none" / "a.png")
