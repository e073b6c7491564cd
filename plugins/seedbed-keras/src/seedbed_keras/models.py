"""`initialize`, other values for the weights of a model, by rules; `plan`, which says what it would do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from seedbed.dtypes import as_dtype
from seedbed.errors import ArgumentError, shown
from seedbed.models import LayoutLike, Weight, prepare
from seedbed.models import plan as planned
from seedbed.models.framework import converted
from seedbed.models.given import Shards
from seedbed.models.kinds import Kinds
from seedbed.models.layout import ARRAY
from seedbed.models.naming import Rename
from seedbed.models.unknown import readings_of
from seedbed.random import SeedLike
from seedbed.rules import Plan, RulesLike
from seedbed.theirs import is_of_tensorflow
from seedbed_keras.conversion import from_keras
from seedbed_keras.layouts import kind_of, layout_of
from seedbed_keras.paths import Parameter, parameters
from seedbed_keras.tensors import is_abstract, write


def initialize(
    model: keras.Layer,
    rules: RulesLike,
    *,
    seed: SeedLike,
    strict: bool = False,
    layouts: Mapping[str, LayoutLike] | None = None,
    kinds: Kinds | None = None,
    rename: Rename | None = None,
    prefix: str | None = None,
    shard: Shards | None = None,
    progress: bool | None = None,
) -> Plan:
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
    layouts
        For weights of layers that Keras does not come with: patterns of paths, and what the axes are, as
        `seedbed.models.as_layout` reads it, such as ``"dense_oi"``.
    kinds
        For rules that ask for the kind of a layer, where the framework does not tell it: patterns of paths,
        and one of `seedbed.models.KINDS` for each, as in ``{"*norm*": "norm"}``.
    rename
        From the path of a weight to the path that it has in the rules and that its stream is of, to give it
        the name of its twin. Patterns may have the former, too.
    prefix
        What stands in front of every path, where the model is a part of a larger one: ``"stages/1"``.
    shard
        For weights that are parts of larger ones, as for `seedbed.models.initialize`: patterns of paths, and
        for each the shape of the whole and the index of the part in it.
    progress
        Whether to show a progress bar on stderr, as for `seedbed.models.initialize`.

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
        If the rules are malformed; if two weights have one path; if anything is left over where `strict`.
    LayoutError, ShapeError, DTypeError
        If an initializer refuses a weight. The message names it, and no weight has changed.

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
    head/weight: HeNormal(seed=[7, 'head/weight']); (4, 3) as dense_io, fan_in=4, fan_out=3, by '*'
    head/bias: Zeros(); (3,), by '*/bias'
    """
    prepared = prepare(
        map(_weight, _parameters(model)),
        converted(rules, _ours),
        seed=seed,
        strict=strict,
        layouts=layouts,
        kinds=kinds,
        rename=rename,
        prefix=prefix,
        shard=shard,
    )
    prepared.plan.warn_of_faults()
    prepared.write(progress=progress)
    return prepared.plan


def plan(
    model: keras.Layer,
    rules: RulesLike,
    *,
    seed: SeedLike,
    strict: bool = False,
    layouts: Mapping[str, LayoutLike] | None = None,
    kinds: Kinds | None = None,
    rename: Rename | None = None,
    prefix: str | None = None,
    shard: Shards | None = None,
) -> Plan:
    """Return what `initialize` would draw each weight by, with the same arguments; nothing is changed.

    Raises
    ------
    SeedbedError
        As `initialize`.

    Examples
    --------
    >>> import keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="head", use_bias=False)])
    >>> print(plan(model, {"*": "he_normal"}, seed=7))
    head/weight: HeNormal(seed=[7, 'head/weight']); (4, 3) as dense_io, fan_in=4, fan_out=3, by '*'
    """
    return planned(
        map(_weight, _parameters(model)),
        converted(rules, _ours),
        seed=seed,
        strict=strict,
        layouts=layouts,
        kinds=kinds,
        rename=rename,
        prefix=prefix,
        shard=shard,
    )


def _ours(given: Any) -> Any:
    kind = keras.initializers.Initializer
    is_theirs = isinstance(given, kind) or (isinstance(given, type) and issubclass(given, kind))
    is_older = is_of_tensorflow(given if isinstance(given, type) else type(given))
    is_written = isinstance(given, Mapping) and given.get("registered_name") is not None
    return from_keras(given) if is_theirs or is_older or is_written else given


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


def _weight(parameter: Parameter) -> Weight:
    variable = parameter.variable
    shape = tuple(variable.shape)
    layout = layout_of(parameter.layer, variable.name, shape)
    kind = kind_of(parameter.layer, variable.name)
    return Weight(
        parameter.path,
        shape,
        as_dtype(variable.dtype),
        lambda values: write(variable, values),
        layout=layout,
        readings=readings_of(len(shape)) if layout is ARRAY and kind is None else (),
        others=parameter.others,
        ties=parameter.ties,
        kind=kind,
    )
