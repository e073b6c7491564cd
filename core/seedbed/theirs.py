"""What frameworks' own dtypes, shapes, arrays and initializers are, by their classes; none is imported."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from seedbed.errors import ShapeError, shown

if TYPE_CHECKING:
    import numpy.typing as npt

_DTYPES: Final = (("tensorflow", "DType"), ("torch", "dtype"), ("mlx", "Dtype"))
_OF_TENSORFLOW: Final = re.compile(
    r"tensorflow\.python\.ops\.init_ops(_v2)?|(tf_)?keras\.(src\.)?initializers\.initializers(_v[12])?"
)
"""Modules with initializers. Keras 2 is `keras` in TensorFlow 2.15; those of Keras 3 are in other modules."""

_SHAPES: Final = (("tensorflow", "TensorShape"),)


def _is_one_of(thing: object, kinds: tuple[tuple[str, str], ...]) -> bool:
    kind = type(thing)
    return (str(getattr(kind, "__module__", "")).partition(".")[0], kind.__name__) in kinds


def dtype_name(dtype: object) -> str | None:
    """Return the name of a dtype of TensorFlow, PyTorch or MLX; ``None`` for anything else.

    JAX's are those of NumPy.
    """
    if not _is_one_of(dtype, _DTYPES):
        return None
    name = getattr(dtype, "name", None)  # TensorFlow's; the others are written torch.float32
    found = name if isinstance(name, str) else str(dtype).rpartition(".")[2]
    return found.removesuffix("_ref").removesuffix("_")  # of a reference variable; of MLX's bool_


def sizes(shape: object) -> list[int] | None:
    """Return the sizes of TensorFlow's `TensorShape`; ``None`` for anything else.

    Raises
    ------
    ShapeError
        If its rank or one of its sizes is not known yet.
    """
    if not _is_one_of(shape, _SHAPES):
        return None
    known: Any = shape
    if known.rank is None or None in (found := list(known.as_list())):
        what = "rank" if known.rank is None else f"size of axis {known.as_list().index(None)}"
        raise ShapeError(
            f"got shape {shown(shape)}, whose {what} is not known; give the whole shape, as after the layer "
            "has been built for an input"
        )
    return found


def is_of_tensorflow(kind: type) -> bool:
    """Say whether a class is one of TensorFlow's or Keras 2's own initializers."""
    return _OF_TENSORFLOW.fullmatch(str(getattr(kind, "__module__", ""))) is not None


def initializer_config(initializer: object) -> dict[str, Any] | None:
    """Return the config of an initializer of TensorFlow's or Keras 2's; ``None`` for anything else.

    One of a class that somebody else derived from theirs is something else. An array among its arguments is a
    list there.
    """
    kind = type(initializer)
    if not is_of_tensorflow(kind):
        return None
    known: Any = initializer
    given = {name: _plain(value) for name, value in known.get_config().items()}
    return {"class_name": kind.__name__, "config": given}


def _plain(value: object) -> Any:
    array = as_array(value)
    return value if array is None else array.tolist()


def as_array(values: object) -> npt.NDArray[Any] | None:
    """Return the memory of a framework's array as NumPy's; ``None`` for what is no array that NumPy can read.

    Raises
    ------
    Exception
        Whatever the framework raises for one that is not in the host's memory, or is traced.
    """
    if isinstance(values, np.ndarray | np.generic):
        return np.asarray(values)
    return np.asarray(values) if hasattr(type(values), "__array__") else None
