"""A copy of all metadata in the root of the store, for readers that cannot list folders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import zarr

from helixdask.registry import KINDS
from helixdask.store.objects import Folder

__all__ = ["consolidate", "group_document"]


def consolidate(url: str) -> None:
    """Copy the metadata of all published groups into the root, for readers that cannot list folders (HTTP).

    The copy is derived: writers and readers that can list never trust it. It is rewritten until it agrees with what
    is there, so that two commands that publish side by side both end up in it.
    """
    folder = Folder(url)
    for _ in range(5):
        root = zarr.open_group(url, mode="r", zarr_format=3, use_consolidated=False)
        metadata: dict[str, Any] = {}
        for kind in ("genome", *KINDS):
            node = root.get(kind)
            if isinstance(node, zarr.Group):
                _collect(node, kind, metadata)
        document = {
            "attributes": dict(root.attrs),
            "zarr_format": 3,
            "node_type": "group",
            "consolidated_metadata": {"kind": "inline", "must_understand": False, "metadata": metadata},
        }
        text = json.dumps(document, indent=1).encode()
        if folder.read("zarr.json") == text:
            return
        folder.write("zarr.json", text)


def group_document(attrs: Mapping[str, Any]) -> bytes:
    """The object that describes a Zarr group: its attributes."""
    document = {"attributes": dict(attrs), "zarr_format": 3, "node_type": "group"}
    return json.dumps(document, indent=2, default=_plain).encode()


def _collect(group: zarr.Group, path: str, metadata: dict[str, Any]) -> bool:
    """Add the metadata of a group and all below it where it is published, or holds a published group."""
    complete = group.attrs.get("complete") is True
    below: dict[str, Any] = {}
    found = complete
    for name, member in sorted(group.members()):
        inner = f"{path}/{name}"
        if isinstance(member, zarr.Group):
            if complete:
                _collect_all(member, inner, below)
            else:
                found |= _collect(member, inner, below)
        elif complete:
            below[inner] = member.metadata.to_dict()
    if found:
        metadata[path] = _group_document(group)
        metadata.update(json.loads(json.dumps(below, default=_plain)))
    return found


def _collect_all(group: zarr.Group, path: str, metadata: dict[str, Any]) -> None:
    metadata[path] = _group_document(group)
    for name, member in sorted(group.members()):
        inner = f"{path}/{name}"
        if isinstance(member, zarr.Group):
            _collect_all(member, inner, metadata)
        else:
            metadata[inner] = member.metadata.to_dict()


def _group_document(group: zarr.Group) -> dict[str, Any]:
    return {"attributes": dict(group.attrs), "zarr_format": 3, "node_type": "group"}


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)
