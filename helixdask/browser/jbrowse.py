"""Settings of JBrowse 2: ``config.json`` as its documentation describes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from helixdask.browser.tracks import SEQUENCE, BrowserTrack, Place

_CATEGORIES: Final = {
    "genes": "Genes",
    "labels": "Masks of labels",
    "predictions": "Probabilities",
    "coverage": "Coverage",
    "tracks": "Other tracks",
}
_ADAPTERS: Final = {"genes": ("Gff3TabixAdapter", "gffGzLocation"), "labels": ("BedTabixAdapter", "bedGzLocation")}
_SCREEN: Final = 1200
"""Pixels that the first view is made for."""


def jbrowse_config(species: str, tracks: Sequence[BrowserTrack], place: Place, *, csi: bool = False) -> dict[str, Any]:
    """``config.json``: the genome, all tracks, and a first view in which they are open.

    Parameters
    ----------
    species
        Becomes the name of the assembly.
    tracks
        Tracks, in the order in which they are shown.
    place
        The first view.
    csi
        Whether indexes of genes are ``.csi`` and not ``.tbi``.
    """
    shown = [_track(species, track, csi) for track in tracks]
    opened = [
        {
            "id": f"shown-{each['trackId']}",
            "type": each["type"],
            "configuration": each["trackId"],
            "displays": [
                {"id": f"{display['displayId']}-shown", "type": display["type"], "configuration": display["displayId"]}
                for display in each["displays"]
            ],
        }
        for each in shown
    ]
    bases_per_pixel = max((place.end - place.start) / _SCREEN, 0.05)
    region = {"refName": place.contig, "start": 0, "end": place.contig_length, "assemblyName": species}
    view = {
        "id": "first",
        "type": "LinearGenomeView",
        "bpPerPx": bases_per_pixel,
        "offsetPx": int(place.start / bases_per_pixel),
        "displayedRegions": [region],
        "trackLabels": "offset",
        "tracks": opened,
    }
    return {
        "assemblies": [{"name": species, "sequence": _sequence(species)}],
        "tracks": shown,
        "defaultSession": {"name": f"{species}, {place.contig}", "views": [view]},
    }


def _sequence(species: str) -> dict[str, Any]:
    adapter = {
        "type": "BgzipFastaAdapter",
        "fastaLocation": _file(SEQUENCE),
        "faiLocation": _file(f"{SEQUENCE}.fai"),
        "gziLocation": _file(f"{SEQUENCE}.gzi"),
    }
    return {"type": "ReferenceSequenceTrack", "trackId": f"{_word(species)}-sequence", "adapter": adapter}


def _track(species: str, track: BrowserTrack, csi: bool) -> dict[str, Any]:
    track_id = _word(track.group)
    common = {
        "trackId": track_id,
        "name": track.words,
        "assemblyNames": [species],
        "category": [_CATEGORIES[track.kind]],
    }
    if track.has_index:
        path = track.files[0].path
        kind, location = _ADAPTERS[track.kind]
        adapter: dict[str, Any] = {
            "type": kind,
            location: _file(path),
            "index": {"location": _file(f"{path}.{'csi' if csi else 'tbi'}"), "indexType": "CSI" if csi else "TBI"},
        }
        display: dict[str, Any] = {"type": "LinearBasicDisplay", "displayId": f"{track_id}-display"}
        return {"type": "FeatureTrack", **common, "adapter": adapter, "displays": [display]}
    scale = {} if track.most is None else {"minScore": 0, "maxScore": track.most}
    if len(track.files) == 1:
        adapter = {"type": "BigWigAdapter", "bigWigLocation": _file(track.files[0].path)}
        display = {"type": "LinearWiggleDisplay", "displayId": f"{track_id}-display", **scale}
        return {"type": "QuantitativeTrack", **common, "adapter": adapter, "displays": [display]}
    parts = [
        {"type": "BigWigAdapter", "source": file.words, "color": file.colour, "bigWigLocation": _file(file.path)}
        for file in track.files
    ]
    display = {"type": "MultiLinearWiggleDisplay", "displayId": f"{track_id}-display", **scale}
    display["defaultRendering"] = "multirowxy"
    adapter = {"type": "MultiWiggleAdapter", "subadapters": parts}
    return {"type": "MultiQuantitativeTrack", **common, "adapter": adapter, "displays": [display]}


def _file(path: str) -> dict[str, str]:
    return {"uri": path, "locationType": "UriLocation"}


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)
