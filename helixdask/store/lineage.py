"""What groups were made from; and which are out of date after a group was replaced or removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from helixdask.registry import KINDS
from helixdask.store.store import Store


@dataclass(frozen=True)
class Provenance:
    """What a group was made from: part of its attributes, and of the event in the store's history.

    Parameters
    ----------
    stage
        Name of the stage; empty where it is not known.
    settings
        Fields of the stage, as JSON has them; of files only their names.
    inputs
        Identity of each group and file that was read, by name.
    digest
        Of all these: the identity of the group.
    """

    stage: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    digest: str | None = None

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Provenance:
        """From the attributes of a group or an event; what they lack is left empty."""
        return cls(**{name: record[name] for name in ("stage", "settings", "inputs", "digest") if name in record})


def provenance(store: Store, group: str) -> Provenance:
    """What a group was made from; empty where there is no such group.

    Examples
    --------
    >>> provenance(store, "labels/reference").settings["genes"]
    'reference'
    """
    return Provenance.of(store.attrs(group))


def predictions_of(store: Store, genes: str) -> str | None:
    """Name of the predictions that gene models were called from; None where they were read from a file."""
    return provenance(store, f"genes/{genes}").settings.get("predictions")


def predictions_behind(store: Store, labels: str) -> str | None:
    """Name of the predictions that the genes of labels were called from; None where they were read from a file."""
    genes = provenance(store, f"labels/{labels}").settings.get("genes")
    return predictions_of(store, genes) if genes else None


def model_digest(store: Store, genes: str) -> str | None:
    """Digest of the model that gene models were called with; None where they were read from a file."""
    predictions = predictions_of(store, genes)
    digest = store.attrs(f"predictions/{predictions}").get("model_digest") if predictions else None
    return str(digest) if digest else None


def are_predicted(store: Store, labels: str) -> bool:
    """Whether the genes of labels were called from predictions: a contig without any is then known to have none."""
    genes = provenance(store, f"labels/{labels}").settings.get("genes")
    return provenance(store, f"genes/{genes}").stage == "call"


def stale_groups(store: Store) -> dict[str, list[str]]:
    """Published groups that were made from a group which is not there any more, or was made anew since.

    Returns
    -------
    dict
        For each such group those of its parents that changed, in the order of the groups.
    """
    published = _published(store)
    found: dict[str, list[str]] = {}
    for group, made in published.items():
        changed = [
            parent
            for parent, digest in made.inputs.items()
            if _is_group(parent) and (published[parent].digest or digest if parent in published else None) != digest
        ]
        if changed:
            found[group] = changed
    return found


def dependents(store: Store, group: str) -> list[str]:
    """Published groups that were made from a group, directly or by way of others."""
    published = _published(store)
    found: list[str] = []
    pending = [group]
    while pending:
        parent = pending.pop()
        for name, made in published.items():
            if parent in made.inputs and name not in found and name != group:
                found.append(name)
                pending.append(name)
    return sorted(found)


def _published(store: Store) -> dict[str, Provenance]:
    """Of all published groups; empty of those whose attributes are damaged."""
    return {group: Provenance.of(store.attrs_if_readable(group)) for group in store.published()}


def _is_group(name: str) -> bool:
    return name == "genome" or (name.partition("/")[0] in KINDS and "/" in name)
