"""The examples of docs/reference/windows.md, run one after the other on a small store, some beside plain NumPy."""

import re
from pathlib import Path

import numpy as np
import pytest

from helixdask.engine.run import RunOptions, run_stage
from helixdask.selection.split_stage import SplitStage
from helixdask.selection.stage import SelectStage
from helixdask.windows.stage import WindowsStage
from tests.small_store import publish, small_store

LENGTHS = [50_000] * 8 + [30_000] * 4
PAGE = Path(__file__).parents[2] / "docs/reference/windows.md"


@pytest.mark.slow
def test_the_examples_of_the_page(tmp_path, monkeypatch):
    names = ["I", "II", *(f"c{i}" for i in range(10))]
    store, tracks = small_store(tmp_path / "pombe.zarr", LENGTHS, names=names)
    counts = np.random.default_rng(0).poisson(3, (2, store.n_bases)).astype(np.uint32)
    publish(store, "coverage/rnaseq/leaf", {"coverage": counts, "spliced_coverage": counts})
    for stage in (
        WindowsStage(21_384, "reference", "base"),
        SplitStage(),
        SelectStage(split="default", keep_fraction=0.5),
    ):
        run_stage(stage, store.url, RunOptions(workers=1, quiet=True))
    monkeypatch.chdir(tmp_path)
    found = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        if "selection=" in block:
            exec(block, found)
            assert (found["ds"].side == 0).all()
            found["ds"] = found["store"].windows(21_384)
        else:
            exec(block, found)
    ds = found["store"].windows(21_384)
    assert found["full"].sizes["window"] == 2 * (8 * 2 + 4)
    assert (found["low"].agreement < 0.5).all()
    assert set(found["one"].contig.values) == {1}
    gc, sequence = found["gc"].compute(), tracks["sequence"]
    position = store.contigs.offsets[ds.contig.values] + ds.start.values
    for w in range(ds.sizes["window"]):
        bases = sequence[position[w] :][: int(ds.end[w] - ds.start[w])]
        np.testing.assert_allclose(gc[w], np.isin(bases, [0, 3]).mean(), rtol=1e-6)
    full = ds.isel(window=(ds.end - ds.start == 21_384).values)
    mean = full.base_class_probability.mean("offset").isel(window=0).compute()
    wanted = tracks["probability"][0, :, :21_384].astype(np.float64).mean(axis=-1)
    np.testing.assert_allclose(mean, wanted, rtol=1e-4)
    assert found["by_contig"].sizes["contig"] == 12
    assert (found["learnt"].side == 0).all()
    assert found["learnt"].kept.all()
