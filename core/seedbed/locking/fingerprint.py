"""The numbers that an initializer gives, as digests that a lock file can hold."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from seedbed.constructor import construct, parameters
from seedbed.dtypes import ALL, as_dtype, available_dtypes
from seedbed.errors import name_of, text_of
from seedbed.foreign import Attempt
from seedbed.initializer import Initializer, arguments_of
from seedbed.locking.moments import Moments, tells
from seedbed.shapes import Shape, as_shape
from seedbed.validation import check_result, declared_dtypes

if TYPE_CHECKING:
    import numpy.typing as npt

SEEDS: Final[tuple[Any, ...]] = (7, [7, "seedbed.lock"])
"""An int, and a trail as `fold_in` makes them. The arrays of both go into one digest."""

SHAPES: Final[tuple[Shape, ...]] = ((256, 128), (3, 3, 12, 24), (24, 24), (5,))
"""A dense layer's weight; a convolution's; a square, which like the convolution can be parted into 2, 3, 4
and 6; and a small odd one, as of a bias."""

DTYPES: Final = ("float32", "float64")

UNTRIED: Final = "needs the package ml_dtypes"
"""What stands for the numbers of a dtype that is declared, and that nobody can draw without a package."""

_MOST_EXAMPLES: Final = 100
"""Of those that a class gives, which may be without end."""

_REPRODUCIBLE: Final = ("exact", "numerical")
_DIFFER: Final = "two draws with one seed differ"

Make: TypeAlias = Callable[[type[Initializer], Mapping[str, Any]], Initializer]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells the numbers of an initializer, by dtype and shape; the examples used; or why there is none.

    Only what stays the same from one version of a package to the next is said: the type of an error, but not
    its text.
    """

    numbers: Mapping[str, str] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)
    why_not: str = ""


def fingerprint(
    initializer_class: type[Initializer], arguments: Mapping[str, Any], *, make: Make = construct
) -> Fingerprint:
    """Return what tells the numbers of an initializer, or why there are none.

    If its class has an argument `seed`, it is drawn from with each of `SEEDS` that it takes. Shapes are
    `SHAPES`, and the `example_shapes` of the class and of the initializers that it is made of. Dtypes are all
    that it declares: `DTYPES` with every shape, the others with the first shape that it takes. What it cannot
    do without is taken from its first `example_arguments`. With the others it is drawn from in one dtype.

    Parameters
    ----------
    initializer_class, arguments
        Its class, and what the entry binds.
    make
        What calls the constructor, so that initializers among the arguments are found in its catalogue.

    Examples
    --------
    >>> import seedbed
    >>> fingerprint(seedbed.standard.Zeros, {}).numbers["float32 256x128"][:14]
    'sha256:fa43239'
    """
    if promise_of(initializer_class) == "undeclared":
        return Fingerprint(why_not="its class does not say that they are reproducible")
    given = _examples(initializer_class, arguments)
    lacking = [name for name in _required(initializer_class) if name not in arguments]
    base = given[0] if lacking and given else {}
    if lacking := [name for name in lacking if name not in base]:
        return Fingerprint(why_not=f"it needs arguments: {', '.join(lacking)}")
    initializers, failure = _made(initializer_class, {**base, **arguments}, make)
    if not initializers:
        return Fingerprint(why_not=failure)
    promise = promise_of(initializers[0])  # made of others it may promise less than its class alone
    if promise == "undeclared":
        return Fingerprint(why_not="an initializer within it does not say that they are reproducible")
    numbers = _numbers(initializers, exactly=promise == "exact")
    examples = {name: json.dumps(value, sort_keys=True) for name, value in sorted(base.items())}
    for number, example in enumerate(given, 1):
        if example != base and example not in given[: number - 1]:
            initializers, failure = _made(initializer_class, {**example, **arguments}, make)
            numbers |= _of_example(f"example {number}", initializers, failure)
            examples[f"example {number}"] = json.dumps(example, sort_keys=True)
    return Fingerprint(numbers, examples)


def _made(
    initializer_class: type[Initializer], given: Mapping[str, Any], make: Make
) -> tuple[list[Initializer], str]:
    """Return an initializer for each of `SEEDS` that it takes; if there is none, why."""
    takes_seed = "seed" in parameters(initializer_class) and "seed" not in given
    made: list[Initializer] = []
    failures = []
    for seed in [{"seed": seed} for seed in SEEDS] if takes_seed else [{}]:
        with Attempt() as attempt:
            made.append(make(initializer_class, {**given, **seed}))
        if attempt.error is not None:
            failures.append(f"its constructor raised {name_of(type(attempt.error))}")
    return made, next(iter(failures), "")


def _of_example(name: str, initializers: Sequence[Initializer], failure: str) -> dict[str, str]:
    """Return what tells the numbers of one more example, in one dtype: its branch is what may change."""
    dtype = DTYPES[0]
    if not initializers:
        return {f"{dtype} {name}": failure}
    promise = promise_of(initializers[0])
    if promise == "undeclared":
        return {}
    shapes = dict.fromkeys((*SHAPES, *_example_shapes(initializers[0])))
    exactly = promise == "exact"
    return {
        f"{_case(dtype, shape)} {name}": _of_draws(initializers, dtype, shape, exactly=exactly)
        for shape in shapes
    }


def promise_of(declaring: type[Initializer] | Initializer) -> str:
    """Return what a class or an initializer says of its reproducibility; what is no promise is undeclared."""
    found = text_of(declaring.reproducibility)
    return found if found in _REPRODUCIBLE else "undeclared"


def _required(initializer_class: type[Initializer]) -> list[str]:
    """Return the parameters that need an argument, but for the seed."""
    return [
        name
        for name, parameter in parameters(initializer_class).items()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        and name != "seed"
    ]


def _examples(initializer_class: type[Initializer], bound: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a class's `example_arguments`, but for what is bound, if they are data."""
    found: list[dict[str, Any]] = []
    with Attempt() as attempt:  # anybody's; without them it is said what is missing
        given: Any = getattr(initializer_class, "example_arguments", ())
        found = [dict(example) for example in islice(given, _MOST_EXAMPLES)]
        json.dumps(found)
    if attempt.error is not None:
        return []
    # All seeds are tried, and no example's alone.
    return [
        {name: value for name, value in example.items() if name not in bound and name != "seed"}
        for example in found
    ]


def _numbers(initializers: Sequence[Initializer], *, exactly: bool) -> dict[str, str]:
    """Return what tells the numbers, by dtype and shape."""

    def drawn(dtypes: Sequence[str], shapes: Sequence[Shape]) -> dict[tuple[str, Shape], str]:
        cases = [(dtype, shape) for dtype in dtypes for shape in shapes]
        return {case: _of_draws(initializers, *case, exactly=exactly) for case in cases}

    shapes = tuple(dict.fromkeys((*SHAPES, *_example_shapes(initializers[0]))))
    found = drawn(DTYPES, shapes)
    taken = [shape for (_, shape), text in found.items() if tells(text)]
    others = [name for name in _declared(initializers[0]) if name not in DTYPES]
    tried, where = available_dtypes(others), taken[:1] or shapes
    # That it does not take one of these says nothing, so there is no line for it.
    rest = drawn(tried, where)
    found |= {case: text for case, text in rest.items() if not text.startswith("raised ")}
    found |= {(dtype, where[0]): UNTRIED for dtype in others if dtype not in tried}
    return {_case(dtype, shape): text for (dtype, shape), text in found.items()}


def _case(dtype: str, shape: Shape) -> str:
    return f"{dtype} {'x'.join(map(str, shape)) or 'scalar'}"


def _declared(initializer: Initializer) -> tuple[str, ...]:
    declared: tuple[str, ...] = ()
    with Attempt():  # anybody's; every draw then raises, and has said so
        declared = declared_dtypes(initializer)
    return tuple(name for name in ALL if name in declared)


def _example_shapes(initializer: Initializer) -> Iterator[Shape]:
    """Yield the shapes that the class names, and the classes of what it is made of."""
    for part in _parts(initializer):
        shapes: list[Shape] = []
        with Attempt() as attempt:  # anybody's; if it takes no other ones, that is said
            shapes = [as_shape(shape) for shape in getattr(type(part), "example_shapes", ())]
        if attempt.error is None:
            yield from (shape for shape in shapes if 0 not in shape)


def _parts(value: object) -> Iterator[Initializer]:
    """Yield the initializers in an argument, and those in theirs."""
    if isinstance(value, Initializer):
        yield value
        with Attempt() as attempt:  # anybody's `get_config`
            value = arguments_of(value)
        if attempt.error is not None:
            return
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for inner in value:
            yield from _parts(inner)


def _of_draws(initializers: Sequence[Initializer], dtype: str, shape: Shape, *, exactly: bool) -> str:
    with Attempt() as attempt:  # a shape or a dtype may be one that it does not take
        draws = (_draw(initializers, shape, dtype, exactly=exactly) for _ in range(2))
        return _of_two(*draws, exactly=exactly)
    return f"raised {name_of(type(attempt.error))}"


def _of_two(one: npt.NDArray[Any], other: npt.NDArray[Any], *, exactly: bool) -> str:
    if exactly:
        first, second = (hashlib.sha256(values.tobytes()).hexdigest() for values in (one, other))
        return f"sha256:{first}" if first == second else _DIFFER
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return "not finite"
    if one.shape != other.shape:  # of more seeds than before
        return _DIFFER
    moments = Moments.of(one)
    return str(moments) if moments.agrees(Moments.of(other)) else _DIFFER


def _draw(
    initializers: Sequence[Initializer], shape: Shape, dtype: str, *, exactly: bool
) -> npt.NDArray[Any]:
    """Return the values for all seeds that it takes, one array after the other, little-endian."""
    wanted = as_dtype(dtype)
    parts: list[npt.NDArray[Any]] = []
    failures = []
    for one in initializers:
        with Attempt() as attempt:  # it may be the seed that it does not take
            values = check_result(one, one(shape, wanted), shape, wanted)
            parts += [values.ravel(), *_given_otherwise(one, values, exactly=exactly)]
        if attempt.error is not None:
            failures.append(attempt.error)
    if not parts:
        raise failures[0]
    return np.concatenate(parts).astype(wanted.newbyteorder("<"))


def _given_otherwise(
    one: Initializer, values: npt.NDArray[Any], *, exactly: bool
) -> Iterator[npt.NDArray[Any]]:
    """Yield what a class's own `shard` and `fill` give where that is not what its call gives.

    That is wrong, and it is what a framework gets; so a version that has another one has other numbers. Of
    what is right nothing follows.
    """
    shape, dtype = values.shape, values.dtype
    ways: list[tuple[npt.NDArray[Any], npt.NDArray[Any]]] = []
    if _is_own(one, "shard", shape, ..., dtype):
        middle = tuple(slice(size // 3, size // 3 + (size + 1) // 2) for size in shape)
        ways += [(np.asarray(one.shard(shape, part, dtype)), values[part]) for part in (middle, ...)]
    if _is_own(one, "fill", values):
        ways.append((one.fill(np.zeros(shape, dtype)), values))
    for given, expected in ways:
        if given.shape != expected.shape or not _is_same(given, expected, exactly=exactly):
            yield given.ravel()


def _is_own(one: Initializer, method: str, *arguments: object) -> bool:
    """Say whether a method is neither core's nor a helper that has only the name."""
    found = getattr(type(one), method)
    if getattr(found, "__module__", "").partition(".")[0] == "seedbed":
        return False
    with Attempt() as attempt:  # it may be anything
        inspect.signature(found).bind(one, *arguments)
    return attempt.error is None


def _is_same(given: npt.NDArray[Any], expected: npt.NDArray[Any], *, exactly: bool) -> bool:
    if exactly or not (expected.size and np.isfinite(given).all() and np.isfinite(expected).all()):
        return given.tobytes() == expected.tobytes()
    return Moments.of(given).agrees(Moments.of(expected))
