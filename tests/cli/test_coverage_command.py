import json

import numpy as np
import pytest

from helixdask.store.store import Store
from tests.cli.support import done, helixdask
from tests.coverage.plain_count import write_bam
from tests.coverage.small_genome import LENGTHS, make_store, reads_of_genes


@pytest.fixture
def store(tmp_path):
    return make_store(tmp_path, genes=True)


@pytest.fixture
def bams(tmp_path):
    return [write_bam(tmp_path / f"{name}.bam", LENGTHS, reads_of_genes(name == "ont")) for name in ("leaf", "ont")]


@pytest.mark.slow
def test_a_sheet_of_protocols_a_summary_and_a_removal(store, bams, tmp_path):
    sheet = tmp_path / "sheet.tsv"
    sheet.write_text(
        "name\tpath\tkind\tstrandedness\tmin_mapq\tmates_once\n"
        "leaf\tleaf.bam\trnaseq\tauto\t\t\nont\tont.bam\tlongread\tforward\t0\tno\n"
    )
    results = done("coverage", store.url, "--libraries", sheet, "--workers", 1, "--json", "--summary").json()
    assert [x["name"] for x in results["libraries"]] == ["leaf", "ont"]
    assert [x["strandedness"] for x in results["libraries"]] == ["reverse", "forward"]
    assert Store.open(store.url).attrs("coverage/rnaseq/ont")["reads"]["mates_once"] is False
    shown = done("coverage", store.url, "--summary", "--report", tmp_path / "page.html").out
    assert "spliced on introns" in shown
    assert (tmp_path / "page.html").exists()
    assert done("coverage", store.url, "--remove", "ont", "--json").json() == {"removed": "coverage/rnaseq/ont"}
    assert Store.open(store.url).names("coverage/rnaseq") == ["leaf"]
    gone = helixdask("coverage", store.url, "--remove", "ont")
    assert gone.code == 2
    assert "It has: leaf" in gone.err


@pytest.mark.slow
def test_options_for_reads(store, bams):
    options = ("--strandedness", "reverse", "--workers", 1, "--quiet")
    done("coverage", store.url, "--bam", bams[0], *options, "--min-mapq", 61, "--name", "none")
    done("coverage", store.url, "--bam", *bams, *options, "--no-mates-once", "--name", "twice")
    done("coverage", store.url, "--bam", bams[0], "--kind", "atac", "--workers", 1, "--name", "atac")
    opened = Store.open(store.url)
    assert not opened.read("coverage/none/leaf/coverage", 0, opened.n_bases).any()
    assert opened.names("coverage/twice") == ["leaf", "ont"]
    sites = opened.read("coverage/atac/leaf/coverage", 0, opened.n_bases)
    assert sites.sum() == 816
    counts = done("coverage", store.url, "--bam", bams[0], "--kind", "atac", "--name", "atac", "--json").json()
    assert counts[0]["state"] == "already there"


@pytest.mark.slow
def test_bigwig_out_and_in(store, bams, tmp_path):
    done("coverage", store.url, "--bam", bams[0], "--strandedness", "reverse", "--workers", 1)
    written = done("export", store.url, "--bigwig", tmp_path / "tracks").out
    assert written.count("written:") == 4
    opened = Store.open(store.url)
    before = opened.read("coverage/rnaseq/leaf/coverage", 0, opened.n_bases)
    (tmp_path / "sheet.tsv").write_text("name\tpath\tminus_path\nleaf\ttracks/leaf.plus.bw\ttracks/leaf.minus.bw\n")
    done("coverage", store.url, "--libraries", tmp_path / "sheet.tsv", "--name", "again", "--workers", 1)
    np.testing.assert_array_equal(opened.read("coverage/again/leaf/coverage", 0, opened.n_bases), before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no reads were given"),
        (("--bam", "LEAF"), "the protocol of the reads is not known"),
        (("--bam", "LEAF", "--libraries", "LEAF"), "both given"),
        (("--libraries", "LEAF", "--strandedness", "auto"), "says itself"),
        (("--libraries", "LEAF", "--min-mapq", "3"), "says itself"),
        (("--remove", "x", "--summary"), "--remove stands alone"),
        (("--labels", "x"), "are for --summary"),
        (("--summary",), "coverage/rnaseq holds no library"),
        (("--bam", "LEAF", "--kind", "atac", "--strandedness", "reverse"), "Cut sites have no sense"),
        (("--bam", "LEAF", "--kind", "cage", "--rules", "helixer"), "know no libraries of kind `cage`"),
        (
            ("--bam", "LEAF", "--strandedness", "reverse", "--rules", "helixer", "--count-duplicates"),
            "no options for reads",
        ),
    ],
)
def test_what_is_refused(store, bams, arguments, message):
    outcome = helixdask("coverage", store.url, *(bams[0] if a == "LEAF" else a for a in arguments))
    assert outcome.code == 2
    assert message in outcome.err
    assert not Store.open(store.url).names("coverage")


def test_a_dry_run_finds_the_protocol_and_does_nothing(store, bams):
    plans = json.loads(
        done("coverage", store.url, "--bam", bams[0], "--strandedness", "auto", "--dry-run", "--json").out
    )
    assert plans[0]["state"] == "planned"
    assert not Store.open(store.url).names("coverage")
