"""Which platforms have doubles whose arithmetic is that of IEEE 754, and so give the bits of the stream."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import jax
import numpy as np

from seedbed.dtypes import as_dtype, available_dtypes
from seedbed.errors import ArgumentError
from seedbed.random import Distribution, Normal, TruncatedNormal, Uniform, draw
from seedbed.random.draw import limits_of
from seedbed_jax.xla.keys import key_of
from seedbed_jax.xla.operations import wide_types
from seedbed_jax.xla.values import values_of
from seedbed_jax.xla.words import indices, words_at

_EXACT: Final = ("cpu", "cuda", "rocm")
"""Those that a function may be stored for. XLA makes doubles of a TPU of pairs of singles."""

_SHAPE: Final = (33, 97)
_WORDS: Final = np.array([3, 0xFFFF0007], np.uint32)
_TRIED: Final[tuple[Distribution, ...]] = (
    Uniform(-0.3, 2.1),
    Normal(0.1, 1.3),
    TruncatedNormal(0.1, 0.9, -1.0, 2.0, (-0.8, 1.9)),
)


def check_exported(platforms: Sequence[str]) -> None:
    """Refuse to store a function for a platform that would give other bits.

    Raises
    ------
    ArgumentError
        If it is none of those that are known to give the same.
    """
    if others := [platform for platform in platforms if platform not in _EXACT]:
        raise ArgumentError(
            f"got the platform {others[0]!r} to export for, where XLA would not give Seedbed's values; "
            f"allowed are {', '.join(_EXACT)}, or make the arrays outside of it, and pass them in"
        )


@functools.cache
def gives_the_bits(platform: str) -> bool:
    """Say whether the devices of a platform give the bits of NumPy's engine, by a trial, once in a process.

    Where they do not, the host draws.
    """
    device = jax.local_devices(backend=platform)[0]
    dtypes = [as_dtype(name) for name in available_dtypes(("float16", "bfloat16", "float32"))]
    cases = [(distribution, dtype) for distribution in _TRIED for dtype in dtypes]

    def drawn() -> list[jax.Array]:
        with wide_types(), jax.default_device(device):
            return jax.jit(lambda words: [_tried(*case, words) for case in cases])(_WORDS)  # type: ignore[no-any-return]

    with ThreadPoolExecutor(1) as pool:  # where nothing is set of what the caller has, such as a mesh
        got = pool.submit(drawn).result()
    seed = tuple(map(int, _WORDS))
    return all(
        np.asarray(array).tobytes() == draw(distribution, seed, _SHAPE, dtype).tobytes()
        for array, (distribution, dtype) in zip(got, cases, strict=True)
    )


def _tried(distribution: Distribution, dtype: np.dtype[Any], words: jax.Array) -> jax.Array:
    flat = indices(_SHAPE, _SHAPE, np.zeros(len(_SHAPE), np.uint64))
    return values_of(distribution, dtype, limits_of(distribution, dtype), words_at(key_of(words), flat))
