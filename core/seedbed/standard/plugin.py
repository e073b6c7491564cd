"""Core's own plugin: it adds the standard initializers through the hook that all plugins use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from seedbed.entry import Entry
from seedbed.hookspecs import hookimpl
from seedbed.rows import Homonym
from seedbed.standard.summaries import SUMMARIES


@hookimpl
def seedbed_initializers() -> Iterable[Entry | Homonym]:
    """Return the standard initializers, and the names that have more than one meaning."""
    return [
        _entry("zeros", "constants:Zeros", "zero", "Zero"),
        _entry("ones", "constants:Ones", "one", "One"),
        _entry("constant", "constants:Constant"),
        _entry("identity", "identity:Identity", "eye", "Eye"),
        _entry("random_uniform", "distributions:RandomUniform", "uniform", "Uniform"),
        _entry("random_normal", "distributions:RandomNormal", "normal", "Normal"),
        _entry("truncated_normal", "distributions:TruncatedNormal"),
        _entry("variance_scaling", "variance_scaling:VarianceScaling"),
        _entry("glorot_uniform", "variance_scaling:GlorotUniform", "xavier_uniform", "XavierUniform"),
        _entry("glorot_normal", "variance_scaling:GlorotNormal"),
        _entry("he_uniform", "variance_scaling:HeUniform", "kaiming_uniform", "KaimingUniform"),
        _entry("he_normal", "variance_scaling:HeNormal"),
        _entry("lecun_uniform", "variance_scaling:LecunUniform", "LeCunUniform"),
        _entry("lecun_normal", "variance_scaling:LecunNormal", "LeCunNormal"),
        _entry("orthogonal", "orthogonal:Orthogonal"),
        *(_plain_entry(name, f"standard.{target}") for name, target in _WITHOUT_TENSORFLOW.items()),
        *(_plain_entry(name, f"combinators.{target}") for name, target in _COMBINATORS.items()),
        _normal("kaiming_normal", truncated="he_normal", scale=2.0),
        _normal("xavier_normal", truncated="glorot_normal", scale=1.0, mode="fan_avg"),
    ]


# TensorFlow has no initializer for these, and so no spelling.
_WITHOUT_TENSORFLOW: Final = {
    "fan_scaling": "fan_scaling:FanScaling",
    "fan_constant": "fan_scaling:FanConstant",
    "linspaced": "linspaced:Linspaced",
}

# They look other initializers up, so they stand above the catalogue, as a plugin's would.
_COMBINATORS: Final = {
    "scaled": "arithmetic:Scaled",
    "shifted": "arithmetic:Shifted",
    "sum_of": "arithmetic:SumOf",
    "transposed": "layout:Transposed",
    "blocked": "layout:Blocked",
    "stacked": "layout:Stacked",
    "repeated": "repeated:Repeated",
    "masked": "zeroed:Masked",
    "padded": "zeroed:Padded",
}


def _entry(name: str, target: str, *aliases: str) -> Entry:
    """Return an entry that also answers to TensorFlow's spellings of its name."""
    class_name = target.partition(":")[2]
    spellings = (f"{class_name}Initializer", f"{class_name}V2", f"{name}_initializer", f"{name}V2")
    return _plain_entry(name, f"standard.{target}", *aliases, *spellings)


def _plain_entry(name: str, target: str, *aliases: str) -> Entry:
    return Entry(name, f"seedbed.{target}", aliases=aliases, summary=SUMMARIES[name])


def _normal(name: str, *, truncated: str, **arguments: float | str) -> Homonym:
    """Return a row for a name that is truncated in JAX and not in PyTorch."""
    arguments["distribution"] = "untruncated_normal"
    # As JSON, whose strings and numbers are valid Python and TOML too.
    texts = {key: f'"{value}"' if isinstance(value, str) else repr(value) for key, value in arguments.items()}
    given = ", ".join(f"{key}={text}" for key, text in texts.items())
    table = ", ".join(f"{key} = {text}" for key, text in texts.items())
    config = ", ".join(f'"{key}": {text}' for key, text in texts.items())
    options = " ".join(f"--set {key}={value}" for key, value in arguments.items())
    in_pytorch = (
        f'`seedbed.get("variance_scaling", {given})` is not truncated, as in PyTorch; in rules it is '
        f'`initializer = "variance_scaling"` and `arguments = {{{table}}}`, as a config '
        f'`{{"class_name": "variance_scaling", "config": {{{config}}}}}`, on the command line '
        f'`variance_scaling {options}`; for arrays in its layout (out, in, ...) add axes="conv_oihw"'
    )
    in_jax = f'"{truncated}" is truncated at two standard deviations, as in JAX, Keras and TensorFlow'
    return Homonym(name, [in_jax, in_pytorch])
