"""The text in the folder that says what is in it and how it is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from helixdask.browser.tracks import SEQUENCE, BrowserTrack

_TEXT: Final = """{title}
{line}
Made by helixdask. All files lie in this folder, and the settings name them relative to it: copy it as a whole.

IGV on the desktop
    File, Open Session..., igv_desktop.xml. Nothing else is needed.

A web browser
    On a web server, open the address of the folder: index.html shows it with igv.js. On your own machine:
        npx http-server .
    and open http://localhost:8080/. The server must answer requests for parts of files, as nginx and Apache do;
    "python -m http.server" does not. igv.js comes from the internet unless igv.esm.min.js lies in this folder.

JBrowse 2 on a web server
    Copy the folder into that of a JBrowse 2 installation, and open
        http://SERVER/?config={folder}/config.json

Files
    {sequence} (.fai, .gzi): the sequence
{files}
Probabilities are in hundredths: bases whose probability rounds to 0 are left out. Masked stretches are what is not
learnt from, with the codes of what was found in the genes that they touch.
"""


def read_me(species: str, folder: str, tracks: Sequence[BrowserTrack]) -> str:
    """The text, with a line for each track.

    Parameters
    ----------
    species
        Of the genome.
    folder
        Name of the folder.
    tracks
        What is in it.
    """
    title = f"{species} in genome browsers"
    files = [f"    {_paths(track)}: {track.words}" for track in tracks]
    return _TEXT.format(
        title=title, line="=" * len(title), folder=folder, sequence=SEQUENCE, files="\n".join(files) + "\n"
    )


def _paths(track: BrowserTrack) -> str:
    return track.files[0].path if len(track.files) == 1 else f"{track.group}.*.bw"
