"""A Zarr store that tells a lost object from one that was never written.

Zarr reads a missing object as the fill value. Here the group's manifest is looked at first, when something is missing:
also by workers, over HTTP, and for objects that are lost while a group is in use.
"""

from __future__ import annotations

from typing import Any, Final

from zarr.abc.store import ByteRequest, OffsetByteRequest, Store
from zarr.core.buffer import Buffer, BufferPrototype, default_buffer_prototype
from zarr.storage import FsspecStore, LocalStore, WrapperStore

from helixdask.errors import StoreChangedError, StoreDamagedError
from helixdask.registry import group_of
from helixdask.store.documents import parse_group
from helixdask.store.manifest import ATTRIBUTES, Manifest, digest_of, manifest_name, remedy_for
from helixdask.store.objects import is_url

_ALL: Final = OffsetByteRequest(0)


class _AskedOnce(WrapperStore[Store]):
    """Objects elsewhere; a whole one is asked for from its first byte, which does not ask for its size before."""

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        """Bytes of an object; None where there is none."""
        return await super().get(key, prototype, _ALL if byte_range is None else byte_range)


def objects_at(url: str) -> Store:
    """The objects below a path or URL, read only."""
    if is_url(url):
        return _AskedOnce(FsspecStore.from_url(url, read_only=True))
    return LocalStore(url, read_only=True)


class ListedStore(WrapperStore[Store]):
    """Objects of a store, read only; an object that a manifest lists and that is not there is an error.

    Raises
    ------
    StoreDamagedError
        When it is read.
    StoreChangedError
        When it is read, and its group was replaced or removed at that moment.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._objects: dict[str, tuple[str, frozenset[str]]] = {}

    @classmethod
    def at(cls, url: str) -> ListedStore:
        """The objects below a path or URL."""
        return cls(objects_at(url))

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        """Bytes of an object, or None where there never was one."""
        found = await super().get(key, prototype, byte_range)
        if found is None and "/" in key and not key.startswith("."):
            await self._refuse_lost(key)
        return found

    async def _refuse_lost(self, key: str) -> None:
        """Tell an object that was never written from one that is lost, and from a group that is being replaced."""
        group = group_of(key)
        path = key.removeprefix(f"{group}/")
        if path in (key, ATTRIBUTES):
            return
        digest = await self._published_digest(group)
        if digest is None:
            return
        objects = await self._listed(group, digest)
        if objects is not None and path not in objects:
            return
        unchanged = await self._read(key) is None and await self._published_digest(group) == digest
        if not unchanged:
            raise StoreChangedError(
                "was replaced or removed while it was being read",
                where=f"{self._store}/{group}",
                remedy="Run the same command again.",
            )
        unlisted = "is not there, and the list of the group's objects cannot be read"
        problem = unlisted if objects is None else "is missing"
        raise StoreDamagedError(problem, where=f"{self._store}/{key}", remedy=remedy_for(group))

    async def _published_digest(self, group: str) -> str | None:
        attrs = await self._attributes(group)
        return attrs.get("manifest") if attrs.get("complete") is True else None

    async def _listed(self, group: str, digest: str) -> frozenset[str] | None:
        """Objects that a group's manifest lists; None where the manifest cannot be read."""
        if self._objects.get(group, ("", None))[0] != digest:
            data = await self._read(f".manifests/{manifest_name(group, digest)}")
            if data is None or digest_of(data) != digest:
                return None
            self._objects[group] = digest, frozenset(Manifest.from_bytes(data).objects)
        return self._objects[group][1]

    async def _attributes(self, group: str) -> dict[str, Any]:
        data = await self._read(f"{group}/{ATTRIBUTES}")
        try:
            return (parse_group(data) if data is not None else None) or {}
        except ValueError:
            raise StoreDamagedError(
                "its attributes are damaged", where=f"{self._store}/{group}", remedy=remedy_for(group)
            ) from None

    async def _read(self, key: str) -> bytes | None:
        found = await self._store.get(key, default_buffer_prototype())
        return None if found is None else found.to_bytes()
