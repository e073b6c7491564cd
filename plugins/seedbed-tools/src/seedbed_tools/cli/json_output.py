"""What a command prints for programs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def to_json(value: Any) -> str:
    r"""Return `value` as JSON; a value that JSON lacks becomes its `repr`.

    Examples
    --------
    >>> to_json([float("nan"), 1 + 2j])
    '[\n  "nan",\n  "(1+2j)"\n]'
    """
    import json  # noqa: PLC0415 - tables need none of it

    return json.dumps(_json_data(value), indent=2)


def _json_data(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _json_data(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_data(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    return value if isinstance(value, float) and math.isfinite(value) else repr(value)
