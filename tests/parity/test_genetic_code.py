"""A real genome of another genetic code: Candida albicans reads CTG as serine."""

import gzip

import numpy as np
import pytest

from helixdask.genes.table import read_genes
from helixdask.store.store import Store
from tests.cli.support import done
from tests.small_store import publish

CODE = 12
BASES = 600_000


def certain(values):
    """Probabilities (2, 4, n) that are sure of classes or phases (2, n)."""
    table = np.full((2, 4, values.shape[1]), 0.02, np.float16)
    for strand in (0, 1):
        table[strand, values[strand], np.arange(values.shape[1])] = 0.94
    return table


def proteins(path):
    """Sequence by header's first word."""
    found = {}
    for record in path.read_text().split(">")[1:]:
        head, *lines = record.splitlines()
        found[head.split()[0]] = "".join(lines)
    return found


def first_bases(data, folder):
    """The beginning of the chromosome, and the genes that lie in it whole."""
    genome, annotation = folder / "genome.fa", folder / "annotation.gff3"
    head, *lines = gzip.decompress((data / "genome.fa.gz").read_bytes()).decode().splitlines()
    genome.write_text("\n".join([head, "".join(lines)[:BASES], ""]))
    rows = gzip.decompress((data / "annotation.gff3.gz").read_bytes()).decode().splitlines(keepends=True)
    annotation.write_text("".join(row for row in rows if row[0] == "#" or int(row.split("\t")[4]) <= BASES))
    return genome, annotation


@pytest.mark.slow
@pytest.mark.shared
def test_genes_of_candida_from_certain_predictions(shared, tmp_path):
    genome, annotation = first_bases(shared / "data/more_genomes/calbicans_chr1A", tmp_path)
    url = tmp_path / "c.zarr"
    done("encode", genome, "-o", url, "-q")
    done("labels", url, "--gff3", annotation, "--genetic-code", CODE, "-q")
    store = Store.open(url)
    label = store.read("labels/reference/label", 0, store.n_bases)
    phase = store.read("labels/reference/phase", 0, store.n_bases)
    tracks = {"class_probability": certain(label), "phase_probability": certain(phase)}
    publish(store, "predictions/base", tracks, dtypes=dict.fromkeys(tracks, "float16"))
    out = {name: tmp_path / name for name in ("called.gff3", "called.fa", "known.fa")}
    done("call", url, "-o", out["called.gff3"], "--proteins", out["called.fa"], "--genetic-code", CODE, "-q")
    done("export", url, "--genes", "reference", "--proteins", out["known.fa"], "--genetic-code", CODE)
    assert len(read_genes(Store.open(url), "base")) > 250
    called, known = (set(proteins(out[name]).values()) for name in ("called.fa", "known.fa"))
    assert len(called & known) / len(known) > 0.95
    # In the standard code the same genes are other proteins: one in nine or so holds no CTG at all.
    done("export", url, "--genes", "reference", "--proteins", tmp_path / "wrong.fa", "--genetic-code", 1)
    wrong = set(proteins(tmp_path / "wrong.fa").values())
    assert len(called & wrong) / len(known) < 0.5
    scores = done("evaluate", url, "--reference", annotation, "--json").json()["genes"]["base"]
    assert scores["gene"]["f1"] > 0.95
