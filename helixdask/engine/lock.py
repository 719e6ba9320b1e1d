"""One writer for each output group: a lock object with a heartbeat."""

from __future__ import annotations

import json
import socket
import threading
import time
import uuid
from types import TracebackType
from typing import Any

import psutil

from helixdask.errors import StoreBusyError
from helixdask.store.objects import Folder

__all__ = ["GroupLock"]

_BEAT_SECONDS = 5.0
_STALE_SECONDS = 60.0


class GroupLock:
    """Holds the right to write a group; a context manager.

    A lock whose process is gone (same machine), or whose heart has not beaten for a minute (another machine), is
    taken over.

    Raises
    ------
    StoreBusyError
        On entering, when somebody else holds it.
    """

    def __init__(self, folder: Folder, what: str) -> None:
        self._folder = folder
        self._what = what
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        process = psutil.Process()
        self._content: dict[str, Any] = {
            "token": uuid.uuid4().hex,
            "host": socket.gethostname(),
            "pid": process.pid,
            "born": process.create_time(),
        }

    def _bytes(self) -> bytes:
        return json.dumps({**self._content, "beat": time.time()}).encode()

    def __enter__(self) -> GroupLock:
        for _ in range(3):
            if self._folder.write_new("lock.json", self._bytes()):
                break
            holder = self._folder.read_json("lock.json")
            if holder is not None and _is_alive(holder):
                raise StoreBusyError(
                    f"process {holder['pid']} on {holder['host']} is writing this group",
                    where=self._what,
                    remedy="Wait until it has finished, or stop it; then run the command again.",
                )
            self._folder.remove("lock.json")
        else:
            raise StoreBusyError("another process took the lock", where=self._what, remedy="Run the command again.")
        self._thread = threading.Thread(target=self._beat, name="helixdask-lock", daemon=True)
        self._thread.start()
        return self

    def _beat(self) -> None:
        while not self._stop.wait(_BEAT_SECONDS):
            try:
                self._folder.write("lock.json", self._bytes())
            except Exception:
                continue

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._folder.remove("lock.json")


def _is_alive(holder: dict[str, Any]) -> bool:
    if holder.get("host") == socket.gethostname():
        try:
            process = psutil.Process(int(holder["pid"]))
            return bool(abs(process.create_time() - float(holder["born"])) < 1 and process.status() != "zombie")
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:
            return True
    return time.time() - float(holder.get("beat", 0)) < _STALE_SECONDS
