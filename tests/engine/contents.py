"""What is in a store, to be compared with what is in another one."""

from __future__ import annotations

import json
from pathlib import Path


def contents(store: Path) -> dict[str, bytes]:
    """All objects of a store except its history."""
    return {
        str(path.relative_to(store)): path.read_bytes()
        for path in sorted(store.rglob("*"))
        if path.is_file() and "history" not in path.parts
    }


def ignoring_settings(files: dict[str, bytes]) -> dict[str, object]:
    """Leave out what names the folder of the toy stage, which is one of its settings; of its manifest the objects."""
    kept: dict[str, object] = {}
    for name, data in files.items():
        if name.startswith(".manifests/labels/toy."):
            kept["objects"] = json.loads(data)["objects"]
        elif name not in ("zarr.json", "labels/toy/zarr.json"):
            kept[name] = data
    return kept
