"""The numbers that an initializer gives, as digests that a lock file can hold."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from seedbed.boundary import check_result
from seedbed.constructor import construct, parameters
from seedbed.initializer import Initializer
from seedbed.lockfile.moments import Moments
from seedbed.shapes import Shape

if TYPE_CHECKING:
    import numpy.typing as npt

SEEDS: Final[tuple[Any, ...]] = (7, [7, "seedbed.lock"])
"""An int, and a trail as `fold_in` makes them. The arrays of both go into one digest."""

SHAPES: Final[tuple[Shape, ...]] = ((256, 128), (3, 3, 16, 32), (5,))
"""A dense layer's weight, a convolution's, and a small odd one, as of a bias."""

DTYPES: Final = ("float32", "float64")

_REPRODUCIBLE: Final = ("exact", "numerical")


def fingerprint(
    initializer_class: type[Initializer], arguments: Mapping[str, Any]
) -> tuple[dict[str, str], str]:
    """Return what tells the numbers of an initializer, and why there is nothing, if there is nothing.

    Parameters
    ----------
    initializer_class
        Its class. If it has an argument `seed`, it is drawn from with each of `SEEDS`.
    arguments
        What the entry binds. A seed among them is used in their place.

    Returns
    -------
    numbers
        For each of `DTYPES` and `SHAPES`, ``sha256:`` and the digest of the little-endian bytes, if the class
        is reproducible exactly; the `Moments`, if it is so up to rounding; or why there is neither.
    no_numbers
        Why `numbers` is empty. Only what stays the same from one version of a package to the next is said:
        the type of an error, but not its text.

    Examples
    --------
    >>> import seedbed
    >>> numbers, _ = fingerprint(seedbed.standard.Zeros, {})
    >>> numbers["float32 256x128"][:14]
    'sha256:fa43239'
    """
    if initializer_class.reproducibility not in _REPRODUCIBLE:
        return {}, "its class does not say that they are reproducible"
    takes = parameters(initializer_class)
    lacking = [
        name
        for name, parameter in takes.items()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        and name not in arguments
    ]
    if lacking:
        return {}, f"it needs arguments: {', '.join(lacking)}"
    seeds = [{"seed": seed} for seed in SEEDS] if "seed" in takes and "seed" not in arguments else [{}]
    try:
        initializers = [construct(initializer_class, {**arguments, **seed}) for seed in seeds]
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - held against this entry, in the lock
        return {}, f"its constructor raised {type(error).__name__}"
    promise = initializers[0].reproducibility  # made of others it may promise less than its class alone
    if promise not in _REPRODUCIBLE:
        return {}, "an initializer within it does not say that they are reproducible"
    exactly = promise == "exact"
    return {
        f"{dtype} {'x'.join(map(str, shape))}": _of_draws(initializers, shape, dtype, exactly=exactly)
        for dtype in DTYPES
        for shape in SHAPES
    }, ""


def _of_draws(initializers: list[Initializer], shape: Shape, dtype: str, *, exactly: bool) -> str:
    try:
        draws = [_draw(initializers, shape, dtype) for _ in range(2)]
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a shape or a dtype may be one that it does not take
        return f"raised {type(error).__name__}"
    if exactly:
        first, second = (f"sha256:{hashlib.sha256(values.tobytes()).hexdigest()}" for values in draws)
        return first if first == second else "two draws with one seed differ"
    if not all(np.isfinite(values).all() for values in draws):
        return "not finite"
    one, other = map(Moments.of, draws)
    return str(one) if one.agrees(other) else "two draws with one seed differ"


def _draw(initializers: list[Initializer], shape: Shape, dtype: str) -> npt.NDArray[Any]:
    """Return the values for all seeds, one array after the other, little-endian."""
    wanted = np.dtype(dtype)
    parts = [check_result(one, one(shape, wanted), shape, wanted).ravel() for one in initializers]
    return np.concatenate(parts).astype(wanted.newbyteorder("<"))
