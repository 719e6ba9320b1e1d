"""Any value as JSON has it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from helixdask.public_names import without_secrets


def plain(value: Any) -> Any:
    """A value as plain JSON values; numbers that JSON does not know (NaN) become None, anything else its text."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bool | int) or value is None:
        return value
    if hasattr(value, "tolist"):  # NumPy's scalars and arrays
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return without_secrets(str(value))
