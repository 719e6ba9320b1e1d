"""Identities of input files: what a file holds, whatever its name, its folder, its owner or its age.

An identity is one short text, ``KIND:DIGEST:SIZE:ENDS``, with ``:INDEX`` behind it where an index was read:

* ``sha256``: SHA-256 of the whole file, up to 256 MB.
* ``blocks``: of larger files SHA-256 of 64 blocks of 64 KiB, evenly spread, the first and the last included, and
  of the whole index beside it. A change between the blocks that leaves size and index as they are escapes.
* ``etag``: of a URL the ETag that its server gives; ``date`` where it gives a date only, ``ends`` where it gives none.
* ``names``: of a table of other names those that are needed, see :func:`names_identity`.

SIZE are bytes, ENDS a digest of both ends. They let identities of an older form (``SIZE-TIME-ENDS``) be compared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import fsspec

from helixdask.errors import BadInputError
from helixdask.store.objects import is_url

_WHOLE: Final = 256_000_000
"""Bytes up to which all of a file is read: a fraction of a second."""
_BLOCK: Final = 1 << 16
_BLOCKS: Final = 64
_INDEXES: Final = (".bai", ".csi", ".crai", ".fai")
_DATES: Final = ("LastModified", "Last-Modified", "last_modified", "mtime", "created")
_OLD: Final = "dated"
_WORDS: Final = {"sha256": "SHA-256", "blocks": "sample", "etag": "ETag", "date": "date", "ends": "ends"}


class _Identity(NamedTuple):
    """The parts of an identity; the older form has the kind `_OLD`, its time as digest."""

    kind: str
    digest: str
    size: str
    ends: str
    of_index: str = ""

    def __str__(self) -> str:
        return ":".join(self if self.of_index else self[:-1])


def file_identity(path: str | Path) -> str:
    """Identity of what a file or URL holds.

    A file that was looked at before in this process is read again only where its size, inode or times have changed.

    Raises
    ------
    BadInputError
        The file is not there or cannot be read.
    """
    text = str(path)
    try:
        if is_url(text):
            return str(_url_identity(text))
        indexes = [found for index in _index_names(text) if (found := _stamp(index)) is not None]
        return str(_local_identity(_stamp_of(text), indexes[0] if indexes else None))
    except FileNotFoundError:
        raise BadInputError("no such file", where=text, remedy="Check the path.") from None
    except OSError as error:
        raise BadInputError(f"cannot be read: {error.strerror or error}", where=text) from error


def names_identity(table: str | Path, needed: Mapping[str, str]) -> str:
    """Identity of a table of other names: the names that are needed, in any order; other lines may change.

    Parameters
    ----------
    table
        The file.
    needed
        Foreign names of an input, and what each is called in the genome.
    """
    digest = hashlib.sha256(json.dumps(sorted(needed.items())).encode()).hexdigest()
    whole = _parsed(file_identity(table))
    return str(_Identity("names", digest, whole.size, whole.ends) if whole else _Identity("names", digest, "0", ""))


def same_identity(there: str, now: str) -> bool:
    """Whether two identities are of the same content.

    Those of the older form are compared by size and both ends; large files with and without an index by the rest.
    """
    if there == now:
        return True
    one, other = _parsed(there), _parsed(now)
    if one is None or other is None:
        return False
    if _OLD in (one.kind, other.kind):
        return (one.size, one.ends) == (other.size, other.ends)
    if one.kind == other.kind == "names":
        return one.digest == other.digest
    if one.kind == other.kind == "blocks" and not (one.of_index and other.of_index):
        return one[:4] == other[:4]
    return False


def describe_identity(identity: str) -> str:
    """An identity in words, for messages; digests of groups as they are."""
    found = _parsed(identity)
    if found is None:
        return identity
    if found.kind == "names":
        return f"names {found.digest[:8]}"
    what = f"ends {found.ends}" if found.kind == _OLD else f"{_WORDS[found.kind]} {found.digest[:8]}"
    return f"{int(found.size):,} bytes, {what}" + (f", index {found.of_index[:8]}" if found.of_index else "")


def _parsed(text: str) -> _Identity | None:
    parts = text.split(":")
    if parts[0] in (*_WORDS, "names") and len(parts) in (4, 5) and parts[2].isdigit():
        return _Identity(*parts)
    size, dash, rest = text.partition("-")
    stamp, dash, ends = rest.rpartition("-")
    if dash and size.isdigit() and len(ends) == 12:
        return _Identity(_OLD, stamp, size, ends)
    return None


def _index_names(path: str) -> list[str]:
    beside = [f"{path}{index}" for index in _INDEXES]
    stem, _, ending = path.rpartition(".")
    return beside + [f"{stem}{index}" for index in _INDEXES if ending in ("bam", "cram")]


class _Stamp(NamedTuple):
    """What tells within one process that a file is as it was."""

    path: str
    size: int
    inode: int
    modified: int
    changed: int


def _stamp_of(path: str) -> _Stamp:
    stat = Path(path).stat()
    return _Stamp(path, stat.st_size, stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns)


def _stamp(path: str) -> _Stamp | None:
    return _stamp_of(path) if Path(path).is_file() else None


@lru_cache(maxsize=256)
def _local_identity(file: _Stamp, index: _Stamp | None) -> _Identity:
    size = file.size
    with Path(file.path).open("rb") as opened:
        ends = _ends(opened.read(_BLOCK), _at(opened, max(0, size - _BLOCK)))
        opened.seek(0)
        if size <= _WHOLE:
            return _Identity("sha256", hashlib.file_digest(opened, "sha256").hexdigest(), str(size), ends)
        digest = hashlib.sha256()
        for number in range(_BLOCKS):
            digest.update(_at(opened, number * (size - _BLOCK) // (_BLOCKS - 1)))
    return _Identity("blocks", digest.hexdigest(), str(size), ends, _whole_digest(index.path) if index else "")


def _at(file: Any, start: int) -> bytes:
    file.seek(start)
    data: bytes = file.read(_BLOCK)
    return data


def _whole_digest(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _url_identity(url: str) -> _Identity:
    fs, inner = fsspec.core.url_to_fs(url)
    info = fs.info(inner)
    size = int(info["size"])
    ends = _ends(
        fs.cat_file(inner, start=0, end=min(size, _BLOCK)), fs.cat_file(inner, start=max(0, size - _BLOCK), end=size)
    )
    etag = info.get("ETag") or info.get("etag")
    date = next((info[name] for name in _DATES if info.get(name)), None)
    kind, stamp = ("etag", etag) if etag else ("date", date) if date else ("ends", ends)
    return _Identity(kind, hashlib.sha256(str(stamp).encode()).hexdigest(), str(size), ends)


def _ends(head: bytes, tail: bytes) -> str:
    return hashlib.sha256(head + tail).hexdigest()[:12]
