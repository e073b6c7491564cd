"""Which JAX this package works with."""

from __future__ import annotations

from typing import Final

from seedbed.errors import MissingExtraError

OLDEST: Final = (0, 8)
"""The first that has `jax.set_mesh`, and initializers that take ``dtype=None``."""

_INSTALL: Final = 'pip install "jax>={}.{}"'.format(*OLDEST)


def check() -> None:
    """Refuse to go on without a JAX that is new enough.

    Raises
    ------
    MissingExtraError
        If there is none, or an older one.
    """
    try:
        import jax  # noqa: PLC0415 - what is looked for
    except ImportError as error:
        raise MissingExtraError(f"seedbed_jax needs JAX, which cannot be imported: {_INSTALL}") from error
    if tuple(jax.__version_info__)[:2] < OLDEST:
        raise MissingExtraError(f"seedbed_jax needs a newer JAX than {jax.__version__}: {_INSTALL}")
