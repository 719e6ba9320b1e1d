"""A folder for genome browsers: what is in it is what the store holds, and its settings name it."""

import json
import xml.etree.ElementTree as ET

import numpy as np
import pybigtools
import pysam
import pytest

from helixdask.browser import folder as made_by
from helixdask.browser.gene_file import write_genes
from helixdask.browser.tracks import first_place
from helixdask.explore import open_store
from helixdask.genes.table import read_genes
from helixdask.store.store import Store
from tests.cli.support import contents, done, helixdask
from tests.example_store import example_store
from tests.small_store import publish, small_store


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    made = example_store(tmp_path_factory.mktemp("store"))
    inside = np.zeros(made.n_bases, np.uint8)
    inside[3000:4000] = 1
    publish(made, "tracks/repeats", {"mask": inside})
    publish(made, "genes/called", table=made.table("genes/reference"), settings={"predictions": "base"})
    return open_store(made.url)


@pytest.fixture(scope="module")
def folder(store, tmp_path_factory):
    path = tmp_path_factory.mktemp("out") / "browser"
    assert done("export", store.url, "--browser", path, "--json", "-q").json() == {
        "written": [{"file": str(path), "kind": "browser"}]
    }
    return path


def test_the_sequence(store, folder):
    with pysam.FastaFile(str(folder / "genome.fa.gz")) as fasta:
        assert list(fasta.references) == store.contigs.names.tolist()
        for name in fasta.references:
            assert fasta.fetch(name).upper() == text_of(store, name)
        assert fasta.fetch("two", 59_990, 60_000).upper() == text_of(store, "two")[-10:]


def text_of(store, name):
    from helixdask.sequence.codes import codes_to_text

    return codes_to_text(store.sel(name).sequence.values & 0x0F)


def test_genes_by_region(store, folder):
    with pysam.TabixFile(str(folder / "genes/reference.gff3.gz")) as genes:
        rows = [line.split("\t") for line in genes.fetch("one", 1000, 9000)]
    found = [row for row in rows if row[2] == "gene"]
    wanted = store.genes("one:1000-9000", "reference").genes
    assert [(int(row[3]) - 1, int(row[4])) for row in found] == list(zip(wanted["start"], wanted["end"], strict=True))
    starts = [int(row[3]) for row in rows]
    assert starts == sorted(starts)


def test_tracks(store, folder):
    view = store.sel("one:2000-5000")
    for file, wanted in (
        ("coverage/rnaseq/leaf.plus.bw", view.rnaseq_coverage.sel(rnaseq_library="leaf", strand="+")),
        ("predictions/base.cds.minus.bw", view.base_class_probability.sel(strand="-", label_class="cds").round(2)),
        ("tracks/repeats.mask.bw", view.repeats_mask),
    ):
        with pybigtools.open(str(folder / file)) as track:
            np.testing.assert_allclose(track.values("one", 2000, 5000, fillna=0.0), wanted, atol=1e-6)


def test_settings_of_jbrowse(store, folder):
    config = json.loads((folder / "config.json").read_text())
    uris = [value["uri"] for value in nested(config) if "uri" in value]
    assert all((folder / uri).is_file() for uri in uris)
    assert len(set(uris)) == len(uris)
    listed = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix in (".bw", ".gz", ".tbi")}
    assert listed <= set(uris)
    (assembly,) = config["assemblies"]
    assert assembly["name"] == store.species
    ids = [track["trackId"] for track in config["tracks"]]
    assert ids == [
        *("genes-reference", "predictions-base", "genes-called"),
        *("coverage-rnaseq-leaf", "coverage-rnaseq-root", "tracks-repeats", "tracks-repeats-value"),
    ]
    (view,) = config["defaultSession"]["views"]
    assert [track["configuration"] for track in view["tracks"]] == ids
    (region,) = view["displayedRegions"]
    assert 0 <= view["offsetPx"] * view["bpPerPx"] < region["end"] == store.contigs.lengths[0]


def nested(value):
    """All mappings in a JSON value."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nested(each)


def test_sessions_of_igv(folder):
    session = json.loads((folder / "igv_web.json").read_text())
    files = [track["url"] for track in session["tracks"]]
    places = [*files, *(session["reference"][key] for key in ("fastaURL", "indexURL", "compressedIndexURL"))]
    places += [track["indexURL"] for track in session["tracks"] if "indexURL" in track]
    assert all((folder / place).is_file() for place in places)
    root = ET.parse(folder / "igv_desktop.xml").getroot()
    assert root.get("genome") == session["reference"]["fastaURL"]
    assert root.get("locus") == session["locus"]
    assert [one.get("path") for one in root.iter("Resource")] == files
    assert [one.get("id") for one in root.iter("Track")] == files


def test_the_page_and_the_text(folder):
    page = (folder / "index.html").read_text()
    assert 'fetch("igv_web.json")' in page
    assert "{" + "igv" not in page
    text = (folder / "README.txt").read_text()
    files = [line for line in text.partition("Files\n")[2].splitlines() if line.startswith("    ")]
    listed = [line.split(": ")[0].strip() for line in files]
    assert listed[0] == "genome.fa.gz (.fai, .gzi)"
    assert all(list(folder.glob(pattern)) for pattern in listed[1:])
    assert "?config=browser/config.json" in text
    assert max(map(len, text.splitlines())) <= 120


def test_what_was_named_and_long_contigs(store, tmp_path, monkeypatch):
    monkeypatch.setattr("helixdask.browser.gene_file._LONGEST_OF_TBI", 100_000)
    done("export", store.url, "--browser", tmp_path / "b", "--genes", "called", "--coverage", "rnaseq", "-q")
    names = set(contents(tmp_path / "b"))
    assert {name for name in names if name.startswith("genes/")} == {
        *("genes/called.gff3.gz", "genes/called.gff3.gz.csi")
    }
    text = (tmp_path / "b/config.json").read_text()
    assert '"indexType": "CSI"' in text
    with pysam.TabixFile(
        str(tmp_path / "b/genes/called.gff3.gz"), index=str(tmp_path / "b/genes/called.gff3.gz.csi")
    ) as f:
        assert next(f.fetch("two"))


def test_whole_or_not_at_all(store, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(made_by, "write_genes", fail)
    outcome = helixdask("export", store.url, "--browser", tmp_path / "b", "-q")
    assert outcome.code == 2
    assert "Input/output error" in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_folders_that_hold_something_are_left_alone(store, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("x")
    (tmp_path / "file").write_text("x")
    before = contents(tmp_path)
    for name, said in (("mine", "holds something already"), ("file", "no folder")):
        outcome = helixdask("export", store.url, "--browser", tmp_path / name)
        assert outcome.code == 2
        assert said in outcome.err
    assert contents(tmp_path) == before


def test_a_genome_alone_with_odd_names(tmp_path):
    names = ["chr1/a#2", "x|y:5-9"]
    made, _ = small_store(tmp_path / "s.zarr", [200, 170], names=names)
    done("export", made.url, "--browser", tmp_path / "b", "-q")
    with pysam.FastaFile(str(tmp_path / "b/genome.fa.gz")) as fasta:
        assert list(fasta.references) == names
        assert fasta.lengths == [200, 170]
    opened = Store.open(made.url)
    assert first_place(opened.contigs, []) == ("chr1/a#2", 200, 0, 200)


def test_genes_on_contigs_with_odd_names(tmp_path):
    store = example_store(tmp_path)
    store.contigs.names[0] = "chr1/a"
    write_genes(store, read_genes(store, "reference"), tmp_path / "g.gff3.gz")
    with pysam.TabixFile(str(tmp_path / "g.gff3.gz")) as genes:
        assert next(genes.fetch("chr1/a", 0, 10_000)).startswith("chr1/a\t")
