"""The models that the check of an adapter asks for, and the same weights as arrays of NumPy."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from seedbed.models import LayoutLike, Weight, as_layout, initialize, plan
from seedbed.rules import Plan, RulesLike
from seedbed.shapes import Shape
from seedbed_testing.clause import broken

Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]
Layouts: TypeAlias = Mapping[str, LayoutLike]


@dataclass(frozen=True, slots=True)
class AdapterCase:
    """A model that a framework may have.

    Parameters
    ----------
    about
        What its twin is, in words.
    weights
        By path, the shape of each weight and its layout, as Seedbed draws it. A twin may store it otherwise.
    dtype
        That of all weights.
    kind
        The kind of its layers, one of `seedbed.models.KINDS`; ``None`` where nothing tells it.
    is_told
        Whether only `layouts=` can tell the layouts, since no layer of the framework does.
    has_own_paths
        Whether the paths are the framework's, as of layers that every framework builds otherwise.
    is_tied
        Whether all paths are names of one weight.
    is_read_only
        Whether the memory cannot be written to, so that every initialization is an error.
    """

    about: str
    weights: Mapping[str, tuple[Shape, LayoutLike]]
    dtype: str = "float32"
    kind: str | None = None
    is_told: bool = False
    has_own_paths: bool = False
    is_tied: bool = False
    is_read_only: bool = False


def _alone(shape: Shape, layout: LayoutLike) -> dict[str, tuple[Shape, LayoutLike]]:
    return {"weight": (shape, layout)}


# No two numbers of one weight are alike, so that what is transposed shows.
_DENSE: Final = {**_alone((6, 4), "dense_io"), "bias": ((4,), "array")}
_TABLE: Final[tuple[Shape, LayoutLike]] = ((6, 4), "dense_io")


def _of_dtype(dtype: str) -> AdapterCase:
    return AdapterCase(
        f"a parameter of shape (6, 4) in {dtype}", _alone((6, 4), "array"), dtype, is_told=True
    )


ADAPTER_CASES: Final[Mapping[str, AdapterCase]] = MappingProxyType(
    {
        "dense": AdapterCase("a dense layer of 6 inputs and 4 outputs, with a bias", _DENSE, kind="linear"),
        "grouped_conv": AdapterCase(
            "a convolution in two dimensions, without a bias: 8 inputs, 6 outputs, a kernel of 3 times 5, "
            "2 groups",
            _alone((3, 5, 4, 6), {"in": 2, "out": 3, "groups": 2}),
            kind="conv",
        ),
        "depthwise_conv": AdapterCase(
            "a convolution as before, of 4 inputs, each of which has 2 outputs of its own",
            _alone((3, 5, 1, 8), {"in": 2, "out": 3, "groups": 4}),
            kind="conv",
        ),
        "transposed_conv": AdapterCase(
            "a transposed convolution, without a bias: 8 inputs, 6 outputs, a kernel of 3 times 5",
            _alone((3, 5, 8, 6), "conv_hwio"),
            kind="conv",
        ),
        "scanned_dense": AdapterCase(
            "3 dense layers of 6 inputs and 4 outputs in one weight, as a loop over layers has them",
            _alone((3, 6, 4), "experts_io"),
            kind="linear",
        ),
        "attention": AdapterCase(
            "projections without biases: of 6 features to 2 heads of 4 numbers at `query/weight`, and back "
            "to 6 features at `output/weight`",
            {"query/weight": ((6, 8), "dense_io"), "output/weight": ((8, 6), "dense_io")},
            kind="linear",
        ),
        "experts": AdapterCase(
            "a parameter of one's own: 3 matrices of 6 inputs and 4 outputs",
            _alone((3, 6, 4), "experts_io"),
            is_told=True,
        ),
        "embedding": AdapterCase(
            "a table of 6 rows of 4 numbers, without padding",
            {"weight": ((6, 4), "dense_io")},
            kind="embedding",
        ),
        "norm": AdapterCase(
            "a normalization of 4 features, with factors and a bias",
            {"weight": ((4,), "array"), "bias": ((4,), "array")},
            kind="norm",
        ),
        "recurrent": AdapterCase(
            "a simple recurrent layer of 6 inputs and 4 states; any paths",
            {"inner": ((6, 4), "dense_io"), "recurrent": ((4, 4), "dense_io")},
            has_own_paths=True,
            kind="recurrent",
        ),
        "own_parameter": AdapterCase(
            "a parameter of one's own: a matrix of 6 inputs and 4 outputs",
            _alone((6, 4), "dense_io"),
            is_told=True,
        ),
        "tied": AdapterCase(
            "a table of 6 rows of 4 numbers at `table/weight`, which a layer at `head/weight` shares",
            {"table/weight": _TABLE, "head/weight": _TABLE},
            is_tied=True,
            kind="embedding",
        ),
        "parts": AdapterCase(
            "the dense layer, with a weight that is held in two parts or more, as on several devices",
            _DENSE,
            kind="linear",
        ),
        "read_only": AdapterCase(
            "the dense layer, with a weight in memory that cannot be written to",
            _DENSE,
            is_read_only=True,
            kind="linear",
        ),
    }
    | {name: _of_dtype(name) for name in ("float16", "bfloat16", "float64", "complex64", "complex128")}
)
"""All cases by name, a closed list."""


def check_weights(case: AdapterCase, layouts: Layouts, arrays: Arrays) -> None:
    """Check that a twin is the model that its case says."""
    if not case.has_own_paths and arrays.keys() != case.weights.keys():
        broken(
            expected=f"weights at the paths {', '.join(case.weights)}",
            got=", ".join(map(str, arrays)) or "none",
            fix="give the twin's weights these paths, and have `arrays` tell all of their names",
        )
    if missing := arrays.keys() - layouts.keys():
        broken(
            expected="the layout of every weight with the twin; 'array' for vectors",
            got=f"none for {', '.join(sorted(missing))}",
            fix="return (model, layouts) from twin, with a layout for each path",
        )
    for path, array in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype.name != case.dtype:
            broken(
                expected=f"an array of {case.dtype} for {path}",
                got=array.dtype.name if isinstance(array, np.ndarray) else f"a {type(array).__name__}",
                fix="make the twin of that dtype, and have `arrays` return NumPy's arrays of the same",
            )
    wanted = {path: _told_of(layout, shape) for path, (shape, layout) in case.weights.items()}
    got = {path: _told_of(layouts[path], array.shape) for path, array in arrays.items()}
    if case.has_own_paths:
        _compare(
            Counter(told for told in wanted.values() if told[1]),
            Counter(told for told in got.values() if told[1]),
            "all",
        )
        return
    for path, told in wanted.items():
        _compare(told, got[path], path)


def _told_of(layout: LayoutLike, shape: Shape) -> tuple[int, Any]:
    """Return how many elements a weight has, and its fans if it has any."""
    return math.prod(shape), tuple(as_layout(layout).fans(shape)) if len(shape) > 1 else ()


def _compare(wanted: object, got: object, path: str) -> None:
    if wanted != got:
        broken(
            expected=f"elements and (fan_in, fan_out) {wanted} of {path}",
            got=got,
            fix="make the twin of these sizes, and tell the layout in which it is stored",
        )


def in_numpy(case: AdapterCase, layouts: Layouts, arrays: Arrays) -> tuple[list[Weight], Arrays]:
    """Return weights of the same shapes that are arrays of NumPy, and the arrays by all of their names."""
    if case.is_tied:
        first, *others = case.weights
        own = np.array(arrays[first])
        weight = _weight(case, first, own, layouts[first], ties=tuple(others))
        return [weight], dict.fromkeys(case.weights, own)
    owns = {path: np.array(array) for path, array in arrays.items()}
    return [_weight(case, path, own, layouts[path]) for path, own in owns.items()], owns


def _weight(
    case: AdapterCase,
    path: str,
    own: npt.NDArray[Any],
    layout: LayoutLike,
    *,
    ties: tuple[str, ...] = (),
) -> Weight:
    return Weight(
        path,
        own.shape,
        own.dtype,
        lambda values: values.fill(own),
        layout=as_layout(layout),
        ties=ties,
        kind=case.kind,
    )


Drawn: TypeAlias = Callable[..., Arrays]
Planned: TypeAlias = Callable[..., Plan]


def numpy_ways(case: AdapterCase, layouts: Layouts, arrays: Arrays) -> tuple[Drawn, Planned]:
    """Return what `initialize` and `plan` give for the weights of a twin, as arrays of NumPy."""
    weights, owns = in_numpy(case, layouts, arrays)

    def drawn(rules: RulesLike, **options: Any) -> Arrays:
        initialize(weights, rules, **options)
        return owns

    return drawn, lambda rules, **options: plan(weights, rules, **options)
