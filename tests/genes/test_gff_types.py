from __future__ import annotations

from helixdask.genes.reading.gff_types import CDS, EXON, GENE, IGNORED, OTHER, TRANSCRIPT, UTR, is_noncoding, level_of


def test_types():
    levels = {
        GENE: "gene pseudogene ncRNA_gene transposable_element_gene gene_with_edited_transcript cryptogene",
        TRANSCRIPT: "mRNA transcript tRNA lnc_RNA pseudogenic_transcript V_gene_segment mRNA_TE_gene",
        EXON: "exon coding_exon five_prime_noncoding_exon pseudogenic_exon exon_of_single_exon_gene",
        CDS: "CDS cds CDS_predicted edited_CDS",
        UTR: "five_prime_UTR three_prime_utr UTR 5UTR",
        IGNORED: "intron start_codon protein region repeat_region",
        OTHER: "bibou",
    }
    assert {t: level_of(t) for types in levels.values() for t in types.split()} == {
        t: level for level, types in levels.items() for t in types.split()
    }
    noncoding = "tRNA ncRNA lnc_RNA pseudogenic_transcript snoRNA antisense_RNA pseudogene rRNA_gene"
    assert all(is_noncoding(t) for t in noncoding.split())
    assert not any(is_noncoding(t) for t in ["mRNA", "transcript", "gene", "trans_spliced_mRNA", "protein_coding_gene"])
