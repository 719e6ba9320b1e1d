"""The text in the folder that says what is in it and how it is opened."""

from __future__ import annotations

from collections.abc import Sequence

from helixdask.browser.tracks import SEQUENCE, BrowserTrack

_TEXT = """{title}
{line}
Made by helixdask. All files lie in this folder, and the settings name them relative to it: copy it as a whole.

IGV on the desktop
    File, Open Session..., igv_desktop.xml. Nothing else is needed.

IGV-Web, igv.js
    Copy the folder to a web server. Session, URL: the address of igv_web.json.

JBrowse 2 on a web server
    Copy the folder into that of a JBrowse 2 installation, and open
    http://SERVER/?config={folder}/config.json

The server must answer requests for parts of files (nginx, Apache, "npx http-server" do; "python -m http.server"
does not).

Files
    {sequence} (.fai, .gzi): the sequence
{files}
Probabilities are in hundredths: bases whose probability rounds to 0 are left out. Masked stretches are what was not
learnt from, with the codes of the reasons.
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
    files = [f"    {track.words}: {', '.join(file.path for file in track.files)}" for track in tracks]
    return _TEXT.format(
        title=title, line="=" * len(title), folder=folder, sequence=SEQUENCE, files="\n".join(files) + "\n"
    )
