"""`from_keras` and `to_keras`: the same formula and arguments, here and in Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import keras
import numpy as np

import seedbed
from seedbed import standard
from seedbed.errors import ArgumentError, ConfigError, IdentifierError, shown
from seedbed.fans import as_axes
from seedbed.theirs import initializer_config, is_of_tensorflow
from seedbed_keras.adapter import SeedbedInitializer
from seedbed_keras_entries.stft import STFT

_NAMES: Final = (
    *("Zeros", "Ones", "Constant", "Identity", "Orthogonal", "STFT"),
    *("RandomUniform", "RandomNormal", "TruncatedNormal", "VarianceScaling"),
    *("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal"),
)
_THEIRS: Final = MappingProxyType(
    # Keras has STFT since 3.8.
    {name: getattr(keras.initializers, name) for name in _NAMES if hasattr(keras.initializers, name)}
)
_OURS: Final[Mapping[str, type[seedbed.Initializer]]] = MappingProxyType(
    {name: STFT if name == "STFT" else getattr(standard, name) for name in _NAMES}
)
_SHORT: Final = {"normal": "RandomNormal", "uniform": "RandomUniform", "one": "Ones", "zero": "Zeros"}
_REGISTERED: Final = keras.saving.get_registered_name(SeedbedInitializer)


def from_keras(initializer: Any, /) -> seedbed.Initializer:
    """Return our initializer of the same formula and arguments as one of Keras's.

    The distribution is the same, the values are not: Keras draws others for one seed on every backend.

    Parameters
    ----------
    initializer
        An initializer of `keras.initializers`, its class, its name, or its config, as Keras 3 or 2 has them;
        or what `as_keras` returned, or its config, of which the initializer within is returned; or one of
        ours, which is returned as it is.

    Raises
    ------
    IdentifierError
        If it is none of these, such as a function, an array, or a class of somebody's own.
    ConfigError
        If a config is malformed, or has an argument that is not Keras's.
    ArgumentError
        If an argument has no counterpart: a seed that is a `keras.random.SeedGenerator`, `input_axes` without
        `output_axes`, or the name of a window that `stft` does not have.

    Examples
    --------
    >>> import keras
    >>> from_keras(keras.initializers.HeNormal(seed=7))
    HeNormal(seed=7)
    >>> from_keras("glorot_uniform")
    GlorotUniform()
    >>> from seedbed_keras import as_keras
    >>> from_keras(as_keras("he_normal", seed=7))
    HeNormal(seed=7)
    """
    if isinstance(initializer, seedbed.Initializer):
        return initializer
    if isinstance(initializer, Mapping):
        return _from_config(initializer)
    if isinstance(initializer, str):
        initializer = _class_of(initializer)
    if any(initializer is theirs for theirs in _THEIRS.values()):
        initializer = initializer()
    if isinstance(initializer, SeedbedInitializer):
        return initializer.own()
    if isinstance(initializer, type) and is_of_tensorflow(initializer):
        initializer = initializer()
    if (config := initializer_config(initializer)) is not None:
        return seedbed.from_config(config)
    name = next((name for name, theirs in _THEIRS.items() if type(initializer) is theirs), None)
    if name is None:
        raise IdentifierError(
            f"got {initializer!r} of type {type(initializer).__name__}; allowed are the initializers of "
            "keras.initializers, their classes, names and configs, and what as_keras returns; of values, "
            "seedbed.get('constant', value=...) makes one"
        )
    return _ours(name, _arguments(initializer))


def to_keras(initializer: Any, /, **overrides: Any) -> keras.initializers.Initializer:
    """Return Keras's own initializer of the same formula and arguments: the inverse of `from_keras`.

    It draws Keras's values. For ours in a Keras model, see `as_keras`.

    Parameters
    ----------
    initializer
        A name, a config, an initializer or a class, as `seedbed.get` takes them; what `as_keras` returned, of
        which the initializer within is meant; or one of Keras's.
    **overrides
        Constructor arguments on top.

    Returns
    -------
    keras.initializers.Initializer
        Of a class of `keras.initializers`; one of Keras's without `overrides` is returned as it is. A
        constant that is a list becomes an array there.

    Raises
    ------
    ArgumentError
        If Keras has no such initializer, or one without such an argument: a seed that is no int, other
        `bounds` of a truncated normal distribution, the mode ``"fan_geo_avg"``, or `axes` that are not
        inputs, outputs and axes that count for neither.
    SeedbedError
        Whatever `seedbed.get` raises.

    Examples
    --------
    >>> to_keras("he_normal", seed=7).get_config()["seed"]
    7
    """
    if isinstance(initializer, keras.initializers.Initializer):
        if not (overrides or isinstance(initializer, SeedbedInitializer)):
            return initializer
        initializer = from_keras(initializer)
    found = seedbed.get(initializer, **overrides)
    name = next((name for name, ours in _OURS.items() if type(found) is ours), None)
    if name is None or name not in _THEIRS:
        raise ArgumentError(f"Keras {keras.__version__} has no counterpart of {found!r}; as_keras takes any")
    arguments = found.get_config()
    for argument, check in _CHECKS.items():
        if argument in arguments:
            check(found, arguments)
    try:
        return _THEIRS[name](**arguments)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            f"Keras {keras.__version__} takes no {name} with the arguments of {found!r}: {error}"
        ) from error


def _arguments(initializer: Any) -> dict[str, Any]:
    """Return the arguments of an initializer of Keras's, also those that its config lacks or cannot hold."""
    if isinstance(initializer, keras.initializers.Constant):
        return {"value": initializer.value}
    arguments = dict(initializer.get_config())
    if isinstance(initializer, keras.initializers.Identity):
        arguments["gain"] = initializer.gain
    return arguments


def _from_config(config: Mapping[str, Any]) -> seedbed.Initializer:
    arguments = config.get("config") or {}
    if not isinstance(arguments, Mapping):
        raise ConfigError(f"got the config {config!r}, whose arguments are no dict")
    registered = config.get("registered_name")
    if registered == _REGISTERED:
        return SeedbedInitializer.from_config(dict(arguments)).own()
    name = config.get("class_name")
    # Nothing in a config is imported, nor deserialized by Keras, which knows of classes that are not its own.
    if not isinstance(name, str) or (registered and registered != name):
        raise IdentifierError(f"got the config {config!r}; allowed are those of keras.initializers")
    return _ours(_class_of(name).__name__, arguments)


def _class_of(name: str) -> type:
    """Return the class that Keras has under `name`: its own, the same in snake_case, or a short one."""
    found: Any = getattr(keras.initializers, _SHORT.get(name, name), None)
    if not any(found is theirs for theirs in _THEIRS.values()):
        raise IdentifierError(f"keras.initializers has no {name!r}; allowed are {', '.join(_THEIRS)}")
    theirs: type = found
    return theirs


def _ours(name: str, arguments: Mapping[str, Any]) -> seedbed.Initializer:
    seed = arguments.get("seed")
    if isinstance(seed, Mapping | keras.random.SeedGenerator):
        raise ArgumentError(
            f"got a {name} whose seed is a SeedGenerator, which gives other values at every call; give it an "
            "int, or None"
        )
    plain = {key: _unwrapped(value) for key, value in arguments.items()}
    full_name = "seedbed-keras:stft" if name == "STFT" else name
    return seedbed.from_config({"class_name": full_name, "config": plain})


def _unwrapped(value: Any) -> Any:
    """Return an array, which Keras may also have written as a config, as lists."""
    if isinstance(value, Mapping) and value.get("class_name") in ("__numpy__", "__tensor__"):
        held = value.get("config")
        if not isinstance(held, Mapping) or "value" not in held:
            raise ConfigError(
                f"got {shown(value)} for an array; Keras writes its 'config' as a dict with a 'value'"
            )
        return held["value"]
    if isinstance(value, keras.Variable):
        value = value.value
    if keras.ops.is_tensor(value):
        value = keras.ops.convert_to_numpy(value)
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _check_seed(found: seedbed.Initializer, arguments: dict[str, Any]) -> None:
    if not isinstance(arguments["seed"], int | None):
        raise ArgumentError(f"got {found!r}; a seed of Keras's is an int or None")


def _check_axes(found: seedbed.Initializer, arguments: dict[str, Any]) -> None:
    axes = as_axes(arguments.pop("axes"))
    if axes is None:
        return
    # Keras multiplies the axes that are named, and leaves all others out.
    if axes.rest != "batch" or axes.groups > 1:
        raise ArgumentError(
            f"got {found!r}; in Keras axes that are neither inputs nor outputs count in no fan, and there "
            "are no groups: give axes with rest='batch' and groups=1"
        )
    arguments |= {"input_axes": list(axes.inputs), "output_axes": list(axes.outputs)}


def _check_bounds(found: seedbed.Initializer, arguments: dict[str, Any]) -> None:
    given = tuple(arguments.pop(name) for name in ("lower", "upper", "bounds"))
    if given != (-2.0, 2.0, "relative"):
        raise ArgumentError(f"got {found!r}; Keras cuts off at 2 standard deviations, and nowhere else")


def _check_value(found: seedbed.Initializer, arguments: dict[str, Any]) -> None:  # noqa: ARG001
    value = arguments["value"]
    if isinstance(value, str):
        value = complex(value)
        value = value if value.imag else value.real
    arguments["value"] = np.asarray(value) if isinstance(value, list) else value


_CHECKS: Final[Mapping[str, Callable[[seedbed.Initializer, dict[str, Any]], None]]] = MappingProxyType(
    {"seed": _check_seed, "axes": _check_axes, "bounds": _check_bounds, "value": _check_value}
)
"""What is to be made of an argument, for Keras to have it as well."""
