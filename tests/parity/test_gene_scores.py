"""Scores of gene models equal those of an independent tool, GenomeTools' `gt eval`, on the same files."""

from __future__ import annotations

import re
import shutil
import subprocess

import numpy as np
import pytest

from helixdask.evaluation import evaluate

GT = shutil.which("gt")
pytestmark = pytest.mark.skipif(GT is None, reason="GenomeTools is not installed (Debian: genometools)")
_FOUND = re.compile(r"^(.*?): +[\d.]+% \((\d+)/(\d+)\)|^(.*?): +[\d.]+% \(TP=(\d+)/\(TP=\d+ \+ F[NP]=(\d+)\)\)", re.M)


def tidy(path, folder, name):
    """The file as gt takes it."""
    out = folder / f"{name}.sorted.gff3"
    subprocess.run([GT, "gff3", "-sort", "-tidy", "-retainids", "-o", str(out), str(path)], check=True, stderr=-3)
    return out


def by_gt(reference, prediction, folder):
    """What gt counts: found, of how many; by measure and level."""
    files = [str(tidy(path, folder, name)) for path, name in ((reference, "reference"), (prediction, "prediction"))]
    text = subprocess.run([GT, "eval", *files], check=True, capture_output=True, text=True).stdout
    counts = {}
    for title, found, total, base_title, right, wrong in _FOUND.findall(text):
        if title:
            counts[title] = (int(found), int(total))
        else:
            counts[base_title] = (int(right), int(right) + int(wrong))
    return counts


def assert_equal(counts, match, title):
    assert counts[title.format("sensitivity")] == (match.found, match.n_reference)
    assert counts[title.format("specificity")] == (match.right, match.n_prediction)


def assert_segments_equal(counts, scores):
    for part, level in (("coding", "CDS level"), ("exons", "mRNA level")):
        assert_equal(counts, scores.match("exon", part), f"exon {{}} ({level}, all, collapsed)")
        assert_equal(counts, scores.match("base", part), f"nucleotide {{}} ({level})")


@pytest.mark.shared
@pytest.mark.parametrize("prediction", ["overfit.ov.100_0.1_0.8_60", "overfit.noov.100_0.1_0.8_60"])
def test_genes_of_helixer_post(golden, tmp_path, prediction):
    reference, predicted = (golden / f"post/mini/{name}.gff3" for name in ("label_preds.100_0.1_0.8_60", prediction))
    scores = evaluate(str(predicted), str(reference)).genes[predicted.name]
    assert scores.exon.found > 40
    assert_segments_equal(by_gt(reference, predicted, tmp_path), scores)


def annotation(genes):
    """GFF3 of (contig, strand, isoforms, each a list of exons), everything coding."""
    lines = ["##gff-version 3", *(f"##sequence-region c{contig} 1 100000" for contig in range(3))]
    for number, (contig, strand, isoforms) in enumerate(genes):
        bounds = min(chain[0][0] for chain in isoforms), max(chain[-1][1] for chain in isoforms)
        rows = [("gene", *bounds, ".", f"ID=g{number}")]
        for isoform, chain in enumerate(isoforms):
            name = f"t{number}.{isoform}"
            rows.append(("mRNA", chain[0][0], chain[-1][1], ".", f"ID={name};Parent=g{number}"))
            rows += [("exon", start, end, ".", f"Parent={name}") for start, end in chain]
            lengths = np.cumsum([0, *(end - start for start, end in chain[:: 1 if strand == "+" else -1])])
            phases = [int(-length % 3) for length in lengths[:-1]][:: 1 if strand == "+" else -1]
            rows += [
                ("CDS", start, end, phase, f"ID=cds.{name};Parent={name}")
                for (start, end), phase in zip(chain, phases, strict=True)
            ]
        lines += [
            f"c{contig}\tx\t{kind}\t{start + 1}\t{end}\t.\t{strand}\t{phase}\t{attributes}"
            for kind, start, end, phase, attributes in rows
        ]
    return "\n".join(lines) + "\n"


def random_genes(rng, n_genes, isoforms):
    genes = []
    for number in range(n_genes):
        places = 400 * number // 3 + np.sort(rng.choice(380, 2 * rng.integers(1, 5), replace=False) // 3 * 3)
        places = np.unique(places)
        places = places[: len(places) // 2 * 2]
        chain = [(int(start), int(end)) for start, end in places.reshape(-1, 2)]
        if chain:
            more = [chain[1:]] if isoforms and len(chain) > 2 and rng.random() < 0.5 else []
            genes.append((number % 3, "+-"[number // 3 % 2], [chain, *more]))
    return genes


def disturbed(rng, genes):
    """Some genes lost, some on the other strand, some with an end elsewhere."""
    out = []
    for contig, strand, isoforms in genes:
        kind = rng.random()
        if kind < 0.1:
            continue
        chain = list(isoforms[0])
        if kind < 0.15:
            strand = "-" if strand == "+" else "+"
        elif kind < 0.35:
            chain[-1] = (chain[-1][0], chain[-1][1] + 3)
        elif kind < 0.45 and len(chain) > 1:
            chain = chain[:-1]
        out.append((contig, strand, [chain]))
    return out


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("isoforms", [False, True])
def test_random_annotations(tmp_path, seed, isoforms):
    rng = np.random.default_rng(seed)
    genes = random_genes(rng, 200, isoforms)
    reference, predicted = tmp_path / "reference.gff3", tmp_path / "predicted.gff3"
    reference.write_text(annotation(genes))
    predicted.write_text(annotation(disturbed(rng, genes)))
    scores = evaluate(str(predicted), str(reference)).genes["predicted.gff3"]
    counts = by_gt(reference, predicted, tmp_path)
    assert_segments_equal(counts, scores)
    assert 0.3 < scores.gene.sensitivity < 0.9
    assert_equal(counts, scores.chain, "mRNA {} (CDS level)")
    if not isoforms:  # gt finds a gene by all its isoforms
        assert_equal(counts, scores.gene, "gene {} (CDS level)")
        assert_equal(counts, scores.match("gene", "exons"), "gene {} (mRNA level)")
