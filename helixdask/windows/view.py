"""Windows of a store as a lazy dataset: nothing is read before it is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import dask.array as da
import numpy as np
import xarray as xr
from dask.array.core import getter
from dask.base import tokenize
from dask.highlevelgraph import HighLevelGraph
from numpy.typing import NDArray

from helixdask.probabilities import decode
from helixdask.registry import group_of
from helixdask.store.store import Store
from helixdask.views.tracks import Lazy, merged_dataset, shown_attrs
from helixdask.windows.cut import PADDING, WindowLayout
from helixdask.windows.grid import Spans, Windows
from helixdask.windows.read import open_track, read_windows

_BASES_PER_BLOCK: Final = 1 << 23


def lazy_windows(
    store: Store,
    windows: Windows,
    layout: WindowLayout,
    tracks: dict[str, str] | None = None,
    coverage: list[str] | None = None,
) -> xr.Dataset:
    """Windows of a genome, of all tracks or some.

    Parameters
    ----------
    store
        The store.
    windows
        Windows of any order and strand.
    layout
        Length, orientation and padding of the rows.
    tracks
        Paths of the tracks by the names of their variables; None: all of labels, predictions and others.
    coverage
        Names of coverage sets; None: all.

    Returns
    -------
    xarray.Dataset
        Dims ``window`` and ``offset``. ``sequence`` holds base codes, other variables hold one track each, its classes
        or libraries as last dim; probabilities are float32. One Dask block is some hundred windows, and its tasks carry
        the places of these alone.
    """
    spans = windows.spans(store.contigs.offsets)

    def lazy(path: str) -> Lazy:
        array = store.array(path)
        return ("window", "offset", *array.dims[1:-1]), _lazy(store, path, spans, layout), shown_attrs(array)

    dims, codes, about = lazy("genome/sequence")
    variables = {"sequence": (dims, codes, about | {"padding": PADDING})}
    attrs = {"window_length": layout.length, "orientation": layout.orientation, "padding": layout.padding}
    return merged_dataset(store, lazy, variables, {}, attrs, tracks=tracks, sets=coverage, libraries_last=True)


@dataclass(frozen=True, eq=False)
class _Block:
    """Some windows of a track, looking like an array to Dask."""

    store: Store
    path: str
    spans: Spans
    layout: WindowLayout

    def __getitem__(self, key: tuple[Any, ...]) -> NDArray[Any]:
        which, rest = key[0], key[1:]
        single = isinstance(which, (int, np.integer))
        some = self.spans.take(slice(which, which + 1) if single else which)
        values = read_windows(self.store, self.path, some, self.layout)[(0 if single else slice(None), *rest)]
        self.store.check_unchanged(group_of(self.path))
        return decode(values) if _is_probability(self.path) else values


def _is_probability(path: str) -> bool:
    return path.startswith("predictions/")


def _lazy(store: Store, path: str, spans: Spans, layout: WindowLayout) -> da.Array:
    track = open_track(store, path)
    n, step = len(spans.position), int(np.clip(_BASES_PER_BLOCK // layout.length, 16, 512))
    tail = (layout.length, *track.classes)
    token = tokenize(store.url, path, layout, *spans)
    name = f"windows-{token}"
    graph: dict[Any, Any] = {}
    for number, start in enumerate(range(0, max(n, 1), step)):
        block = _Block(store, path, spans.take(slice(start, start + step)), layout)
        graph[f"places-{token}", number] = block
        # As `dask.array.from_array` does it: slices of the array are then joined with those of the block.
        key = tuple(slice(0, size) for size in (min(step, n - start), *tail))
        graph[name, number, *(0 for _ in tail)] = (getter, (f"places-{token}", number), key, False, False)
    along = tuple(min(step, n - start) for start in range(0, max(n, 1), step))
    dtype = np.dtype(np.float32) if _is_probability(path) else track.dtype
    layer = HighLevelGraph.from_collections(name, graph)
    return da.Array(layer, name, (along, *((size,) for size in tail)), meta=np.empty((0,) * (1 + len(tail)), dtype))
