"""What is read does not depend on the order of lines, nor on whether it was written as GFF3 or GTF."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.store.contigs import ContigTable
from tests.genes.gff_support import read_text, shown

TABLE = ContigTable(np.array(["a", "b", "c"], object), np.array([5000] * 3, np.int64))


@st.composite
def genes(draw):
    """Genes as (contig, strand, transcripts); a transcript is (exons, number of coding bases from its low end)."""
    out = []
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, 3000))
        transcripts = []
        for _ in range(draw(st.integers(1, 3))):
            at, exons = start + draw(st.integers(0, 50)), []
            for _ in range(draw(st.integers(1, 4))):
                length = draw(st.integers(6, 60))
                exons.append((at, at + length))
                at += length + draw(st.integers(1, 80))
            skip = draw(st.integers(0, 3))
            span = sum(b - a for a, b in exons)
            transcripts.append((exons, skip, draw(st.integers(0, (span - skip) // 3)) * 3))
        out.append((draw(st.sampled_from("abc")), draw(st.sampled_from("+-")), transcripts))
    return out


def coding(exons, skip, length):
    """Parts of the exons that hold the coding bases."""
    out = []
    for a, b in exons:
        low, high = a + min(skip, b - a), b
        skip -= min(skip, b - a)
        high = min(high, low + length)
        if high > low:
            out.append((low, high))
            length -= high - low
    return out


def with_phases(cds, strand):
    order, done, out = (cds if strand == "+" else cds[::-1]), 0, []
    for a, b in order:
        out.append((a, b, -done % 3))
        done += b - a
    return out


def written(made, is_gtf, stop_apart):
    """Lines of all genes."""
    lines = []

    def add(contig, kind, start, end, strand, phase, gene, transcript):
        if is_gtf:
            text = f'gene_id "{gene}";' + (f' transcript_id "{transcript}";' if transcript else "")
        else:
            own = {"gene": f"ID={gene}", "mRNA": f"ID={transcript};Parent={gene}"}
            text = own.get(kind, f"ID={kind}-{transcript};Parent={transcript}")
        lines.append(f"{contig}\tx\t{kind}\t{start + 1}\t{end}\t.\t{strand}\t{phase}\t{text}")

    for g, (contig, strand, transcripts) in enumerate(made):
        name = f"g{g}"
        low, high = min(t[0][0][0] for t in transcripts), max(t[0][-1][1] for t in transcripts)
        add(contig, "gene", low, high, strand, ".", name, "")
        for t, (exons, skip, length) in enumerate(transcripts):
            transcript = f"{name}.{t}"
            add(contig, "mRNA", exons[0][0], exons[-1][1], strand, ".", name, transcript)
            for a, b in exons:
                add(contig, "exon", a, b, strand, ".", name, transcript)
            segments = with_phases(coding(exons, skip, length), strand)
            if segments and stop_apart and segments[-1][1] - segments[-1][0] > 3:
                a, b, phase = segments[-1]
                stop = (b - 3, b) if strand == "+" else (a, a + 3)
                segments[-1] = (a, b - 3, phase) if strand == "+" else (a + 3, b, phase)
                add(contig, "stop_codon", *stop, strand, 0, name, transcript)
            for a, b, phase in segments:
                add(contig, "CDS", a, b, strand, phase, name, transcript)
    return lines


@pytest.mark.slow
@settings(max_examples=15)
@given(genes(), st.randoms(use_true_random=False), st.booleans())
def test_order_and_format_do_not_matter(tmp_path, made, order: random.Random, stop_apart):
    lines = written(made, False, False)
    models, findings = read_text(tmp_path, "\n".join(lines), TABLE)
    expected = shown(models, TABLE)
    assert len(models) == len(made)
    assert len(findings) == 0
    order.shuffle(lines)
    again, findings = read_text(tmp_path, "##gff-version 3\n" + "\n".join(lines), TABLE)
    assert by_transcript(shown(again, TABLE)) == by_transcript(expected)
    assert len(findings) == 0
    lines = written(made, True, stop_apart)
    gtf, findings = read_text(tmp_path, "\n".join(lines), TABLE)
    assert shown(gtf, TABLE) == expected
    assert set(findings.counts()) <= {"stop_codon_added"}
    # Without lines of genes and transcripts, as in older GTF files.
    bare = [line for line in lines if line.split("\t")[2] not in ("gene", "mRNA")]
    order.shuffle(bare)
    implied, findings = read_text(tmp_path, "\n".join(bare), TABLE)
    assert by_transcript(shown(implied, TABLE)) == by_transcript(expected)
    assert set(findings.counts()) <= {"stop_codon_added"}


def by_transcript(genes):
    """Transcripts of a gene have the order of the file."""
    return [sorted(gene.split(" | ")) for gene in genes]


NAMES = st.sampled_from(["", "a", "b", "c", "a,b", "c%2Ca", "x"])
STRANGE_LINE = st.tuples(
    st.sampled_from(["a", "b", "d"]),
    st.sampled_from(["gene", "mRNA", "exon", "CDS", "UTR", "stop_codon", "tRNA", "pseudogene", "odd", "region"]),
    st.integers(-3, 5100),
    st.integers(-3, 60),
    st.sampled_from("+-.?"),
    st.sampled_from([".", "0", "1", "2", "x"]),
    NAMES,
    NAMES,
    st.sampled_from(["", ";pseudo=true", ";part=1", ";Is_circular=true", ";locus_tag=a", ";masked=no_strand"]),
)


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(STRANGE_LINE, min_size=1, max_size=12), st.booleans())
def test_nonsense_is_read_and_no_gene_is_lost(tmp_path, lines, is_gtf):
    text, genes = ["a\tx\tregion\t1\t9\t.\t+\t.\t"], set()
    for seqid, kind, start, length, strand, phase, name, parent, more in lines:
        gff3 = ";".join(filter(None, [f"ID={name}" * bool(name), f"Parent={parent}" * bool(parent)])) + more
        gtf = f'gene_id "{name}"; transcript_id "{parent}";'
        text.append(f"{seqid}\tx\t{kind}\t{start}\t{start + length}\t.\t{strand}\t{phase}\t{gtf if is_gtf else gff3}")
        if kind == "gene" and name and seqid != "d" and (is_gtf or not parent):
            genes.add(name.replace("%2C", ","))
    models, findings = read_text(tmp_path, "\n".join(text), TABLE)
    if any(row[0] == "gene_id_is_transcript_id" for row in findings.rows):
        return  # lines of genes stand for transcripts there, several of which are one gene
    assert genes <= {*models.genes["id"], *models.transcripts["id"], *(row[5] for row in findings.rows)}
    exact, _ = read_text(tmp_path, "\n".join(text), TABLE, phases="file")
    # Helixer knows neither places of a gene besides its own nor genes that were put right.
    assert genes & {*exact.genes["id"]} <= {*models.genes["id"]}


@pytest.mark.parametrize("n_contigs", [1, 20_000])
def test_many_lines_on_one_or_many_sequences(tmp_path, n_contigs):
    contigs = ContigTable(np.array([f"s{k}" for k in range(n_contigs)], object), np.full(n_contigs, 10**6, np.int64))
    lines = []
    for k in range(20_000):
        seqid = f"s{k % n_contigs}"
        left = f"{seqid}\tx"
        lines += [
            f"{left}\tgene\t1\t90\t.\t+\t.\tID=g{k}",
            f"{left}\tmRNA\t1\t90\t.\t+\t.\tID=t{k};Parent=g{k}",
            f"{left}\texon\t1\t90\t.\t+\t.\tParent=t{k}" + (",lost" if k % 2 else ""),
        ]
    models, _ = read_text(tmp_path, "\n".join(lines), contigs)
    assert len(models.exons) == 20_000
