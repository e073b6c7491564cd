"""Configs: an initializer as plain JSON data, in our form, TensorFlow 2's and Keras 3's.

A config is data. A name in it is looked up in the catalogue; a module path in it is never imported.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from seedbed.entry import Entry
from seedbed.errors import ConfigError, shown

_KEYS: Final = frozenset({"class_name", "config", "provider"})
_KERAS_KEYS: Final = frozenset({"module", "registered_name", "shared_object_id", "build_config"})
"""What Keras also writes. Only `registered_name` is read, as a name."""

_KERAS_SCALING: Final = frozenset({"VarianceScaling", "VarianceScalingV2", "VarianceScalingInitializer"})
"""How Keras and TensorFlow write the class that has a distribution. Our own name for it is in snake_case."""

_KERAS_SCALING_ARGUMENTS: Final = frozenset(
    {"scale", "mode", "distribution", "seed", "dtype", "input_axes", "output_axes"}
)
_KERAS_MODES: Final = frozenset({"fan_in", "fan_out", "fan_avg"})

_PROVIDER: Final = re.compile(
    r"(?P<name>__main__|[A-Za-z0-9][A-Za-z0-9._-]{0,199})(==(?P<version>\S{1,200}))?"
)
_FORMS: Final = (
    'expected {"class_name": ..., "config": {...}} as of TensorFlow and Keras, with "provider" as of Seedbed'
)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a config says: which entry, from which provider, with which arguments."""

    name: str
    arguments: Mapping[str, Any]
    provider: str = ""
    version: str = ""


def read(config: Mapping[str, Any]) -> Reference:
    """Return what `config` says, without looking anything up.

    Raises
    ------
    ConfigError
        If it has none of the known forms.
    """
    if not isinstance(config, Mapping):
        raise ConfigError(f"got a config of type {type(config).__name__}; {_FORMS}")
    unknown = [key for key in config if key not in _KEYS and key not in _KERAS_KEYS]
    if unknown:
        hint = (
            "" if _KEYS & config.keys() else "; of arguments alone, make one with CLASS.from_config(config)"
        )
        raise ConfigError(f"got a config with the key {shown(unknown[0])}; {_FORMS}{hint}")
    name = _name(config)
    arguments = config.get("config")
    if arguments is None:
        arguments = {}
    if not isinstance(arguments, Mapping) or not all(isinstance(key, str) for key in arguments):
        raise ConfigError(
            f"the config of {shown(name)} must be a dict of arguments, got {shown(arguments)}"
            + ("; a plain function cannot be looked up" if name == "function" else "")
        )
    provider, version = _provider(config.get("provider"))
    return Reference(name, dict(arguments), provider, version)


def write(entry: Entry, class_name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return our form of a config."""
    return {"class_name": class_name, "config": dict(arguments), "provider": entry.source}


def from_keras(arguments: Mapping[str, Any], accepted: Collection[str], *, class_name: str) -> dict[str, Any]:
    """Return the arguments of a TensorFlow or Keras config under the names of our standard initializers.

    Both write arguments that ours lack: TensorFlow 1 a `dtype`, Keras `input_axes` and `output_axes`. With
    these, axes that are not named count in no fan. The distribution that both call normal is truncated,
    unless `class_name`, as the config has it, or an argument shows that the config is not theirs.

    Raises
    ------
    ConfigError
        If an argument means something that would be lost.
    """
    ours = {key: _unwrap(value) for key, value in arguments.items()}
    is_normal_of_keras = _is_normal_of_keras(class_name, ours)
    if "dtype" in ours and "dtype" not in accepted:
        dtype = ours.pop("dtype")
        if not (dtype is None or (isinstance(dtype, str) and dtype == "float32")):
            raise ConfigError(
                f"the config asks for dtype {shown(dtype)}; initializers take the dtype when called: "
                f"remove the key and call initializer(shape, {shown(dtype)})"
            )
    if "axes" in accepted and {"input_axes", "output_axes"} & ours.keys():
        inputs, outputs = ours.pop("input_axes", None), ours.pop("output_axes", None)
        if (inputs is None) != (outputs is None):
            raise ConfigError(
                f"the config gives one of input_axes={shown(inputs)} and output_axes={shown(outputs)}; "
                "give both or neither"
            )
        if inputs is not None:
            if ours.get("axes") is not None:
                raise ConfigError(
                    f"the config gives axes={shown(ours['axes'])} and also input_axes={shown(inputs)}, "
                    f"output_axes={shown(outputs)}; remove either, since both say what the axes mean"
                )
            ours["axes"] = {"in": inputs, "out": outputs, "rest": "batch"}
    if is_normal_of_keras:
        ours["distribution"] = "truncated_normal"
    return ours


def _is_normal_of_keras(class_name: str, arguments: Mapping[str, Any]) -> bool:
    """Return whether the distribution is what Keras and TensorFlow call normal, as they write it."""
    distribution, mode = arguments.get("distribution"), arguments.get("mode", "fan_in")
    return (
        (isinstance(distribution, str) and distribution == "normal")
        and class_name in _KERAS_SCALING
        and arguments.keys() <= _KERAS_SCALING_ARGUMENTS
        and (isinstance(mode, str) and mode in _KERAS_MODES)
    )


def _name(config: Mapping[str, Any]) -> str:
    """Return the name to look up: Keras's ``package>Name`` if it says more than the class's name does."""
    name, registered = config.get("class_name"), config.get("registered_name")
    if isinstance(registered, str) and ">" in registered:
        # Keras writes "Custom" if nobody named a package.
        name = registered.removeprefix("Custom>")
    if not isinstance(name, str) or not name:
        raise ConfigError(f"got class_name {shown(name)} in a config; {_FORMS}")
    return name


def _provider(provider: Any) -> tuple[str, str]:
    if provider is None:
        return "", ""
    match = _PROVIDER.fullmatch(provider) if isinstance(provider, str) else None
    if match is None:
        raise ConfigError(f"got provider {shown(provider)} in a config; expected 'distribution==version'")
    return match["name"], match["version"] or ""


def _unwrap(value: Any) -> Any:
    """Return the nested list inside Keras's form of an array; return anything else unchanged."""
    if isinstance(value, Mapping) and value.get("class_name") in ("__numpy__", "__tensor__"):
        inner = value.get("config")
        return inner.get("value") if isinstance(inner, Mapping) else inner
    return value
