"""Fixtures that every test may use."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, settings

from tests.small_disk import mount

# Time limits, of single examples and of drawing them, say more about the machine, and about numba's first compilation,
# than about the code.
_UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
settings.register_profile("helixdask", _UNTIMED)
settings.register_profile("quick", _UNTIMED, max_examples=30)
settings.load_profile("helixdask")

# One thread, also where no setting of a test reaches TensorFlow in time: as many tests run at once as there are cores,
# and sums of a matrix product have the same bits in every process.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

# Containers often ask Python not to keep what it compiles: each process that a test starts would compile all anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Stores are many small files, and a disk takes longer to make and remove them than the tests take otherwise. Folders
# are removed when a test has passed (pyproject.toml), so that little of the memory is taken at any time.
_MEMORY = Path("/dev/shm")
_ROOM = 4 << 30


def _has_room(folder: Path) -> bool:
    free = min(shutil.disk_usage(folder).free, psutil.virtual_memory().available) if folder.is_dir() else 0
    return free > _ROOM and os.access(folder, os.W_OK)


if _has_room(_MEMORY):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def pytest_configure(config: pytest.Config) -> None:
    """Draw fewer examples where only quick tests are wanted."""
    if config.getoption("markexpr") == "not slow":
        settings.load_profile("quick")


def pytest_collection_finish() -> None:
    """Let the collector no longer look through the hundreds of thousands of objects of what has been imported."""
    gc.collect()
    gc.freeze()


LONG = {
    "calling/test_long_regions.py": 17,
    "cli/test_coverage_command.py": 12,
    "cli/test_dry_run.py": 8,
    "cli/test_evaluate_command.py": 8,
    "cli/test_names.py": 12,
    "cli/test_nothing_private.py": 16,
    "cli/test_s3.py": 48,
    "cli/test_terminal.py": 14,
    "cli/test_training.py": 25,
    "cli/test_whole_way.py": 80,
    "cli/test_without_tensorflow.py": 10,
    "engine/test_publication_faults.py": 20,
    "engine/test_kills.py": 42,
    "engine/test_stage_faults.py": 28,
    "fuzz/test_fuzz.py": 32,
    "labels/test_row_invariants.py": 34,
    "parity/test_coverage_kinds.py": 20,
    "parity/test_helixer_import.py": 30,
    "parity/test_training_steps.py": 20,
    "sequence/test_stage.py": 20,
    "store/test_damage.py": 40,
    "trainer/prediction/test_stage.py": 12,
    "trainer/tuning/test_continuing.py": 48,
    "trainer/tuning/test_devices.py": 17,
    "trainer/tuning/test_finished.py": 12,
    "trainer/tuning/test_resume.py": 38,
    "trainer/tuning/test_tune.py": 34,
}
"""Seconds of files whose few tests take longer, or whose many take less, than is assumed of others."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, so that processes that take one file after the other end together.

    The first ones are by turns of the trainer and of something else: one process compiles what is to be compiled, and
    the other finds it when it is through with TensorFlow.
    """
    seconds: Counter[Path] = Counter()
    for item in items:
        seconds[item.path] += 20 if item.get_closest_marker("slow") else 2  # tenths
    folder = Path(__file__).parent
    seconds.update({folder / name: 10 * known - seconds[folder / name] for name, known in LONG.items()})
    by_length = sorted({item.path for item in items}, key=lambda path: (-seconds[path], path))
    trains = [path for path in by_length if folder / "trainer" in path.parents][:3]
    others = [path for path in by_length if path not in trains]
    turns = [path for pair in zip(others, trains, strict=False) for path in pair]
    place = {path: n for n, path in enumerate(dict.fromkeys([*turns, *by_length]))}
    items.sort(key=lambda item: place[item.path])


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with the reference data; the test is skipped where it is absent."""
    folder = Path(os.environ.get("HELIXDASK_SHARED", Path(__file__).parents[2] / "shared"))
    if not (folder / "golden").is_dir():
        pytest.skip(f"reference data not found at {folder} (set HELIXDASK_SHARED)")
    return folder


@pytest.fixture(scope="session")
def golden(shared: Path) -> Path:
    """Files that the real Helixer wrote."""
    return shared / "golden"


@pytest.fixture(scope="session")
def huge(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A sparse store of 17 Gb; whoever writes to it cleans up."""
    from tests.huge_store import write_huge_store

    url = str(tmp_path_factory.mktemp("huge") / "huge.zarr")
    write_huge_store(url)
    return url


@pytest.fixture
def small_disk(tmp_path):
    """Folder of a file system in memory; `tests.small_disk.mount` gives it another size."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount(folder, 1 << 30)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
