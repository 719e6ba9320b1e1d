"""Opening the root of a store, and what can be wrong with it."""

from __future__ import annotations

import zarr

from helixdask.errors import StoreDamagedError, StoreFormatError, words_of
from helixdask.registry import FORMAT_VERSION
from helixdask.store.consolidated import mend_root
from helixdask.store.listed import ListedStore
from helixdask.store.manifest import ATTRIBUTES
from helixdask.store.objects import Folder, is_url
from helixdask.store.root import root_problem


def open_root(folder: Folder, *, read_only: bool) -> zarr.Group:
    """Open the root; one that is damaged is made anew first.

    Parameters
    ----------
    folder
        The store's folder.
    read_only
        Whether it cannot be written, nor its folders be listed.

    Raises
    ------
    StoreFormatError
        There is no store there, or its format is newer than this version.
    StoreDamagedError
        The root is damaged and cannot be written.
    """
    _mend_root(folder, read_only=read_only)
    try:
        root = zarr.open_group(ListedStore.at(folder.url), mode="r", zarr_format=3, use_consolidated=read_only)
    except (FileNotFoundError, ValueError, KeyError) as error:
        raise StoreFormatError(
            "there is no store here", where=folder.url, remedy="Make one with: helixdask encode GENOME.fa -o STORE"
        ) from error
    except Exception as error:  # whatever the library behind a protocol raises: credentials, names, connections
        if not is_url(folder.url):
            raise
        raise StoreFormatError(
            f"cannot be opened: {words_of(error)}",
            where=folder.url,
            remedy="Check the URL, the connection and the credentials.",
        ) from error
    version = root.attrs.get("helixdask_format")
    if version != FORMAT_VERSION:
        raise StoreFormatError(
            f"store format {version!r}, this version reads {FORMAT_VERSION}",
            where=folder.url,
            remedy="Install the version of helixdask that made it, or encode the genome again.",
        )
    return root


def _mend_root(folder: Folder, *, read_only: bool) -> None:
    """Make the root anew where it is damaged: nothing in it is known only there."""
    try:
        problem = root_problem(folder, folder.read(ATTRIBUTES))
    except OSError:
        return  # what cannot be reached is told below
    if problem is None:
        return
    if read_only:
        raise StoreDamagedError(
            f"{ATTRIBUTES} {problem}", where=folder.url, remedy="Run helixdask verify where the store can be written."
        )
    mend_root(folder, problem)
