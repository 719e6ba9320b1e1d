"""What a store holds, as plain values, as text and as HTML."""

from __future__ import annotations

from html import escape
from typing import Any

from helixdask.public_names import without_secrets
from helixdask.registry import FORMAT_VERSION, KINDS
from helixdask.store.lineage import stale_groups
from helixdask.store.store import Store


def store_summary(store: Store) -> dict[str, Any]:
    """The genome, and each published group with its attributes."""
    groups: dict[str, Any] = {}
    for kind in KINDS:
        names = store.names(kind)
        if kind == "coverage":
            groups[kind] = {
                name: {library: store.attrs(f"{kind}/{name}/{library}") for library in store.names(f"{kind}/{name}")}
                for name in names
            }
        else:
            groups[kind] = {name: store.attrs(f"{kind}/{name}") for name in names}
    return {
        "url": without_secrets(store.url),
        "species": store.species,
        "format": FORMAT_VERSION,
        "n_bases": store.n_bases,
        "n_contigs": len(store.contigs),
        "longest_contig": int(store.contigs.lengths.max(initial=0)),
        "genome": store.attrs("genome"),
        **groups,
        "stale": stale_groups(store),
    }


def store_text(store: Store) -> str:
    """One line for each kind of group, and one for each group that is out of date."""
    rows = [f"  {kind:<12} {text}" for kind, text in _rows(store)]
    return "\n".join([_title(store), *(row[:160] if n == 0 else row for n, row in enumerate(rows)), *_stale(store)])


def store_html(store: Store) -> str:
    """The same as a table."""
    rows = "".join(f"<tr><th>{kind}</th><td>{escape(text)}</td></tr>" for kind, text in _rows(store))
    stale = "".join(f"<p>{escape(line.strip())}</p>" for line in _stale(store))
    return f"<p><b>{escape(_title(store).strip('<>'))}</b></p><table>{rows}</table>{stale}"


def _title(store: Store) -> str:
    return f"<helixdask store of {store.species!r}: {without_secrets(store.url)}>"


def _rows(store: Store) -> list[tuple[str, str]]:
    rows = [("genome", repr(store.contigs))]
    for kind in KINDS:
        names = store.names(kind)
        if kind == "coverage":
            names = [f"{name} ({', '.join(store.names(f'coverage/{name}'))})" for name in names]
        if names:
            rows.append((kind, ", ".join(names)))
    return rows


def _stale(store: Store) -> list[str]:
    return [
        f"  out of date: {group}, made from {' and '.join(parents)} before that was made anew or removed"
        for group, parents in stale_groups(store).items()
    ]
