"""`ElementwiseInitializer`, the base class for random initializers whose elements are independent."""

from __future__ import annotations

import abc
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from seedbed.divisible import Divisible, written
from seedbed.dtypes import FLOATING, DTypeLike
from seedbed.initializer import Reproducibility
from seedbed.random import Distribution
from seedbed.random.draw import part_writer
from seedbed.seeded import Seeded
from seedbed.shapes import BasicIndex, Shape, ShapeLike, as_shape
from seedbed.shard import Write, shard_of, whole
from seedbed.validation import as_declared, given, of_room


class ElementwiseInitializer(Divisible, Seeded):
    """A random initializer whose elements are drawn independently, each from one distribution.

    A subclass implements `element_distribution`, which returns the distribution for a tensor of a given
    shape. It inherits the rest: a seed, all floating dtypes, threads, shards whose cost depends on their own
    size, `fill` without a second array, and the same bits for every thread count, block size and shard
    layout.

    Parameters
    ----------
    seed
        ``None`` for fresh values at every call; an int, a string, or a list of those for the same values at
        every call.

    Attributes
    ----------
    dtypes
        Names of the dtypes that the distribution supports. A subclass whose distribution handles pairs of
        values adds the complex ones.

    Examples
    --------
    >>> from seedbed.random import FromTail, minus_log
    >>> class Laplace(ElementwiseInitializer):
    ...     def __init__(self, scale=1.0, *, seed=None):
    ...         super().__init__(seed=seed)
    ...         self.scale = scale
    ...
    ...     def element_distribution(self, shape, dtype):
    ...         return FromTail(lambda t: np.copysign(self.scale * minus_log(2 * np.abs(t)), t))
    >>> weights = Laplace(0.1, seed=7)((256, 128))
    >>> round(float(abs(weights).mean()), 2)
    0.1
    """

    reproducibility: ClassVar[Reproducibility] = "exact"

    dtypes: ClassVar[tuple[str, ...]] = FLOATING

    @abc.abstractmethod
    def element_distribution(self, shape: Shape, dtype: np.dtype[Any]) -> Distribution:
        """Return the distribution of one element of a tensor of the global `shape`.

        Parameters
        ----------
        shape
            The shape of the whole tensor, a tuple of ints, even if only a shard is drawn.
        dtype
            One of `dtypes`.
        """

    def _seedbed_writer(self, shape: Shape, dtype: np.dtype[Any], threads: int | None = None) -> Write:
        return part_writer(self.element_distribution(shape, dtype), self.seed, shape, dtype, threads=threads)

    def __call__(
        self, shape: ShapeLike, dtype: DTypeLike | None = None, *, threads: int | None = None
    ) -> npt.NDArray[Any]:
        """Return a new array of `shape` and `dtype`.

        Parameters
        ----------
        shape
            An int or a sequence of ints of at least 0.
        dtype
            One of `dtypes`; ``None`` means float32.
        threads
            How many threads may draw; ``None`` for ``SEEDBED_THREADS``, or all CPUs the process may use.

        Raises
        ------
        ShapeError, DTypeError, ArgumentError
            If an argument is wrong. Nothing has been allocated at that time.
        """
        shape, dtype = given(shape, dtype)
        write = self._seedbed_writer(shape, dtype, threads)
        out = np.empty(shape, dtype)
        write(out, whole(shape))
        return out

    def fill(self, out: npt.NDArray[Any], *, threads: int | None = None) -> npt.NDArray[Any]:
        """Write the values of ``self(out.shape, out.dtype)`` into `out`, bit for bit, and return `out`.

        Raises
        ------
        ArgumentError
            If `out` is not a writable NumPy array, or has a hard mask or elements that share memory.
        """
        self._seedbed_writer(out.shape, out.dtype, threads)(out, whole(out.shape))
        return out

    def shard(
        self,
        shape: ShapeLike,
        index: BasicIndex,
        dtype: DTypeLike | None = None,
        *,
        out: npt.NDArray[Any] | None = None,
        threads: int | None = None,
    ) -> npt.NDArray[Any]:
        """Return ``self(shape, dtype)[index]``, bit for bit, and draw only that part.

        Raises
        ------
        ShardIndexError
            If `index` is not a basic index, or lies outside `shape`.
        """
        shape, dtype = as_shape(shape), as_declared(self, of_room(dtype, out))
        shard = shard_of(shape, index, dtype)
        return written(self._seedbed_writer(shape, dtype, threads), shard, dtype, out)
