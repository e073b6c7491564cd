"""Hypothesis strategies for what an initializer is called with; they need the extra ``testing``."""

from __future__ import annotations

from seedbed.dtypes import FLOATING
from seedbed.random import SeedLike
from seedbed.requirement import missing_extra
from seedbed.shapes import BasicIndex, Shape

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise missing_extra("seedbed_testing.strategies", "hypothesis", "testing") from error

__all__ = ["dtypes", "indices", "paths", "seeds", "shapes", "shards"]


def shapes(
    *, min_axes: int = 0, max_axes: int = 5, min_size: int = 0, max_size: int = 6
) -> st.SearchStrategy[Shape]:
    """Return a strategy for shapes, scalars' and empty ones included.

    Parameters
    ----------
    min_axes, max_axes
        How many axes there are.
    min_size, max_size
        How long each axis is.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(shapes(min_axes=2), lambda shape: 0 in shape)
    (0, 0)
    """
    sizes = st.integers(min_size, max_size)
    return st.lists(sizes, min_size=min_axes, max_size=max_axes).map(tuple)


def dtypes(allowed: tuple[str, ...] = FLOATING) -> st.SearchStrategy[str]:
    """Return a strategy for the names of dtypes."""
    return st.sampled_from(allowed)


def paths() -> st.SearchStrategy[str | int]:
    """Return a strategy for what `fold_in` takes: texts such as ``"encoder/0/kernel"``, and ints."""
    words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    return st.lists(words, min_size=1, max_size=3).map("/".join) | st.integers(-(2**127), 2**127)


def seeds() -> st.SearchStrategy[SeedLike]:
    """Return a strategy for seeds of every kind but ``None``: ints, texts, and lists of those."""
    return paths() | st.lists(paths(), min_size=1, max_size=4)


def indices(shape: Shape) -> st.SearchStrategy[BasicIndex]:
    """Return a strategy for indices of shards of a tensor of `shape`: ints, slices, and one Ellipsis.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(indices((4,)), lambda index: isinstance(index, tuple) and isinstance(index[0], int))
    (0,)
    """
    axes = [_parts(length) for length in shape]
    whole = st.tuples(*axes)
    cut = st.integers(0, len(shape)).flatmap(
        lambda first: st.integers(first, len(shape)).flatmap(
            lambda last: st.tuples(*axes[:first], st.just(...), *axes[last:])
        )
    )
    return st.just(...) | whole | cut


def shards(
    *, min_axes: int = 0, max_axes: int = 4, min_size: int = 0, max_size: int = 6
) -> st.SearchStrategy[tuple[Shape, BasicIndex]]:
    """Return a strategy for shapes together with the index of a part of them; as `shapes`."""
    whole = shapes(min_axes=min_axes, max_axes=max_axes, min_size=min_size, max_size=max_size)
    return whole.flatmap(lambda shape: st.tuples(st.just(shape), indices(shape)))


def _parts(length: int) -> st.SearchStrategy[int | slice]:
    slices = st.slices(length)
    return st.integers(-length, length - 1) | slices if length else slices
