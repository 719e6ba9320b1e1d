"""A page in the folder that shows it with igv.js, in any web browser, when the folder lies on a web server."""

from __future__ import annotations

from html import escape
from typing import Final

IGV_JS: Final = "https://cdn.jsdelivr.net/npm/igv@3.8.10/dist/igv.esm.min.js"
"""Where igv.js is taken from, unless ``igv.esm.min.js`` lies in the folder."""

_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{species}</title>
<style>
body {{ margin: 0; font: 15px/1.5 system-ui, sans-serif; color: #222; }}
#message {{ max-width: 44em; margin: 2em 1em; }}
</style>
</head>
<body>
<div id="browser"></div>
<div id="message">Loading igv.js ...</div>
<noscript>This page needs JavaScript.</noscript>
<script type="module">
const message = document.getElementById("message");
const load = (place) => import(place).then((module) => module.default);
try {{
  const igv = await load("./igv.esm.min.js").catch(() => load("{igv}"));
  const session = await (await fetch("{session}")).json();
  await igv.createBrowser(document.getElementById("browser"), session);
  message.remove();
}} catch (error) {{
  message.textContent = "Nothing can be shown (" + (error.message || error) + "). This page must come from a web " +
    "server that answers requests for parts of files, such as nginx, Apache or npx http-server; opened as a file " +
    "it can read nothing. Without access to the internet, put igv.esm.min.js of igv.js beside this page.";
}}
</script>
</body>
</html>
"""


def web_page(species: str, session: str) -> str:
    """The page.

    Parameters
    ----------
    species
        Of the genome; the title.
    session
        File of the session, beside the page.
    """
    return _PAGE.format(species=escape(species), igv=IGV_JS, session=escape(session))
