"""Whole numbers as ints and as floats: one number in JSON, and so one in a config."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from seedbed.constructor import parameters
from seedbed.errors import shown
from seedbed.initializer import Initializer
from seedbed_testing.clause import broken
from seedbed_testing.outcomes import difference, outcome_of, same_bits
from seedbed_testing.subject import SEED, Subject


def check_whole_numbers(subject: Subject) -> None:
    """Check that initializers which are equal, since they differ in 1 and 1.0 alone, give the same bits.

    What a constructor refuses is left out.
    """
    seed = {"seed": SEED} if subject.takes_seed else {}
    for name, number, rewritten in _pairs(subject):
        try:
            one, other = (subject.remade(**seed, **{name: value}) for value in (number, rewritten))
            is_one = bool(one == other)
        except Exception:  # noqa: BLE001, S112 - a guess of the kit's, which may be refused; or see check_equality
            continue
        if is_one:
            _compare(subject, one, other, f"{name}={shown(number)}", f"{name}={shown(rewritten)}")


def _compare(subject: Subject, one: Initializer, other: Initializer, first: str, second: str) -> None:
    for shape in subject.shapes[:4]:
        before, again, after = (outcome_of(made, shape, subject.dtype) for made in (one, one, other))
        kept = after if isinstance(before, Exception) else before
        if isinstance(kept, Exception) or not _is_same(before, again):  # nothing to compare
            continue
        if not _is_same(before, after):
            what = [first, second] if kept is before else [second, first]
            found = before if isinstance(before, Exception) else after
            broken(
                expected=f"the values of {what[0]}, for shape {shape}, with {what[1]} too, which equals it",
                got=found if isinstance(found, Exception) else difference(found, kept),
                fix="make one number of both in __init__, as by float(...) or int(...), or refuse one there",
            )


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return same_bits(one, other)
    return type(one) is type(other)


def _pairs(subject: Subject) -> Iterator[tuple[str, Any, Any]]:
    """Yield arguments whose numbers are all whole, as ints and as floats."""
    for name, parameter in parameters(subject.kind).items():
        value = subject.known_arguments.get(name, parameter.default)
        if name == "seed" or not any(True for _ in _numbers(value)):
            continue
        tried = {shown(whole): whole for whole in _whole(value)}
        for whole in tried.values():
            yield name, whole, _as_floats(whole)


def _whole(value: Any) -> Iterator[Any]:
    if isinstance(value, int | float):
        yield from (round(value), 1, 2)
    else:
        yield _rounded(value)


def _numbers(value: Any) -> Iterator[float]:
    """Yield the finite numbers within lists and dicts."""
    if type(value) in (int, float) and math.isfinite(value):
        yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _numbers(item)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return round(value) if type(value) is float and math.isfinite(value) else value


def _as_floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_floats(item) for item in value]
    return float(value) if type(value) is int and abs(value) < 2**53 else value
