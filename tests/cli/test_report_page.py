"""The page of a run, by the command, at every stage of a store."""

import html.parser
import re

import numpy as np
import pytest

from helixdask.report.page import write_run_report
from helixdask.store.store import Store
from tests.cli.support import done, helixdask
from tests.small_store import publish, small_store

QUIET = ("--workers", "1", "-q")
_VOID = {"meta", "br", "img", "hr"}


class _Checker(html.parser.HTMLParser):
    """Tags that are closed in the order in which they were opened, ids, links, and what is loaded."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.loaded = [], [], [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag not in _VOID:
            self.open.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "a":
            self.links.append(given["href"])
        self.loaded += [value for name, value in attrs if name in ("src", "xlink:href")]
        if tag in ("link", "script", "iframe"):
            self.loaded.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def checked(path):
    """The text of a page, after a look at its structure."""
    text = path.read_text()
    page = _Checker()
    page.feed(text)
    assert page.open == []
    assert page.loaded == []
    assert "http" not in text
    assert len(set(page.ids)) == len(page.ids)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    for svg in re.findall(r"<svg[^>]*>", text):
        assert "aria-label" in svg or 'aria-hidden="true"' in svg
    return text


def headings(text):
    return re.findall(r"<h2[^>]*>([^<]*)</h2>", text)


@pytest.fixture
def whole(tmp_path):
    """A store with everything but libraries: two groups of copies, a split, a selection, called and read genes."""
    lengths = [2000, 1800, 1500, 1500, 900, 40]
    store, _ = small_store(tmp_path / "s.zarr", lengths)
    url = store.url
    done("windows", url, "--window-length", "100", *QUIET)
    kin = {
        "sketch_hash": np.zeros(0, np.uint64),
        "sketch_position": np.zeros(0, np.int64),
        "kin_group": np.array([0, 0, 2, 2, 4, 5], np.int32),
        "kin_kmers": np.array([50, 50, 50, 50, 50, 3], np.int32),
        "pair_first": np.array([0, 2], np.int32),
        "pair_second": np.array([1, 3], np.int32),
        "pair_shared": np.array([30, 20], np.int32),
        "pair_containment": np.array([0.6, 0.4], np.float32),
        "pair_colinear": np.array([0.8, 0.9], np.float32),
    }
    publish(
        store,
        "kinship/default",
        table=kin,
        genes=None,
        n_kmers=0,
        n_pairs=2,
        n_groups=2,
        largest_group=2,
        n_single_contigs=1,
        n_unknown_contigs=1,
        bases_of_unknown_contigs=40,
    )
    done("split", url, *QUIET)
    done("select", url, "--split", "default", *QUIET)
    return url


def test_a_page_of_everything(whole, tmp_path):
    page = tmp_path / "page.html"
    outcome = done("report", whole, "-o", page)
    assert "written" in outcome.out
    text = checked(page)
    assert headings(text)[:5] == ["Genome", "Annotation", "Windows", "Sides", "Kinship"]
    assert headings(text)[-2:] == ["Cost", "Not there"]
    for name in ("selections/default", "splits/default", "kinship/default", "Leakage", "fully intergenic", "contig0"):
        assert name in text
    assert "Libraries: no coverage" in text
    assert "Models: none was named" in text
    done("report", whole, "-o", tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == page.read_bytes()


def test_a_genome_alone(tmp_path):
    (tmp_path / "g.fa").write_text(">a b\nACGTNNacgt\n>c\nAC\n")
    done("encode", tmp_path / "g.fa", "-o", tmp_path / "g.zarr", "--species", "<x>", *QUIET)
    done("report", tmp_path / "g.zarr", "-o", tmp_path / "r.html")
    text = checked(tmp_path / "r.html")
    assert headings(text) == ["Genome", "Cost", "Not there"]
    assert "&lt;x&gt;" in text
    assert "33.3 %" in text  # soft-masked


def test_genes_that_were_read_and_findings(labelled, tmp_path):
    done("report", labelled, "-o", tmp_path / "r.html")
    text = checked(tmp_path / "r.html")
    assert "ATG" in text
    assert "GT-AG" in text
    assert "Nothing was skipped" in text


def test_models_alone_and_beside_stores(tiny_model, labelled, tmp_path):
    done("report", tiny_model, "-o", tmp_path / "m.html")
    assert headings(checked(tmp_path / "m.html")) == ["Models"]
    (tmp_path / "other.fa").write_text(">a\n" + "ACGT" * 30 + "\n")
    done("encode", tmp_path / "other.fa", "-o", tmp_path / "o.zarr", "--species", "another", *QUIET)
    done("report", labelled, tmp_path / "o.zarr", tiny_model, "-o", tmp_path / "all.html")
    text = checked(tmp_path / "all.html")
    assert headings(text).count("Genome") == 2
    assert headings(text).count("Models") == 1


def test_many_contigs_are_counted_and_the_longest_named(tmp_path):
    lengths = [300, 250, *[120] * 60]
    store, _ = small_store(tmp_path / "s.zarr", lengths)
    done("windows", store.url, "--window-length", "100", *QUIET)
    done("split", store.url, "--kinship", "off", *QUIET)
    write_run_report([Store.open(store.url)], [], tmp_path / "r.html")
    text = checked(tmp_path / "r.html")
    assert "Contigs by length" in text
    assert "The 38 others, by length" in text
    assert "contig0:" in text
    assert "contig61" not in text


@pytest.mark.slow
def test_pages_of_a_selection_and_a_split(whole, tmp_path):
    done("split", whole, "--name", "b", "--report", tmp_path / "split.html", *QUIET)
    assert "K-mers that validation windows share" in checked(tmp_path / "split.html")
    done("select", whole, "--split", "b", "--name", "b", "--report", tmp_path / "select.html", *QUIET)
    assert "What is kept, against all usable windows" in checked(tmp_path / "select.html")


def test_windows_that_were_made_anew_are_said_to_be(whole, tmp_path):
    done("windows", whole, "--window-length", "50", "--name", "100-reference-base", "--replace", *QUIET)
    done("report", whole, "-o", tmp_path / "r.html")
    assert checked(tmp_path / "r.html").count("made anew since") == 2


@pytest.mark.parametrize(
    ("source", "page", "said"),
    [("nowhere.zarr", "r.html", "neither a store nor a model"), ("GENOME", "r.pdf", "End the name in .html")],
)
def test_what_cannot_be_reported(source, page, said, labelled_forever, tmp_path):
    outcome = helixdask("report", labelled_forever if source == "GENOME" else source, "-o", tmp_path / page)
    assert outcome.code == 2
    assert said in outcome.err
    assert not list(tmp_path.iterdir())
