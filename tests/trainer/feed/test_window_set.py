"""Windows that means and variances are taken from: full ones, and of each store some."""

from helixdask.trainer.feed.window_set import without_padding
from tests.trainer.tuning.test_gene_counts import WINDOW, window_set


def test_a_store_of_short_windows_counts_too():
    rows = [(store, 0, 0, end, 0) for store, end in ((0, WINDOW), (0, 500), (1, 300), (1, 400), (2, WINDOW))]
    kept = without_padding(window_set(rows))
    assert list(zip(kept.store.tolist(), kept.end.tolist(), strict=True)) == [
        (0, WINDOW),
        (1, 300),
        (1, 400),
        (2, WINDOW),
    ]
    assert len(without_padding(window_set(rows[2:4]))) == 2
