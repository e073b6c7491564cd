"""What was typed for ``--shape``, ``--seed`` and ``--set``, as Python values."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from seedbed.shapes import Shape, as_shape
from seedbed_tools.cli.errors import CommandError

_SIZES: Final = re.compile(r"-?\d{1,30}(\s*(,|\s|[xX\N{MULTIPLICATION SIGN}])\s*-?\d{1,30})*\s*,?", re.ASCII)
_BRACKETS: Final = {"(": ")", "[": "]"}


def parse_shape(text: str) -> Shape:
    """Return the shape that was typed.

    Raises
    ------
    CommandError
        If it is not a shape.
    ShapeError
        If the shape has too many elements.

    Examples
    --------
    >>> parse_shape("256,128"), parse_shape("256x128"), parse_shape("(256, 128)"), parse_shape("()")
    ((256, 128), (256, 128), (256, 128), ())
    """
    inner = text.strip()
    if inner and _BRACKETS.get(inner[0]) == inner[-1]:
        inner = inner[1:-1].strip()
    if inner and not _SIZES.fullmatch(inner):
        raise CommandError(
            f"--shape {text!r:.200} is not a shape; write sizes with commas between them, such as 256,128, "
            "or () for a scalar"
        )
    return as_shape([int(size) for size in re.findall(r"-?\d+", inner)])


def parse_arguments(settings: Sequence[str], seed: str | None) -> dict[str, Any]:
    """Return the constructor arguments that ``--set key=value`` and ``--seed`` give.

    A value is read as JSON; what is not JSON is text. A seed that looks like an int is one.

    Raises
    ------
    CommandError
        If a setting is malformed, or gives an argument for the second time.

    Examples
    --------
    >>> parse_arguments(["gain=2", "axes=conv_oihw"], "7")
    {'gain': 2, 'axes': 'conv_oihw', 'seed': 7}
    """
    found: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key.strip().isidentifier():
            raise CommandError(f"--set {setting!r:.200} must be KEY=VALUE, such as --set gain=2")
        if key.strip() in found:
            raise CommandError(f"--set gives {key.strip()!r} twice; give each argument once")
        found[key.strip()] = _parse_value(value)
    if seed is not None:
        if "seed" in found:
            raise CommandError("--seed and --set seed=... both give the seed; give one of them")
        found["seed"] = _parse_seed(seed)
    return found


def _parse_value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
    except RecursionError as error:
        raise CommandError(f"--set has a value that is nested too deep: {text!r:.80}") from error


def _parse_seed(text: str) -> int | str:
    if not re.fullmatch(r"\s*[+-]?\d+\s*", text, re.ASCII):
        return text
    try:
        return int(text)
    except ValueError as error:  # Python converts at most 4300 digits
        raise CommandError(
            f"--seed has {len(text)} digits; give an int between -2**128 and 2**128, or text"
        ) from error
