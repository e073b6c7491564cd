"""`Weight`: what a model layer knows of one weight, whatever its framework."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.errors import ArgumentError, shown
from seedbed.fans import Axes
from seedbed.initializer import Initializer
from seedbed.models.layout import ARRAY, Layout
from seedbed.models.values import Values
from seedbed.rules.parameter import check_kind
from seedbed.shapes import Shape, as_shape
from seedbed.validation import check_writable

_BY_FEATURE: Final = ("norm", "activation")
"""Kinds of layers whose weights have one number for each feature, however many axes these have."""


@dataclass(frozen=True, slots=True, eq=False)
class Weight:
    """One weight of a model.

    Parameters
    ----------
    path
        Its path, such as ``"encoder/0/weight"``, which names its stream.
    shape, dtype
        Those of the whole weight, of which a process may hold a part.
    write
        Gets the values in: it is called with `Values`, of which it takes what it needs.
    layout
        The roles of its axes; ``None`` where nothing tells them, which is `ARRAY` for kinds of layers that
        have no inputs and outputs.
    readings
        Other roles that its axes may have, if `layout` is a guess. Where one of them would have other values,
        that is told.
    others
        Other names of its place, which rules may have as well.
    ties
        The names that it has at other places of the model, where layers share it.
    kind
        The kind of its layer, one of `seedbed.models.KINDS`; ``None`` where nothing tells it.
    padding_index
        The row of a table that stands for padding, which is zero; ``None`` for no such row.
    has_values
        Whether there are values to keep if no rule matches. A weight without memory has none.
    is_sharded
        Whether the framework itself divides it, so that the caller has no part to tell of.
    refuse
        Raises what only the framework knows to be wrong, for the initializer that is to draw the weight.

    Examples
    --------
    >>> import numpy as np
    >>> from seedbed.models import initialize
    >>> array = np.zeros((3, 4), np.float32)
    >>> weight = Weight("head/weight", (3, 4), array.dtype, lambda values: values.fill(array))
    >>> _ = initialize([weight], {"*": "ones"}, seed=7)
    >>> float(array.min())
    1.0
    """

    path: str
    shape: Shape
    dtype: np.dtype[Any]
    write: Callable[[Values], None]
    layout: Layout | None = field(default=ARRAY, kw_only=True)
    readings: tuple[Axes, ...] = field(default=(), kw_only=True)
    others: tuple[str, ...] = field(default=(), kw_only=True)
    ties: tuple[str, ...] = field(default=(), kw_only=True)
    kind: str | None = field(default=None, kw_only=True)
    padding_index: int | None = field(default=None, kw_only=True)
    has_values: bool = field(default=True, kw_only=True)
    is_sharded: bool = field(default=False, kw_only=True)
    refuse: Callable[[Initializer], None] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.path, str) or not self.path:
            raise ArgumentError(
                f"the path of a weight must be text such as 'head/weight', got {shown(self.path)}"
            )
        if not isinstance(self.dtype, np.dtype):
            raise ArgumentError(f"{self.path}: dtype must be a numpy.dtype, got {shown(self.dtype)}")
        if not callable(self.write):
            raise ArgumentError(f"{self.path}: write must be a function of Values, got {shown(self.write)}")
        if self.layout is not None and not isinstance(self.layout, Layout):
            raise ArgumentError(
                f"{self.path}: layout must be None or a Layout, got {shown(self.layout)}; for a name call "
                "as_layout(name)"
            )
        for name, names in (("others", self.others), ("ties", self.ties)):
            if not isinstance(names, tuple):
                raise ArgumentError(f"{self.path}: {name} must be a tuple of texts, got {shown(names)}")
        check_kind(self.kind, ArgumentError, f"{self.path}: ")
        if self.layout is None and self.kind in _BY_FEATURE:
            object.__setattr__(self, "layout", ARRAY)
        object.__setattr__(self, "shape", as_shape(self.shape))


def weights_of_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> Iterator[Weight]:
    """Yield the weights of a dict from paths to NumPy arrays, one for each array, however many names it has.

    Raises
    ------
    ArgumentError
        If one is no writable array, or two share some of their memory.
    """
    arrays = _kept(arrays)
    names: dict[int, list[str]] = {}
    for path, array in arrays.items():
        try:
            check_writable(array)
        except ArgumentError as error:
            raise ArgumentError(f"{shown(path)}: {error}") from error
        names.setdefault(id(array), []).append(path)
    by_id = {id(array): array for array in arrays.values()}
    _check_apart({paths[0]: by_id[key] for key, paths in names.items()})
    for key, (path, *ties) in names.items():
        array = by_id[key]
        yield Weight(path, array.shape, array.dtype, _filling(array), ties=tuple(ties))


def _kept(arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of a mapping, which may make them when it is asked, as views of its own memory."""
    kept = dict(arrays)
    for path, array in kept.items() if type(arrays) is not dict else ():
        if isinstance(array, np.ndarray) and array.size and not np.may_share_memory(array, arrays[path]):
            raise ArgumentError(
                f"got a {type(arrays).__name__}, which makes another array of {shown(path)} whenever it is "
                "asked, so that what is drawn would be lost; pass dict(...) of it, and keep that"
            )
    return kept


def _filling(array: npt.NDArray[Any]) -> Callable[[Values], None]:
    plain = check_writable(array)
    return lambda values: values.fill(plain)


def _check_apart(arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    bounds = getattr(np.lib, "array_utils", np).byte_bounds  # where NumPy 2 has it, and where NumPy 1 had it
    begun: list[tuple[int, int, str]] = []
    for span in sorted((*bounds(array), path) for path, array in arrays.items()):
        begun = [other for other in begun if other[1] > span[0]]
        for _, _, other in begun:
            if np.shares_memory(arrays[other], arrays[span[2]]):
                raise ArgumentError(
                    f"the weights {other} and {span[2]} share some of their memory, so that one would be "
                    "drawn over the other; give each memory of its own, or leave one out"
                )
        begun.append(span)
