"""The numbers that words stand for, and how they are scaled: what distributions are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from seedbed.random.lines import interval_lines
from seedbed.random.probability import Masses
from seedbed.random.quantiles import interval_quantile
from seedbed.random.tables import Float64s
from seedbed.random.words import Words, write_sum
from seedbed.random.workspace import Workspace

Reals: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.float64]

Numbers: TypeAlias = Callable[[Words, Workspace], Float64s]
"""Returns one number for each word, in the memory of the workspace where possible."""

_ALL_BUT_LAST: Final = np.uint64(2**64 - 2)


def unit(words: Words, workspace: Workspace) -> Float64s:
    """Return ``(word + 1/2) / 2^W``."""
    u = workspace.doubles(0, words.size)
    write_sum(words, 0.5, u)
    u *= 2.0 ** (-8 * words.itemsize)
    return u


def as_signed(words: Words) -> Words:
    """Return the words as signed numbers, in two's complement."""
    return words.view(f"i{words.itemsize}")


def _half_integers(words: Words, workspace: Workspace) -> Float64s:
    """Return the words as signed numbers, with 1/2 added: never 0, and of either sign alike."""
    x = workspace.doubles(0, words.size)
    write_sum(as_signed(words), 0.5, x)
    return x


def signed(words: Words, workspace: Workspace) -> Float64s:
    """Return ``(signed word + 1/2) / 2^W``."""
    t = _half_integers(words, workspace)
    t *= 2.0 ** (-8 * words.itemsize)
    return t


def standard_normal(bits: int, masses: Masses) -> Numbers:
    """Return what makes standard normal values in the interval of the masses."""
    if bits == 64:
        return lambda words, workspace: interval_quantile(signed(words, workspace), masses)
    quantile = interval_lines(masses)

    def numbers(words: Words, workspace: Workspace) -> Float64s:
        x, z = _half_integers(words, workspace), workspace.doubles(1, words.size)
        quantile(x, z, workspace.index(words.size))
        return z

    return numbers


def write_scaled(z: Float64s, scale: float, shift: float, out: Reals) -> None:
    """Write ``z * scale + shift``; `z` is of no use afterwards."""
    z *= scale
    if shift:
        if out.dtype == np.float32:
            clear_last_bits(z)
        z += shift
    np.copyto(out, z, casting="same_kind")


def clear_last_bits(products: Float64s) -> None:
    """Make products that no compiler can fuse with a sum that follows, by a bit far below a float's last."""
    bits = products.view(np.uint64)
    np.bitwise_and(bits, _ALL_BUT_LAST, out=bits)
