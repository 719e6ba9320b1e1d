"""The root of a store: its format, its species, and a copy of all metadata, with a checksum; and how it is mended.

Format and species are kept a second time in ``.manifests/store.json``. All else in the root is derived. So a root that
is lost or damaged is made anew when a store that can be written is opened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from helixdask.errors import StoreDamagedError
from helixdask.store.documents import parse_group
from helixdask.store.manifest import ATTRIBUTES, checksum_of_read, plain_value
from helixdask.store.objects import Folder

COPY: Final = ".manifests/store.json"
_OWN: Final = ("helixdask_format", "species")


def group_document(attrs: Mapping[str, Any]) -> bytes:
    """The object that describes a Zarr group: its attributes."""
    document = {"attributes": dict(attrs), "zarr_format": 3, "node_type": "group"}
    return json.dumps(document, indent=2, default=plain_value).encode()


def is_store(url: str) -> bool:
    """Whether there is a store, or what is left of one."""
    folder = Folder(url)
    return folder.exists(ATTRIBUTES) or folder.exists(COPY)


class Root(NamedTuple):
    """What a root holds.

    Attributes
    ----------
    own
        Format and species.
    metadata
        Copy of the metadata of all published groups, by path.
    has_checksum
        Whether both were compared with a checksum; stores of earlier versions have none.
    """

    own: dict[str, Any]
    metadata: dict[str, Any]
    has_checksum: bool


def write_root(folder: Folder, own: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
    """Write the root and the copy of its own attributes, each where it differs from what is there.

    Parameters
    ----------
    folder
        The store's folder.
    own
        Format and species.
    metadata
        Metadata of all published groups, by path.
    """
    own = {name: own[name] for name in _OWN}
    copy = json.dumps({**own, "checksum": checksum_of_read(own)}, indent=1).encode()
    if folder.read(COPY) != copy:
        folder.write(COPY, copy)
    text = _document(own, metadata)
    if folder.read(ATTRIBUTES) != text:
        folder.write(ATTRIBUTES, text)


def _document(own: Mapping[str, Any], metadata: Mapping[str, Any]) -> bytes:
    document = {
        "attributes": {**own, "checksum": checksum_of_read([own, metadata])},
        "zarr_format": 3,
        "node_type": "group",
        "consolidated_metadata": {"kind": "inline", "must_understand": False, "metadata": metadata},
    }
    return json.dumps(document).encode()  # in lines it would take ten times as long


def root_problem(folder: Folder, data: bytes | None) -> str | None:
    """What is wrong with the root; None where nothing is, or where there is no store.

    Parameters
    ----------
    folder
        The store's folder.
    data
        The object that describes the root; None where there is none.
    """
    found = _examined(folder, data)
    return found if isinstance(found, str) else None


def _examined(folder: Folder, data: bytes | None) -> Root | str | None:
    """What a root holds, or what is wrong with it; None where there is no store."""
    if data is None:
        return "is missing" if folder.exists(COPY) else None
    try:
        document = json.loads(data)
        if document["node_type"] == "group":
            attrs = dict(document.get("attributes") or {})
            own = {name: attrs.get(name) for name in _OWN}
            if "checksum" in attrs:
                metadata = document["consolidated_metadata"]["metadata"]
                is_sound = checksum_of_read([own, metadata]) == attrs["checksum"]
                return Root(own, dict(metadata), True) if is_sound else "does not match its checksum"
            if not folder.exists(COPY):  # only stores of earlier versions have no checksum
                return Root(own, dict((document.get("consolidated_metadata") or {}).get("metadata") or {}), False)
    except (ValueError, KeyError, TypeError, AttributeError):
        return "is damaged" if folder.exists(COPY) or folder.folder("genome").names() else None
    return "is damaged" if folder.exists(COPY) else None


def read_root(folder: Folder) -> Root:
    """Format and species of a store, and the copy of its metadata; that is empty where the root is damaged.

    Raises
    ------
    StoreDamagedError
        Neither the root nor the copy of its attributes can be read.
    """
    found = _examined(folder, folder.read(ATTRIBUTES))
    if isinstance(found, Root):
        return found
    own = _read_copy(folder)
    if own is None:
        raise StoreDamagedError(
            f"{ATTRIBUTES}, which says what the store is, is damaged, and its copy {COPY} too",
            where=folder.url,
            remedy="Restore either of them from a backup, or make the store again with helixdask encode.",
        )
    return Root(own, {}, False)


def copy_is_sound(folder: Folder) -> bool:
    """Whether the copy of the root's own attributes is what was written."""
    return _read_copy(folder) is not None


def _read_copy(folder: Folder) -> dict[str, Any] | None:
    copy = folder.read_json(COPY)
    if not isinstance(copy, dict):
        return None
    own = {name: copy.get(name) for name in _OWN}
    return own if checksum_of_read(own) == copy.get("checksum") else None


def ensure_containers(folder: Folder, group: str) -> list[str]:
    """See that what holds a group, such as ``coverage`` and ``coverage/rnaseq``, is a Zarr group.

    Returns
    -------
    list of str
        Those that were not, and were written.
    """
    written = []
    parts = group.split("/")
    for depth in range(1, len(parts)):
        holder = "/".join(parts[:depth])
        data = folder.read(f"{holder}/{ATTRIBUTES}")
        try:
            sound = data is not None and parse_group(data) == {}
        except ValueError:
            sound = False
        if not sound:
            folder.write(f"{holder}/{ATTRIBUTES}", group_document({}))
            written.append(holder)
    return written
