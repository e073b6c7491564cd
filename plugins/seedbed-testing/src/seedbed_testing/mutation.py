"""The check that an initializer never changes, by whatever is done to it or to what it was made from."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import numpy as np

from seedbed.constructor import parameters
from seedbed.errors import described, shown
from seedbed.initializer import Initializer
from seedbed.json_data import comparable
from seedbed_testing.clause import broken, clause
from seedbed_testing.outcomes import outcome_of, same_bits
from seedbed_testing.seeds import TRAIL, accepted
from seedbed_testing.storing import stored_as
from seedbed_testing.subject import NotApplicable, Subject

_CONTAINERS: Final = (list, dict, set, bytearray, np.ndarray)
_OWN: Final = "an initializer that does not change with the lists and dicts that it was made from"


@clause(
    "initializers are shared between layers and kept in sets; one that changes is another for all of them"
)
def check_no_mutation(subject: Subject) -> None:
    """Check that nothing changes the initializer, and that it changes no config or argument."""
    fixed, shape = subject.fixed, subject.shapes[0]
    before = _config(subject)
    uses: dict[str, Callable[[], object]] = {
        "a call": lambda: subject.draw(shape),
        "fill": lambda: fixed.fill(np.empty(shape, subject.dtype)),
        "shard": lambda: fixed.shard(shape, ..., subject.dtype),
    }
    if not subject.takes_shards:
        del uses["shard"]
    if not subject.takes_seed or TRAIL in accepted(subject):  # or else see check_seeds
        uses["fold_in"] = lambda: fixed.fold_in("path")
    for what, use in uses.items():
        use()
        if _config(subject) != before:
            broken(
                expected=f"the config {shown(before)} after {what}",
                got=shown(_config(subject)),
                fix="keep no state in the initializer; store and hand out lists as copies or tuples",
            )
    given = copy.deepcopy(before)
    type(fixed).from_config(given)
    if given != before:
        broken(
            expected=f"from_config to leave the config {shown(before)} as it is",
            got=shown(given),
            fix="work on a copy in from_config, or remove it from the class",
        )
    _check_arguments_are_copied(subject)
    _check_what_is_handed_out(subject)


def _check_what_is_handed_out(subject: Subject) -> None:
    """Change what anybody can get hold of: the config, and public attributes."""
    fixed, shape = subject.fixed, subject.shapes[0]
    before, drawn = _config(subject), outcome_of(fixed, shape, subject.dtype)
    repeats = _is_same(drawn, outcome_of(fixed, shape, subject.dtype))
    for name, value in _handed_out(fixed):
        what = "a change of what get_config gave" if not name else f"a change of the attribute {name}"
        copies = "return copies from get_config, as by list(...)"
        fix = stored_as(subject, name, value) if name else copies
        with _spoiled(value):
            config, changed = _config_now(fixed), outcome_of(fixed, shape, subject.dtype)
        if config != before:
            broken(
                expected=f"the config {shown(before)} after {what}",
                got=shown(config),
                fix=fix,
            )
        if repeats and not _is_same(drawn, changed):
            broken(
                expected=f"the values as they were after {what}",
                got="others",
                fix=fix,
            )


def _handed_out(initializer: Initializer) -> Iterator[tuple[str, Any]]:
    """Yield what may be changed from outside, each with the attribute's name; none for the config."""
    yield "", initializer.get_config()
    names = {*getattr(initializer, "__dict__", {}), *parameters(type(initializer))}
    for name in sorted(name for name in names if not name.startswith("_")):
        with contextlib.suppress(Exception):  # an argument need not be an attribute
            value = getattr(initializer, name)
            if any(True for _ in _containers(value)):
                yield name, value


def _check_arguments_are_copied(subject: Subject) -> None:
    """Call the constructor itself, since `from_config` gives it lists and dicts that nobody else has.

    So it is given its own defaults too: one that it stores is shared by all initializers that have it.
    """
    defaults = {
        name: parameter.default
        for name, parameter in parameters(subject.kind).items()
        if any(True for _ in _containers(_with_lists(parameter.default)))
    }
    shared = {name for name, default in defaults.items() if any(True for _ in _containers(default))}
    # As a list, unless check_seeds has something to say of that already.
    seed = {"seed": list(TRAIL)} if subject.takes_seed and TRAIL in accepted(subject) else {}
    lists = [
        variant.changes
        for variant in subject.variants
        if any(True for value in variant.changes.values() for _ in _containers(value))
    ]
    for example in ({}, *subject.kind_examples, *lists):
        arguments = {**defaults, **subject.known_arguments, **example, **seed}
        for tried in (_with_lists(arguments), arguments, *_with_arrays(arguments)):
            given = copy.deepcopy(tried)
            writable = [container for container in _containers(given) if isinstance(container, np.ndarray)]
            try:
                made = subject.kind(**given)
                made.get_config()
            except Exception:  # noqa: BLE001, S112 - it may want a tuple; or see check_config
                continue
            if not all(array.flags.writeable for array in writable):
                broken(
                    expected=f"the arguments {shown(tried)} as they were, after the constructor had them",
                    got="an array that is read-only now",
                    fix="make a copy read-only in __init__, as by numpy.array(argument), and not what "
                    "numpy.asarray gives, which may be the caller's own array",
                )
            _check_copied(subject, made, given, tried, shared - subject.known_arguments.keys())


def _with_arrays(arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield arguments with one list of numbers as an array, of the dtypes that most callers' have."""
    for name, value in arguments.items():
        if name == "seed" or not isinstance(value, list | tuple):
            continue
        for dtype in (None, np.float64, np.float32):
            with contextlib.suppress(ValueError, TypeError):  # what is no array of numbers
                array = np.array(value, dtype)
                if array.dtype.kind in "biufc":
                    yield {**arguments, name: array}
            with contextlib.suppress(ValueError, TypeError):
                arrays = [np.array(item, dtype) for item in value if isinstance(item, list | tuple)]
                if arrays and len(arrays) == len(value) and all(one.dtype.kind in "biufc" for one in arrays):
                    yield {**arguments, name: arrays}


def _check_copied(
    subject: Subject,
    made: Initializer,
    given: dict[str, Any],
    arguments: Mapping[str, Any],
    defaults: set[str],
) -> None:
    before = copy.deepcopy(made.get_config())
    if _frozen(given) != _frozen(arguments):
        broken(
            expected=f"the arguments {shown(arguments)} as they were, after the constructor has taken them",
            got=shown(given),
            fix="work on a copy in __init__, as by list(argument)",
        )
    for name, value in given.items():
        with _spoiled(value):
            after = _config_now(made)
        if _frozen(after) != _frozen(before):
            broken(
                expected=_OWN,
                got=f"with {'its default of ' if name in defaults else ''}{name} the config "
                f"changes from {shown(before)} to {shown(after)}",
                fix=stored_as(subject, name, value),
            )


@contextmanager
def _spoiled(value: Any) -> Iterator[None]:
    """Change every container within `value` for a while: it may be a module's own."""
    found = list(_containers(value))
    kept = [copy.copy(container) for container in found]
    try:
        for container in found:
            _spoil(container)
        yield
    finally:
        for container, former in zip(found, kept, strict=True):
            _restore(container, former)


def _containers(value: Any, depth: int = 20) -> Iterator[Any]:
    """Yield the containers within `value` that can be changed, itself included."""
    if isinstance(value, _CONTAINERS) and not (isinstance(value, np.ndarray) and not value.flags.writeable):
        yield value
    inner: tuple[Any, ...] = ()
    if isinstance(value, Mapping):
        inner = tuple(value.values())
    elif isinstance(value, list | tuple):
        inner = tuple(value[:100])  # a constant may have millions, none of which is a container
    for item in inner if depth else ():
        yield from _containers(item, depth - 1)


def _spoil(container: Any) -> None:
    if isinstance(container, list):
        container.append("spoiled")
    elif isinstance(container, np.ndarray):
        container[...] = np.zeros_like(container) if container.any() else np.ones_like(container)
    else:
        container.clear()


def _restore(container: Any, former: Any) -> None:
    if isinstance(container, np.ndarray):
        container[...] = former
    elif isinstance(container, list | bytearray):
        container[:] = former
    else:
        container.clear()
        container.update(former)


def _with_lists(value: Any) -> Any:
    """Return arguments with their tuples as lists, as every config has them."""
    if isinstance(value, Mapping):
        return {key: _with_lists(item) for key, item in value.items()}
    return [_with_lists(item) for item in value] if isinstance(value, list | tuple) else value


def _frozen(value: Any) -> Any:
    """Return what is equal for equal arguments, be there arrays or initializers among them."""
    if isinstance(value, Mapping):
        return {key: _frozen(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_frozen(item) for item in value]
    if isinstance(value, np.ndarray):
        return (value.shape, value.dtype.str, value.tobytes())
    return comparable(value)


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return same_bits(one, other)
    return type(one) is type(other)


def _config_now(initializer: Initializer) -> Any:
    try:
        return copy.deepcopy(initializer.get_config())
    except Exception as error:  # noqa: BLE001 - of what has been spoiled
        return described(error)


def _config(subject: Subject) -> Any:
    try:
        return copy.deepcopy(subject.fixed.get_config())
    except Exception as error:
        raise NotApplicable("its config cannot be read; see check_config") from error
