"""How TensorFlow is started: quiet, with a fixed number of threads, taking GPU memory as it needs it."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from helixdask.engine.gpus import too_few, usable_gpus, wanted_gpus
from helixdask.errors import BadInputError, MissingDependencyError
from helixdask.hidden_modules import hidden

_NOISE: Final = (b"before absl::InitializeLog()", b"oneDNN custom operations are on")
_REMEDY = 'Install it: pip install "helixdask[tf-cpu]" (or "helixdask[tf-gpu]").'


def require_tensorflow() -> None:
    """Say that TensorFlow is missing before work is begun that will need it; it is not imported.

    Raises
    ------
    MissingDependencyError
        It is not installed.
    """
    if any(importlib.util.find_spec(name) is None for name in ("tensorflow", "keras")):
        raise MissingDependencyError("TensorFlow is needed for this and is not installed", remedy=_REMEDY)


def import_tensorflow() -> Any:
    """Import TensorFlow with Keras on top of it.

    Keras imports scikit-learn and Matplotlib where it finds them, for wrappers and galleries, which takes a fifth of
    the time. It does not find them here.

    Returns
    -------
    module
        `tensorflow`.

    Raises
    ------
    MissingDependencyError
        It is not installed.
    """
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        with _without_noise(), hidden("sklearn", "matplotlib"):
            import keras
            import tensorflow
    except ImportError as error:
        raise MissingDependencyError("TensorFlow is needed for this and is not installed", remedy=_REMEDY) from error
    if keras.backend.backend() != "tensorflow":
        raise BadInputError(
            f"Keras was started with the backend {keras.backend.backend()!r}",
            remedy="Set KERAS_BACKEND=tensorflow before Keras is imported.",
        )
    return tensorflow


@contextmanager
def _without_noise() -> Iterator[None]:
    """Hold back what TensorFlow's libraries write to the terminal before they can be told not to, and nothing else."""
    with tempfile.TemporaryFile() as aside:
        try:
            terminal = os.dup(2)
        except OSError:  # there is none
            yield
            return
        os.dup2(aside.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(terminal, 2)
            aside.seek(0)
            for line in aside:
                if not any(noise in line for noise in _NOISE):
                    os.write(terminal, line)
            os.close(terminal)


def configure_tensorflow(threads: int = 1, devices: str = "all", *, at_once: int = 1) -> Any:
    """Start TensorFlow with a fixed number of threads; harmless when called again.

    Sums inside a matrix product are split by thread, so the last bits of a result depend on the number of threads. It
    is therefore a setting, never the number of cores of the machine.

    Parameters
    ----------
    threads
        Threads inside one operation.
    devices
        GPUs that are used: ``all``, or how many, the first ones; the others are left alone.
    at_once
        Operations at a time. One device has them one after the other.

    Returns
    -------
    module
        `tensorflow`.

    Raises
    ------
    MissingDependencyError
        TensorFlow is not installed.
    """
    tensorflow = import_tensorflow()
    threading = tensorflow.config.threading
    wanted = (threads, at_once)
    if (threading.get_intra_op_parallelism_threads(), threading.get_inter_op_parallelism_threads()) == wanted:
        return tensorflow
    try:
        threading.set_intra_op_parallelism_threads(threads)
        threading.set_inter_op_parallelism_threads(at_once)
        gpus = tensorflow.config.list_physical_devices("GPU")[: wanted_gpus(devices)]
        tensorflow.config.set_visible_devices(gpus, "GPU")
        for gpu in gpus:
            tensorflow.config.experimental.set_memory_growth(gpu, True)
    except RuntimeError:  # already running, with what it was first given: nothing can be changed any more
        return tensorflow
    return tensorflow


def refuse_blindness(tensorflow: Any) -> None:
    """Refuse to work on the processor where there is a GPU that TensorFlow cannot use: it would take days for hours.

    Raises
    ------
    BadInputError
        There is one.
    """
    if usable_gpus() and not tensorflow.config.list_physical_devices("GPU"):
        raise BadInputError(
            "TensorFlow does not see the GPU that is there: libraries of CUDA are missing, or others than it needs",
            remedy='Install them: pip install "helixdask[tf-gpu]". To work on the processor give --devices 0.',
        )


def start_on_devices(threads: int, devices: str, most: int) -> list[str]:
    """Start TensorFlow on the devices that share the work of a training.

    Parameters
    ----------
    threads
        Of the processor, inside one operation.
    devices
        ``all``: the GPUs that there are, or the processor; or how many GPUs, 0 for the processor.
    most
        Devices at most, however many there are.

    Returns
    -------
    list of str
        Their names. A processor is one device, whatever its cores; it is several where TensorFlow was told so.

    Raises
    ------
    BadInputError
        There are fewer than are asked for, or TensorFlow cannot use those that are there.
    """
    wanted = wanted_gpus(devices)
    tensorflow = import_tensorflow()
    if wanted != 0:
        refuse_blindness(tensorflow)
    n_gpus = len(tensorflow.config.list_physical_devices("GPU"))
    number = max(1, min(most, n_gpus) if wanted is None else wanted)
    configure_tensorflow(threads, "0" if wanted == 0 else str(number), at_once=number)
    found = tensorflow.config.list_logical_devices("GPU") if wanted != 0 else []
    processors = tensorflow.config.list_logical_devices("CPU")
    if not found and (not wanted or len(processors) > 1):
        found = processors
    if wanted is not None and number > len(found):
        raise too_few(number, n_gpus)
    return [device.name for device in found[:number]]
