"""Sessions of IGV: as XML for the desktop program, as JSON for igv.js.

igv.js reads no compressed sequence that an XML session names, and looks for files beside the page that it runs in and
not beside the session; so it gets its own session, and the folder a page.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from typing import Any

from helixdask.browser.tracks import SEQUENCE, BrowserTrack, Place, TrackFile

_HEIGHT = {"genes": 90}
_FORMAT = {"genes": "gff3", "labels": "bed"}


def igv_session(species: str, tracks: Sequence[BrowserTrack], place: Place, *, csi: bool = False) -> dict[str, Any]:
    """A session of igv.js; places of files are relative to the page that shows it.

    Parameters are those of :func:`helixdask.browser.jbrowse.jbrowse_config`.
    """
    shown = []
    for order, (track, file) in enumerate(_files(tracks)):
        one: dict[str, Any] = {
            "name": _name(track, file),
            "url": file.path,
            "color": _rgb(file.colour, "rgb({})"),
            "height": _HEIGHT.get(track.kind, 40),
            "order": order,
        }
        if track.has_index:
            index = f"{file.path}.{'csi' if csi else 'tbi'}"
            shape = "EXPANDED" if track.kind == "genes" else "COLLAPSED"
            one |= {"type": "annotation", "format": _FORMAT[track.kind], "indexURL": index, "displayMode": shape}
        else:
            scale = {"autoscale": True} if track.most is None else {"min": 0, "max": track.most}
            one |= {"type": "wig", "format": "bigwig", **scale}
        shown.append(one)
    reference = {
        "id": species,
        "name": species,
        "fastaURL": SEQUENCE,
        "indexURL": f"{SEQUENCE}.fai",
        "compressedIndexURL": f"{SEQUENCE}.gzi",
    }
    return {"version": "3", "reference": reference, "locus": _locus(place), "tracks": shown}


def igv_xml(tracks: Sequence[BrowserTrack], place: Place, *, csi: bool = False) -> str:
    """A session of IGV for the desktop; places of files are relative to it."""
    session = ET.Element("Session", genome=SEQUENCE, locus=_locus(place), version="8")
    resources = ET.SubElement(session, "Resources")
    panel = ET.SubElement(session, "Panel", name="helixdask", height="900", width="1200")
    for track, file in _files(tracks):
        index = {"index": f"{file.path}.{'csi' if csi else 'tbi'}"} if track.has_index else {}
        kind = _FORMAT.get(track.kind, "bigwig")
        ET.SubElement(resources, "Resource", {"path": file.path, "type": kind, **index})
        one = ET.SubElement(
            panel,
            "Track",
            id=file.path,
            name=_name(track, file),
            color=_rgb(file.colour, "{}"),
            height=str(_HEIGHT.get(track.kind, 40)),
            autoScale="false" if track.most is not None else "true",
        )
        if track.most is not None:
            ET.SubElement(one, "DataRange", minimum="0.0", baseline="0.0", maximum=f"{track.most}", type="LINEAR")
    ET.indent(session)
    return '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n' + ET.tostring(session, "unicode") + "\n"


def _files(tracks: Sequence[BrowserTrack]) -> Iterator[tuple[BrowserTrack, TrackFile]]:
    return ((track, file) for track in tracks for file in track.files)


def _name(track: BrowserTrack, file: TrackFile) -> str:
    return f"{track.words} {file.words}".strip()


def _rgb(colour: str, form: str) -> str:
    return form.format(",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)))


def _locus(place: Place) -> str:
    return f"{place.contig}:{place.start + 1}-{place.end}"
