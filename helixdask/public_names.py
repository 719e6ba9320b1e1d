"""What may be written down of a path or a URL: its name, without folders, credentials and queries.

Everything that is published or shown goes through here: attributes, history, cards, reports, logs and error texts.
Stages and readers keep whole paths while they work, and nothing else does.
"""

from __future__ import annotations

import logging
import re
from pathlib import PurePath
from typing import Final

_URL: Final = re.compile(r"(?:\b[A-Za-z][\w+.-]*://|\b(?:https?|ftps?|s3|gs|gcs|az|abfss?):/)[^\s'\"<>`]*")
"""A URL inside a text; the second form has lost a slash on its way through `pathlib`."""
_CLOSING: Final = re.compile(r"[:;,.!)\]}]*$")


def without_secrets(text: str) -> str:
    """Return a text whose URLs have lost user, password, query and fragment.

    Parameters
    ----------
    text
        Any text: a message, a path, a URL. What is no URL stays as it is.

    Examples
    --------
    >>> without_secrets("http://me:secret@host/a.bam?token=1: no such file")
    'http://host/a.bam: no such file'
    """
    return _URL.sub(lambda found: _clean(found[0]), text) if ":/" in text else text


def as_unicode(text: str) -> str:
    """Text from the command line or a file's name, as it is in any locale.

    In one that knows ASCII only, Python gives other bytes as lone surrogates, which no file could hold.
    """
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def public_name(path: object) -> str:
    """Return the name of a file, a folder or what a URL leads to.

    Parameters
    ----------
    path
        A path or a URL.

    Examples
    --------
    >>> public_name("/home/me/a.bam"), public_name("https://me:secret@host/b/a.bam?token=1")
    ('a.bam', 'a.bam')
    """
    text = as_unicode(str(path))
    if not _URL.match(text):
        return PurePath(text).name
    return re.sub(r"[?#].*", "", text, flags=re.DOTALL).rstrip("/").rpartition("/")[2].rpartition("@")[2]


def _clean(url: str) -> str:
    scheme, slashes, rest = re.split(r"(:/{1,2})", url, maxsplit=1)
    kept = re.split(r"[?#]", rest, maxsplit=1)[0]
    closing = _CLOSING.search(rest)
    authority, slash, path = kept.partition("/")
    end = closing[0] if closing and kept != rest else ""
    return f"{scheme}{slashes}{authority.rpartition('@')[2]}{slash}{path}{end}"


class PublicFormatter(logging.Formatter):
    """Formats records as its base class does, without the secrets of URLs."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record."""
        return without_secrets(super().format(record))
