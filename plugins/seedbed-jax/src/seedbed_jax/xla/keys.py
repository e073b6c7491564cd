"""The key of a seed that is traced: BLAKE2b of the words of a JAX key."""

from __future__ import annotations

import math
from typing import Any, Final

import jax
import numpy as np
from jax import lax

from seedbed.random import STREAM_VERSION
from seedbed_jax.xla.operations import repeated, taken

# The layout of a seed's part, in bytes, as docs/reference/stream.md has it: a tag, a length and an int.
_PART: Final = 26
_HEAD: Final = b"+" + (17).to_bytes(8, "little")
_BLOCK: Final = 128  # bytes that one compression takes, which four parts do not fill

# RFC 7693: what rounds permute, and by how many bits they rotate.
_ROUNDS: Final = 12
_SIGMA: Final = np.array(
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
        [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
        [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
        [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
        [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
        [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
        [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
        [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
        [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
    ]
)
# A round mixes the columns of a square of four times four words, and then its diagonals; each time in two
# steps, that take another half of the message words and rotate by other numbers of bits.
_STEPS: Final = 4 * _ROUNDS
_ROTATIONS: Final = np.array([(32, 24), (16, 63)] * (_STEPS // 2), np.uint64)
_ORDERS: Final = np.stack(
    [
        _SIGMA[number % len(_SIGMA)].reshape(2, 4, 2)[which, :, half]
        for number in range(_ROUNDS)
        for which in (0, 1)
        for half in (0, 1)
    ]
)
_SQUARE: Final = np.arange(16).reshape(4, 4)
# How the square is turned after a step, so that diagonals are columns and columns are again.
_TURNS: Final = np.stack(
    [
        np.concatenate([np.roll(row, -by * sign) for by, row in enumerate(_SQUARE)])
        for _ in range(_ROUNDS)
        for sign in (0, 1, 0, -1)
    ]
)
# The fractional parts of the square roots of the first eight primes.
_IV: Final = np.array(
    [math.isqrt(prime << 128) & (1 << 64) - 1 for prime in (2, 3, 5, 7, 11, 13, 17, 19)], np.uint64
)


def key_of(words: jax.Array) -> jax.Array:
    """Return the key of the seed that is a list of words: its lower 64 bits, and its higher ones.

    Parameters
    ----------
    words
        A vector of uint32, of at most 4 words.
    """
    start = _start()
    last = np.array([len(words) * _PART, 0, 2**64 - 1, 0], np.uint64)  # bytes so far; that none follow
    square = np.concatenate((start, _IV[:4], _IV[4:] ^ last))
    message = _message(words)

    def step(number: jax.Array, square: jax.Array) -> jax.Array:
        a, b, c, d = (lax.slice(square, [row], [row + 4]) for row in range(0, 16, 4))
        first, second = (taken(column, number) for column in _ROTATIONS.T)
        a = a + b + taken(message, taken(_ORDERS, number))
        d = _rotated(d ^ a, first)
        c = c + d
        b = _rotated(b ^ c, second)
        return taken(lax.concatenate((a, b, c, d), 0), taken(_TURNS, number))

    # A loop of small steps is compiled quickly. And XLA cannot make a loop a part of what draws elements, and
    # hash for each of them.
    mixed = repeated(_STEPS, step, square)
    return lax.slice(mixed, [0], [2]) ^ lax.slice(mixed, [8], [10]) ^ start[:2]


def _start() -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Return the state before the first byte: a digest of 16 bytes, no key, no salt, a personalisation."""
    person = b"seedbed/%d" % STREAM_VERSION
    parameters = bytes((16, 0, 1, 1)).ljust(48, b"\0") + person.ljust(16, b"\0")
    return _IV ^ np.frombuffer(parameters, "<u8").astype(np.uint64)


def _message(words: jax.Array) -> jax.Array:
    """Return the block of bytes that is hashed, as 16 words of 64 bits."""
    count = len(words)
    fixed = b"".join(_HEAD.ljust(_PART, b"\0") for _ in range(count)).ljust(_BLOCK, b"\0")
    block: list[Any] = list(np.frombuffer(fixed, "<u8").astype(np.uint64))
    for number in range(count):
        place, shift = divmod(8 * (number * _PART + len(_HEAD)), 64)
        word = lax.convert_element_type(lax.slice(words, [number], [number + 1]), np.uint64)
        block[place] = block[place] | word << np.uint64(shift)
        if shift > 32:
            block[place + 1] = block[place + 1] | word >> np.uint64(64 - shift)
    return lax.concatenate([lax.full((1,), word) if np.ndim(word) == 0 else word for word in block], 0)


def _rotated(x: jax.Array, bits: jax.Array) -> jax.Array:
    return (x >> bits) | (x << (np.uint64(64) - bits))
