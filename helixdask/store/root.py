"""The root of a store: its format, its species, and a copy of all metadata, with a checksum; and how it is mended.

Format and species are kept a second time in ``.manifests/store.json``. All else in the root is derived. So a root that
is lost or damaged is made anew when a store that can be written is opened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from helixdask.errors import StoreDamagedError
from helixdask.store.documents import parse_group
from helixdask.store.manifest import ATTRIBUTES, json_checksum, plain_value
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


def write_root(folder: Folder, attributes: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
    """Write the root and the copy of its own attributes, each where it differs from what is there.

    Parameters
    ----------
    folder
        The store's folder.
    attributes
        Format and species.
    metadata
        Metadata of all published groups, by path.
    """
    own = {name: attributes[name] for name in _OWN}
    copy = json.dumps({**own, "checksum": json_checksum(own)}, indent=1).encode()
    if folder.read(COPY) != copy:
        folder.write(COPY, copy)
    text = _document(own, metadata)
    if folder.read(ATTRIBUTES) != text:
        folder.write(ATTRIBUTES, text)


def _document(own: Mapping[str, Any], metadata: Mapping[str, Any]) -> bytes:
    document = {
        "attributes": {**own, "checksum": json_checksum([own, metadata])},
        "zarr_format": 3,
        "node_type": "group",
        "consolidated_metadata": {"kind": "inline", "must_understand": False, "metadata": metadata},
    }
    return json.dumps(document, default=plain_value).encode()  # in lines it would take ten times as long


def root_problem(folder: Folder, data: bytes | None) -> str | None:
    """What is wrong with the root; None where nothing is, or where there is no store.

    Parameters
    ----------
    folder
        The store's folder.
    data
        The object that describes the root; None where there is none.
    """
    if data is None:
        return "is missing" if folder.exists(COPY) else None
    try:
        attrs = parse_group(data)
        if attrs is None:
            return "is damaged" if folder.exists(COPY) else None
        if "checksum" in attrs:
            own = {name: attrs.get(name) for name in _OWN}
            metadata = json.loads(data)["consolidated_metadata"]["metadata"]
            return None if json_checksum([own, metadata]) == attrs["checksum"] else "does not match its checksum"
    except (ValueError, KeyError, TypeError):
        return "is damaged" if folder.exists(COPY) or folder.exists("genome") else None
    return "is damaged" if folder.exists(COPY) else None  # only stores of earlier versions have no checksum


def read_root(folder: Folder) -> tuple[dict[str, Any], dict[str, Any]]:
    """Format and species of a store, and the copy of its metadata; that is empty where the root is damaged.

    Raises
    ------
    StoreDamagedError
        Neither the root nor the copy of its attributes can be read.
    """
    data = folder.read(ATTRIBUTES)
    if data is not None and root_problem(folder, data) is None:
        document = json.loads(data)
        metadata = (document.get("consolidated_metadata") or {}).get("metadata") or {}
        return {name: document["attributes"].get(name) for name in _OWN}, dict(metadata)
    own = _read_copy(folder)
    if own is None:
        raise StoreDamagedError(
            f"{ATTRIBUTES}, which says what the store is, is damaged, and its copy {COPY} too",
            where=folder.url,
            remedy="Restore either of them from a backup, or make the store again with helixdask encode.",
        )
    return own, {}


def copy_is_sound(folder: Folder) -> bool:
    """Whether the copy of the root's own attributes is what was written."""
    return _read_copy(folder) is not None


def _read_copy(folder: Folder) -> dict[str, Any] | None:
    copy = folder.read_json(COPY)
    if not isinstance(copy, dict):
        return None
    own = {name: copy.get(name) for name in _OWN}
    return own if json_checksum(own) == copy.get("checksum") else None


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
