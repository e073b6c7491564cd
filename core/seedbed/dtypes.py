"""The dtypes of initializers, and how a caller may name them."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from seedbed import theirs
from seedbed.errors import DTypeError, shown

if TYPE_CHECKING:
    import numpy.typing as npt

DTypeLike: TypeAlias = Any
"""A name such as ``"float32"``, a `numpy.dtype`, a scalar type as ``numpy.float32``, or a framework's."""

FLOATING: Final = ("float16", "bfloat16", "float32", "float64")
COMPLEX: Final = ("complex64", "complex128")
INTEGER: Final = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
BOOL: Final = ("bool",)
ALL: Final = FLOATING + COMPLEX + INTEGER + BOOL
LARGEST: Final = {
    "float16": 65504.0,
    "bfloat16": (2.0 - 2.0**-7) * 2.0**127,
    "float32": float(np.finfo(np.float32).max),
    "float64": float(np.finfo(np.float64).max),
    "complex64": float(np.finfo(np.float32).max),
    "complex128": float(np.finfo(np.float64).max),
}
"""The largest finite value of each dtype that random values have."""

_DEFAULT: Final = np.dtype(np.float32)
_BY_NAME: Final = {name: np.dtype(name) for name in ALL if name != "bfloat16"}
_NAMES: Final = {dtype: name for name, dtype in _BY_NAME.items()}


def as_dtype(dtype: DTypeLike = None, allowed: tuple[str, ...] = ALL) -> np.dtype[Any]:
    """Return `dtype` as a `numpy.dtype`; ``None`` means float32.

    Parameters
    ----------
    dtype
        A dtype's name, a `numpy.dtype`, a NumPy scalar type, or a dtype of PyTorch, TensorFlow, JAX or MLX.
        ``"bfloat16"`` needs the package ml_dtypes.
    allowed
        Names of the dtypes that make sense for the caller.

    Raises
    ------
    DTypeError
        If `dtype` is unknown, not in native byte order, or not among `allowed`.

    Examples
    --------
    >>> as_dtype(), as_dtype("float64")
    (dtype('float32'), dtype('float64'))
    """
    if isinstance(dtype, _NAME):
        known = _BY_NAME.get("float32" if dtype is None else dtype)
    else:
        known = dtype if isinstance(dtype, np.dtype) else None
    found = _parse(dtype, allowed) if known is None else known
    name = name_of_dtype(found)
    if name not in allowed:
        got = f"no dtype, which means {name!r}" if dtype is None else f"dtype {name!r}"
        raise DTypeError(f"got {got}; allowed here are {', '.join(allowed)}")
    if not found.isnative:
        raise DTypeError(f"got dtype {found.str!r} in foreign byte order; pass {found.name!r} and swap after")
    return found


def name_of_dtype(dtype: np.dtype[Any]) -> str:
    """Return the name of a dtype, which NumPy itself computes anew, in microseconds, at every access."""
    return _NAMES.get(dtype) or _name(dtype)


@functools.lru_cache(maxsize=32)
def _name(dtype: np.dtype[Any]) -> str:
    return dtype.name


def compute_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype to compute in before the one rounding to `dtype`: float32 for the half precisions."""
    return _DEFAULT if name_of_dtype(dtype) in {"float16", "bfloat16"} else dtype


def rounded(values: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return numbers rounded once to a floating or complex `dtype`; those beyond its range become infinite.

    Parameters
    ----------
    values
        Bools, ints, float64 or complex128; complex ones only if `dtype` is complex too.
    dtype
        One of `FLOATING` and `COMPLEX`.
    """
    with np.errstate(all="ignore"):  # the caller may look for infinities and NaN
        is_bfloat16 = name_of_dtype(dtype) == "bfloat16"
        return (_odd_float32(values) if is_bfloat16 else values).astype(dtype)


def rounded_finite(name: str, value: float, dtype: np.dtype[Any], *, headroom: float = 1.0) -> Any:
    """Return the number `value` rounded once to a floating or complex `dtype`, which must hold it.

    Raises
    ------
    DTypeError
        If `headroom` times `value` would become infinite; the message calls it `name`.
    """
    result = rounded(np.array(float(value)), dtype)
    if not np.isfinite(rounded(np.array(float(value) * headroom), dtype)):
        what = "leaves no room for rounding" if np.isfinite(result) else "would become infinite"
        raise DTypeError(
            f"{name} {value!r} {what} in dtype {dtype.name!r}, whose largest value is "
            f"{LARGEST[dtype.name]!r}; choose a {name} nearer to 0 or a wider dtype"
        )
    return result


def _odd_float32(values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return float32 values that round to bfloat16 like `values` themselves.

    ml_dtypes rounds to float32 first. If that loses something, the neighbour with an odd last bit prevents
    the second rounding from taking the first one's result for a tie (Boldo and Melquiond, 2008).
    """
    exact = _odd_float64(values) if values.dtype.kind in "iu" else values.astype(np.float64)
    near = exact.astype(np.float32)
    back = near.astype(np.float64)
    towards = np.where(exact > back, np.inf, -np.inf).astype(np.float32)
    is_even = near.view(np.uint32) % 2 == 0
    return np.where((back != exact) & is_even, np.nextafter(near, towards), near)


def _odd_float64(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return ints as float64; ints of more than 53 bits become the neighbour with an odd last bit."""
    kind = np.uint64 if values.dtype.kind == "u" else np.int64
    wide = values.astype(kind)
    low = wide & kind(0x7FF)
    odd = (wide - low) | np.where(low != 0, kind(0x800), kind(0))
    return np.where(np.abs(values.astype(np.float64)) < 2.0**53, wide, odd).astype(np.float64)


def available_dtypes(names: Iterable[str] = ALL) -> tuple[str, ...]:
    """Return those of `names` whose packages are installed: ``"bfloat16"`` needs ml_dtypes."""
    from importlib.util import find_spec  # noqa: PLC0415 - for trials only

    absent = () if find_spec("ml_dtypes") else ("bfloat16",)
    return tuple(name for name in names if name not in absent)


def _parse(dtype: DTypeLike, allowed: tuple[str, ...]) -> np.dtype[Any]:
    name = theirs.dtype_name(dtype)
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name == "bfloat16" or (isinstance(dtype, str) and dtype == "bfloat16"):
        return _bfloat16()
    try:
        # For a number or an array, NumPy would use the dtype of that.
        found = np.dtype(dtype) if isinstance(dtype, _KINDS) or _may_be_one(dtype) else None
    except Exception as error:  # NumPy's parser raises anything, for example SyntaxError for "("
        raise _unknown(dtype, allowed) from error
    if found is None:
        raise _unknown(dtype, allowed)
    return found


def _unknown(dtype: DTypeLike, allowed: tuple[str, ...]) -> DTypeError:
    return DTypeError(
        f"got dtype {shown(dtype)} of type {type(dtype).__name__}; pass a name or a dtype among "
        f"{', '.join(allowed)}"
    )


def _may_be_one(dtype: DTypeLike) -> bool:
    """Say whether to ask NumPy, whose error writes all of what it cannot read, however much that is."""
    return not isinstance(dtype, _VALUES) and any(
        isinstance(getattr(dtype, name, None), np.dtype) for name in ("dtype", "__numpy_dtype__")
    )


_KINDS: Final = (str, type)
_VALUES: Final = (np.generic, np.ndarray)
_NAME: Final = (str, type(None))


def _bfloat16() -> np.dtype[Any]:
    try:
        import ml_dtypes  # noqa: PLC0415 - optional, and only those who ask for bfloat16 pay for it
    except ImportError as error:
        raise DTypeError("dtype 'bfloat16' needs the package ml_dtypes: pip install ml_dtypes") from error
    found: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
    return found
