"""Cheap identities of input files: enough to notice that a file changed between two runs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import fsspec

from helixdask.errors import BadInputError
from helixdask.store.objects import is_url

__all__ = ["file_identity"]

_HEAD = 1 << 16


def file_identity(path: str | Path) -> str:
    """Size, time and a digest of both ends of a file, as one short string.

    Raises
    ------
    BadInputError
        The file is not there or cannot be read.
    """
    text = str(path)
    try:
        if is_url(text):
            fs, inner = fsspec.core.url_to_fs(text)
            info = fs.info(inner)
            size = int(info["size"])
            stamp = str(info.get("ETag") or info.get("LastModified") or info.get("mtime") or "")
            head = fs.cat_file(inner, start=0, end=min(size, _HEAD))
            tail = fs.cat_file(inner, start=max(0, size - _HEAD), end=size)
        else:
            with Path(text).open("rb") as file:
                head = file.read(_HEAD)
                stat = Path(text).stat()
                size, stamp = stat.st_size, str(stat.st_mtime_ns)
                file.seek(max(0, size - _HEAD))
                tail = file.read(_HEAD)
    except FileNotFoundError:
        raise BadInputError("no such file", where=text, remedy="Check the path.") from None
    except OSError as error:
        raise BadInputError(f"cannot be read: {error.strerror or error}", where=text) from error
    return f"{size}-{stamp}-{hashlib.sha256(head + tail).hexdigest()[:12]}"
