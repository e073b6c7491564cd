"""Checks of randomness: what a seed means, and what its absence means."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.initializer import Initializer
from seedbed.testing.clause import broken, clause
from seedbed.testing.statistics import BOUND, self_normalized
from seedbed.testing.subject import NotApplicable, Subject, difference, same_bits

_SEEDS: Final = (0, 7, -1, 2**100, "text", [7, "encoder/0/kernel"])


@clause("users choose seeds of every kind, and one that is refused or ignored spoils their experiment")
def check_seeds(subject: Subject) -> None:
    """Check that every kind of seed is accepted, and that two seeds give different values."""
    _needs_seed(subject)
    shape = subject.shapes[-1] if subject.shapes[-1] != (1, 1) else subject.shapes[0]
    drawn = []
    for seed in _SEEDS:
        try:
            initializer = subject.remade(seed=seed)
        except NotApplicable:
            raise
        except Exception as error:  # noqa: BLE001 - reported with its cause
            broken(
                expected=f"seed {seed!r} to be accepted",
                got=error,
                mend="store seedbed.random.as_seed(seed), and draw by the functions of seedbed.random",
            )
        drawn.append((seed, subject.draw(shape, initializer=initializer)))
    if all(_is_one_number(values) for _, values in drawn):
        raise NotApplicable("its values are all one number")
    for (one, before), (other, after) in combinations(drawn, 2):
        if same_bits(before, after):
            broken(
                expected=f"different values for the seeds {one!r} and {other!r}",
                got="the same values",
                mend="draw from a stream that depends on all of the seed, as seedbed.random.draw does",
            )


@clause("a seed is a promise of the same values; without it no experiment can be run again")
def check_repeat(subject: Subject) -> None:
    """Check that one seed gives the same values at every call, and in every initializer that has it."""
    _needs_seed(subject)
    for seed in _accepted(subject):
        initializer, twin = subject.remade(seed=seed), subject.remade(seed=seed)
        for shape in subject.shapes:
            first = subject.draw(shape, initializer=initializer).copy()
            for what, other in (("a second call", initializer), ("a second initializer", twin)):
                second = subject.draw(shape, initializer=other)
                if not same_bits(first, second):
                    broken(
                        expected=f"the same values from {what} with seed {seed!r}, for shape {shape}",
                        got=difference(second, first),
                        mend="draw everything from self.seed, in each call anew; test for a missing seed by "
                        "`is None`, since 0 is a seed; give every random function the generator",
                    )


@clause("who gives no seed wants fresh values; the same ones make the layers of a model equal")
def check_fresh(subject: Subject) -> None:
    """Check that without a seed every call gives different values."""
    _needs_seed(subject)
    try:
        initializer = subject.remade(seed=None)
    except NotApplicable:
        raise
    except Exception as error:  # noqa: BLE001 - reported with its cause
        broken(
            expected="seed=None to be accepted",
            got=error,
            mend="take `seed=None`, and draw fresh values for it",
        )
    shape = max(subject.shapes, key=np.prod)
    first, second = (subject.draw(shape, initializer=initializer) for _ in range(2))
    if _is_one_number(first):
        raise NotApplicable("its values are all one number")
    if same_bits(first, second):
        broken(
            expected="different values from two calls without a seed",
            got="the same values",
            mend="draw a new seed in each call, as seedbed.random.draw does, and not in __init__",
        )


@clause(
    "each parameter of a model draws from the stream of its path; streams that are alike make layers alike"
)
def check_fold_in(subject: Subject) -> None:
    """Check that `fold_in(path)` gives a copy whose stream is independent of all others."""
    _needs_seed(subject)
    if [7, "encoder/0/kernel"] not in _accepted(subject):
        raise NotApplicable("it takes no list of seeds; see check_seeds")
    shape = subject.shape_of(2**12)
    paths = ("encoder/0/kernel", "encoder/1/kernel", 0, 1)
    folded = {"no path": subject.fixed} | {repr(path): subject.fixed.fold_in(path) for path in paths}
    folded["'encoder/0/kernel', 0"] = folded["'encoder/0/kernel'"].fold_in(0)
    drawn = {path: subject.draw(shape, initializer=initializer) for path, initializer in folded.items()}
    if all(map(_is_one_number, drawn.values())):
        raise NotApplicable("its values are all one number")
    subject.repeated(shape)
    again = subject.draw(shape, initializer=subject.fixed.fold_in(paths[0]))
    if not same_bits(again, drawn[repr(paths[0])]):
        broken(
            expected=f"the same values from fold_in({paths[0]!r}) twice",
            got=difference(again, drawn[repr(paths[0])]),
            mend="remove fold_in from the class; the base class extends the seed by the path",
        )
    for one, other in combinations(drawn, 2):
        if likeness := _likeness(drawn[one], drawn[other]):
            broken(
                expected=f"independent values for the paths {one} and {other}",
                got=likeness,
                mend="remove fold_in from the class, and draw from a stream that depends on all of self.seed",
            )


@clause("global random state is everybody's; who reads it is not reproducible, who writes it spoils others")
def check_global_state(subject: Subject) -> None:
    """Check that no call draws from the random state of `random`, NumPy or PyTorch."""
    shape = subject.shapes[0]
    calls: dict[str, Callable[[], object]] = {
        "a call": lambda: subject.draw(shape),
        "fill": lambda: subject.fixed.fill(np.empty(shape, subject.dtype)),
        "shard": lambda: subject.fixed.shard(shape, 0, subject.dtype),
    }
    if subject.takes_seed:
        calls["a call without a seed"] = lambda: subject.draw(shape, initializer=_unseeded(subject))
    for what, call in calls.items():
        before = dict(_global_states())
        call()
        for name, state in _global_states():
            if name in before and state != before[name]:
                broken(
                    expected=f"{what} to leave the global random state of {name} as it was",
                    got="another state",
                    mend="draw from a generator made from self.seed, and give it to every random function",
                )


def _global_states() -> Iterator[tuple[str, object]]:
    yield "random", random.getstate()
    kind, keys, *rest = np.random.get_state(legacy=True)
    yield "numpy.random", (kind, np.asarray(keys).tobytes(), *rest)
    if "torch" in sys.modules:
        yield "torch", sys.modules["torch"].random.get_rng_state().numpy().tobytes()


def _unseeded(subject: Subject) -> Initializer:
    try:
        return subject.remade(seed=None)
    except Exception:  # noqa: BLE001 - reported by check_fresh
        return subject.fixed


def _needs_seed(subject: Subject) -> None:
    if not subject.takes_seed:
        raise NotApplicable("its constructor takes no seed")


def _accepted(subject: Subject) -> list[Any]:
    found = []
    for seed in _SEEDS:
        try:
            subject.remade(seed=seed)
        except NotApplicable:
            raise
        except Exception:  # noqa: BLE001, S112 - reported by check_seeds
            continue
        found.append(seed)
    return found


def _is_one_number(values: npt.NDArray[Any]) -> bool:
    return values.size < 2 or bool((values == values.flat[0]).all())


def _likeness(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> str:
    """Return in words what two arrays have in common that independent ones have not; nothing if nothing."""
    if same_bits(one, other):
        return "the same values"
    x, y = (np.ravel(values).astype(np.complex128) for values in (one, other))
    if np.unique(x).size > x.size // 2 and np.array_equal(np.sort_complex(x), np.sort_complex(y)):
        return "the same values in another order"
    products = ((x - x.mean()) * np.conj(y - y.mean())).real
    if self_normalized(products) > BOUND:
        return f"values of correlation {products.mean() / (x.std() * y.std()):.3f}"
    return ""
