"""`initialize`, other values for the weights of a model, by rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

import seedbed
from seedbed.errors import ArgumentError, RulesError, SeedbedError, shown
from seedbed.random import SeedLike
from seedbed.rules import Plan, RulesLike, as_rules
from seedbed_keras.conversion import from_keras
from seedbed_keras.layouts import layout_of
from seedbed_keras.paths import Parameter, parameters
from seedbed_keras.tensors import is_abstract, write


def initialize(model: keras.Layer, rules: RulesLike, *, seed: SeedLike, strict: bool = False) -> Plan:
    """Give the weights of a model values by rules, each from the stream of its own path.

    Parameters
    ----------
    model
        A model or layer that has been built.
    rules
        Which initializer each weight gets, as `seedbed.rules.as_rules` takes them: the path of a file, a dict
        from patterns to initializers, or pairs of these. The first that matches decides. Initializers may be
        Keras's as well, as `from_keras` takes them; of what `as_keras` made, the one within counts.
    seed
        An int, a string, or a list of these.
    strict
        Whether a weight without a rule, and a rule without a weight, is an error.

    Returns
    -------
    Plan
        What each weight got, which were left as they were since no rule matches, and which rules no weight
        got. ``print`` shows it.

    Raises
    ------
    ArgumentError
        If `model` is no layer, or has no weights that are trained, as before it is built; if a weight is on
        PyTorch's meta device; or if `seed` is no seed, or ``None``.
    RulesError
        If the rules are malformed; if two weights have one path; if an initializer refuses the shape or dtype
        of a weight; if anything is left over where `strict`. What is known before values are drawn is raised
        before any weight has changed.

    Warns
    -----
    UserWarning
        If anything is left over.

    Notes
    -----
    A path has the attributes of your own layers, ``blocks/0/attention``, and the names of layers within those
    of Keras, such as `keras.Sequential`; at its end `weight`, `bias`, or what else Keras calls the weight. It
    does not depend on what else the process has built, as long as layers within those of Keras have names.

    Weights are drawn with inputs before outputs, as `as_keras` does. State, such as the moving mean of a
    batch normalization, is left as it is.

    Examples
    --------
    >>> import keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="head")])
    >>> print(initialize(model, {"*/bias": "zeros", "*": "he_normal"}, seed=7))
    head/weight: HeNormal(seed=[7, 'head/weight'])
    head/bias: Zeros()
    """
    found, rules = _parameters(model), _converted(rules)
    by_path: dict[str, Parameter] = {}
    for parameter in found:
        if (other := by_path.setdefault(parameter.path, parameter)) is not parameter:
            raise RulesError(
                f"the weights {other.variable.path!r} and {parameter.variable.path!r} both have the path "
                f"{parameter.path!r}, and would draw the same values; name their layers apart"
            )
    plan = as_rules(rules).plan(
        {path: parameter.others for path, parameter in by_path.items()}, seed=seed, strict=strict
    )
    for path, initializer in plan.initializers.items():
        _try(by_path[path], initializer)
    plan.warn_of_faults()
    for path, initializer in plan.initializers.items():
        _write(by_path[path], initializer)
    return plan


def _converted(rules: Any) -> Any:
    """Return rules without initializers of Keras's, with all else in them as it was."""
    if isinstance(rules, Mapping):
        return {pattern: _ours(initializer) for pattern, initializer in rules.items()}
    if not isinstance(rules, list | tuple):
        return rules
    return [[_ours(part) for part in pair] if isinstance(pair, list | tuple) else pair for pair in rules]


def _ours(given: Any) -> Any:
    kind = keras.initializers.Initializer
    is_theirs = isinstance(given, kind) or (isinstance(given, type) and issubclass(given, kind))
    is_written = isinstance(given, Mapping) and given.get("registered_name") is not None
    return from_keras(given) if is_theirs or is_written else given


def _parameters(model: keras.Layer) -> list[Parameter]:
    if not isinstance(model, keras.Layer):
        raise ArgumentError(
            f"got {shown(model)} of type {type(model).__name__}; give a model or a layer of Keras that "
            "has been built"
        )
    what = f"{type(model).__name__} {model.name!r}"
    if found := parameters(model):
        if abstract := next((parameter for parameter in found if is_abstract(parameter.variable)), None):
            raise ArgumentError(
                f"{what} has weights on the meta device, such as {abstract.path}, which keeps no values; "
                "build it on another: with keras.device('cpu')"
            )
        return found
    if model.weights:
        raise ArgumentError(
            f"{what} has no weights that are trained, only state such as {model.weights[0].path!r}, which is "
            "left as it is; initialize it before it is quantized"
        )
    raise ArgumentError(f"{what} has no weights; build it first, by model.build(input_shape) or by a call")


def _try(parameter: Parameter, initializer: seedbed.Initializer) -> None:
    shape, dtype = tuple(parameter.variable.shape), parameter.variable.dtype
    layout = layout_of(parameter.layer, parameter.variable.name, shape, initializer)
    try:
        layout.check(initializer, dtype)
    except SeedbedError as error:
        raise RulesError(f"{parameter.path} cannot get {initializer!r}: {error}") from error


def _write(parameter: Parameter, initializer: seedbed.Initializer) -> None:
    variable = parameter.variable
    layout = layout_of(parameter.layer, variable.name, tuple(variable.shape), initializer)
    try:
        write(variable, initializer, layout)
    except SeedbedError as error:
        raise RulesError(f"{parameter.path} cannot get {initializer!r}: {error}") from error
