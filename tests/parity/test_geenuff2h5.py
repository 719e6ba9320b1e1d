"""Labels with ``helixer`` rules against the files that GeenuFF and Helixer made of the same genes.

Compared, base by base and row by row: y, phases, transitions, gene_lengths, sample_weights. The rows are rebuilt here
from the painted tracks. The ``*.90.wb180`` files are left out: they hold Helixer's faults at super-chunk borders.
"""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from tests.labels.support import Labelled, read_fasta

CASES = [
    ("mini_test_data.fa", "mini_test_data.gff", "mini.21384.h5"),
    ("mini_test_data.fa", "mini_test_data.gff", "mini.6408.h5"),
    ("mini_test_data.fa", "mini_test_data.gff", "mini.6408.wb.h5"),
    ("mini_test_data.fa", "mini_test_data.gff", "mini.6408.modes_y.h5"),
    ("multi.fa", "multi.gff3", "multi.2160.h5"),
    ("intron_at_end.fa", "intron_at_end.gff3", "intron_at_end.180.h5"),
    ("intron_at_end.fa", "intron_at_end.gff3", "intron_at_end.900.h5"),
    ("edges.fa", "edges.gff", "edges.180.h5"),
    ("edges.fa", "edges.gff", "edges.900.h5"),
    ("dummyloci.fa", "dummyloci.gff", "dummyloci.180.h5"),
    ("exonexonCDS.fa", "exonexonCDS.gff3", "exonexonCDS.180.h5"),
    ("exonexonCDS.fa", "exonexonCDS.gff3", "exonexonCDS.900.h5"),
    ("dummyloci.fa", "dummyloci.gff", "dummyloci.900.h5"),
]
SETS = ("y", "phases", "transitions", "gene_lengths", "sample_weights")


def expand(labelled: Labelled, name: str, strand: int, low: int, high: int) -> np.ndarray:
    track = {"y": "label", "phases": "phase", "transitions": "transition", "gene_lengths": "gene_length"}
    values = labelled.tracks[track.get(name, "valid")][strand, low:high]
    values = values[::-1] if strand else values
    if name in ("y", "phases"):
        return np.eye(4, dtype=np.int8)[values]
    if name == "transitions":
        return ((values[:, None] >> np.arange(6)) & 1).astype(np.int8)
    return values


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(("fasta", "gff", "h5"), CASES, ids=[case[2] for case in CASES])
def test_equal_to_helixer(golden, fasta, gff, h5, name):
    labelled = Labelled(golden / "inputs" / gff, read_fasta(golden / "inputs" / fasta), "helixer")
    with h5py.File(golden / "geenuff2h5" / h5) as file:
        data = file["data"]
        expected, borders, seqids = data[name][...], data["start_ends"][...], data["seqids"][...]
    assert len(borders) > 0
    bases = 0
    for row, ((first, last), seqid) in enumerate(zip(borders.tolist(), seqids, strict=True)):
        contig = labelled.contigs.index(seqid.decode())
        offset = int(labelled.contigs.offsets[contig])
        strand, low, high = int(first > last), min(first, last), max(first, last)
        made = expand(labelled, name, strand, offset + low, offset + high)
        bases += high - low
        np.testing.assert_array_equal(made, expected[row][: high - low], err_msg=f"row {row}: {seqid} {first}-{last}")
        assert not expected[row][high - low :].any()
    assert bases == 2 * labelled.contigs.n_bases
