"""What is written is read back the same, whatever genes are called."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helixdask.genes.models import GeneModels
from helixdask.genes.reading.gff_read import read_gff
from helixdask.genes.writing.coding_sequence import BlockReader, coding_sequences
from helixdask.genes.writing.gff_write import write_gff3
from helixdask.genes.writing.gtf_write import gtf_header, gtf_lines
from helixdask.genes.writing.records import gene_records
from helixdask.genes.writing.unique_names import unique_names
from helixdask.sequence.codes import text_to_codes
from helixdask.store.contigs import ContigTable

LENGTH = 6000
NAMES = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=8),
    st.text(" ;=%,&\"'\t\n\r#>.:|25BCc\u2028\xa0é", min_size=1, max_size=8),
)
CONTIG_NAMES = st.text("ab%25;#>\"'=,&é:|.", min_size=1, max_size=6)


@st.composite
def genes(draw):
    """Genes of one or two transcripts; coding ones begin and end inside their exons, at stops or not."""
    columns = {table: {} for table in ("genes", "transcripts", "exons", "cds")}

    def add(table, **values):
        for name, value in values.items():
            columns[table].setdefault(name, []).append(value)

    names = iter(draw(st.lists(NAMES, min_size=9, max_size=9, unique=True)))
    n_transcripts = 0
    for number in range(draw(st.integers(1, 3))):
        start = 100 + number * 1500
        strand = draw(st.integers(0, 1))
        add("genes", id=next(names), contig=0, start=start, strand=strand, type="gene", source="helixdask")
        ends = []
        for _ in range(draw(st.integers(1, 2))):
            edges = sorted(draw(st.lists(st.integers(start, start + 1200), min_size=2, max_size=8, unique=True)))
            edges = edges[: len(edges) // 2 * 2]
            exons = list(zip(edges[::2], edges[1::2], strict=True))
            add("transcripts", id=next(names), gene=number, start=edges[0], end=edges[-1], type="transcript")
            add("transcripts", partial5=draw(st.booleans()), partial3=draw(st.booleans()))
            for low, high in exons:
                add("exons", transcript=n_transcripts, start=low, end=high)
            if draw(st.booleans()):
                first = draw(st.integers(edges[0], edges[-1] - 1))
                last = draw(st.integers(first + 1, edges[-1]))
                for low, high in exons:
                    if max(low, first) < min(high, last):
                        piece = {"start": max(low, first), "end": min(high, last), "phase": -1}
                        add("cds", transcript=n_transcripts, **piece)
            n_transcripts += 1
            ends.append(edges[-1])
        starts = columns["transcripts"]["start"][-len(ends) :]
        columns["genes"]["start"][-1] = min(starts)
        open_ends = (columns["transcripts"][side][-len(ends) :] for side in ("partial5", "partial3"))
        partial = any(any(side) for side in open_ends)
        add("genes", end=max(ends), score=np.nan, attributes='{"partial": true}' if partial else "{}")
    if not columns["cds"]:
        columns["cds"] = {"transcript": [], "start": [], "end": [], "phase": []}
    return GeneModels.from_columns(**columns)


def records_of(models):
    models = models.sorted()
    return models, list(gene_records(models, unique_names(models)))


def assert_same(found, models):
    """The same genes; phases that were not known have been counted."""
    for table in ("genes", "transcripts", "exons"):
        pd.testing.assert_frame_equal(getattr(found, table), getattr(models, table), check_dtype=False)
    pd.testing.assert_frame_equal(found.cds.drop(columns="phase"), models.cds.drop(columns="phase"), check_dtype=False)
    phases = [part.phase for gene in gene_records(models) for t in gene.transcripts for part in t.cds]
    assert found.cds["phase"].tolist() == phases


@pytest.mark.slow
@settings(max_examples=40)
@given(genes(), CONTIG_NAMES, st.integers(0, 20))
def test_gff3(tmp_path_factory, models, contig, seed):
    rng = np.random.default_rng(seed)
    for table in (models.exons, models.cds):
        table["score"] = np.where(rng.random(len(table)) < 0.8, rng.integers(0, 1001, len(table)) / 1000, np.nan)
    contigs = ContigTable(np.array([contig], object), np.array([LENGTH]))
    path = tmp_path_factory.mktemp("gff3") / "x.gff3"
    write_gff3(path, models, contigs, species="any")
    found, findings = read_gff(path, contigs)
    assert_same(found, models.sorted())
    assert not findings.rows


@pytest.mark.slow
@settings(max_examples=40)
@given(genes(), CONTIG_NAMES, st.integers(0, 20))
def test_gtf(tmp_path_factory, models, contig, seed):
    letters = np.random.default_rng(seed).choice([b"A", b"T", b"G"], LENGTH)  # many stops
    codes = text_to_codes(b"".join(letters.tolist()))
    contigs = ContigTable(np.array([contig], object), np.array([LENGTH]))
    path = tmp_path_factory.mktemp("gtf") / "x.gtf"
    models, records = records_of(models)
    reader = BlockReader(lambda a, b: codes[a:b], LENGTH)
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.write(gtf_header("any", None))
        for gene in records:
            out.writelines(gtf_lines(gene, contig, coding_sequences(gene, 0, reader, 1)))
    found, _ = read_gff(path, contigs)
    assert_same(found, models)
