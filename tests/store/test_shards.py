"""Shards that are put together here are what Zarr reads."""

from __future__ import annotations

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st
from zarr.codecs import BloscCodec

from helixdask.errors import InternalError
from helixdask.store.shards import encode_shard, shard_writer


def track(folder, dtype, fill, across, n, *, shard=64, chunk=16, cname="zstd"):
    compressor = BloscCodec(cname=cname, clevel=3, shuffle="bitshuffle", typesize=np.dtype(dtype).itemsize)
    return zarr.create_array(
        str(folder / "a.zarr"),
        shape=(*across, n),
        dtype=dtype,
        shards=(*across, shard),
        chunks=(*(1 if i == 0 else size for i, size in enumerate(across)), chunk),
        compressors=compressor,
        fill_value=fill,
        overwrite=True,
    )


@pytest.mark.slow
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 200),
    across=st.sampled_from([(), (2,), (2, 4)]),
    kind=st.sampled_from([("uint8", 0), ("uint8", 1), ("uint32", 0), ("float16", 0), ("float32", np.nan)]),
    cname=st.sampled_from(["zstd", "lz4"]),
)
def test_zarr_reads_what_was_written(tmp_path_factory, seed, n, across, kind, cname):
    dtype, fill = kind
    folder = tmp_path_factory.mktemp("shards")
    array = track(folder, dtype, fill, across, n, cname=cname)
    writer = shard_writer(array)
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 4, (*across, n)).astype(dtype)
    values[..., rng.integers(0, n) : rng.integers(0, n + 1)] = fill
    blank = rng.random() < 0.3
    values[..., :64] = fill if blank else values[..., :64]
    for start in range(0, n, 64):
        data = encode_shard(values[..., start : start + 64], writer)
        path = folder / "a.zarr" / writer.key(start)
        if data is None:
            assert not path.exists()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    np.testing.assert_array_equal(zarr.open_array(str(folder / "a.zarr"), mode="r")[...], values)


def test_nothing_is_stored_for_nothing(tmp_path):
    writer = shard_writer(track(tmp_path, "uint8", 4, (), 100))
    assert encode_shard(np.full(64, 4, np.uint8), writer) is None
    half = np.full(64, 4, np.uint8)
    half[40] = 1
    whole = np.arange(64, dtype=np.uint8)
    assert len(encode_shard(half, writer)) < len(encode_shard(whole, writer))


def test_the_same_values_are_the_same_bytes(tmp_path):
    writer = shard_writer(track(tmp_path, "uint32", 0, (2,), 64))
    values = np.random.default_rng(1).integers(0, 9, (2, 64)).astype(np.uint32)
    assert encode_shard(values, writer) == encode_shard(np.asfortranarray(values), writer)


def test_another_layout_is_refused(tmp_path):
    plain = zarr.create_array(str(tmp_path / "b.zarr"), shape=(10,), dtype="uint8", chunks=(5,))
    with pytest.raises(InternalError, match="not laid out as a track"):
        shard_writer(plain)
