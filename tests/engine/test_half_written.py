"""What killed processes were writing beside the groups goes when the next command writes to the store."""

from helixdask.engine.lock import GroupLock
from helixdask.engine.settle import settle_store, work_folder
from tests.small_store import small_store


def test_half_written_files_go_unless_somebody_writes(tmp_path):
    store, _ = small_store(tmp_path / "s.zarr", [500])
    half = [
        tmp_path / "s.zarr" / place
        for place in (".zarr.json.1f.partial", ".manifests/.genome.2f.partial", "history/.x.json.3f.partial")
    ]
    for path in half:
        path.parent.mkdir(exist_ok=True)
        path.write_text("{")
    with GroupLock(work_folder(store.url, "labels/other"), "labels/other"):
        settle_store(store)
        assert all(path.exists() for path in half)
    settle_store(store)
    assert not any(path.exists() for path in half)
