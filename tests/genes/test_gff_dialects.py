"""Each source writes annotations in its own way: what is read from a few lines of each."""

from __future__ import annotations

import numpy as np
import pytest

from helixdask.genes.attributes import masked_reasons
from helixdask.store.contigs import ContigTable
from tests.genes.gff_support import attributes, read_text, rows, shown

ONE = "chr1:100-400 +"
EXONS, CDS = "100-200,300-400", "150-200:0,300-341:1"


def two_exons(parent, *, source="x", cds_id="", extra="", exons=True):
    """Exons 101-200 and 301-400, CDS 151-200 and 301-341, of which 341 is no multiple of three short."""
    lines = [f"chr1 {source} exon {a} {b} . + . Parent={parent}{extra}" for a, b in ((101, 200), (301, 400)) if exons]
    cds = f"ID={cds_id};" if cds_id else ""
    return [
        *lines,
        f"chr1 {source} CDS 151 200 . + 0 {cds}Parent={parent}{extra}",
        f"chr1 {source} CDS 301 341 . + 1 {cds}Parent={parent}{extra}",
    ]


GFF3 = {
    "refseq": (
        [
            "chr1 RefSeq region 1 1000 . + . ID=chr1:1..1000;Dbxref=taxon:1;gbkey=Src;mol_type=genomic DNA",
            "chr1 Gnomon gene 101 400 . + . ID=gene-LOC1;Dbxref=GeneID:1;Name=LOC1;gbkey=Gene;gene=LOC1"
            ";gene_biotype=protein_coding",
            "chr1 Gnomon mRNA 101 400 . + . ID=rna-XM_1.1;Parent=gene-LOC1;Name=XM_1.1;gbkey=mRNA;product=a%2C b",
            *(line.replace("Parent", "ID=exon-XM_1.1-1;Parent") for line in two_exons("rna-XM_1.1")[:2]),
            *two_exons("rna-XM_1.1", cds_id="cds-XP_1.1", extra=";protein_id=XP_1.1;gbkey=CDS", exons=False),
        ],
        [f"gene-LOC1 {ONE} | rna-XM_1.1 mRNA {EXONS} {CDS}"],
        {"type_ignored": 1},
    ),
    "refseq, trna": (
        [
            "chr1 tRNAscan-SE gene 11 90 . - . ID=gene-TRNA;gene_biotype=tRNA",
            "chr1 tRNAscan-SE tRNA 11 90 . - . ID=rna-TRNA;Parent=gene-TRNA;anticodon=(pos:complement(50..52))",
            "chr1 tRNAscan-SE exon 11 40 . - . ID=exon-1;Parent=rna-TRNA",
            "chr1 tRNAscan-SE exon 61 90 . - . ID=exon-2;Parent=rna-TRNA",
        ],
        ["gene-TRNA chr1:10-90 - | rna-TRNA tRNA 10-40,60-90"],
        {},
    ),
    "refseq, segment": (
        [
            "chr1 Curated gene 101 400 . + . ID=gene-IGHC;gene_biotype=C_region",
            "chr1 Curated C_gene_segment 101 400 . + . ID=id-IGHC;Parent=gene-IGHC;gbkey=C_region",
            *two_exons("id-IGHC", cds_id="cds-IGHC"),
        ],
        [f"gene-IGHC {ONE} | id-IGHC C_gene_segment {EXONS}"],
        {"cds_of_noncoding": 1},
    ),
    "refseq, pseudogene": (
        [
            "chr1 Gnomon pseudogene 101 400 . + . ID=gene-P;gene_biotype=pseudogene;pseudo=true",
            "chr1 Gnomon exon 101 200 . + . ID=id-P;Parent=gene-P;pseudo=true",
            "chr2 RefSeq gene 11 40 . - . ID=gene-Q;gene_biotype=pseudogene;pseudo=true",
            "chr2 Protein_Homology CDS 11 40 . - 0 ID=cds-Q;Parent=gene-Q;pseudo=true;transl_table=11",
        ],
        [
            f"gene-P {ONE} | gene-P.t1 pseudogenic_transcript 100-200",
            "gene-Q chr2:10-40 - | gene-Q.t1 mRNA 10-40",
        ],
        {"cds_of_noncoding": 1, "exons_made": 1},
    ),
    "genbank, bacterium": (
        [
            "chr1 Genbank gene 101 160 . - . ID=gene-b1;locus_tag=b1;partial=true;start_range=.,101",
            "chr1 Genbank CDS 101 160 . - 0 ID=cds-1;Parent=gene-b1;transl_table=11;product=x;start_range=.,101",
        ],
        ["gene-b1 chr1:100-160 - | gene-b1.t1 mRNA 100-160 100-160:0"],
        {"exons_made": 1},
    ),
    "genbank, open ends": (
        [
            "chr1 EMBL gene 101 400 . - . ID=gene-g;partial=true;start_range=.,101;end_range=400,.",
            "chr1 EMBL mRNA 101 400 . - . ID=rna-g;Parent=gene-g;partial=true;start_range=.,101;end_range=400,.",
            "chr1 EMBL exon 101 400 . - . Parent=rna-g",
            "chr1 EMBL mRNA 101 300 . - . ID=rna-h;Parent=gene-g;partial=true;end_range=300,.",
            "chr1 EMBL exon 101 300 . - . Parent=rna-h",
        ],
        ["gene-g chr1:100-400 - | rna-g<> mRNA 100-400 | rna-h< mRNA 100-300"],
        {},
    ),
    "ensembl": (
        [
            "chr1 . chromosome 1 1000 . . . ID=chromosome:1",
            "chr1 ensembl gene 101 400 . + . ID=gene:E1;Name=abc;biotype=protein_coding;description=x [Source:y]",
            "chr1 ensembl mRNA 101 400 . + . ID=transcript:T1;Parent=gene:E1;biotype=protein_coding",
            "chr1 ensembl five_prime_UTR 101 150 . + . Parent=transcript:T1",
            *two_exons("transcript:T1", cds_id="CDS:P1", extra=";protein_id=P1"),
            "chr1 ensembl three_prime_UTR 342 400 . + . Parent=transcript:T1",
            "chr2 ensembl ncRNA_gene 11 90 . - . ID=gene:E2;biotype=lncRNA",
            "chr2 ensembl lnc_RNA 11 90 . - . ID=transcript:T2;Parent=gene:E2",
            "chr2 ensembl exon 11 90 . - . Parent=transcript:T2;constitutive=1;ensembl_phase=-1",
            "chr2 ensembl biological_region 1 9 . . . logic_name=cpg",
        ],
        [
            f"gene:E1 {ONE} | transcript:T1 mRNA {EXONS} {CDS}",
            "gene:E2 chr2:10-90 - | transcript:T2 lnc_RNA 10-90",
        ],
        {"type_ignored": 2},
    ),
    "phytozome": (
        [
            "chr1 phytozomev12 gene 101 400 . + . ID=B.A1.v1;Name=B.A1",
            "chr1 phytozomev12 mRNA 101 400 . + . ID=B.A1.1.v1;Name=B.A1.1;pacid=1;longest=1;Parent=B.A1.v1",
            *(
                line.replace("Parent", "ID=B.A1.1.v1.x;Parent") + ";pacid=1"
                for line in two_exons("B.A1.1.v1", exons=True)
            ),
        ],
        [f"B.A1.v1 {ONE} | B.A1.1.v1 mRNA {EXONS} {CDS}"],
        {},
    ),
    "araport": (
        [
            "chr1 Araport11 gene 101 400 . + . ID=AT1;Name=AT1;Note=x%2C y;locus_type=protein_coding",
            "chr1 Araport11 mRNA 101 400 . + . ID=AT1.1;Parent=AT1",
            "chr1 Araport11 mRNA 101 400 . + . ID=AT1.2;Parent=AT1",
            "chr1 Araport11 protein 151 341 . + . ID=AT1.1-Protein;Derives_from=AT1.1",
            *two_exons("AT1.1,AT1.2"),
        ],
        [f"AT1 {ONE} | AT1.1 mRNA {EXONS} {CDS} | AT1.2 mRNA {EXONS} {CDS}"],
        {"type_ignored": 1},
    ),
    "flybase": (
        [
            "chr1 FlyBase gene 101 400 . + . ID=FBgn1;Name=a",
            "chr1 FlyBase pseudogene 101 400 . + . ID=FBtr2;Parent=FBgn1",
            "chr1 FlyBase mRNA 101 400 . + . ID=FBtr1;Parent=FBgn1;Alias=CG1-RA",
            *two_exons("FBtr1"),
            "chr1 FlyBase exon 101 400 . + . ID=FBgn1:9;Parent=FBtr2",
            "chr1 FlyBase intron 201 300 . + . Parent=FBtr1",
        ],
        [f"FBgn1 {ONE} | FBtr2 pseudogene 100-400 | FBtr1 mRNA {EXONS} {CDS}"],
        {"type_ignored": 1},
    ),
    "wormbase": (
        [
            "chr1 WormBase gene 101 400 . + . ID=Gene:WB1;Name=WB1;biotype=protein_coding",
            "chr1 WormBase mRNA 101 400 . + . ID=Transcript:F1.1;Parent=Gene:WB1",
            *two_exons("Transcript:F1.1", cds_id="CDS:F1"),
            "chr1 SAGE SAGE_tag 1 9 . + . ID=sage1",
            "chr1 WormBase nc_primary_transcript 101 200 . + . ID=Transcript:F1.2;Parent=Gene:WB1",
            "chr1 WormBase exon 101 200 . + . Parent=Transcript:F1.2",
        ],
        [f"Gene:WB1 {ONE} | Transcript:F1.1 mRNA {EXONS} {CDS} | Transcript:F1.2 nc_primary_transcript 100-200"],
        {"type_ignored": 1},
    ),
    "pombase": (
        [
            "chr1 PomBase gene 101 400 . + . ID=SP1;Name=a1",
            "chr1 PomBase mRNA 101 400 . + . ID=SP1.1;Parent=SP1",
            "chr1 PomBase five_prime_UTR 101 150 . + . Parent=SP1.1",
            *(line.replace("+ 1", "+ 0") for line in two_exons("SP1.1", exons=False)),
            "chr1 PomBase three_prime_UTR 342 400 . + . Parent=SP1.1",
            "chr2 PomBase gene 11 90 . - . ID=SP2",
            "chr2 PomBase ncRNA 11 90 . - . ID=SP2.1;Parent=SP2",
            "chr2 PomBase CDS 11 90 . - 0 Parent=SP2.1",
        ],
        [f"SP1 {ONE} | SP1.1 mRNA {EXONS} {CDS}", "SP2 chr2:10-90 - | SP2.1 ncRNA 10-90"],
        {"cds_of_noncoding": 1, "exons_made": 1, "wrong_phase": 1},
    ),
    "maker": (
        [
            "chr1 maker gene 101 400 . + . ID=maker-1;Name=maker-1",
            "chr1 maker mRNA 101 400 . + . ID=maker-1-mRNA-1;Parent=maker-1;_AED=0.1;_QI=1|0|0",
            *two_exons("maker-1-mRNA-1", cds_id="maker-1-mRNA-1:cds"),
            "chr1 est2genome expressed_sequence_match 101 400 9 + . ID=est1;Target=est 1 9",
            "chr1 est2genome match_part 101 200 9 + . ID=est1:1;Parent=est1",
        ],
        [f"maker-1 {ONE} | maker-1-mRNA-1 mRNA {EXONS} {CDS}"],
        {"type_ignored": 2},
    ),
    "evm": (
        [
            "chr1 EVM gene 101 400 . + . ID=evm.TU.chr1.1;Name=EVM prediction chr1.1",
            "chr1 EVM mRNA 101 400 . + . ID=evm.model.chr1.1;Parent=evm.TU.chr1.1",
            *two_exons("evm.model.chr1.1", cds_id="cds.evm.model.chr1.1"),
        ],
        [f"evm.TU.chr1.1 {ONE} | evm.model.chr1.1 mRNA {EXONS} {CDS}"],
        {},
    ),
    "pasa": (
        [
            "# PASA_UPDATE: gene of pasa",
            "chr1 . gene 101 400 . + . ID=68711.t01;Name=ORF%20x",
            "chr1 . mRNA 101 400 . + . ID=model.68711.m01;Parent=68711.t01",
            "chr1 . five_prime_UTR 101 150 . + . ID=model.68711.m01.utr5p1;Parent=model.68711.m01",
            *two_exons("model.68711.m01", source=".", cds_id="cds.of.68711.m01"),
            "chr1 . three_prime_UTR 342 400 . + . ID=model.68711.m01.utr3p1;Parent=model.68711.m01",
        ],
        [f"68711.t01 {ONE} | model.68711.m01 mRNA {EXONS} {CDS}"],
        {},
    ),
    "liftoff": (
        [
            "chr1 Liftoff gene 101 400 . + . ID=gene:L1;coverage=1.0;sequence_ID=1.0;valid_ORFs=1;extra_copy_number=0",
            "chr1 Liftoff mRNA 101 400 . + . ID=transcript:L1.1;Parent=gene:L1;matches_ref_protein=True;valid_ORF=True",
            *two_exons("transcript:L1.1", source="Liftoff", extra=";extra_copy_number=0"),
            "chr2 Liftoff gene 101 400 . + . ID=gene:L1_1;coverage=0.9;sequence_ID=0.9;extra_copy_number=1",
        ],
        [f"gene:L1 {ONE} | transcript:L1.1 mRNA {EXONS} {CDS}", "gene:L1_1 chr2:100-400 +"],
        {"empty_gene": 1},
    ),
    "augustus": (
        [
            "# ----- prediction on sequence number 1 (length = 1000, name = chr1) -----",
            "chr1 AUGUSTUS gene 101 400 0.5 + . ID=g1",
            "chr1 AUGUSTUS transcript 101 400 0.5 + . ID=g1.t1;Parent=g1",
            "chr1 AUGUSTUS tss 101 101 . + . Parent=g1.t1",
            "chr1 AUGUSTUS start_codon 151 153 . + 0 Parent=g1.t1",
            *two_exons("g1.t1", source="AUGUSTUS", cds_id="g1.t1.cds"),
            "# protein sequence = [MK]",
        ],
        [f"g1 {ONE} | g1.t1 transcript {EXONS} {CDS}"],
        {"type_ignored": 2},
    ),
    "helixer": (
        [
            "chr1 Helixer gene 101 400 . - . ID=s_chr1_000001",
            "chr1 Helixer mRNA 101 400 . - . ID=s_chr1_000001.1;Parent=s_chr1_000001",
            "chr1 Helixer exon 301 400 . - . ID=s_chr1_000001.1.exon.1;Parent=s_chr1_000001.1",
            "chr1 Helixer five_prime_UTR 381 400 . - . ID=s_chr1_000001.1.five_prime_UTR.1;Parent=s_chr1_000001.1",
            "chr1 Helixer CDS 301 380 . - 0 ID=s_chr1_000001.1.CDS.1;Parent=s_chr1_000001.1",
            "chr1 Helixer exon 101 200 . - . ID=s_chr1_000001.1.exon.2;Parent=s_chr1_000001.1",
            "chr1 Helixer CDS 151 200 . - 1 ID=s_chr1_000001.1.CDS.2;Parent=s_chr1_000001.1",
        ],
        [f"s_chr1_000001 chr1:100-400 - | s_chr1_000001.1 mRNA {EXONS} 150-200:1,300-380:0"],
        {},
    ),
}


@pytest.mark.parametrize("name", GFF3)
def test_gff3(tmp_path, name):
    lines, expected, findings = GFF3[name]
    models, found = read_text(tmp_path, "##gff-version 3\n" + rows(*lines))
    assert shown(models) == expected
    assert found.counts() == findings


def gtf(*lines):
    """GTF lines ``type start end strand phase transcript`` of gene g on chr1."""
    out = []
    for line in lines:
        kind, start, end, strand, phase, transcript = line.split()
        named = f' transcript_id "{transcript}";' if transcript != "-" else ""
        out.append(f'chr1\tx\t{kind}\t{start}\t{end}\t.\t{strand}\t{phase}\tgene_id "g";{named}\n')
    return "".join(out)


GTF = {
    "braker": (
        "chr1\tAUGUSTUS\tgene\t101\t400\t.\t+\t.\tg1\nchr1\tAUGUSTUS\ttranscript\t101\t400\t0.9\t+\t.\tg1.t1\n"
        + "".join(
            f'chr1\tAUGUSTUS\t{kind}\t{a}\t{b}\t.\t+\t{p}\ttranscript_id "g1.t1"; gene_id "g1";\n'
            for kind, a, b, p in [
                ("start_codon", 101, 103, 0),
                ("CDS", 101, 200, 0),
                ("exon", 101, 200, "."),
                ("intron", 201, 300, "."),
                ("CDS", 301, 400, 2),
                ("exon", 301, 400, "."),
                ("stop_codon", 398, 400, 0),
            ]
        ),
        [f"g1 {ONE} | g1.t1 transcript {EXONS} 100-200:0,300-400:2"],
        {"type_ignored": 2},
    ),
    "genemark": (
        gtf("start_codon 398 400 - 0 t", "CDS 301 400 - 0 t", "CDS 101 200 - 2 t", "stop_codon 101 103 - 0 t"),
        ["g chr1:100-400 - | t mRNA 100-200,300-400 100-200:2,300-400:0"],
        {"type_ignored": 1, "exons_made": 1},
    ),
    "refseq": (
        'chr1\tGnomon\tgene\t101\t400\t.\t-\t.\tgene_id "L1"; transcript_id ""; gene_biotype "x"; pseudo "true";\n'
        'chr1\tGnomon\ttranscript\t101\t400\t.\t-\t.\tgene_id "L1"; transcript_id "XM_1.1"; product "a; b";\n'
        'chr1\tGnomon\texon\t101\t400\t.\t-\t.\tgene_id "L1"; transcript_id "XM_1.1"; exon_number "1";\n'
        'chr1\tGnomon\tCDS\t204\t300\t.\t-\t0\tgene_id "L1"; transcript_id "XM_1.1"; protein_id "XP_1.1";\n',
        ["L1 chr1:100-400 - | XM_1.1 transcript 100-400"],
        {"cds_of_noncoding": 1},
    ),
    "stringtie": (
        gtf("transcript 101 400 . . t", "exon 101 400 . . t", "transcript 501 600 + . u", "exon 501 600 + . u").replace(
            'gene_id "g"; transcript_id "u"', 'gene_id "h"; transcript_id "u"; cov "1.5"; FPKM "2"'
        ),
        ["g chr1:100-400 +", "h chr1:500-600 + | u transcript 500-600"],
        {"no_strand": 1},
    ),
    "ensembl": (
        gtf("gene 101 400 + . -", "transcript 101 400 + . t", "exon 101 400 + . t", "CDS 101 397 + 0 t")
        + gtf("stop_codon 398 400 + 0 t"),
        ["g chr1:100-400 + | t transcript 100-400 100-400:0"],
        {"stop_codon_added": 1},
    ),
}


@pytest.mark.parametrize("name", GTF)
def test_gtf(tmp_path, name):
    text, expected, findings = GTF[name]
    models, found = read_text(tmp_path, text)
    assert shown(models) == expected
    assert found.counts() == findings


def test_what_refseq_says_of_the_translation_is_kept(tmp_path):
    text = rows(
        "chr1 RefSeq gene 101 160 . + . ID=gene-s;Name=s;gene_biotype=protein_coding",
        "chr1 RefSeq CDS 101 130 . + 0 ID=cds-s;Parent=gene-s;exception=ribosomal slippage;transl_table=11;product=%3B",
        "chr1 RefSeq CDS 130 160 . + 0 ID=cds-s;Parent=gene-s;exception=ribosomal slippage;transl_table=11",
        "chr1 RefSeq gene 201 260 . + . ID=gene-u",
        "chr1 RefSeq CDS 201 260 . + 0 ID=cds-u;Parent=gene-u;Note=x;transl_except=(pos:231..233%2Caa:Sec)",
        "chr1 RefSeq gene 301 360 . + . ID=gene-n;Note=said to show ribosomal frameshifting;partial=true;pseudo=true",
        "chr1 Liftoff gene 401 460 . + . ID=lifted;coverage=0.9;sequence_ID=0.8;partial_mapping=True;valid_ORFs=0",
        "chr1 RefSeq gene 501 560 . + . ID=plain",
    )
    models, _ = read_text(tmp_path, text)
    assert attributes(models, "gene-s") == {
        "Name": "s",
        "biotype": "protein_coding",
        "product": ";",
        "transl_table": 11,
        "translation_exception": "ribosomal slippage",
    }
    assert attributes(models, "gene-u") == {"translation_exception": "transl_except (pos:231..233,aa:Sec)"}
    about = attributes(models, "gene-n")
    assert about["translation_exception"] == "ribosomal slippage"
    assert about["partial"] is True
    assert about["pseudo"] is True
    assert attributes(models, "lifted") == {
        "coverage": "0.9",
        "sequence_ID": "0.8",
        "valid_ORFs": "0",
        "partial": True,
    }
    assert attributes(models, "plain") == {}


def test_gtf_tells_of_genes_without_a_line(tmp_path):
    text = gtf("exon 101 400 + . t", "CDS 101 400 + 0 t").replace(
        "\n", ' gene_name "abc"; gene_biotype "x"; transl_table "4";\n'
    )
    models, _ = read_text(tmp_path, text)
    assert attributes(models, "g") == {"gene_name": "abc", "biotype": "x", "transl_table": 4}


CIRCLE = ContigTable(np.array(["mt"], object), np.array([1000], np.int64))


def test_a_gene_across_the_origin_of_a_circle(tmp_path):
    lines = [
        "mt RefSeq region 1 1000 . + . ID=mt:1..1000;Is_circular=true;Name=MT",
        "mt RefSeq gene 901 1060 . + . ID=gene-a",
        "mt RefSeq CDS 901 1060 . + 0 ID=cds-a;Parent=gene-a;transl_table=4",
        "mt RefSeq gene 201 260 . + . ID=gene-b",
        "mt RefSeq CDS 201 260 . + 0 ID=cds-b;Parent=gene-b",
    ]
    models, findings = read_text(tmp_path, rows(*lines), CIRCLE)
    expected = [
        "gene-a mt:900-1000 +",
        "gene-a.past_origin mt:0-60 +",
        "gene-b mt:200-260 + | gene-b.t1 mRNA 200-260 200-260:0",
    ]
    assert shown(models, CIRCLE) == expected
    assert masked_reasons(models).tolist() == ["crosses_origin", "crosses_origin", ""]
    assert [(row[0], row[1], row[5]) for row in findings.rows if row[0] == "crosses_origin"] == [
        ("crosses_origin", "warning", "gene-a")
    ]
    models, _ = read_text(tmp_path, rows(*lines[1:]), CIRCLE)
    assert shown(models, CIRCLE)[0] == "gene-a mt:900-1000 +"
    assert masked_reasons(models).tolist() == ["bad_coordinates", ""]


def test_trans_splicing(tmp_path):
    lines = [
        "chr1 RefSeq gene 101 200 . - . ID=gene-rps12;exception=trans-splicing;part=1",
        "chr1 RefSeq gene 601 700 . + . ID=gene-rps12;exception=trans-splicing;part=2",
        "chr1 RefSeq CDS 101 200 . - 0 ID=cds-1;Parent=gene-rps12;exception=trans-splicing;part=1",
        "chr1 RefSeq CDS 601 700 . + 1 ID=cds-1;Parent=gene-rps12;exception=trans-splicing;part=2",
    ]
    models, findings = read_text(tmp_path, rows(*lines))
    assert shown(models) == ["gene-rps12 chr1:100-200 -", "gene-rps12 chr1:600-700 +"]
    assert masked_reasons(models).tolist() == ["gene_in_parts"] * 2
    assert attributes(models, "gene-rps12")["translation_exception"] == "trans-splicing"
    assert findings.counts()["gene_in_parts"] == 1
    whole = [lines[0].replace("101 200", "101 700"), *lines[2:]]
    models, findings = read_text(tmp_path, rows(*whole))
    assert [gene.split(" | ")[0] for gene in shown(models)] == [
        "gene-rps12 chr1:100-700 -",
        "gene-rps12.other_strand chr1:600-700 +",
    ]
    assert masked_reasons(models).tolist() == ["mismatching_strands"] * 2


def test_what_this_package_masked_stays_masked(tmp_path):
    text = rows(
        "chr1 helixdask gene 101 400 . + . ID=g;masked=mismatching_strands",
        "chr1 helixdask mRNA 101 400 . + . ID=t;Parent=g",
        *two_exons("t"),
        "chr1 helixdask gene 501 600 . + . ID=h;masked=no_such_code",
    )
    models, findings = read_text(tmp_path, text)
    assert masked_reasons(models).tolist() == ["mismatching_strands", ""]
    assert shown(models)[0] == f"g {ONE} | t mRNA {EXONS} {CDS}"
    assert findings.counts() == {"mismatching_strands": 1, "empty_gene": 1}
