"""What each standard initializer is, in one line: the first of its docstring, known without importing it."""

from __future__ import annotations

from typing import Final

SUMMARIES: Final = {
    "blocked": "Blocks along an axis, each of an initializer of its own: fused query, key and value; gates.",
    "constant": "A number, or an array that broadcasts to the shape asked for.",
    "fan_constant": "One value, ``scale * fan_in**power``, for all elements.",
    "fan_scaling": (
        "Values whose spread is ``gain * fan_in**p * fan_out**q``, for powers p and q of one's own."
    ),
    "glorot_normal": "Truncated normal values of variance ``2 / (fan_in + fan_out)`` (Glorot, Xavier).",
    "glorot_uniform": "Uniform values of variance ``2 / (fan_in + fan_out)`` (Glorot, Xavier).",
    "he_normal": "Truncated normal values of variance ``2 / fan_in`` (He, Kaiming).",
    "he_uniform": "Uniform values of variance ``2 / fan_in`` (He, Kaiming).",
    "identity": "The identity matrix times a gain.",
    "lecun_normal": "Truncated normal values of variance ``1 / fan_in`` (LeCun).",
    "lecun_uniform": "Uniform values of variance ``1 / fan_in`` (LeCun).",
    "linspaced": "Equally spaced values from `start` to `stop` along an axis, the same along all others.",
    "masked": "Another initializer's values where a mask keeps them, and zero elsewhere.",
    "ones": "Ones.",
    "orthogonal": "A uniformly distributed matrix with orthonormal rows or columns, times a gain.",
    "padded": "Another initializer's values with zeros at one index, such as a padding token's row.",
    "random_normal": "Normal values.",
    "random_uniform": "Uniform values on [minval, maxval).",
    "repeated": (
        "Another initializer's values several times along an axis: sub-pixel filters, shared keys and values."
    ),
    "scaled": (
        "Another initializer's values times a factor, one for all or one for each layer, row or element."
    ),
    "shifted": "Another initializer's values plus an offset.",
    "stacked": "Arrays of one initializer beside each other along a new axis: experts, layers, heads.",
    "sum_of": "The sum of several initializers' values.",
    "transposed": "Another initializer's array with its axes in another order.",
    "truncated_normal": "Normal values, each given that it lies between two bounds.",
    "variance_scaling": (
        "Values whose variance is ``scale / n``, where `n` is a size made of the layer's fans."
    ),
    "zeros": "Zeros.",
}
