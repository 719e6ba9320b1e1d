"""Attributes of a store's groups and which groups there are, read from the objects that hold them."""

from __future__ import annotations

import json
from typing import Any

import zarr

from helixdask.errors import StoreDamagedError
from helixdask.store.manifest import ATTRIBUTES, remedy_for
from helixdask.store.objects import Folder

__all__ = ["GroupDocuments"]


class GroupDocuments:
    """Reads attributes of groups, afresh each time.

    Parameters
    ----------
    folder
        The store's folder.
    consolidated
        The root with consolidated metadata, where folders cannot be listed (HTTP); else None.
    """

    def __init__(self, folder: Folder, consolidated: zarr.Group | None) -> None:
        self._folder = folder
        self._consolidated = consolidated

    def attrs(self, group: str) -> dict[str, Any]:
        """Attributes of a group; empty where there is no such group.

        Raises
        ------
        StoreDamagedError
            The object that holds them is not what was written.
        """
        if self._consolidated is not None:
            node = self._consolidated.get(group)
            return dict(node.attrs) if isinstance(node, zarr.Group) else {}
        data = self._folder.read(f"{group}/{ATTRIBUTES}")
        if data is None:
            return {}
        try:
            document = json.loads(data)
            if document["node_type"] != "group":
                return {}
            return dict(document.get("attributes") or {})
        except (ValueError, KeyError, TypeError) as error:
            raise StoreDamagedError(
                "its attributes are damaged", where=f"{self._folder.url}/{group}", remedy=remedy_for(group)
            ) from error

    def members(self, group: str) -> list[str]:
        """Names of all that lies directly below a group, published or not."""
        if self._consolidated is not None:
            node = self._consolidated.get(group)
            return [name for name, _ in node.groups()] if isinstance(node, zarr.Group) else []
        return [name for name in self._folder.folder(group).names() if name != ATTRIBUTES]

    def names(self, kind: str) -> list[str]:
        """Names of the published groups of a kind (``labels``; ``coverage``; ``coverage/rnaseq``), sorted."""
        nested = kind == "coverage"
        return sorted(
            name
            for name in self.members(kind)
            if self.attrs(f"{kind}/{name}").get("complete") is True or (nested and self.names(f"{kind}/{name}"))
        )
