"""Somebody reads, again and again, while a group is replaced again and again."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import helixdask as hd
from helixdask.engine.run import RunOptions, run_stage
from helixdask.errors import MissingInputError, StoreChangedError, StoreDamagedError
from tests.engine.toy import ToyStage, make_store

LENGTHS = [150_000, 1, 66_000]
REPLACEMENTS = 20
OPTIONS = RunOptions(workers=1, quiet=True, replace=True)


@pytest.mark.slow
def test_old_new_or_not_there(tmp_path):
    url = str(tmp_path / "a.zarr")
    make_store(url, LENGTHS)
    run_stage(ToyStage(str(tmp_path)), url, OPTIONS)
    codes = hd.open_store(url).read("genome/sequence", 0, sum(LENGTHS))
    done = threading.Event()
    seen: dict[str, int] = {}
    wrong: list[str] = []

    def read() -> None:
        last = False
        while not last:
            last = done.is_set()  # once more when nobody writes any more
            try:
                store = hd.open_store(url)
                label = store.sel("c0")["toy_label"].values
                np.testing.assert_array_equal(label, [codes[:150_000], 3 - codes[:150_000]])
                outcome = "read"
            except (StoreChangedError, MissingInputError, KeyError) as error:
                outcome = type(error).__name__
            except AssertionError as error:
                wrong.append(str(error)[:500])
                outcome = "wrong"
            except StoreDamagedError as error:
                wrong.append(str(error)[:500])
                outcome = "damaged"
            seen[outcome] = seen.get(outcome, 0) + 1

    thread = threading.Thread(target=read)
    thread.start()
    for number in range(REPLACEMENTS):
        run_stage(ToyStage(str(tmp_path), setting=number % 2 + 1), url, OPTIONS)
    done.set()
    thread.join()
    assert not wrong, seen
    assert seen["read"]


def test_a_lazy_view_of_a_replaced_group_says_so(tmp_path):
    url = str(tmp_path / "a.zarr")
    make_store(url, LENGTHS)
    run_stage(ToyStage(str(tmp_path)), url, OPTIONS)
    store = hd.open_store(url)
    view, windows = store.sel("c0"), store.windows(9_000)
    run_stage(ToyStage(str(tmp_path), setting=1), url, OPTIONS)
    for lazy in (view.toy_label, windows.toy_label[:10]):
        with pytest.raises(StoreChangedError, match="labels/toy: was replaced or removed while it was being read"):
            lazy.compute(scheduler="sync")
    assert hd.open_store(url).sel("c0").toy_label.values.shape == (2, 150_000)
