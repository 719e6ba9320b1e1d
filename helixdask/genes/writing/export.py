"""Gene models of a store to files, any number of formats in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TextIO

from helixdask.errors import BadInputError
from helixdask.genes.genetic_code import STANDARD, genetic_code
from helixdask.genes.table import read_genes
from helixdask.genes.writing.bed_write import bed_lines
from helixdask.genes.writing.coding_sequence import BlockReader, Coding, coding_sequences
from helixdask.genes.writing.fasta_write import fasta_records
from helixdask.genes.writing.gff_write import gff3_header, gff3_lines
from helixdask.genes.writing.gtf_write import gtf_header, gtf_lines
from helixdask.genes.writing.records import Gene, gene_records
from helixdask.genes.writing.settings import GeneFiles
from helixdask.genes.writing.unique_names import unique_names
from helixdask.store.lineage import model_digest
from helixdask.whole_files import whole_files

if TYPE_CHECKING:
    from helixdask.store.store import Store

Writer = Callable[[Gene, str, list[Coding | None]], Iterable[str]]


def export_genes(
    store: Store,
    name: str | None,
    files: GeneFiles,
    *,
    region: str | None = None,
    longest: bool = False,
    code: int = STANDARD,
) -> int:
    """Write gene models sorted by place, under names that are unique in a file; all files appear whole, or none.

    Memory holds the tables of the genes and some megabytes of sequence, never the genome.

    Parameters
    ----------
    store
        The store.
    name
        Name of the gene models; None: the only ones there are.
    files
        What to write.
    region
        Only genes that share a base with this region, whole.
    longest
        In FASTA only the longest coding transcript of each gene.
    code
        Number of NCBI's genetic code, for genes whose attributes name none.

    Returns
    -------
    int
        Number of genes.

    Raises
    ------
    MissingInputError
        The store holds no such genes.
    BadInputError
        No file is wanted, one cannot be written, there is no such genetic code, or the region is none of the genome's.
    """
    wanted = files.given()
    if not wanted:
        raise BadInputError("no file to write was named", remedy=f"Give one of {', '.join(vars(files))}.")
    genetic_code(code)
    name = store.resolve("genes", name)
    if region is None:
        models = read_genes(store, name).sorted()
    else:
        from helixdask.genes.lookup import genes_in_region

        models = genes_in_region(store, region, name)
    contigs = store.contigs
    digest = model_digest(store, name)
    writers: dict[str, Writer] = {
        "gff3": lambda gene, contig, _: gff3_lines(gene, contig),
        "gtf": gtf_lines,
        "bed": lambda gene, contig, _: bed_lines(gene, contig),
        "cds": lambda gene, contig, coding: fasta_records(gene, contig, coding, protein=False, longest=longest),
        "proteins": lambda gene, contig, coding: fasta_records(gene, contig, coding, protein=True, longest=longest),
    }
    sequence = BlockReader(lambda start, stop: store.read("genome/sequence", start, stop), contigs.n_bases)
    with whole_files(list(wanted.values())) as opened:
        outputs: list[tuple[TextIO, Writer]] = []
        for out, kind in zip(opened, wanted, strict=True):
            if kind == "gff3":
                out.write(gff3_header(models, contigs, store.species, digest))
            elif kind == "gtf":
                out.write(gtf_header(store.species, digest))
            outputs.append((out, writers[kind]))
        with_sequence = bool(wanted.keys() & {"gtf", "cds", "proteins"})
        for gene in gene_records(models, unique_names(models)):
            offset, length = int(contigs.offsets[gene.contig]), int(contigs.lengths[gene.contig])
            coding = coding_sequences(gene, offset, sequence, code, length) if with_sequence else []
            for out, lines in outputs:
                out.writelines(lines(gene, str(contigs.names[gene.contig]), coding))
        store.check_unchanged()
    return len(models)
