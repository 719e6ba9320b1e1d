"""Whether a group that is in a store was made as a stage would make it now, and if not, in what it differs."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from helixdask.engine.identity import describe_identity, file_identity, same_identity
from helixdask.engine.stage import Stage
from helixdask.store.lineage import Provenance
from helixdask.store.store import stage_digest

_NOTHING: Final = "none"
_FIELDS: Final = {"bam": "path"}
"""Settings that name the file of an input, where they are called otherwise."""


class Difference(NamedTuple):
    """A setting or an input that differs: its name, what the group was made from, and what is wanted now."""

    name: str
    there: str
    now: str

    def __str__(self) -> str:
        return f"{self.name} was {self.there} and is {self.now}"


def work_digest(stage: Stage, inputs: Mapping[str, str]) -> str:
    """Digest of everything that a group is made from; names of files are no part of it, what they hold is."""
    return stage_digest(stage.name, _compared(stage, stage.settings()), inputs)


def differences(stage: Stage, attrs: Mapping[str, Any], inputs: Mapping[str, str]) -> list[Difference]:
    """In what a published group differs from what a stage would make.

    Parameters
    ----------
    stage
        The stage, with its settings.
    attrs
        Attributes of the group: ``stage``, ``settings``, ``inputs``, ``digest``.
    inputs
        What the stage would read now.

    Returns
    -------
    list of Difference
        Empty where the group is what the stage would make. A setting that an older version did not know is the same
        as its default.
    """
    digest, made = work_digest(stage, inputs), Provenance.of(attrs)
    if made.digest == digest:
        return []
    if "settings" not in attrs or "inputs" not in attrs:
        return [Difference("digest", str(made.digest), digest)]
    if made.stage != stage.name:
        return [Difference("stage", made.stage, stage.name)]
    return _other_settings(stage, made.settings) + _other_inputs(stage, made, inputs)


def in_words(found: list[Difference]) -> str:
    """Differences as one phrase."""
    return "; ".join(str(difference) for difference in found)


def _compared(stage: Stage, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name not in (*stage.file_fields, *stage.not_compared)}


def _other_settings(stage: Stage, recorded: Mapping[str, Any]) -> list[Difference]:
    there, now = (_compared(stage, _plain(each)) for each in (recorded, stage.settings()))
    defaults = {each.name: _plain(each.default) for each in dataclasses.fields(stage)}
    there = {name: value for name, value in defaults.items() if name in now} | there
    names = sorted(name for name in {*there, *now} if there.get(name) != now.get(name))
    return [Difference(name, _shown(there.get(name)), _shown(now.get(name))) for name in names]


def _plain(value: Any) -> Any:
    """A value as it is read back from attributes."""
    whole = dataclasses.asdict(value) if dataclasses.is_dataclass(value) and not isinstance(value, type) else value
    return json.loads(json.dumps(whole, default=str))


def _other_inputs(stage: Stage, made: Provenance, inputs: Mapping[str, str]) -> list[Difference]:
    there = {name: str(identity) for name, identity in made.inputs.items()}
    found = []
    for name in sorted({*there, *inputs}):
        one, other = there.get(name), inputs.get(name)
        if one is not None and name == "aliases" and other is None:
            other = _table_of_names(stage, one)
        if one is None or other is None or not same_identity(one, other):
            field = _FIELDS.get(name, name)
            files = made.settings.get(field), stage.settings().get(field)
            texts = (_described(file, each) for file, each in zip(files, (one, other), strict=True))
            found.append(Difference(name, *texts))
    return found


def _table_of_names(stage: Stage, there: str) -> str | None:
    """An older version took the table of names for an input of all that was given it: what it would say now."""
    table = getattr(stage, "aliases", None)
    return file_identity(table) if table and not there.startswith("names:") else None


def _described(file: Any, identity: str | None) -> str:
    if identity is None:
        return _NOTHING
    return f"{file} ({describe_identity(identity)})" if isinstance(file, str) else describe_identity(identity)


def _shown(value: Any) -> str:
    return _NOTHING if value is None else json.dumps(value) if not isinstance(value, str) else repr(value)
