"""The caller under helixer rules against the files that HelixerPost wrote."""

from __future__ import annotations

import re
from pathlib import Path

import h5py
import numpy as np
import pytest

from helixdask.calling.assemble import build_models
from helixdask.calling.hmm import build_hmm
from helixdask.calling.span import CallSettings, call_span, whole_contigs
from helixdask.genes.writing.gff_write import write_gff3
from helixdask.settings import Rules
from helixdask.store.contigs import ContigTable

MINI = "fasta2h5/mini.6408.h5"
LABELS = "geenuff2h5/mini.6408.h5"
OV, NOOV, OF_LABELS = "predictions/overfit.ov.h5", "predictions/overfit.noov.h5", "post/mini/label_preds.h5"
EXAMPLE = ("post/example/genome_data.h5", "post/example/predictions.h5")

CASES = [
    *(
        (*EXAMPLE, f"post/example/out.{name}.gff3", False)
        for name in ("100_0.1_0.8_1000", "100_0.1_0.8_60", "10_0.01_0.02_1", "200_0.2_0.9_100", "50_0.05_0.5_60")
    ),
    (LABELS, OF_LABELS, "post/mini/label_preds.100_0.1_0.8_60.gff3", False),
    (MINI, NOOV, "post/mini/overfit.noov.100_0.1_0.8_60.gff3", False),
    (MINI, OV, "post/mini/overfit.ov.100_0.1_0.8_60.gff3", False),
    (MINI, OV, "post/mini/overfit.ov.100_0.1_0.8_100.gff3", False),
    (MINI, OV, "post/mini/overfit.ov.200_0.05_0.5_1.gff3", False),
    (MINI, OV, "post/mini/overfit.ov.unshifted.100_0.1_0.8_60.gff3", True),
]


def read_as_helixer_post(genome: Path, predictions: Path, *, unshifted: bool):
    """Codes and predictions of whole contigs in plus orientation; rows are cut at their end, padded or not, as
    HelixerPost does.

    `unshifted` moves the padding of minus rows, which Helixer writes in front, to the end first.
    """
    with h5py.File(genome) as file, h5py.File(predictions) as predicted:
        one_hot = file["data/X"][:]
        ids = [name.decode() for name in file["data/seqids"][:]]
        start_ends = file["data/start_ends"][:]
        species = file["data/species"][0].decode()
        tracks = [predicted["predictions"][:], predicted["predictions_phase"][:]]
        digest = predicted.attrs.get("model_md5sum")
    names = list(dict.fromkeys(ids))
    lengths = np.array(
        [max(s for n, s in zip(ids, start_ends.max(1), strict=True) if n == name) for name in names], np.int64
    )
    offset = dict(zip(names, np.cumsum(lengths) - lengths, strict=True))
    codes = np.full(lengths.sum(), 4, np.uint8)
    out = [np.zeros((2, 4, lengths.sum()), np.float16) for _ in tracks]
    width = one_hot.shape[1]
    for row, (name, (start, end)) in enumerate(zip(ids, start_ends.tolist(), strict=True)):
        size = abs(end - start)
        low = offset[name] + min(start, end)
        place = slice(low, low + size)
        minus = end < start
        first = width - size if unshifted and minus else 0
        for target, track in zip(out, tracks, strict=True):
            part = track[row, first : first + size].T
            target[int(minus), :, place] = part[:, ::-1] if minus else part
        if not minus:
            letters = one_hot[row, :size]
            codes[place] = np.where(letters.max(1) == 1, letters.argmax(1), 4)
    return species, digest, ContigTable(np.array(names, object), lengths), codes, out


def records(path: Path) -> list[tuple[str, ...]]:
    return [tuple(line.split("\t")) for line in path.read_text().splitlines() if not line.startswith("#")]


@pytest.mark.shared
@pytest.mark.parametrize(("genome", "predictions", "expected", "unshifted"), CASES, ids=[case[2] for case in CASES])
def test_same_genes_as_helixer_post(golden, tmp_path, genome, predictions, expected, unshifted):
    window, edge, peak, coding = re.search(r"(\d+)_([\d.]+)_([\d.]+)_(\d+)\.gff3$", expected).groups()
    settings = CallSettings(None, None, int(window), float(edge), float(peak), int(coding), Rules.HELIXER)
    species, digest, contigs, codes, (classes, phases) = read_as_helixer_post(
        golden / genome, golden / predictions, unshifted=unshifted
    )
    columns, _ = call_span(whole_contigs(codes, classes, phases, contigs.lengths), build_hmm("helixer"), settings)
    models = build_models(columns, contigs.names, species, rules="helixer")
    models.validate(contigs.lengths)
    written = tmp_path / "genes.gff3"
    write_gff3(written, models, contigs, species=species, model_digest=digest, rules="helixer")
    assert records(written) == records(golden / expected)
    assert written.read_text() == (golden / expected).read_text()
