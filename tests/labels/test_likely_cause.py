"""One line on why many genes are masked: the cause that the file shows, or nothing."""

from __future__ import annotations

import numpy as np
import pytest

from helixdask.labels.likely_cause import likely_cause
from tests.labels.annotated import annotated
from tests.labels.support import encode


def codes(length=6000):
    """Stop codons in every frame of both strands, but where genes are planted."""
    return np.tile(encode("TTAACTAGTTAGC"), length // 13 + 1)[:length].copy()


def planted(where, inner="GCC"):
    """A genome with genes of 90 coding bases, and their lines."""
    base, lines = codes(), []
    for k, at in enumerate(where):
        base[at : at + 90] = encode("ATG" + inner * 28 + "TAA")
        lines += [
            ("gene", at - 20, at + 120, f"ID=g{k}"),
            ("mRNA", at - 20, at + 120, f"ID=t{k};Parent=g{k}"),
            ("exon", at - 20, at + 120, f"Parent=t{k}"),
            ("CDS", at, at + 90, f"Parent=t{k}"),
        ]
    return base, lines


def text(lines, shift=0, seqid="k", phase="0"):
    return "".join(
        f"{seqid}\tx\t{kind}\t{a + 1 + shift}\t{z + shift}\t.\t+\t{phase if kind == 'CDS' else '.'}\t{more}\n"
        for kind, a, z, more in lines
    )


@pytest.fixture
def cause(tmp_path):
    def run(words, base):
        path = tmp_path / "a.gff"
        path.write_text(words)
        made = annotated(path, {"k": base})
        rows = made.findings.unknown_rows, made.findings.all_rows
        return likely_cause(made.models, made.tables, made.findings.counts(), rows)

    return run


PLACES = range(100, 5000, 400)


def test_nothing_is_said_of_a_sound_annotation(cause):
    base, lines = planted(PLACES)
    assert cause(text(lines), base) == ""
    one = text(lines[4:]) + text(lines[:4], shift=11)
    assert cause(one, base) == ""


def test_another_assembly(cause):
    base, lines = planted(PLACES)
    assert "another assembly" in cause(text(lines, shift=7), base)


def test_another_genetic_code(cause):
    base, lines = planted(PLACES, inner="GCCTGAGCC"[:3])
    for at in PLACES:
        base[at + 30 : at + 33] = encode("TGA")
    said = cause(text(lines), base)
    assert "inner_stop" in said
    assert "--genetic-code" in said
    phases = [("CDS", a, a + 45, t) if k == "CDS" else (k, a, z, t) for k, a, z, t in lines]
    phases += [("CDS", a + 45, z, t) for k, a, z, t in lines if k == "CDS"]
    assert "phases of most transcripts are wrong" in cause(text(phases, phase="1"), base)


def test_names_that_the_genome_has_not(cause):
    base, lines = planted(PLACES)
    said = cause(text(lines) + text(lines[:16], seqid="chr9").replace("=g", "=h").replace("=t", "=s"), base)
    assert said.startswith("16 of 68 rows")
    assert "--aliases" in said


def test_isoforms_as_genes(cause):
    base, lines = planted(PLACES)
    twice = text(lines) + text([(k, a, z - 9 if k != "CDS" else z, t) for k, a, z, t in lines]).replace(
        "=g", "=h"
    ).replace("=t", "=s")
    assert "isoforms may stand as genes of their own" in cause(twice, base)


def test_genes_that_lose_a_base_are_not_lost(cause):
    """Three bases that are read twice are masked, of ninety."""
    base, lines = planted(PLACES)
    torn = []
    for kind, start, end, more in lines:
        torn += (
            [(kind, start, start + 45, more), (kind, start + 42, end, more)]
            if kind == "CDS"
            else [(kind, start, end, more)]
        )
    assert cause(text(torn, phase="."), base) == ""
