"""The entries: presets of what MLX's functions and layers draw by default."""

from __future__ import annotations

from typing import Any, Final

from seedbed import Entry, hookimpl


@hookimpl
def seedbed_initializers() -> list[Entry]:
    """Return the entries. In none are fans bound to MLX's layout, whose axes the caller names."""
    return [
        Entry(
            f"mlx_{name}",
            preset_of=f"seedbed:{preset_of}",
            arguments=arguments,
            aliases=aliases,
            summary=summary,
            tags=("mlx",),
        )
        for name, preset_of, arguments, aliases, summary in _PRESETS
    ]


_CONVS: Final = tuple(f"mlx.nn.{name}{axes}d.weight" for name in ("Conv", "ConvTranspose") for axes in "123")

_PRESETS: Final[tuple[tuple[str, str, dict[str, Any], tuple[str, ...], str], ...]] = (
    ("constant", "constant", {}, ("mlx.nn.init.constant",), "A number, or an array that broadcasts."),
    ("identity", "identity", {}, ("mlx.nn.init.identity",), "The identity matrix."),
    (
        "normal",
        "random_normal",
        {"stddev": 1.0},
        ("mlx.nn.init.normal",),
        "Standard normal values, the default of normal.",
    ),
    (
        "uniform",
        "random_uniform",
        {"minval": 0.0, "maxval": 1.0},
        ("mlx.nn.init.uniform",),
        "Uniform values on [0, 1), the default of uniform.",
    ),
    (
        "glorot_normal",
        "variance_scaling",
        {"mode": "fan_avg", "distribution": "untruncated_normal"},
        ("mlx.nn.init.glorot_normal",),
        "Normal values of variance 2 / (fan_in + fan_out), not truncated.",
    ),
    (
        "glorot_uniform",
        "variance_scaling",
        {"mode": "fan_avg", "distribution": "uniform"},
        ("mlx.nn.init.glorot_uniform",),
        "Uniform values of variance 2 / (fan_in + fan_out).",
    ),
    (
        "he_normal",
        "variance_scaling",
        {"distribution": "untruncated_normal"},  # MLX's gain is 1 unless it is given, and not He's sqrt(2)
        ("mlx.nn.init.he_normal",),
        "Normal values of variance 1 / fan_in, the default of he_normal, not truncated.",
    ),
    (
        "he_uniform",
        "variance_scaling",
        {"distribution": "uniform"},
        ("mlx.nn.init.he_uniform",),
        "Uniform values of variance 1 / fan_in, the default of he_uniform.",
    ),
    (
        "orthogonal",
        "orthogonal",
        {},
        ("mlx.nn.init.orthogonal",),
        "A matrix with orthonormal rows or columns.",
    ),
    (
        "layer_weight",
        "variance_scaling",
        {"scale": 1 / 3, "distribution": "uniform"},  # the variance of U(-l, l) is l^2 / 3
        ("mlx.nn.Linear.weight", *_CONVS),
        "Uniform on [-l, l) with l = sqrt(1 / fan_in), the default of linear and convolution layers.",
    ),
    (
        "embedding_weight",
        "variance_scaling",
        {"mode": "fan_out", "distribution": "untruncated_normal"},
        ("mlx.nn.Embedding.weight",),
        "Normal values of variance 1 / features, the default of embeddings.",
    ),
)
