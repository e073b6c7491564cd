"""Checks of what an initializer is as data: config, copies, equality and `repr`."""

from __future__ import annotations

import contextlib
import copy
import functools
import json
import math
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.constructor import parameters
from seedbed.dtypes import DTypeLike, as_dtype
from seedbed.errors import described, shown
from seedbed.initializer import Initializer, arguments_of
from seedbed.json_data import comparable
from seedbed.seeded import Seeded
from seedbed.shapes import ShapeLike, as_shape
from seedbed_testing.clause import broken, clause
from seedbed_testing.global_state import OWN_GENERATOR
from seedbed_testing.outcomes import difference, outcome_of, same_bits
from seedbed_testing.subject import SEED, NotApplicable, Subject
from seedbed_testing.variant import Variant
from seedbed_testing.whole_numbers import check_whole_numbers


@clause("a config is saved with a model as JSON; what JSON cannot hold is lost or cannot be saved")
def check_config(subject: Subject) -> None:
    """Check that `get_config` returns a dict of constructor arguments that JSON can hold."""
    variants = subject.variants if _has_config(subject.initializer) else ()
    for initializer in [variant.initializer for variant in variants] or [subject.initializer]:
        try:
            config = initializer.get_config()
        except Exception as error:  # noqa: BLE001 - reported with its cause
            broken(expected="a dict of the constructor's arguments", got=error, fix=_stored(subject))
        if not isinstance(config, dict):
            broken(
                expected="a dict of the constructor's arguments",
                got=f"a {type(config).__name__}",
                fix="return a dict from get_config",
            )
        unknown = sorted(config.keys() - parameters(subject.kind).keys())
        takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters(subject.kind).values())
        if unknown and not takes_any:
            broken(
                expected=f"only arguments of the constructor: {', '.join(parameters(subject.kind))}",
                got=f"also {', '.join(map(shown, unknown))}",
                fix="leave out of get_config what __init__ does not take",
            )
        try:
            same = comparable(json.loads(json.dumps(config, allow_nan=False))) == comparable(_lists(config))
        except (TypeError, ValueError) as error:
            broken(
                expected=f"only what JSON can hold in {shown(config)}",
                got=error,
                fix="turn arrays and NumPy numbers into lists and numbers, and NaN into text, in get_config",
            )
        if not same:
            broken(
                expected=f"JSON that reads back as {shown(config)}",
                got=shown(json.loads(json.dumps(config))),
                fix="use text as the keys of dicts in get_config",
            )


def _turned(value: Any) -> Any:
    """Return a config with the keys of its dicts in another order, as tools that sort them write it."""
    if isinstance(value, dict):
        return {key: _turned(item) for key, item in reversed(value.items())}
    return [_turned(item) for item in value] if isinstance(value, list) else value


_BY_KEYS: Final = (
    "let no value depend on the order of a dict's keys, which JSON does not keep: go through sorted(...) of "
    "them, or take a list of pairs"
)


def _stored(subject: Subject) -> str:
    if not subject.keeps_no_seed:
        return "store each argument under its own name in __init__, or override get_config"
    is_seeded = isinstance(subject.initializer, Seeded)
    return "call super().__init__(seed=seed) in __init__, which stores it" if is_seeded else OWN_GENERATOR


@clause("a model that is saved and loaded would go on with another initializer, without any error")
def check_round_trip(subject: Subject) -> None:
    """Check that `from_config(get_config())` is equal and gives the same bits, whatever the arguments."""
    for variant in (*subject.variants, *subject.seeded):
        config = json_config(variant.initializer)
        _compare(
            "from_config(get_config())", variant, functools.partial(subject.kind.from_config, config), subject
        )
        turned = _turned(json_config(variant.initializer))
        how = "from_config of the config with its keys in another order"
        _compare(how, variant, functools.partial(subject.kind.from_config, turned), subject, fix=_BY_KEYS)
    check_whole_numbers(subject)


@clause("processes and caches hand initializers around by pickle; a copy that differs gives another model")
def check_pickle(subject: Subject) -> None:
    """Check that a pickled copy has the same class and config, and gives the same bits."""
    for protocol in (2, pickle.HIGHEST_PROTOCOL):
        for variant in (*subject.variants, *subject.seeded):
            remake = functools.partial(_through_pickle, variant.initializer, protocol)
            _compare(f"pickle (protocol {protocol})", variant, remake, subject)


@clause("frameworks copy the configuration of a model; a copy that differs gives another model")
def check_copy(subject: Subject) -> None:
    """Check that copies by `copy` have the same class and config, and give the same bits."""
    for how in (copy.copy, copy.deepcopy):
        for variant in (*subject.variants, *subject.seeded):
            _leave_to_check_pickle(variant.initializer)
            remake = functools.partial(how, variant.initializer)
            _compare(f"copy.{how.__name__}", variant, remake, subject)


def _leave_to_check_pickle(initializer: Initializer) -> None:
    """Say nothing of what neither way can copy, such as a lock: one mistake is told once."""
    try:
        copy.deepcopy(initializer)
    except Exception as error:
        with contextlib.suppress(Exception):
            _through_pickle(initializer, 2)
            return
        raise NotApplicable(f"it cannot be pickled either; see check_pickle ({described(error)})") from error


@clause("caches, sets and comparisons of models rely on ==; equal things must be equal, and have one hash")
def check_equality(subject: Subject) -> None:
    """Check that initializers are equal, with one hash, exactly if their classes and configs are equal."""
    twin = type(subject.fixed).from_config(json_config(subject.fixed))
    varied = (variant.initializer for variant in (*subject.variants, *subject.seeded))
    everything = (*varied, *_neighbours(subject), twin)
    for one in everything:
        for other in everything:
            same = comparable(json_config(one)) == comparable(json_config(other))
            if (one == other) is not same or (one != other) is same:
                sign = "==" if same else "!="
                broken(
                    expected=f"{shown(one)} {sign} {shown(other)}, as it is with their configs",
                    got=f"== says {one == other}, != says {one != other}",
                    fix=_BASE_EQUALITY,
                )
            if same and _hash(one) != _hash(other):
                broken(
                    expected=f"one hash for {shown(one)} and {shown(other)}, which are equal",
                    got="two",
                    fix=_BASE_EQUALITY,
                )
    for stranger in (object(), json_config(subject.fixed), _Stranger(json_config(subject.fixed))):
        if subject.fixed == stranger:
            broken(
                expected="no equality with things of other types",
                got=f"{shown(subject.fixed)} equals {shown(stranger)}",
                fix="return NotImplemented from __eq__ for other types, or remove it",
            )


def _neighbours(subject: Subject) -> Iterator[Initializer]:
    """Yield others with one argument changed by as little as can be."""
    for name, parameter in parameters(subject.kind).items():
        value = subject.known_arguments.get(name, parameter.default)
        if isinstance(value, float) and math.isfinite(value):
            seed = {"seed": SEED} if subject.takes_seed else {}
            with contextlib.suppress(Exception):  # a guess of the kit's, which may be out of range
                yield subject.remade(**seed, **{name: math.nextafter(value, math.inf)})


class _Stranger(Initializer):
    """An initializer of another class, which says that it has the same config."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config

    def get_config(self) -> dict[str, Any]:
        return dict(self.config)

    def __call__(self, shape: ShapeLike, dtype: DTypeLike | None = None) -> npt.NDArray[Any]:
        return np.zeros(as_shape(shape), as_dtype(dtype))


_BASE_EQUALITY: Final = (
    "remove __eq__ and __hash__ from the class, since the base class compares configs; in a dataclass by "
    "@dataclass(eq=False)"
)


def _hash(initializer: Initializer) -> int:
    try:
        return hash(initializer)
    except Exception as error:  # noqa: BLE001 - reported with its cause
        broken(expected=f"a hash of {shown(initializer)}", got=error, fix=_BASE_EQUALITY)


@clause("logs and notebooks show the repr; what cannot be pasted back leaves out something that matters")
def check_repr(subject: Subject) -> None:
    """Check that `repr` is an expression that evaluates to an initializer of the same config."""
    for initializer in (variant.initializer for variant in (*subject.variants, *subject.seeded)):
        json_config(initializer)
        text = repr(initializer)
        try:
            made = eval(text, _names(initializer))  # noqa: S307 - the text is the author's own
        except Exception as error:  # noqa: BLE001 - reported with its cause
            broken(
                expected=f"{text} to be an expression for the initializer",
                got=error,
                fix="remove __repr__ from the class; the base class writes what differs from the defaults",
            )
        if type(made) is not type(initializer) or json_config(made) != json_config(initializer):
            broken(
                expected=f"{text} to evaluate to an initializer of config {shown(json_config(initializer))}",
                got=shown(json_config(made)) if isinstance(made, Initializer) else shown(made),
                fix="write every argument that differs from its default in __repr__, or remove it",
            )


def _compare(how: str, variant: Variant, make: Callable[[], Any], subject: Subject, *, fix: str = "") -> None:
    """Compare an initializer with what should be its copy."""
    initializer = variant.initializer
    try:
        made = make()
    except Exception as error:  # noqa: BLE001 - reported with its cause
        broken(
            expected=f"a copy of {variant} by {how}",
            got=error,
            fix="keep only plain data in attributes, and locks, files and the like in the module; and the "
            "class where it can be imported",
        )
    if type(made) is not type(initializer):
        broken(
            expected=f"a {type(initializer).__name__} from {how}",
            got=f"a {type(made).__name__}",
            fix="do not replace from_config, __reduce__ or __deepcopy__, or return type(self) from them",
        )
    if json_config(made) != json_config(initializer):
        broken(
            expected=f"the config {shown(json_config(initializer))} after {how}",
            got=shown(json_config(made)),
            fix="keep every argument as an attribute that __getstate__ and __deepcopy__ do not drop",
        )
    shape = subject.shapes[0]
    subject.repeated(shape)
    before = outcome_of(initializer, shape, subject.dtype)
    if isinstance(before, Exception):  # its other argument may suit other shapes
        return
    after = subject.draw(shape, initializer=made)
    if not same_bits(before, after):
        broken(
            expected=f"after {how} the values of {variant}, again",
            got=f"{shown(made)}, for which {difference(after, before)}",
            fix=fix
            or "write every constructor argument into get_config under its name, and keep no other state",
        )


def _through_pickle(initializer: Initializer, protocol: int) -> Any:
    return pickle.loads(pickle.dumps(initializer, protocol))  # noqa: S301 - data of our own


def json_config(initializer: Initializer) -> Any:
    """Return the config as JSON reads it back; raise `NotApplicable` if it is not JSON."""
    try:
        return json.loads(json.dumps(initializer.get_config(), allow_nan=False))
    except Exception as error:
        raise NotApplicable(f"its config is not JSON; see check_config ({described(error)})") from error


def _has_config(initializer: Initializer) -> bool:
    try:
        return isinstance(initializer.get_config(), dict)
    except Exception:  # noqa: BLE001 - reported by check_config
        return False


def _lists(value: Any) -> Any:
    """Return `value` with its tuples as lists, as JSON has them."""
    if isinstance(value, dict):
        return {key: _lists(item) for key, item in value.items()}
    return [_lists(item) for item in value] if isinstance(value, list | tuple) else value


def _names(initializer: Initializer) -> dict[str, Any]:
    """Return what a repr may refer to: its class, those of initializers within, and their modules."""
    names: dict[str, Any] = {"nan": math.nan, "inf": math.inf}
    kinds = {type(found).__name__: type(found) for found in _within(arguments_of(initializer))}
    kinds[type(initializer).__name__] = type(initializer)
    for kind in kinds.values():
        names |= vars(sys.modules[kind.__module__]) if kind.__module__ in sys.modules else {}
    return names | kinds


def _within(value: Any) -> Iterator[Initializer]:
    """Yield the initializers within arguments."""
    if isinstance(value, Initializer):
        yield value
        yield from _within(arguments_of(value))
    elif isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _within(item)
