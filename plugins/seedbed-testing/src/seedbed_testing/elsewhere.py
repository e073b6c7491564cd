"""The check of what initializers give in other processes, and on other machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from seedbed.errors import shown
from seedbed.initializer import Initializer
from seedbed.shapes import Shape
from seedbed_testing.clause import broken, clause
from seedbed_testing.machines import FEW_CPUS, HERE, MANY_CPUS, OLDER, Machine
from seedbed_testing.outcomes import difference, outcome_of, same_bits
from seedbed_testing.processes import Drawn, drawn_on
from seedbed_testing.subject import NotApplicable, Subject
from seedbed_testing.telling import telling_shape

_MOST_VARIED: Final = 6


@clause("an experiment is repeated in another process, and on another machine")
def check_process(subject: Subject) -> None:
    """Check that a seed gives the same values in every process, and no seed different values in each."""
    shape = telling_shape(subject)
    seeded = [*_seeded(subject), *_varied(subject, shape)]
    here = _Here(seeded, shape, subject.dtype)
    unseeded = [subject.remade(seed=None)] if subject.takes_seed and _draws_fresh(subject, shape) else []
    says_exact = subject.fixed.reproducibility == "exact"
    others = [OLDER if says_exact else FEW_CPUS, MANY_CPUS]
    first, second = drawn_on(others, [*seeded, *unseeded], shape, subject.dtype, fork=bool(unseeded))
    here.compare(first, says_exact=says_exact)
    here.compare(second, says_exact=says_exact)
    if says_exact and "float64" in subject.dtypes[1:]:  # in which last digits are seen that float32 has not
        double = _giving(seeded, shape, "float64")
        (drawn,) = drawn_on([OLDER], double, shape, "float64")
        _Here(double, shape, "float64").compare(drawn, says_exact=True)
    if unseeded and same_bits(first.values[-1], second.values[-1]):
        broken(
            expected="other values in each process without a seed",
            got="the same values in two processes",
            fix=f"{_FROM_THE_SYSTEM}, and not from a counter or the clock",
        )
    if len(first.forked) == 2 and same_bits(*first.forked):
        broken(
            expected="other values in each process without a seed",
            got="the same values in two processes that are forked from one, as those that load data are",
            fix=f"{_FROM_THE_SYSTEM}, and not from a generator of the module's or the class's",
        )


_FROM_THE_SYSTEM: Final = "draw a new seed in each call from the system, as seedbed.random.key_of(None) does"

_ACROSS_MACHINES: Final = ("exact",)
_WITHIN_A_MACHINE: Final = ("exact", "undeclared")
"""The promises that mean the same bits; other values may differ in their last digits."""


class _Here:
    """What initializers give in this process, to be compared with what they give in others."""

    def __init__(self, initializers: list[Initializer], shape: Shape, dtype: str) -> None:
        self._initializers, self._shape, self._dtype = initializers, shape, dtype
        self._values = [initializer(shape, dtype) for initializer in initializers]
        again = (initializer(shape, dtype) for initializer in initializers)
        if not all(map(same_bits, self._values, again)):
            raise NotApplicable("its calls give different values")

    def compare(self, drawn: Drawn, *, says_exact: bool) -> None:
        """Compare with another process on another machine, and tell of what it is that makes a difference."""
        first = self._first_unlike(drawn, _WITHIN_A_MACHINE)
        if first is None:
            return
        for machine, fix in (_FIXES if says_exact else _FIXES_OF_ANY).items():
            (again,) = drawn_on([machine], self._initializers, self._shape, self._dtype)
            exact = _WITHIN_A_MACHINE if machine == HERE else _ACROSS_MACHINES
            if found := self._first_unlike(again, exact):
                initializer, unlike = found
                values = f"the values of {shown(initializer)} for {self._shape} in another process"
                broken(
                    expected=values if machine == HERE else f"{values}, as of {machine}",
                    got=unlike,
                    fix=fix,
                )
        if first[0].reproducibility == "exact":
            broken(
                expected=f"the values of {shown(first[0])} for {self._shape} in another process",
                got=f"{first[1]}, and not at every try",
                fix="let no value depend on which thread or process is the first, or on what ran before",
            )

    def _first_unlike(self, drawn: Drawn, exact: tuple[str, ...]) -> tuple[Initializer, str] | None:
        """Return the first that does not give what it promises, and how its values differ from these."""
        for initializer, ours, theirs in zip(self._initializers, self._values, drawn.values, strict=False):
            alike = same_bits(ours, theirs) or (
                initializer.reproducibility not in exact
                and np.allclose(ours, theirs, rtol=1e-5, atol=1e-6, equal_nan=True)
            )
            if not alike:
                return initializer, difference(theirs, ours)
        return None


_OF_CPUS: Final = (
    "let no value depend on os.cpu_count() and the like, on the number of threads or on the worker that "
    "draws it; draw all values from one stream, as seedbed.random.draw does with any number of threads; if "
    "the last digits alone differ, as those of a @ b, write reproducibility = 'numerical' in the class"
)
_OF_INSTRUCTIONS: Final = (
    "write reproducibility = 'numerical' in the class, since the last digits of a @ b and of exp, log, sin "
    "and the like depend on the CPU; or work with exp, log, power and the distributions of seedbed.random, "
    "which give the same bits on every CPU"
)
_FIXES_OF_ANY: Final[Mapping[Machine, str]] = {
    HERE: "do not use hash(), id(), the order of sets, or anything of the process, nor keep values under a "
    "key that lacks an argument; seedbed.random.key_of makes a number of any seed",
    MANY_CPUS: _OF_CPUS,
    FEW_CPUS: _OF_CPUS,
}
_FIXES: Final[Mapping[Machine, str]] = {**_FIXES_OF_ANY, OLDER: _OF_INSTRUCTIONS}


def _seeded(subject: Subject) -> list[Initializer]:
    """Return it with a text as its seed, whose own hash differs from process to process, and with a list."""
    if not subject.takes_seed:
        return [subject.fixed]
    found = [variant.initializer for variant in subject.seeded if variant.changes["seed"] != 0]
    if not found:
        raise NotApplicable("it takes no text as a seed; see check_seeds")
    return found


def _varied(subject: Subject, shape: Shape) -> list[Initializer]:
    """Return some with other arguments, which a cache may mix up with it."""
    varied = (variant.initializer for variant in subject.variants[: _MOST_VARIED + 1] if variant.changes)
    return _giving(varied, shape, subject.dtype)


def _giving(initializers: Iterable[Initializer], shape: Shape, dtype: str) -> list[Initializer]:
    """Return those that give an array of a shape and a dtype."""
    return [one for one in initializers if not isinstance(outcome_of(one, shape, dtype), Exception)]


def _draws_fresh(subject: Subject, shape: Shape) -> bool:
    """Say whether its calls differ without a seed; whether they should is what check_fresh says."""
    try:
        one = subject.remade(seed=None)
        return not same_bits(subject.draw(shape, initializer=one), subject.draw(shape, initializer=one))
    except Exception:  # noqa: BLE001 - reported by check_fresh
        return False
