"""How a worker process on this machine begins; Dask imports this module there and calls `dask_setup`."""

from __future__ import annotations

import contextlib
import signal
from typing import Any

from helixdask.engine.dask_logs import silence


def dask_setup(worker: Any) -> None:
    """Be quiet, and leave Ctrl-C, which reaches all processes of a terminal, to the one that gives the orders."""
    del worker
    silence()
    with contextlib.suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)
