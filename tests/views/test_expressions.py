"""The expressions of docs/how_to/xarray.md on S. pombe are those of plain NumPy, with threads and on workers."""

import gzip
import re
from pathlib import Path

import dask
import numpy as np
import pysam
import pytest
import zarr
from distributed import Client, LocalCluster

from helixdask.coverage.adding import plan_libraries
from helixdask.coverage.libraries import Library
from helixdask.engine.run import RunOptions, run_stage
from helixdask.genes.reading.stage import ImportGenesStage
from helixdask.labels.stage import LabelsStage
from helixdask.sequence.stage import EncodeStage
from helixdask.store.store import Store
from helixdask.windows.stage import WindowsStage
from tests.small_store import publish

pytestmark = [pytest.mark.slow, pytest.mark.shared]
PAGE = Path(__file__).parents[2] / "docs/how_to/xarray.md"
LENGTHS = {"I": 300_000, "II": 150_000}
HERE = RunOptions(workers=1, quiet=True)


def cut(shared, folder):
    """The first bases of two chromosomes, with their genes and reads."""
    data = shared / "data/spombe"
    fasta = pysam.FastaFile(str(data / "spombe_I_II.fa.gz"))
    (folder / "pombe.fa").write_text("".join(f">{name}\n{fasta.fetch(name, 0, n)}\n" for name, n in LENGTHS.items()))
    with gzip.open(data / "pombase_mRNA_only.derived.I_II.gff3.gz", "rt") as lines:
        rows = [line.split("\t") for line in lines if not line.startswith("#")]
    genes = ["\t".join(row) for row in rows if int(row[4]) <= LENGTHS.get(row[0], 0)]
    (folder / "pombe.gff3").write_text("".join(["##gff-version 3\n", *genes]))
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": name, "LN": n} for name, n in LENGTHS.items()]}
    with (
        pysam.AlignmentFile(str(data / "spombe_dUTP.bam")) as reads,
        pysam.AlignmentFile(str(folder / "pombe.bam"), "wb", header=header) as part,
    ):
        for name, n in LENGTHS.items():
            for read in reads.fetch(name, 0, n):
                inside = read.is_proper_pair and max(read.reference_end, read.next_reference_start) <= n
                if inside and read.next_reference_name == name:
                    part.write(pysam.AlignedSegment.from_dict(read.to_dict(), part.header))
    pysam.index(str(folder / "pombe.bam"))


@pytest.fixture(scope="module")
def folder(shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pombe")
    cut(shared, folder)
    url = str(folder / "pombe.zarr")
    run_stage(EncodeStage(fasta=str(folder / "pombe.fa"), species="S. pombe"), url, HERE)
    run_stage(ImportGenesStage(gff=str(folder / "pombe.gff3"), output="reference"), url, HERE)
    run_stage(LabelsStage(genes="reference", output="reference"), url, HERE)
    library = Library("dutp", str(folder / "pombe.bam"), strandedness="reverse")
    for stage in plan_libraries(Store.open(url), [library]):
        run_stage(stage, url, HERE)
    store = Store.open(url)
    label = store.read("labels/reference/label", 0, store.n_bases)
    noise = np.random.default_rng(0).dirichlet([0.5] * 4, label.shape).transpose(0, 2, 1)
    probability = 0.6 * (label[:, None] == np.arange(4)[:, None]) + 0.4 * noise
    probability[:, :, 200_000:260_000] = noise[:, :, 200_000:260_000]  # windows of low agreement
    publish(store, "predictions/base", {"class_probability": probability.astype(np.float16)})
    run_stage(WindowsStage(21_384, "reference", "base", output="default"), url, HERE)
    return folder


class Plain:
    """Arrays in memory, as Zarr reads them."""

    def __init__(self, url):
        root = zarr.open_group(url, mode="r")
        self.sequence = root["genome/sequence"][:]
        self.label = root["labels/reference/label"][:]
        self.valid = root["labels/reference/valid"][:] == 1
        self.probability = root["predictions/base/class_probability"][:].astype(float)
        self.coverage = root["coverage/rnaseq/dutp/coverage"][:].astype(float)
        self.exons = {name: root[f"genes/reference/exon_{name}"][:] for name in ("transcript", "start", "end")}
        self.gene_contig = root["genes/reference/gene_contig"][:]

    def of_bins(self, values, width, how=np.mean):
        """Contig, and the value of each bin."""
        begin = 0
        for contig, length in LENGTHS.items():
            step = width or length
            for start in range(0, length, step):
                stop = begin + min(start + step, length)
                yield contig, how(values[..., begin + start : stop], axis=-1)
            begin += length

    def expected(self):
        bases = self.sequence & 0x0F
        gc = np.where(bases < 4, (bases == 0) | (bases == 3), np.nan)
        both = self.coverage.sum(axis=0)
        classes = self.label[:, None] == np.arange(4)[:, None]
        best = self.probability.argmax(axis=1)
        parent, start, end = self.exons.values()
        follows = parent[1:] == parent[:-1]
        agree = (best == self.label).astype(float)
        unmasked = np.where(self.valid, agree, np.nan)
        by_window = np.array([share for _, pair in self.of_bins(unmasked, 21_384, np.nanmean) for share in pair])
        kilobases = list(self.of_bins(both, 1_000))
        return {
            "coverage": [value for _, value in self.of_bins(both, 10_000)],
            "second": [value for contig, value in self.of_bins(both, 10_000) if contig == "II"],
            "deepest": [[max(value for of, value in kilobases if of == contig) for contig in LENGTHS]],
            "probability": np.stack([v.mean(axis=0) for _, v in self.of_bins(self.probability, None)], axis=1),
            "gc": [value for _, value in self.of_bins(gc, 21_384, np.nanmean)],
            "composition": classes.sum(axis=(0, 2)),
            "doubtful": np.sort(by_window[by_window < 0.9]),
            "per_contig": np.bincount(self.gene_contig),
            "introns": np.sort((start[1:] - end[:-1])[follows]),
            "inside": self.coverage[self.label == 2].mean(),
            "outside": self.coverage[self.label != 2].mean(),
            "agreement": agree[:, 100_000:200_000].mean(axis=1),
        }


def results():
    """What the blocks of the page give, computed."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names = {}
    for block in blocks:
        if "Client" not in block:
            exec(block, names)
    return names | {"doubtful": names["doubtful"].agreement}


@pytest.fixture(scope="module", params=["threads", "two workers"])
def where(request):
    if request.param == "threads":
        yield
        return
    with (
        dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"}),  # which imports once for both
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", memory_limit="2GB") as cluster,
        Client(cluster),
    ):
        yield


def test_every_expression(folder, where, monkeypatch):
    monkeypatch.chdir(folder)
    found = results()
    expected = Plain("pombe.zarr").expected()
    for name, values in expected.items():
        got = found[name].values if not hasattr(found[name], "compute") else found[name].compute().values
        got = np.sort(got) if name in ("doubtful", "introns") else got
        np.testing.assert_allclose(got, values, rtol=1e-5, err_msg=name)
    assert 3 < len(expected["doubtful"]) < 20
    assert expected["inside"] > expected["outside"] > 0
    assert len(expected["introns"]) > 50
    assert (folder / "region.png").stat().st_size > 20_000
