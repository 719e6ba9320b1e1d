"""One writer for each group: numbered lock objects with heartbeats.

A lock is ``lock.<n>.json``, created only where there is none of that number, and never written again. Whoever takes
over from a holder that is gone creates the next number and names whom it replaces; so of several that try, one
succeeds, and a holder that only stood still finds out before it publishes. The heartbeat is an object of its own, so
that a holder which is late can never bring its lock back.
"""

from __future__ import annotations

import json
import os
import re
import socket
import threading
import time
import uuid
from types import TracebackType
from typing import Any, Final

import psutil

from helixdask.errors import StoreBusyError
from helixdask.store.objects import Folder

_BEAT_SECONDS: Final = 5.0
_STALE_SECONDS: Final = 60.0
_TRIES: Final = 5
_LOCK = re.compile(r"lock\.(\d+)\.json")


def is_lock_object(name: str) -> bool:
    """Whether an object of a work folder belongs to its lock."""
    return _LOCK.fullmatch(name) is not None or name.startswith("beat.")


class GroupLock:
    """Holds the right to write a group; a context manager.

    A lock whose process is gone (same machine), or whose heart has not beaten for a minute (another machine), is
    taken over. Clocks of machines may differ: the latter is watched for two beats before it is believed.

    Parameters
    ----------
    folder
        The group's work folder.
    what
        The group, for messages.

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
        self._lost: str | None = None
        self._name = ""
        self._replaced: list[str] = []
        process = psutil.Process()
        self._token = uuid.uuid4().hex
        self._content = {"token": self._token, "host": _machine(), "pid": process.pid, "born": process.create_time()}

    def __enter__(self) -> GroupLock:
        for _ in range(_TRIES):
            if self._try_to_take():
                break
            time.sleep(0.05 + int(self._token[:2], 16) / 2500)  # not all at the same moment
        else:
            raise StoreBusyError("another process took the lock", where=self._what, remedy="Run the command again.")
        self._thread = threading.Thread(target=self._keep_beating, name="helixdask-lock", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        if self._lost is None and self._why_lost() is None:
            self._folder.remove_objects([*self._replaced, _beat_name(self._token)])
            self._folder.remove_objects([self._name])  # last: until then nobody finds the folder without a lock
            self._folder.remove_if_empty()
        else:
            self._folder.remove_objects([_beat_name(self._token)])

    def check(self) -> None:
        """See that this is still the holder: before anything is published.

        Raises
        ------
        StoreBusyError
            Another process has taken over, since this one seemed to be gone.
        """
        self._lost = self._lost or self._why_lost()
        if self._lost is not None:
            raise StoreBusyError(
                self._lost,
                where=self._what,
                remedy="This process stood still for too long. Wait for the other one, or run the command again.",
            )

    def _try_to_take(self) -> bool:
        """Create the next lock; whether this process holds it then."""
        there = self._locks(self._folder.names())
        for holder in there.values():
            if self._is_alive(holder):
                raise StoreBusyError(
                    f"process {holder['pid']} on {str(holder['host']).split('|')[0]} is writing this group",
                    where=self._what,
                    remedy="Wait until it has finished, or stop it; then run the command again.",
                )
        number = max(there, default=0) + 1
        dead = [str(holder["token"]) for holder in there.values()]
        self._name = f"lock.{number}.json"
        content = {**self._content, "since": time.time(), "over": dead}
        if not self._folder.write_new(self._name, json.dumps(content).encode()):
            return False
        # Somebody who saw another state of the folder may have created another number at the same moment.
        names = self._folder.names()
        if any(holder["token"] not in (self._token, *dead) for holder in self._locks(names).values()):
            self._folder.remove_objects([self._name])
            return False
        beats = {name for name in names if name.startswith("beat.")}
        self._replaced = [*(f"lock.{number}.json" for number in there), *sorted(beats - {_beat_name(self._token)})]
        return True

    def _locks(self, names: list[str]) -> dict[int, dict[str, Any]]:
        """Contents of all locks, by number, of the names of the objects that are there."""
        found = {}
        for name in names:
            match = _LOCK.fullmatch(name)
            holder = self._folder.read_json(name) if match else None
            if match and holder is not None:
                found[int(match[1])] = holder
        return found

    def _why_lost(self) -> str | None:
        """Why this process is not the holder any more; None where it is."""
        locks = self._locks(self._folder.names())
        if any(self._token in holder.get("over", ()) for holder in locks.values()):
            return "another process has taken over the lock"
        if not any(holder.get("token") == self._token for holder in locks.values()):
            return "the lock is not there any more"
        return None

    def _beat(self) -> None:
        self._folder.write(_beat_name(self._token), json.dumps({"beat": time.time()}).encode())

    def _keep_beating(self) -> None:
        while not self._stop.wait(_BEAT_SECONDS):
            try:
                self._lost = self._lost or self._why_lost()
                if self._lost is not None:
                    return
                self._beat()
            except Exception:
                continue

    def _is_alive(self, holder: dict[str, Any]) -> bool:
        if holder.get("host") == _machine():
            try:
                process = psutil.Process(int(holder["pid"]))
                return bool(abs(process.create_time() - float(holder["born"])) < 1 and process.status() != "zombie")
            except psutil.NoSuchProcess:
                return False
            except psutil.AccessDenied:
                return True
        seen = self._last_beat(holder)
        if time.time() - seen < _STALE_SECONDS:
            return True
        time.sleep(2 * _BEAT_SECONDS)
        return self._last_beat(holder) != seen

    def _last_beat(self, holder: dict[str, Any]) -> float:
        beat = self._folder.read_json(_beat_name(str(holder.get("token")))) or {}
        return float(beat.get("beat", holder.get("since", 0.0)))


def _beat_name(token: str) -> str:
    return f"beat.{token}.json"


def is_held(folder: Folder) -> bool:
    """Whether a living process holds the lock of a group.

    Parameters
    ----------
    folder
        The group's work folder.
    """
    lock = GroupLock(folder, "")
    return any(lock._is_alive(holder) for holder in lock._locks(folder.names()).values())


def _machine() -> str:
    """Name of the machine and its space of process numbers: containers of one host may share its name."""
    try:
        space = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 no file lies behind this link
    except OSError:
        space = ""
    return f"{socket.gethostname()}|{space}"
