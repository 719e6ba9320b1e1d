"""Small sound files of every kind that helixdask reads: what the fuzzer damages."""

import gzip
import random
from pathlib import Path

import pybigtools
import pysam

from helixdask.engine.run import RunOptions, run_stage
from helixdask.sequence.stage import EncodeStage
from helixdask.trainer.network.spec import NetworkSpec
from tests.coverage.plain_count import Read, write_bam
from tests.exchange.test_helixer_import import export_all, full_store
from tests.trainer.network.keras2_file import write_keras2_file

QUIET = RunOptions(workers=1, quiet=True)
GENOME = {"chr1": 6_000, "chr2": 3_000}
BASE_MODEL = Path(__file__).parents[2] / "trainer/base_models"


def make_seeds(folder):
    """Write all files into a folder, and a store `genome.zarr` that they belong to."""
    folder = Path(folder)
    rng = random.Random(11)
    lines = []
    for name, length in GENOME.items():
        bases = "".join(rng.choices("ACGTacgtN", weights=[9] * 8 + [1], k=length))
        lines += [f">{name} seed", *(bases[i : i + 60] for i in range(0, length, 60))]
    _text(folder / "genome.fa", "\n".join(lines) + "\n")
    with pysam.BGZFile(str(folder / "genome.bgz.fa.gz"), "wb", None) as file:
        file.write((folder / "genome.fa").read_bytes())
    _annotations(folder)
    _tables(folder)
    _intervals(folder, rng)
    _alignments(folder, rng)
    run_stage(EncodeStage(fasta=str(folder / "genome.fa"), species="seed"), str(folder / "genome.zarr"), QUIET)
    _hdf5(folder)
    base = next(BASE_MODEL.glob("*.keras"))
    (folder / "model.keras").write_bytes(base.read_bytes())
    return folder


def _text(path, text):
    path.write_text(text)
    with gzip.GzipFile(f"{path}.gz", "wb", mtime=0) as file:
        file.write(text.encode())


def _annotations(folder):
    rows, gtf = ["##gff-version 3", "##sequence-region chr1 1 6000"], []
    for k in range(12):
        contig, a, strand = ("chr1", 100 + 450 * k, "+-"[k % 2]) if k < 8 else ("chr2", 50 + 600 * (k - 8), "+")
        parts = [(a, a + 98), (a + 200, a + 319)]
        rows.append(f"{contig}\tseed\tgene\t{a}\t{a + 319}\t.\t{strand}\t.\tID=g{k};Name=n%20{k}")
        rows.append(f"{contig}\tseed\tmRNA\t{a}\t{a + 319}\t.\t{strand}\t.\tID=g{k}.t1;Parent=g{k}")
        for kind in ("exon", "CDS"):
            for number, (first, last) in enumerate(parts):
                phase = "0" if kind == "CDS" else "."
                place = f"{contig}\tseed\t{kind}\t{first}\t{last}\t0.5\t{strand}\t{phase}"
                rows.append(f"{place}\tID=g{k}.{kind}{number};Parent=g{k}.t1")
                gtf.append(f'{place}\tgene_id "g{k}"; transcript_id "g{k}.t1"; exon_number "{number + 1}";')
    _text(folder / "genes.gff3", "\n".join(rows) + "\n")
    _text(folder / "genes.gtf", "\n".join(gtf) + "\n")


def _tables(folder):
    _text(folder / "aliases.tsv", "# ours\ttheirs\nchr1\tI\tNC_1\nchr2\tII\tNC_2\n")
    columns = ("Sequence-Name", "Sequence-Role", "GenBank-Accn", "RefSeq-Accn", "Sequence-Length", "UCSC-style-name")
    report = ["# Assembly name: seed", "# " + "\t".join(columns)]
    report += [f"{n}\tassembled-molecule\tCM{n}.1\tNC_{n}.1\t{length}\tna" for n, length in GENOME.items()]
    _text(folder / "report.txt", "\n".join(report) + "\n")
    _text(folder / "groups.tsv", "contig\tgroup\nchr1\tA\nchr2\tB\n")
    _text(folder / "codes.tsv", "chr1\t1\nchr2\t12\n")
    _text(folder / "names.txt", "chr1\nchr2\n")
    sheet = ["name\tpath\tkind\tstrandedness\tmin_mapq\tscale"]
    sheet += ["leaf\tleaf.bam\trnaseq\treverse\t10\t", "track\tt.bw\tbigwig\t\t\t2.5"]
    _text(folder / "sheet.tsv", "\n".join(sheet) + "\n")


def _intervals(folder, rng):
    bed, graph, track, masker = [], [], [], ["   SW  perc perc", "score  div. del.", ""]
    values = []
    for contig, length in GENOME.items():
        at = 0
        while (end := at + rng.randrange(1, 60)) < length:
            if rng.random() < 0.6:
                bed.append(f"{contig}\t{at}\t{end}\trepeat\t0\t+")
                graph.append(f"{contig}\t{at}\t{end}\t{rng.randrange(9)}")
                track.append(f"{contig}\trm\trepeat\t{at + 1}\t{end}\t.\t+\t.\tID=r{at}")
                masker.append(f"  239 10.0 1.0 2.0 {contig} {at + 1} {end} (0) + L1 LINE/L1 1 50 (9) 1")
                values.append((contig, at, end, float(rng.randrange(1, 9))))
            at = end
    _text(folder / "regions.bed", "track name=x\n" + "\n".join(bed) + "\n")
    _text(folder / "depth.bedgraph", "track type=bedGraph\n" + "\n".join(graph) + "\n")
    _text(folder / "repeats.gff3", "##gff-version 3\n" + "\n".join(track) + "\n")
    _text(folder / "repeats.out", "\n".join(masker) + "\n")
    writer = pybigtools.open(str(folder / "depth.bw"), "w")
    writer.write(GENOME, iter(values))
    writer.close()


def _alignments(folder, rng):
    reads = []
    for k in range(300):
        contig = k % 3 // 2
        a = rng.randrange(0, list(GENOME.values())[contig] - 700)
        cigar = rng.choice(["100M", "30M200N70M", "5S90M3I2M", "40M2D60M"])
        reads += [Read(f"r{k}", 99, contig, a, cigar, 60, a + 50), Read(f"r{k}", 147, contig, a + 50, "100M", 60, a)]
    bam = write_bam(folder / "reads.bam", GENOME, reads)
    pysam.index("-c", "-o", str(folder / "reads.csi"), bam)
    pysam.view("-C", "-T", str(folder / "genome.fa"), "-o", str(folder / "reads.cram"), bam, catch_stdout=False)
    pysam.index(str(folder / "reads.cram"))


def _hdf5(folder):
    rng = random.Random(12)
    contigs = {name: "".join(rng.choices("ACGT", k=length // 6)) for name, length in GENOME.items()}
    export_all(full_store(folder / "full.zarr", contigs), folder / "helixer.h5", 200)
    spec = NetworkSpec(cnn_layers=2, filter_depth=4, kernel_size=5, units=3, lstm_layers=1)
    write_keras2_file(folder / "model.h5", spec)
