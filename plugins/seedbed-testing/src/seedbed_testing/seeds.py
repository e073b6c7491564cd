"""Checks of randomness: what a seed means, and what its absence means."""

from __future__ import annotations

import contextlib
import random
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.constructor import parameters
from seedbed.initializer import Initializer
from seedbed.shapes import Shape
from seedbed_testing.clause import broken, clause
from seedbed_testing.outcomes import difference, same_bits
from seedbed_testing.subject import SEED, NotApplicable, Subject

TRAIL: Final = [7, "encoder/0/kernel"]
"""A seed as `fold_in` makes one."""

_SEEDS: Final = (0, 7, -7, 2**100, "text", "7", TRAIL)

_ELEMENTS: Final = 2**12
"""Enough that values most of which are the same, as those of a sparse matrix, differ from seed to seed."""


@clause("users choose seeds of every kind, and one that is refused or ignored spoils their experiment")
def check_seeds(subject: Subject) -> None:
    """Check that every kind of seed works, NumPy's ints too, and two seeds give different values."""
    _refuse_hidden_seeds(subject)
    needs_seed(subject)
    shape = subject.shape_of(_ELEMENTS)
    drawn = [(seed, _drawn(subject, shape, seed)) for seed in _SEEDS]
    of_numpy = _drawn(subject, shape, np.int64(7))
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
    if not same_bits(of_numpy, drawn[1][1]):
        broken(
            expected="the values of seed 7 for numpy.int64(7), which is the same number",
            got=difference(of_numpy, drawn[1][1]),
            fix="store seedbed.random.as_seed(seed), which makes Python ints of NumPy's",
        )


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
    try:
        return subject.draw(shape, initializer=subject.remade(seed=seed))
    except NotApplicable:
        raise
    except Exception as error:  # noqa: BLE001 - reported with its cause
        of_numpy = ", which numpy.random does not take as it is," if _is_of_numpy(error) else ""
        broken(
            expected=f"seed {seed!r}{of_numpy} to be accepted",
            got=error,
            fix=OWN_GENERATOR,
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
                    _leave_to_check_global_state(subject, initializer, shape)
                    broken(
                        expected=f"the same values from {what} with seed {seed!r}, for shape {shape}",
                        got=difference(second, first),
                        fix="draw everything from self.seed, in each call anew; test for a missing seed by "
                        "`is None`, since 0 is a seed; give every random function the generator",
                    )


def _leave_to_check_global_state(subject: Subject, initializer: Initializer, shape: Shape) -> None:
    """Say nothing of values that come from a global random state: one mistake is told once."""
    drawn = []
    for _ in range(2):
        with _global_states_of(0):
            drawn.append(subject.draw(shape, initializer=initializer).copy())
    if same_bits(*drawn):
        raise NotApplicable("its values come from a global random state; see check_global_state")


@clause("who gives no seed wants fresh values; the same ones make the layers of a model equal")
def check_fresh(subject: Subject) -> None:
    """Check that without a seed every call gives different values."""
    needs_seed(subject)
    try:
        initializer = subject.remade(seed=None)
    except NotApplicable:
        raise
    except Exception as error:  # noqa: BLE001 - reported with its cause
        broken(
            expected="seed=None to be accepted",
            got=error,
            fix="take `seed=None`, and draw fresh values for it",
        )
    shape = subject.shape_of(_ELEMENTS)
    first, second = (subject.draw(shape, initializer=initializer) for _ in range(2))
    if is_one_number(first):
        raise NotApplicable("its values are all one number")
    if same_bits(first, second):
        broken(
            expected="different values from two calls without a seed",
            got="the same values",
            fix="draw a new seed in each call, as seedbed.random.draw does, and not in __init__",
        )


@clause("global random state is everybody's; who reads it is not reproducible, who writes it spoils others")
def check_global_state(subject: Subject) -> None:
    """Check that neither constructor nor call touches the random state of `random`, NumPy or PyTorch."""
    shape = subject.shapes[0]
    calls: dict[str, Callable[[], object]] = {
        "a call": lambda: subject.draw(shape),
        "fill": lambda: subject.fixed.fill(np.empty(shape, subject.dtype)),
        "shard": lambda: subject.fixed.shard(shape, ..., subject.dtype),
    }
    if subject.takes_seed:
        calls["a call without a seed"] = lambda: subject.draw(shape, initializer=_unseeded(subject))
    # The last, as it cannot be done where the config cannot be read.
    calls["its construction"] = lambda: subject.remade(**({"seed": SEED} if subject.takes_seed else {}))
    for seed, (what, call) in enumerate(calls.items()):
        with _global_states_of(seed):
            before = _global_states()
            call()
            after = _global_states()
        for name in before:
            if after[name] != before[name]:
                broken(
                    expected=f"{what} to leave the global random state of {name} as it was",
                    got="another state",
                    fix=OWN_GENERATOR,
                )
    expected = subject.repeated(shape)
    with _global_states_of(len(calls)):
        values = subject.draw(shape)
    if not same_bits(values, expected):
        broken(
            expected="the same values whatever the global random state is",
            got=difference(values, expected),
            fix=OWN_GENERATOR,
        )


OWN_GENERATOR: Final = (
    "store seedbed.random.as_seed(seed) as self.seed in __init__, and draw all values, in each call, from "
    "np.random.Generator(np.random.Philox(key=seedbed.random.key_of(self.seed))) or by the functions of "
    "seedbed.random"
)


def _global_states() -> dict[str, object]:
    kind, keys, *rest = np.random.get_state(legacy=True)
    states: dict[str, object] = {
        "random": random.getstate(),
        "numpy.random": (kind, np.asarray(keys).tobytes(), *rest),
    }
    if "torch" in sys.modules:
        states["torch"] = sys.modules["torch"].random.get_rng_state().numpy().tobytes()
    return states


@contextmanager
def _global_states_of(seed: int) -> Iterator[None]:
    """Let the global random states be those of a seed: who seeds them again and again leaves them alike."""
    torch = sys.modules.get("torch")
    states = random.getstate(), np.random.get_state(), torch and torch.random.get_rng_state()
    try:
        random.seed(SEED + seed)
        np.random.seed(SEED + seed)
        if torch:
            torch.random.manual_seed(SEED + seed)
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        if torch:
            torch.random.set_rng_state(states[2])


def _unseeded(subject: Subject) -> Initializer:
    try:
        return subject.remade(seed=None)
    except Exception:  # noqa: BLE001 - reported by check_fresh
        return subject.fixed


def needs_seed(subject: Subject) -> None:
    """Skip the check of an initializer without a seed."""
    if not subject.takes_seed:
        raise NotApplicable("its constructor takes no seed")


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
