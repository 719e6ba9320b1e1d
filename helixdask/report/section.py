"""What a page is made of: sections, each of which shows something or says in a line why it cannot."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

from helixdask.store.store import Store


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes
    ----------
    title
        Heading.
    parts
        Pieces of HTML.
    missing
        Why there is nothing to show, and what makes it; empty where there is something.
    """

    title: str
    parts: tuple[str, ...] = ()
    missing: str = ""


def section_of_groups(
    title: str, store: Store, kind: str, parts_of: Callable[[Store, str], Iterable[str]], missing: str
) -> Section:
    """Make a section of all groups of a kind, one below the other.

    Parameters
    ----------
    title
        Heading.
    store, kind
        The store, and the kind of groups, such as ``splits``.
    parts_of
        Makes the pieces of HTML of one group from the store and the group's name.
    missing
        Why there is nothing to show, where there is no such group.
    """
    names = store.names(kind)
    if not names:
        return Section(title, missing=missing)
    return Section(title, tuple(part for name in names for part in parts_of(store, name)))


def sections_as_html(sections: Sequence[Section], prefix: str = "") -> list[str]:
    """Links to all sections, the sections, and what is not there in a line each.

    Parameters
    ----------
    sections
        In the order of the page.
    prefix
        Stands in front of the names of places on the page, where it shows several stores.
    """
    shown = [section for section in sections if not section.missing]
    places = [f"{prefix}{re.sub('[^a-z]+', '-', section.title.lower())}" for section in shown]
    links = " · ".join(f'<a href="#{p}">{escape(s.title)}</a>' for p, s in zip(places, shown, strict=True))
    out = [f"<nav>{links}</nav>"]
    for place, section in zip(places, shown, strict=True):
        out.append(
            f'<section><h2 id="{place}">{escape(section.title)}</h2>\n' + "\n".join(section.parts) + "</section>"
        )
    if absent := [section for section in sections if section.missing]:
        rows = "".join(f"<li>{escape(section.title)}: {escape(section.missing)}</li>" for section in absent)
        out.append(f'<section><h2 id="{prefix}not-there">Not there</h2><ul>{rows}</ul></section>')
    return out


def note(text: str) -> str:
    """A paragraph."""
    return f"<p>{escape(text)}</p>"


def heading(text: str) -> str:
    """A heading within a section."""
    return f"<h3>{escape(text)}</h3>"


def share(part: float | None, whole: float | None = 1.0) -> str:
    """A share in per cent; a dash where it is not known."""
    if part is None or not whole:
        return "–"
    return f"{100 * part / whole:.1f} %"


def listed(names: Iterable[str]) -> str:
    """Names one after the other."""
    return ", ".join(names)
