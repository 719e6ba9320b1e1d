"""Genes on validation windows: called from perfect predictions they are those of the labels."""

from types import SimpleNamespace

import numpy as np
import pytest

from helixdask.sequence.codes import reverse_complement
from helixdask.trainer.feed.batch_order import Stretches
from helixdask.trainer.feed.window_set import WindowSet
from helixdask.trainer.tuning.gene_counts import LEVELS, count_genes, join_windows

WINDOW = 900
CONTIG = 2_500


def window_set(rows):
    store, contig, start, end, strand = (np.array(column) for column in zip(*rows, strict=True))
    return WindowSet(
        store.astype(np.int16),
        contig.astype(np.int32),
        start.astype(np.int64),
        end.astype(np.int64),
        strand.astype(np.int8),
        Stretches(start.astype(np.int64), end.astype(np.int64)),
        WINDOW,
    )


def all_windows(contigs=1):
    return window_set(
        [
            (0, contig, start, min(start + WINDOW, CONTIG), strand)
            for contig in range(contigs)
            for strand in (0, 1)
            for start in range(0, CONTIG, WINDOW)
        ]
    )


def test_neighbours_are_joined_along_their_strand():
    joined = join_windows(all_windows(2), 9)
    assert joined.windows.start.tolist() == [0, 900, 1800, 1800, 900, 0] * 2
    assert joined.stretch.tolist() == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3
    without_the_middle = window_set([(0, 0, 0, 900, 0), (0, 0, 1800, 2500, 0), (1, 0, 900, 1800, 0)])
    assert join_windows(without_the_middle, 9).stretch.tolist() == [0, 1, 2]
    assert join_windows(all_windows(), 7).stretch.tolist() == list(range(6))  # ends of windows are not seen


def test_many_bases_are_sampled_by_whole_stretches():
    joined = join_windows(all_windows(40), 9, most_bases=10 * CONTIG)
    assert len(joined) == 10
    assert (np.bincount(joined.stretch) == 3).all()
    again = join_windows(all_windows(40), 9, most_bases=10 * CONTIG)
    assert np.array_equal(again.windows.contig, joined.windows.contig)


def genome(seed, n_genes=3):
    """Codes and labels of one contig with genes of one coding segment on both strands."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, CONTIG).astype(np.uint8)
    label, phase = np.zeros((2, CONTIG), np.uint8), np.zeros((2, CONTIG), np.uint8)
    letters = {letter: code for code, letter in enumerate("CATG")}
    for number in range(n_genes):
        strand, begin = number % 2, 150 + 800 * number
        inner = "".join(rng.choice(["GCT", "GAA", "CTC", "AAC"], 60))
        gene = np.array([letters[letter] for letter in f"ATG{inner}TAA"], np.uint8)
        span = slice(begin, begin + len(gene))
        codes[span] = gene if strand == 0 else 3 - gene[::-1]
        label[strand, span] = 2
        phases = 1 + np.array([0, 2, 1])[np.arange(len(gene)) % 3]
        phase[strand, span] = phases if strand == 0 else phases[::-1]
        utr = slice(begin - 20, begin), slice(begin + len(gene), begin + len(gene) + 20)
        for part in utr:
            label[strand, part] = 1
    return codes, label, phase


class PerfectFeed:
    """Batches as `Feed` gives them, of one contig."""

    def __init__(self, windows, codes, label, phase, valid):
        self.windows, self.tracks = windows, {"codes": codes, "label": label, "phase": phase, "valid": valid}
        self.order = SimpleNamespace(steps_per_epoch=-(-len(windows) // 2))

    def batches(self, first, n_steps):
        for step in range(first, first + n_steps):
            rows = range(2 * step, min(2 * step + 2, len(self.windows)))
            yield {name: np.stack([self._window(name, row) for row in rows]) for name in self.tracks}

    def _window(self, name, row):
        windows, track = self.windows, self.tracks[name]
        strand = int(windows.strand[row])
        values = (track if track.ndim == 1 else track[strand])[windows.start[row] : windows.end[row]]
        out = np.full(WINDOW, 15 if name == "codes" else 0, np.uint8)
        if strand:
            out[WINDOW - len(values) :] = reverse_complement(values) if name == "codes" else values[::-1]
        else:
            out[: len(values)] = values
        return out


class Oracle:
    """Predicts what the batch says, but nothing on windows that it is to miss."""

    def __init__(self, misses=()):
        self.misses, self.seen = misses, 0

    def probabilities(self, batch):
        outputs = [np.eye(4, dtype=np.float32)[batch[name]] * 0.97 + 0.0075 for name in ("label", "phase")]
        for row in range(len(batch["label"])):
            if self.seen + row in self.misses:
                outputs[0][row] = [1, 0, 0, 0]
        self.seen += len(batch["label"])
        return outputs


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_perfect_predictions_find_all_genes(seed):
    codes, label, phase = genome(seed)
    joined = join_windows(all_windows(), 9)
    feed = PerfectFeed(joined.windows, codes, label, phase, np.ones_like(label))
    told = []
    counts = count_genes(Oracle(), feed, joined.stretch, told.append).labels
    assert counts.shape == (2, len(LEVELS), 4)
    assert counts[0].tolist() == [[2] * 4] * 2  # the first and the third gene are on plus
    assert counts[1].tolist() == [[1] * 4] * 2
    assert sum(told) == 6


def test_a_missed_gene_is_not_found_and_a_masked_one_is_not_asked_for():
    codes, label, phase = genome(0)
    joined = join_windows(all_windows(), 9)
    valid = np.ones_like(label)
    feed = PerfectFeed(joined.windows, codes, label, phase, valid)
    missed = count_genes(Oracle(misses=(0,)), feed, joined.stretch).labels
    assert missed[0, 0].tolist() == [2, 1, 1, 1]
    valid[0, 200] = 0
    masked = count_genes(Oracle(), feed, joined.stretch).labels
    assert masked[0, 0].tolist() == [1, 1, 1, 1]
    assert masked[1, 0].tolist() == [1, 1, 1, 1]
