"""How an author is to store what a constructor is given, so that nobody changes it afterwards."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from seedbed.constructor import parameters
from seedbed_testing.subject import Subject


def stored_as(subject: Subject, name: str, value: Any) -> str:
    """Say how an argument, or another public attribute, is to be stored."""
    if name == "seed":
        return "store seedbed.random.as_seed(seed) as self.seed in __init__"
    if name not in parameters(subject.kind):
        return _of_its_own(name, value)
    if dataclasses.is_dataclass(subject.kind) and not isinstance(value, dict):
        made = f"np.array(self.{name})" if isinstance(value, np.ndarray) else _tuples(f"self.{name}", value)
        if made:
            read_only = f", and then self.{name}.flags.writeable = False" if made.startswith("np") else ""
            return f'write in __post_init__: object.__setattr__(self, "{name}", {made}){read_only}'
    stored = _of_init(name, value)
    if subject.is_optional(name) and not isinstance(value, dict):
        number = f"None if {name} is None else float({name})"
        return f"{stored}; or if it is a number, let __init__ refuse others: self.{name} = {number}"
    return stored


def _of_its_own(name: str, value: Any) -> str:
    private = f"call it self._{name}, so that nobody else has to do with it"
    if isinstance(value, np.ndarray):
        return f"make it read-only where it is made, by values.flags.writeable = False; or {private}"
    return private if isinstance(value, dict) else f"store a tuple as self.{name}; or {private}"


def _of_init(name: str, value: Any) -> str:
    if isinstance(value, np.ndarray):
        return (
            f"store a copy that nobody can write to in __init__: self.{name} = np.array({name}), and then "
            f"self.{name}.flags.writeable = False"
        )
    if tuples := "" if isinstance(value, dict) else _tuples(name, value):
        return f"store {tuples} as self.{name} in __init__"
    return (
        f"store a copy in __init__, self._{name} = copy.deepcopy({name}), and hand out another by a "
        f"property {name}"
    )


def _tuples(name: str, value: Any) -> str:
    """Return what makes tuples of a list, or of a list of lists; nothing if it is more intricate."""
    inner = [isinstance(item, list | tuple) for item in value]
    if not any(inner):
        return f"tuple({name})" if not any(isinstance(item, dict | np.ndarray) for item in value) else ""
    is_deep = any(
        isinstance(part, list | tuple | dict)
        for item in value
        if isinstance(item, list | tuple)
        for part in item
    )
    return f"tuple(map(tuple, {name}))" if all(inner) and not is_deep else ""
