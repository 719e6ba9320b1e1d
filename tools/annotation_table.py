"""Label published annotations and say what became of their genes: the tables of docs/explanation/annotations.md.

    python tools/annotation_table.py FOLDER [--check]

FOLDER holds the genomes and annotations named in SETS; they are not part of this repository. ``--check`` only compares.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import BadInputError
from helixdask.genes.reading.gff_read import read_gff
from helixdask.genes.reading.stage import ImportGenesStage
from helixdask.labels.stage import LabelsStage
from helixdask.sequence.stage import EncodeStage
from helixdask.store.contigs import ContigTable
from helixdask.store.store import Store

TARGET = Path(__file__).parents[1] / "docs/explanation/annotations.md"
QUIET = RunOptions(workers=1, quiet=True)


class AnnotatedGenome(NamedTuple):
    """A genome and one annotation of it; ``aliases`` are names of the annotation and of the genome."""

    title: str
    fasta: str
    annotation: str
    aliases: tuple[tuple[str, str], ...] = ()
    genetic_codes: tuple[tuple[str, int], ...] = ()
    genetic_code: int = 1


_POMBE = ("spombe/spombe_I_II.fa.gz", "spombe/Schizosaccharomyces_pombe_all_chromosomes.I_II.gff3.gz")
SETS = (
    AnnotatedGenome("S. pombe, PomBase as published", *_POMBE, (("mitochondrial", "MT"),), (("MT", 4),)),
    AnnotatedGenome("S. pombe, mRNA only", "spombe/spombe_I_II.fa.gz", "spombe/pombase_mRNA_only.derived.I_II.gff3.gz"),
    AnnotatedGenome(
        "A. thaliana, part of chromosome 3, Araport11 GTF",
        "athaliana_chr3/Athaliana_447_TAIR10_Chr3_1065466-1464870.fa.gz",
        "athaliana_chr3/Athaliana_447_Araport11.gene_exons.Chr3_1065466-1464870.gtf.gz",
    ),
    AnnotatedGenome("A. thaliana, 1 %, TAIR", "korf_1pct/athaliana.1pct.fa.gz", "korf_1pct/athaliana.1pct.gff3.gz"),
    AnnotatedGenome("C. elegans, 1 %, WormBase", "korf_1pct/celegans.1pct.fa.gz", "korf_1pct/celegans.1pct.gff3.gz"),
    AnnotatedGenome("D. melanogaster, chr2L, FlyBase CDS GTF", "dmel/dm6_chr2L.fa.gz", "dmel/flybase_CDS_chr2L.gtf.gz"),
    AnnotatedGenome(
        "A. thaliana, 15 BACs, PASA",
        "pasa_at_bacs/genome_sample.fasta.gz",
        "pasa_at_bacs/orig_annotations_sample.gff3.gz",
    ),
    AnnotatedGenome("B. rapa, pieces, Phytozome", "plant_homologs/BrapaFPsc.fa.gz", "plant_homologs/BrapaFPsc.gff3.gz"),
    AnnotatedGenome(
        "P. trichocarpa, pieces, Phytozome", "plant_homologs/Ptrichocarpa.fa.gz", "plant_homologs/Ptrichocarpa.gff3.gz"
    ),
)

MORE = (
    ("A. arenosa, chromosomes 1 and 2, AUGUSTUS", "aarenosa_chr1_2", 1),
    ("A. thaliana, chromosome 1 to 20 Mb, RefSeq", "athaliana_chr1_0_20Mb", 1),
    ("A. tubingensis, one scaffold, funannotate", "atubingensis_scaffold1", 1),
    ("C. albicans, chromosome 1A, CGD", "calbicans_chr1A", 12),
    ("C. neoformans, chromosomes 1 and 2, FungiDB", "cneoformans_chr1_2", 1),
    ("O. tauri, RefSeq", "otauri", 1),
    ("P. falciparum, chromosomes 1 and 2, GeneDB", "pfalciparum_chr1_2", 1),
    ("R. communis, four scaffolds, TIGR", "rcommunis_4scaffolds", 1),
    ("S. paradoxus CBS432", "sparadoxus_CBS432", 1),
)
SETS += tuple(
    AnnotatedGenome(
        title, f"more_genomes/{name}/genome.fa.gz", f"more_genomes/{name}/annotation.gff3.gz", genetic_code=code
    )
    for title, name, code in MORE
)
TOUCHED = (
    "unpainted_isoform",
    "cds_gap",
    "cds_overlap",
    "transcript_twice",
    "ambiguous_parent",
    "several_proteins",
    "gene_id_is_transcript_id",
    "attribute_case",
)
"""Codes of the rules that no coding row may break, in the order of the second table."""

HEAD = """# Published annotations, and what becomes of their genes

Written by `python tools/annotation_table.py FOLDER` from files that are not part of this repository. Codes are
explained in [labels](../reference/labels.md).

## Read and labelled, default rules
*Learnt*: a transcript of the gene is painted and all its coding bases are valid. *Not learnt*: a coding base of it is
masked, or nothing of the gene is painted (non-coding genes, most of the number). Each gene that was read is one of
the two, and each that is not learnt is named in the findings. A gene may be under several codes. *C. albicans* is
read with genetic code 12. The mitochondrion of *S. pombe* is read with an alias and genetic code 4: its genes were
annotated on another sequence than the file's, and end masked.

| annotation | genes read | learnt | not learnt | of these non-coding | bases masked, % | other genes under each code of labelling | rows under each code of reading |
|---|---|---|---|---|---|---|---|
"""

RULES = f"""
## Genes that the rules on coding rows touch
Genes under the codes of [coding bases](../reference/labels.md#coding-bases) and of transcripts that names and places tell apart,
and masked places outside a gene. On all of these annotations no coding row has a valid intergenic base, class cds
stands exactly where a phase stands, and every transcript holds the rows that name it;
`tests/labels/row_invariants.py` checks that from the rows alone.

| annotation | {" | ".join(TOUCHED)} | places |
|{"---|" * (len(TOUCHED) + 2)}
"""

EDGE = """
## Odd files
Without a genome: what the reader makes of them. The names are those of AGAT's, gffutils', AUGUSTUS' and BRAKER's test
files.

| file | result | findings |
|---|---|---|
"""


def counted(codes: Counter[str]) -> str:
    """Codes with their counts, the most frequent first."""
    return (
        ", ".join(f"{code} {count:,}" for code, count in sorted(codes.items(), key=lambda c: (-c[1], c[0]))) or "none"
    )


def labelled_row(folder: Path, genome: AnnotatedGenome, work: Path) -> tuple[str, str]:
    """One row of the first and of the second table."""
    url = str(work / "store.zarr")
    run_stage(EncodeStage(str(folder / genome.fasta), genome.title), url, QUIET)
    files = {}
    for name, rows in (("aliases", genome.aliases), ("genetic_codes", genome.genetic_codes)):
        files[name] = work / f"{name}.tsv"
        files[name].write_text("".join(f"{a}\t{b}\n" for a, b in rows))
    aliases = str(files["aliases"]) if genome.aliases else None
    started = time.perf_counter()
    run_stage(ImportGenesStage(gff=str(folder / genome.annotation), aliases=aliases), url, QUIET)
    codes = {"genetic_codes": str(files["genetic_codes"])} if genome.genetic_codes else {}
    run_stage(LabelsStage(genetic_code=genome.genetic_code, **codes), url, QUIET)
    seconds = time.perf_counter() - started
    store = Store.open(url)
    attrs = store.attrs("labels/reference")
    reader = Counter(store.table("genes/reference/findings")["finding_code"].tolist())
    named: dict[str, set[str]] = {}
    tables = [store.table(f"{group}/reference/findings") for group in ("labels", "genes")]
    for code, gene in zip(tables[0]["finding_code"].tolist(), tables[0]["finding_gene"].tolist(), strict=True):
        named.setdefault(code, set()).add(gene)
    touched = {code: len(named.get(code, ())) for code in TOUCHED[:3]}
    for code in TOUCHED[3:]:
        rows = tables[1]["finding_code"] == code
        touched[code] = len(set(tables[1]["finding_gene"][rows].tolist()))
    endings = (".other_strand", ".outside", ".minus")
    ids = store.table("genes/reference")["gene_id"].tolist()
    places = sum(name.endswith(endings) or ".on." in name for name in ids)
    numbers = " | ".join(f"{touched[code]:,}" for code in TOUCHED)
    second = f"| {genome.title} | {numbers} | {places:,} |\n"
    genes = Counter({code: len(names) for code, names in named.items()})
    read, learnt = attrs["genes_read"], attrs["genes_learnt"]
    share = 100 * attrs["bases_masked"] / (2 * store.n_bases)
    sys.stderr.write(f"{genome.title}: {seconds:.2f} s\n")
    return (
        f"| {genome.title} | {read:,} | {learnt:,} | {read - learnt:,} | {genes.pop('noncoding_gene', 0):,} "
        f"| {share:.2f} | {counted(genes)} | {counted(reader)} |\n"
    ), second


def odd_row(folder: Path, path: Path) -> str:
    """One row of the second table."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as handle:
        names = list(dict.fromkeys(line.split("\t")[0] for line in handle if line.strip() and line[0] not in "#>"))
    contigs = ContigTable(np.array(names, object), np.full(len(names), 10**9, np.int64))
    try:
        models, findings = read_gff(path, contigs)
        coding = models.cds["transcript"].nunique()
        result = f"{len(models.genes):,} genes, {len(models.transcripts):,} transcripts, {coding:,} coding"
        found = counted(Counter(findings.counts()))
    except BadInputError as error:
        result, found = f"refused: {error.problem}", ""
    return f"| {path.relative_to(folder / 'edge_gff')} | {result} | {found} |\n"


def main() -> int:
    """Write or compare the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    tables = [], []
    for genome in SETS:
        with tempfile.TemporaryDirectory() as work:
            for rows, row in zip(tables, labelled_row(given.folder, genome, Path(work)), strict=True):
                rows.append(row)
    page = HEAD + "".join(tables[0]) + RULES + "".join(tables[1]) + EDGE
    odd = sorted(p for p in (given.folder / "edge_gff").rglob("*") if ".g" in p.name and "h5" not in p.name)
    page += "".join(odd_row(given.folder, path) for path in odd)
    if given.check:
        return int(TARGET.read_text() != page)
    TARGET.write_text(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
