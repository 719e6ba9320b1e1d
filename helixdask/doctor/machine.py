"""Versions, cores, memory, disks and folders, as they may be pasted into a report: without names of users."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from helixdask.engine.gpus import told_by_driver, usable_gpus
from helixdask.engine.machine import usable_cores, usable_memory

PACKAGES: Final = (
    *("helixdask", "numpy", "numba", "dask", "distributed", "xarray", "zarr", "numcodecs", "pysam", "tensorstore"),
    *("pandas", "h5py", "matplotlib", "typer", "rich", "tensorflow", "tensorflow-cpu", "keras"),
)
"""Packages whose versions are told; those that are not installed are left out."""

VARIABLES: Final = ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "SLURM_JOB_ID", "SLURM_CPUS_PER_TASK", "XLA_FLAGS")
"""Variables of the environment that change how the work is done."""

_DEVICE_SECONDS: Final = 180.0
_DEVICES: Final = """
import json, time
import tensorflow as tf

def rate(device):
    with tf.device(device):
        a = tf.random.normal((1024, 1024), seed=1)
        multiply = tf.function(lambda x: tf.matmul(x, x) * 1e-3)
        multiply(a).numpy()
        n, began = 0, time.perf_counter()
        while time.perf_counter() - began < 2:
            for _ in range(4):
                a = multiply(a)
            a.numpy()
            n += 4
        return 2 * 1024**3 * n / (time.perf_counter() - began) / 1e9

found = []
for device in tf.config.list_physical_devices():
    details = tf.config.experimental.get_device_details(device) if device.device_type == "GPU" else {}
    number = device.name.rsplit(":", 1)[1]
    place = device.device_type + ":" + number
    found.append({"device": place, "name": details.get("device_name"), "gflops": rate("/" + place)})
print(json.dumps(found))
"""


def versions() -> dict[str, str]:
    """Versions of Python, of the system and of the packages that matter."""
    found = {"python": platform.python_version(), "system": platform.platform()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """Cores, memory and GPUs of the machine, and what of them this process may use."""
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "cores_to_use": usable_cores(),
        "memory_to_use": usable_memory(),
        "gpus": [gpu.name for gpu in told_by_driver()],
        "gpus_to_use": len(usable_gpus()),
        "environment": {name: os.environ[name] for name in VARIABLES if name in os.environ},
    }


def folders(models: Path) -> list[dict[str, Any]]:
    """Folders that are used: what for, whether they can be written, and how much room their disks have.

    Parameters
    ----------
    models
        Where downloaded models are kept.
    """
    package = Path(__file__).parents[1]
    kernels = os.environ.get("NUMBA_CACHE_DIR") or str(package / "__pycache__")
    named = {
        "here": Path.cwd(),
        "temporary files": Path(tempfile.gettempdir()),
        "compiled kernels": Path(kernels),
        "models": models,
    }
    shown = {use: "." if use == "here" else _without_home(path) for use, path in named.items()}
    return [{"for": use, "folder": shown[use], **_room(path)} for use, path in named.items()]


def devices(seconds: float = _DEVICE_SECONDS) -> dict[str, Any]:
    """Devices that TensorFlow sees, from a process of its own, and how quickly they multiply.

    Returns
    -------
    dict
        ``devices``: a list of ``device``, ``name``, ``gflops``; or ``problem``: why nothing is known.
    """
    command = [sys.executable, "-c", _DEVICES]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        return {"problem": f"TensorFlow did not answer within {seconds:.0f} s"}
    if ran.returncode:
        last = ran.stderr.strip().splitlines()[-1:] or [f"exit code {ran.returncode}"]
        return {"problem": last[0]}
    return {"devices": json.loads(ran.stdout.splitlines()[-1])}


def _without_home(path: Path) -> str:
    """A path whose beginning, where it is the user's home, is ``~``."""
    try:
        return str("~" / path.absolute().relative_to(Path.home()))
    except (RuntimeError, ValueError):
        return str(path)


def _room(path: Path) -> dict[str, Any]:
    nearest = next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists())
    return {"writable": os.access(nearest, os.W_OK), "free": shutil.disk_usage(nearest).free}
