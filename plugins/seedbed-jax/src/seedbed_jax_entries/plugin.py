"""The entries under the names that they have in JAX, with its defaults."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from seedbed import Entry, hookimpl

_JAX: Final = "jax.nn.initializers."


@hookimpl
def seedbed_initializers() -> Iterable[Entry]:
    """Return what core lacks, and presets with the defaults of JAX."""
    return [
        Entry(
            "delta_orthogonal",
            "seedbed_jax_entries.orthogonal:DeltaOrthogonal",
            aliases=(f"{_JAX}delta_orthogonal",),
            summary="An orthogonal matrix at the centre of a convolution, and 0 elsewhere.",
            tags=("convolution",),
        ),
        Entry(
            "jax_orthogonal",
            "seedbed_jax_entries.orthogonal:JaxOrthogonal",
            aliases=(f"{_JAX}orthogonal",),
            summary="A matrix with orthonormal rows or columns, the columns along any axis.",
        ),
        Entry(
            "jax_variance_scaling",
            "seedbed_jax_entries.variance_scaling:JaxVarianceScaling",
            aliases=(f"{_JAX}variance_scaling",),
            summary="Values of variance scale / n, where n is a fan; normal ones are not truncated.",
        ),
        _preset("zeros", "zeros"),
        _preset("ones", "ones"),
        _preset("constant", "constant"),
        _preset("uniform", "random_uniform", "Uniform values on [0, 0.01).", minval=0.0, maxval=0.01),
        _preset("normal", "random_normal", "Normal values of standard deviation 0.01.", stddev=0.01),
        _preset(
            "truncated_normal",
            "truncated_normal",
            "Normal values of standard deviation 0.01, cut off at 0.02.",
            stddev=0.01,
        ),
        _preset("glorot_uniform", "glorot_uniform", former="xavier_uniform"),
        _preset("glorot_normal", "glorot_normal", former="xavier_normal"),
        _preset("lecun_uniform", "lecun_uniform"),
        _preset("lecun_normal", "lecun_normal"),
        _preset("he_uniform", "he_uniform", former="kaiming_uniform"),
        _preset("he_normal", "he_normal", former="kaiming_normal"),
    ]


def _preset(name: str, of: str, summary: str = "", *, former: str = "", **arguments: float) -> Entry:
    """Return a preset under JAX's own name, and the other one that it has there."""
    aliases = tuple(f"{_JAX}{word}" for word in (name, former) if word)
    return Entry(f"jax_{name}", preset_of=of, arguments=arguments, aliases=aliases, summary=summary)
