"""How TensorFlow is started: quiet, with a fixed number of threads, taking GPU memory as it needs it."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from helixdask.errors import BadInputError, MissingDependencyError

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
        with _without_noise():
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


def configure_tensorflow(threads: int = 1) -> Any:
    """Start TensorFlow with a fixed number of threads; harmless when called again.

    Sums inside a matrix product are split by thread, so the last bits of a result depend on the number of threads. It
    is therefore a setting, never the number of cores of the machine.

    Parameters
    ----------
    threads
        Threads inside one operation. Operations run one after the other.

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
    wanted = (threads, 1)
    if (threading.get_intra_op_parallelism_threads(), threading.get_inter_op_parallelism_threads()) == wanted:
        return tensorflow
    try:
        threading.set_intra_op_parallelism_threads(threads)
        threading.set_inter_op_parallelism_threads(1)
        for gpu in tensorflow.config.list_physical_devices("GPU"):
            tensorflow.config.experimental.set_memory_growth(gpu, True)
    except RuntimeError:  # already running, with what it was first given: nothing can be changed any more
        return tensorflow
    return tensorflow
