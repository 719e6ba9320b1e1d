"""Cut sites by the rules `helixer` against Helixer's own file; default rules of whole libraries against htslib."""

import io

import h5py
import numpy as np
import pandas as pd
import pysam
import pytest

from helixdask.coverage.libraries import Library
from helixdask.coverage.protocol import find_evidence, resolved
from helixdask.coverage.settings import ReadOptions
from helixdask.coverage.stage import CoverageStage
from helixdask.engine.run import RunOptions, run_stage
from helixdask.genes.reading.stage import ImportGenesStage
from helixdask.sequence.stage import EncodeStage
from helixdask.store.store import Store
from tests.parity.test_coverage import rows_like_helixer

pytestmark = pytest.mark.slow

HERE = RunOptions(workers=1, quiet=True)
GENOMES = {
    "spombe": "data/spombe/spombe_I_II.fa.gz",
    "athaliana": "data/athaliana_chr3/Athaliana_447_TAIR10_Chr3_1065466-1464870.fa.gz",
    "dmel": "data/dmel/dm6_chr2L.fa.gz",
    "mini": "golden/inputs/mini_test_data.fa",
}
MOST_BASES = 1_500_000
"""Of a contig: pysam takes its time."""
LIBRARIES = [
    ("spombe", "data/spombe/spombe_dUTP.bam", "reverse"),
    ("athaliana", "data/athaliana_chr3/at3_SRR5956436.bam", "reverse"),
    ("athaliana", "data/athaliana_chr3/at3_SRR5956440.bam", "reverse"),
    ("athaliana", "data/athaliana_chr3/at3_SRR5956444.bam", "reverse"),
    ("athaliana", "data/athaliana_chr3/at3_ont_SRR11031292.bam", "forward"),
    ("dmel", "data/dmel/SRR1732756_chr2L_0-5M.primary.hisat2.bam", "unstranded"),
]


@pytest.fixture(scope="module")
def stores(shared, tmp_path_factory):
    folder, made = tmp_path_factory.mktemp("stores"), {}

    def get(name):
        if name not in made:
            url = str(folder / f"{name}.zarr")
            run_stage(EncodeStage(fasta=str(shared / GENOMES[name]), species=name), url, HERE)
            made[name] = Store.open(url)
        return made[name]

    return get


def tracks(store, library, **options):
    stage = CoverageStage.of(library, **options)
    run_stage(stage, store.url, HERE)
    return [store.read(f"{stage.group()}/{track}", 0, store.n_bases) for track in ("coverage", "spliced_coverage")]


def test_shifted_reads_equal_helixers(stores, golden):
    store = stores("mini")
    path = str(golden / "coverage" / "cases.bam")
    mine = tracks(store, Library("shift", path, "atac"), rules="helixer")
    with h5py.File(golden / "coverage" / "cases.unstranded_shift.h5") as file:
        ids = np.array([name.decode() for name in file["data/seqids"][:]])
        starts_ends = file["data/start_ends"][:]
        prefix = next(name.removesuffix("_meta") for name in file["evaluation"] if name.endswith("_meta"))
        for track, name in zip(mine, ("coverage", "spliced_coverage"), strict=True):
            theirs = file[f"evaluation/{prefix}_{name}"][:, :, 0]
            for row, contig in enumerate(store.contigs.names.tolist()):
                here = np.flatnonzero(ids == contig)
                part = track[:, store.contigs.offsets[row] : store.contigs.offsets[row + 1]].astype(np.int64)
                np.testing.assert_array_equal(rows_like_helixer(part, starts_ends[here], theirs.shape[1]), theirs[here])
        assert mine[0].any()


@pytest.mark.parametrize(("genome", "bam", "protocol"), LIBRARIES)
def test_auto_finds_the_protocol(stores, shared, genome, bam, protocol):
    library = resolved(stores(genome), Library("x", str(shared / bam), "rnaseq", "auto"))
    assert library.strandedness == protocol


def test_auto_by_gene_models(stores, golden):
    store = stores("mini")
    gff = str(golden / "inputs" / "mini_test_data.gff")
    run_stage(ImportGenesStage(gff=gff, output="reference"), store.url, HERE)
    for name, source in (("sim1", "spliced reads"), ("sim2", "gene models")):
        library = Library(name, str(golden / "coverage" / f"{name}.bam"), "rnaseq", "auto")
        assert resolved(store, library).strandedness == "reverse"
        assert find_evidence(store, library).source == source


@pytest.mark.parametrize(("genome", "bam", "protocol"), [LIBRARIES[row] for row in (0, 1, 4, 5)])
def test_every_base_of_whole_libraries(stores, shared, genome, bam, protocol):
    """Default rules on both strands, from pysam alone; skips of any length count, as they do there."""
    store, path = stores(genome), str(shared / bam)
    every_skip = ReadOptions(max_intron=0)
    mine = tracks(store, Library(f"whole_{genome}_{protocol}", path, "rnaseq", protocol, reads=every_skip))
    with pysam.AlignmentFile(path) as file:
        for row, contig in enumerate(store.contigs.names.tolist()):
            first = min(int(store.contigs.lengths[row]), MOST_BASES)
            expected = count_with_pysam(file, contig, first, protocol)
            for track, theirs in zip(mine, expected, strict=True):
                part = track[:, store.contigs.offsets[row] :][:, :first]
                np.testing.assert_array_equal(part, theirs)
    assert mine[0].sum() > 1_000_000
    assert mine[1].sum() > 100_000


def count_with_pysam(file, contig, length, protocol):
    """Coverage and spliced coverage of the first bases of a contig: (track, strand, base)."""
    starts, ends = ([[[], []], [[], []]] for _ in range(2))
    first, second = {}, []
    if contig not in file.references:
        return np.zeros((2, 2, length), np.int64)
    for read in file.fetch(contig, 0, length):
        if read.flag & 0xF04 or read.mapping_quality < 10 or not (cigar := read.cigartuples):
            continue
        opposite = protocol == ("forward" if read.is_paired and read.is_read2 else "reverse")
        strand = int(read.is_reverse) ^ int(opposite)
        blocks, at = [], read.reference_start
        for op, n in cigar:
            if op in (0, 3, 7, 8):
                blocks.append((int(op == 3), at, at + n))
            at += n if op in (0, 2, 3, 7, 8) else 0
        pair = read.is_paired and not read.mate_is_unmapped and read.next_reference_id == read.reference_id
        if pair and read.is_read2:
            second.append((read.query_name, read.next_reference_start, read.reference_start, strand, blocks))
            continue
        if pair and read.is_read1:
            first.setdefault((read.query_name, read.reference_start, read.next_reference_start), []).extend(blocks)
        for track, a, b in blocks:
            starts[track][strand].append(a)
            ends[track][strand].append(b)
    for name, mate, start, strand, blocks in second:
        taken = first.get((name, mate, start), ())
        for track, a, b in blocks:
            for c, d in without(a, b, [(x, y) for t, x, y in taken if t == track]):
                starts[track][strand].append(c)
                ends[track][strand].append(d)
    change = [
        [_counted(a, length) - _counted(b, length) for a, b in zip(*of, strict=True)]
        for of in zip(starts, ends, strict=True)
    ]
    return np.cumsum(change, axis=-1)[..., :-1]


def _counted(places, length):
    """How often each place up to the length occurs; what lies behind it counts there."""
    return np.bincount(np.minimum(np.array(places, np.int64), length), minlength=length + 1)


def without(a, b, taken):
    """Parts of [a, b) that lie in none of the stretches taken."""
    parts = []
    for x, y in sorted(taken):
        if x >= b or y <= a:
            continue
        if x > a:
            parts.append((a, x))
        a = max(a, y)
    return [*parts, (a, b)] if a < b else parts


@pytest.mark.parametrize(("genome", "bam", "protocol"), [LIBRARIES[row] for row in (0, 1, 4, 5)])
def test_unstranded_depth_is_that_of_samtools(stores, shared, genome, bam, protocol):
    store, path = stores(genome), str(shared / bam)
    reads = ReadOptions(mates_once=False)
    coverage, _ = tracks(store, Library(f"depth_{protocol}", path, "rnaseq", "unstranded", reads))
    text = pysam.depth("-Q", "10", "-G", "0x800", path)
    table = pd.read_csv(io.StringIO(text), sep="\t", names=["contig", "position", "depth"], dtype={"contig": str})
    expected = np.zeros(store.n_bases, np.int64)
    for row, contig in enumerate(store.contigs.names.tolist()):
        part = table[table["contig"] == contig]
        expected[store.contigs.offsets[row] + part["position"].to_numpy() - 1] = part["depth"]
    np.testing.assert_array_equal(coverage.sum(axis=0), expected)
    assert expected.any()
