"""Faults at the n-th change of the disk: of the store's own objects and of those that Zarr writes."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from zarr.storage import LocalStore

from helixdask.store.objects import Folder

KINDS = ("exception", "full disk", "kill")


class KilledError(BaseException):
    """Stands for the end of the process: nobody catches it, and the disk does not change any more."""


class Faults:
    """Counts changes of the disk and lets the n-th go wrong.

    ``kill`` freezes the disk before the n-th change, as if the process had ended there: what runs afterwards on the
    way out (locks that are released, files that are cleaned up) changes nothing. ``exit`` does end the process.
    """

    def __init__(self, kind: str, at: int) -> None:
        self.kind, self.at = kind, at
        self.count = 0
        self.names: list[str] = []

    def before(self, name: str) -> bool:
        """Told of each change; whether it may be made."""
        self.count += 1
        self.names.append(name)
        if self.kind == "kill" and self.count > self.at:
            return False
        if self.count != self.at:
            return True
        if self.kind == "exit":
            os._exit(9)
        if self.kind == "full disk":
            raise OSError(errno.ENOSPC, "No space left on device")
        if self.kind == "exception":
            raise RuntimeError("as told")
        raise KilledError


@contextlib.contextmanager
def faults(kind: str, at: int) -> Iterator[Faults]:
    """Let the n-th change of the disk go wrong, counted from 1; 0: only count."""
    found = Faults(kind, at)

    def wrapped(original: Callable[..., Any], name: str) -> Callable[..., Any]:
        def change(self: Any, *arguments: Any, **named: Any) -> Any:
            if any(str(argument).startswith("beat.") for argument in arguments[:1]):
                return original(self, *arguments, **named)  # of another thread, at any time
            return original(self, *arguments, **named) if found.before(f"{name} {arguments[:1]}") else True

        return change

    def wrapped_async(original: Callable[..., Any], name: str) -> Callable[..., Any]:
        async def change(self: Any, *arguments: Any, **named: Any) -> Any:
            if found.before(f"{name} {arguments[:1]}"):
                await original(self, *arguments, **named)

        return change

    with pytest.MonkeyPatch.context() as patch:
        for name in ("write", "write_new", "remove", "move", "copy"):
            patch.setattr(Folder, name, wrapped(getattr(Folder, name), name))
        for name in ("set", "set_if_not_exists", "delete", "delete_dir"):
            patch.setattr(LocalStore, name, wrapped_async(getattr(LocalStore, name), name))
        yield found
