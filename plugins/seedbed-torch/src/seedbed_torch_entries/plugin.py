"""The entries: PyTorch's own initializers, and presets of what its functions and layers draw by default."""

from __future__ import annotations

from typing import Any, Final

from seedbed import Entry, hookimpl


@hookimpl
def seedbed_initializers() -> list[Entry]:
    """Return the entries. In none are fans bound to PyTorch's layout, whose axes the caller names."""
    return [
        Entry(
            "torch_dirac",
            "seedbed_torch_entries.dirac:TorchDirac",
            aliases=("torch.nn.init.dirac_",),
            summary="Ones that make a convolution hand its input on, and zeros (Dirac).",
            tags=("torch", "convolution"),
        ),
        Entry(
            "torch_sparse",
            "seedbed_torch_entries.sparse:TorchSparse",
            aliases=("torch.nn.init.sparse_",),
            summary="Normal values, of which each input has a fraction set to zero.",
            tags=("torch",),
        ),
        *(
            Entry(
                f"torch_{name}",
                preset_of=f"seedbed:{preset_of}",
                arguments=arguments,
                aliases=aliases,
                summary=summary,
                tags=("torch",),
            )
            for name, preset_of, arguments, aliases, summary in _PRESETS
        ),
    ]


_HALF_OF_HE: Final = {"scale": 1 / 3, "distribution": "uniform"}
"""``kaiming_uniform_(a=sqrt(5))``: a gain of sqrt(2 / (1 + 5)), and so a variance of 1 / (3 fan)."""

_PRESETS: Final[tuple[tuple[str, str, dict[str, Any], tuple[str, ...], str], ...]] = (
    ("zeros", "zeros", {}, ("torch.nn.init.zeros_",), "Zeros."),
    ("ones", "ones", {}, ("torch.nn.init.ones_",), "Ones."),
    ("constant", "constant", {}, ("torch.nn.init.constant_",), "A number, or an array that broadcasts."),
    ("eye", "identity", {}, ("torch.nn.init.eye_",), "The identity matrix."),
    (
        "uniform",
        "random_uniform",
        {"minval": 0.0, "maxval": 1.0},
        ("torch.nn.init.uniform_",),
        "Uniform values on [0, 1), the default of uniform_.",
    ),
    (
        "normal",
        "random_normal",
        {"stddev": 1.0},
        ("torch.nn.init.normal_", "torch.nn.Embedding.weight", "torch.nn.EmbeddingBag.weight"),
        "Standard normal values, the default of normal_ and of embeddings.",
    ),
    (
        "trunc_normal",
        "truncated_normal",
        {"stddev": 1.0, "bounds": "absolute"},
        ("torch.nn.init.trunc_normal_",),
        "Normal values between two values, by default -2 and 2, whatever the standard deviation.",
    ),
    (
        "xavier_uniform",
        "variance_scaling",
        {"mode": "fan_avg", "distribution": "uniform"},
        ("torch.nn.init.xavier_uniform_", "torch.nn.MultiheadAttention.in_proj_weight"),
        "Uniform values of variance 2 / (fan_in + fan_out).",
    ),
    (
        "xavier_normal",
        "variance_scaling",
        {"mode": "fan_avg", "distribution": "untruncated_normal"},
        ("torch.nn.init.xavier_normal_",),
        "Normal values of variance 2 / (fan_in + fan_out), not truncated.",
    ),
    (
        "kaiming_uniform",
        "variance_scaling",
        {"scale": 2.0, "distribution": "uniform"},
        ("torch.nn.init.kaiming_uniform_",),
        "Uniform values of variance 2 / fan_in.",
    ),
    (
        "kaiming_normal",
        "variance_scaling",
        {"scale": 2.0, "distribution": "untruncated_normal"},
        ("torch.nn.init.kaiming_normal_",),
        "Normal values of variance 2 / fan_in, not truncated.",
    ),
    (
        "orthogonal",
        "orthogonal",
        {},
        ("torch.nn.init.orthogonal_",),
        "A matrix with orthonormal rows or columns.",
    ),
    (
        "layer_weight",
        "variance_scaling",
        _HALF_OF_HE,
        ("torch.nn.Linear.weight", *(f"torch.nn.Conv{n}d.weight" for n in (1, 2, 3))),
        "Uniform on [-l, l) with l = sqrt(1 / fan_in), the default of linear and convolution layers.",
    ),
    (
        "conv_transpose_weight",
        "variance_scaling",
        _HALF_OF_HE | {"mode": "fan_out"},
        tuple(f"torch.nn.ConvTranspose{n}d.weight" for n in (1, 2, 3)),
        "Uniform on [-l, l) with l = sqrt(1 / fan_out), the default of transposed convolutions.",
    ),
)
