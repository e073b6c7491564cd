"""Checks of randomness: what a seed means, and what its absence means."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.constructor import parameters
from seedbed.errors import shown
from seedbed.initializer import Initializer, arguments_of
from seedbed.shapes import Shape
from seedbed_testing.clause import broken, clause
from seedbed_testing.global_state import (
    OWN_GENERATOR,
    global_states,
    global_states_of,
    leave_to_check_global_state,
)
from seedbed_testing.outcomes import difference, same_bits
from seedbed_testing.several_threads import KEEP_NOTHING, SEVERAL, drawing_by
from seedbed_testing.subject import SEED, NotApplicable, Subject
from seedbed_testing.telling import telling_shape

TRAIL: Final = [7, "encoder/0/kernel"]
"""A seed as `fold_in` makes one."""

_SEEDS: Final = (0, 7, -7, 2**100, "text", "7", TRAIL)


@clause("users choose seeds of every kind, and one that is refused or ignored spoils their experiment")
def check_seeds(subject: Subject) -> None:
    """Check that every kind of seed works, and two seeds give different values."""
    _refuse_hidden_seeds(subject)
    needs_seed(subject)
    shape = telling_shape(subject)
    drawn = [(seed, _drawn(subject, shape, seed)) for seed in _SEEDS]
    if all(is_one_number(values) for _, values in drawn):
        raise NotApplicable("its values are all one number")
    for (one, before), (other, after) in combinations(drawn, 2):
        if same_bits(before, after):
            broken(
                expected=f"different values for the seeds {one!r} and {other!r}",
                got="the same values",
                fix="draw from a stream that depends on all of the seed, as seedbed.random.draw does",
            )
    subject.repeated(shape)


def _refuse_hidden_seeds(subject: Subject) -> None:
    """Look for a seed that nobody finds: `fold_in` and rules look for an argument of the name `seed`."""
    if subject.takes_seed:
        return
    named = [name for name in parameters(subject.kind) if name.strip("_").casefold() in _OTHER_NAMES]
    if named:
        broken(
            expected="an argument seed",
            got=f"an argument {named[0]}, which fold_in and rules do not know, so that all layers are alike",
            fix="call it seed: def __init__(self, ..., *, seed=None), and store self.seed = as_seed(seed)",
        )
    config: object = ()
    with contextlib.suppress(Exception):  # see check_config
        config = subject.fixed.get_config()
    if isinstance(config, dict) and "seed" in config:
        broken(
            expected="an argument seed in the signature of __init__, as the config has one",
            got=f"the arguments {', '.join(parameters(subject.kind))}",
            fix="name it: def __init__(self, ..., *, seed=None)",
        )


_OTHER_NAMES: Final = frozenset({"generator", "key", "prng", "random_seed", "random_state", "rng", "rng_key"})


def _drawn(subject: Subject, shape: Shape, seed: Any) -> npt.NDArray[Any]:
    made = None
    try:
        made = subject.remade(seed=seed)
        return subject.draw(shape, initializer=made)
    except NotApplicable:
        raise
    except Exception as error:  # noqa: BLE001 - reported with its cause
        leave_to_check_global_state(subject)
        is_of_numpy = _is_of_numpy(error)
        of_numpy = ", which numpy.random does not take as it is," if is_of_numpy else ""
        broken(
            expected=f"seed {seed!r}{of_numpy} to be accepted",
            got=error,
            fix=OWN_GENERATOR if made is None or is_of_numpy else _OF_ANY_SEED,
        )


_OF_ANY_SEED: Final = (
    "let no line reckon with self.seed, which may be text, a list or None: seedbed.random.key_of(self.seed) "
    "is a number of it, and another stream has the seed self.fold_in('its name').seed"
)


def _is_of_numpy(error: BaseException) -> bool:
    """Say whether an exception comes from what NumPy makes of seeds, and not from the author's own lines."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and "bit_generator" in frames[-1].filename.replace("\\", "/").rpartition("/")[2]


@clause("a seed is a promise of the same values; without it no experiment can be run again")
def check_repeat(subject: Subject) -> None:
    """Check that one seed gives the same values at every call, and in every initializer that has it."""
    needs_seed(subject)
    for seed in accepted(subject):
        initializer, twin = subject.remade(seed=seed), subject.remade(seed=seed)
        # A large array once, since code for large ones may be of its own.
        for shape in (*subject.shapes, *([subject.large] if seed == 7 else [])):
            first = subject.draw(shape, initializer=initializer).copy()
            for what, other in (("a second call", initializer), ("a second initializer", twin)):
                second = subject.draw(shape, initializer=other)
                if not same_bits(first, second):
                    leave_to_check_global_state(subject, initializer)
                    broken(
                        expected=f"the same values from {what} with seed {seed!r}, for shape {shape}",
                        got=difference(second, first),
                        fix=_EACH_CALL_ANEW,
                    )
    _check_several_threads(subject)


def _check_several_threads(subject: Subject) -> None:
    """Check that an array which several threads draw together is the one that a single thread draws."""
    shape = subject.wide
    with drawing_by(1):
        alone = subject.draw(shape).copy()
    for threads in (1, SEVERAL, SEVERAL):
        with drawing_by(threads):
            values = subject.draw(shape)
        if not same_bits(alone, values):
            leave_to_check_global_state(subject)
            how = f"{threads} threads that draw it together" if threads > 1 else "a second call"
            broken(
                expected=f"the same values from {how}, for shape {shape}",
                got=difference(values, alone),
                fix=f"{KEEP_NOTHING}: parts of a large array are drawn by several threads at once"
                if threads > 1
                else _EACH_CALL_ANEW,
            )


_EACH_CALL_ANEW: Final = (
    "draw everything from self.seed, in each call anew; test for a missing seed by `is None`, since 0 is a "
    "seed; give every random function the generator"
)


@clause("who gives no seed wants fresh values; the same ones make the layers of a model equal")
def check_fresh(subject: Subject) -> None:
    """Check that without a seed every call gives different values."""
    _refuse_default_seed(subject.kind)
    needs_seed(subject)
    shape = telling_shape(subject)
    try:
        initializer = subject.remade(seed=None)
        first, second = (subject.draw(shape, initializer=initializer) for _ in range(2))
    except NotApplicable:
        raise
    except Exception as error:
        if len(accepted(subject)) < len(_SEEDS):
            raise NotApplicable("it does not take every seed; see check_seeds") from error
        broken(
            expected="seed=None to be accepted",
            got=error,
            fix="take `seed=None`, and draw fresh values for it, as from seedbed.random.key_of(None)",
        )
    if is_one_number(first):
        raise NotApplicable("its values are all one number")
    if same_bits(first, second):
        broken(
            expected="different values from two calls without a seed",
            got="the same values",
            fix="draw a new seed in each call, as seedbed.random.draw does, and not in __init__",
        )


def _refuse_default_seed(kind: type[Initializer]) -> None:
    """Look for a seed that nobody has given, which rules cannot tell from one that somebody has."""
    for name, parameter in parameters(kind).items():
        default = parameter.default
        if default is not parameter.empty and (seed := _seed_in({name: default})) is not None:
            broken(
                expected=(
                    f"None as the default of the argument seed of {kind.__name__}"
                    if name == "seed"
                    else f"no seed in the default of the argument {name} of {kind.__name__}"
                ),
                got=f"{shown(seed)}, with which {kind.__name__}() draws the same values for every layer, and "
                "the seed of a model has no say",
                fix="write seed=None in the signature of __init__"
                + ("" if name == "seed" else f", and leave the seed out of {name}"),
            )


def _seed_in(value: Any) -> Any:
    """Return the first seed in arguments, and in the configs and initializers among them; else ``None``."""
    if isinstance(value, Initializer):
        value = arguments_of(value)
    if isinstance(value, Mapping):
        if (seed := value.get("seed")) is not None:
            return seed
        value = tuple(value.values())
    found = map(_seed_in, value) if isinstance(value, list | tuple) else ()
    return next((seed for seed in found if seed is not None), None)


@clause("global random state is everybody's; who reads it is not reproducible, who writes it spoils others")
def check_global_state(subject: Subject) -> None:
    """Check that neither constructor nor call touches the random state of `random`, NumPy or PyTorch."""
    shape = subject.shapes[0]
    calls: dict[str, Callable[[], object]] = {
        "a call": lambda: subject.draw(shape),
        "fill": lambda: subject.fixed.fill(np.empty(shape, subject.dtype)),
        "shard": lambda: subject.fixed.shard(shape, ..., subject.dtype),
    }
    if not subject.takes_shards:
        del calls["shard"]
    if subject.takes_seed:
        calls["a call without a seed"] = lambda: subject.draw(shape, initializer=_unseeded(subject))
    # The last, as it cannot be done where the config cannot be read.
    calls["its construction"] = lambda: subject.remade(**({"seed": SEED} if subject.takes_seed else {}))
    for seed, (what, call) in enumerate(calls.items()):
        with global_states_of(seed):
            before = global_states()
            call()
            after = global_states()
        for name in before:
            if after[name] != before[name]:
                broken(
                    expected=f"{what} to leave the global random state of {name} as it was",
                    got="another state",
                    fix=OWN_GENERATOR,
                )
    expected = subject.repeated(shape)
    with global_states_of(len(calls)):
        values = subject.draw(shape)
    if not same_bits(values, expected):
        broken(
            expected="the same values whatever the global random state is",
            got=difference(values, expected),
            fix=OWN_GENERATOR,
        )


def _unseeded(subject: Subject) -> Initializer:
    try:
        initializer = subject.remade(seed=None)
        subject.draw(subject.shapes[0], initializer=initializer)
    except Exception:  # noqa: BLE001 - reported by check_fresh, or check_seeds
        return subject.fixed
    return initializer


def needs_seed(subject: Subject) -> None:
    """Skip the check of an initializer without a seed."""
    if not subject.takes_seed:
        raise NotApplicable("its constructor takes no seed")
    if subject.keeps_no_seed:
        raise NotApplicable("it does not keep its seed; see check_config")


def accepted(subject: Subject) -> list[Any]:
    """Return the seeds that its constructor takes, and with which it draws."""
    found = []
    for seed in _SEEDS:
        try:
            subject.draw(subject.shapes[0], initializer=subject.remade(seed=seed))
        except NotApplicable:
            raise
        except Exception:  # noqa: BLE001, S112 - reported by check_seeds
            continue
        found.append(seed)
    return found


def is_one_number(values: npt.NDArray[Any]) -> bool:
    """Say whether all values are one number, or NaN, so that nothing shows how they were drawn."""
    return values.size < 2 or bool((values == values.flat[0]).all() or _all_nan(values))


def _all_nan(values: npt.NDArray[Any]) -> bool:
    # By the comparison that NaN alone fails, which arrays of every dtype have.
    return not np.equal(values, values).any()
