"""Distributions of your own: a function of uniform numbers, standard normal ones, or tail probabilities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from seedbed.errors import ArgumentError
from seedbed.random.distributions import Distribution, Writer
from seedbed.random.numbers import Numbers, Reals, signed, standard_normal, unit
from seedbed.random.probability import EVERYTHING
from seedbed.random.tables import Float64s
from seedbed.random.words import Words
from seedbed.random.workspace import Workspace


@dataclass(frozen=True, slots=True)
class FromUniform(Distribution):
    """A distribution of your own, as a function of values that are uniform on (0, 1).

    Parameters
    ----------
    function
        From an array of doubles to one of the same size, an element at a time. For the same bits on every
        machine use arithmetic, square roots, and the functions of `seedbed.random`, but not `numpy.log`,
        `numpy.exp` and the like, whose last bits differ between machines. NumPy neither warns nor raises
        while it runs, whatever `numpy.errstate` says.
    """

    function: Callable[[Float64s], Float64s]

    def writer(self, bits: int) -> Writer:
        """Return what writes the function's values at its arguments."""
        arguments = self._arguments(bits)

        def write(words: Words, workspace: Workspace, out: Reals) -> None:
            values = np.asarray(self.function(arguments(words, workspace)))
            if values.shape != words.shape or values.dtype.kind not in "fiub":
                raise self._wrong(values, words.size)
            np.copyto(out, values, casting="same_kind")

        return write

    def _wrong(self, values: npt.NDArray[Any], size: int) -> ArgumentError:
        return ArgumentError(
            f"the function of {type(self).__name__} got {size} numbers and must return as many real ones, "
            f"each made of one of them, got an array of shape {values.shape} and dtype {values.dtype.name!r}"
        )

    def _arguments(self, bits: int) -> Numbers:  # noqa: ARG002 - the words say so too
        return unit


@dataclass(frozen=True, slots=True)
class FromNormal(FromUniform):
    """A distribution of your own, as a function of standard normal values; see `FromUniform`."""

    def _arguments(self, bits: int) -> Numbers:
        return standard_normal(bits, EVERYTHING)


@dataclass(frozen=True, slots=True)
class FromTail(FromUniform):
    """A symmetric distribution, as a function of signed tail probabilities; see `FromUniform`.

    Their sizes are uniform on (0, 1/2], and either sign is as likely as the other. Small ones have all their
    digits, so that both tails of a distribution reach far out.
    """

    def _arguments(self, bits: int) -> Numbers:  # noqa: ARG002 - the words say so too
        return signed
