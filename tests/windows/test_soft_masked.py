"""A measure on its whole way: stored with the windows, shown by `windows()`, and what `select` ranks by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import helixdask as hd
from helixdask.engine.run import RunOptions, run_stage
from helixdask.selection.stage import SelectStage
from helixdask.sequence.stage import EncodeStage
from helixdask.store.store import Store
from helixdask.windows.stage import WindowsStage
from helixdask.windows.track_measures import share_of_bases
from tests.small_store import publish

LENGTH = 100
QUIET = RunOptions(workers=1, quiet=True)


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.data())
def test_the_share_of_a_window_is_the_mean_of_its_bases(mask, data):
    begin = data.draw(st.integers(0, len(mask) - 1))
    size = data.draw(st.integers(1, len(mask) - begin))
    share = share_of_bases(np.array([begin]), np.array([size]), np.array(mask))
    assert share.dtype == np.float32
    assert share[0] == np.float32(np.mean(mask[begin : begin + size]))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("s")
    rng = np.random.default_rng(1)
    contigs = ["".join(rng.choice(list("ACGTacgt"), n)) for n in (2030, 1500)]
    fasta = folder / "g.fa"
    fasta.write_text("".join(f">c{i}\n{bases}\n" for i, bases in enumerate(contigs)))
    url = str(folder / "s.zarr")
    run_stage(EncodeStage(str(fasta), "test"), url, QUIET)
    label = (rng.random((2, sum(map(len, contigs)))) < 0.5).astype(np.uint8)
    publish(Store.open(url), "labels/reference", {"label": label, "valid": np.ones_like(label)})
    run_stage(WindowsStage(LENGTH, "reference"), url, QUIET)
    return hd.open_store(url)


def test_windows_show_the_share_of_soft_masked_bases(store):
    ds = store.windows(LENGTH)
    padding = ds.sequence == ds.sequence.attrs["padding"]
    expected = (ds.sequence >= 0x80).where(~padding).mean("offset")
    np.testing.assert_allclose(ds.soft_masked, expected, rtol=1e-6)
    assert len(np.unique(ds.soft_masked)) > 10


def test_select_ranks_by_it(store):
    attrs = run_stage(SelectStage(keep_fraction=0.3, by="soft_masked"), store.url, QUIET).attrs
    ds = hd.select(store.windows(LENGTH), 0.3, by="soft_masked")
    assert attrs["strata"] == ds.attrs["strata"]
    for stratum in np.unique(ds.stratum):
        mine = ds.isel(window=(ds.stratum == stratum).values)
        kept, left = mine.soft_masked[mine.kept.values], mine.soft_masked[~mine.kept.values]
        assert not len(kept) or not len(left) or kept.max() <= left.min()
