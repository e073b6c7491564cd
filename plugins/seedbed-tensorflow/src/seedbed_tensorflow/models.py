"""`initialize`, other values for the weights of a module, by rules; `plan`, which says what it would do."""

from __future__ import annotations

from typing import Any

import tensorflow as tf  # type: ignore[import-untyped]

from seedbed.arguments import flag
from seedbed.dtypes import as_dtype
from seedbed.errors import ArgumentError, RulesError, SeedbedError, prefixed, shown
from seedbed.models import Weight, prepare
from seedbed.models import plan as planned
from seedbed.models.framework import converted
from seedbed.models.given import Layouts, Shards
from seedbed.models.kinds import Kinds
from seedbed.models.naming import Rename
from seedbed.models.progress import check_progress
from seedbed.random import SeedLike
from seedbed.rules import Plan, RulesLike
from seedbed.shapes import as_shape
from seedbed.warning import warn
from seedbed_tensorflow.conversion import ours
from seedbed_tensorflow.paths import Parameter, parameters, unbuilt
from seedbed_tensorflow.unconverted import unconverted
from seedbed_tensorflow.variables import is_divided, write


@unconverted
def initialize(
    module: tf.Module,
    rules: RulesLike,
    *,
    seed: SeedLike,
    strict: bool = False,
    layouts: Layouts | None = None,
    kinds: Kinds | None = None,
    rename: Rename | None = None,
    prefix: str | None = None,
    shard: Shards | None = None,
    progress: bool | None = None,
) -> Plan:
    """Give the weights of a module values by rules, each from the stream of its own path.

    Parameters
    ----------
    module
        A `tf.Module`: one of your own, of Sonnet, a model or layer of Keras 2, or any of these within others.
        It has been built, as by a call.
    rules
        Which initializer each weight gets, as `seedbed.rules.as_rules` takes them: the path of a file, a dict
        from patterns to initializers, or pairs of these. The first that matches decides. Initializers may be
        those of TensorFlow and Keras 2, as `from_tf` takes them; of what `as_tf` made, the one within counts.
    seed
        An int, a string, or a list of these.
    strict
        Whether a weight without a rule, a rule without a weight, a weight of unknown layout for which that
        counts, and a layer that has no weights yet, are errors.
    layouts
        For weights of modules of your own: patterns of paths, and what the axes are, as
        `seedbed.models.as_layout` reads it, such as ``"dense_io"``.
    kinds
        For rules that ask for the kind of a layer, where the framework does not tell it: patterns of paths,
        and one of `seedbed.models.KINDS` for each, as in ``{"*norm*": "norm"}``.
    rename
        From the path of a weight to the path that it has in the rules and that its stream is of, to give it
        the name of its twin. Patterns may have the former, too.
    prefix
        What stands in front of every path, where the module is a part of a larger one: ``"stages/1"``.
    shard
        For weights that are parts of larger ones, as for `seedbed.models.initialize`: patterns of paths, and
        for each the shape of the whole and the index of the part in it. What a strategy or DTensor has
        divided needs none.
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
        If `module` is no module, has a layer of Keras 3 within, or has no weights that are trained, as before
        it is built; if `seed` is no seed, or ``None``; or if it is called in a graph, as in a `tf.function`.
    RulesError
        If the rules are malformed; if two weights have one path; if anything is left over where `strict`.
    LayoutError, ShapeError, DTypeError
        If an initializer refuses a weight. The message names it, and no weight has changed.

    Warns
    -----
    UserWarning
        If anything is left over, a weight of unknown layout is drawn as it is stored, or a layer has no
        weights yet.

    Notes
    -----
    A path has the attributes of your own modules, ``blocks/0/attention``, and the names of layers within
    those of Keras, such as `Sequential`; at its end `weight`, `bias`, or what else its layer calls it.

    State is left as it is: what is not trainable, such as moving means, and what has no floating dtype.

    Examples
    --------
    >>> import tensorflow as tf
    >>> class Model(tf.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.mix = tf.Variable(tf.zeros((4, 3)))
    >>> print(initialize(Model(), {"*": "he_normal"}, seed=7, layouts={"mix": "dense_io"}))
    mix: HeNormal(seed=[7, 'mix']); (4, 3) as dense_io, fan_in=4, fan_out=3, by '*'
    """
    check_progress(progress)
    weights, lacking = _weights(module), unbuilt(module)
    prepared = prepare(
        weights,
        converted(rules, ours),
        seed=seed,
        strict=strict,
        layouts=layouts,
        kinds=kinds,
        rename=rename,
        prefix=prefix,
        shard=shard,
    )
    _tell(lacking, strict=strict)
    prepared.plan.warn_of_faults()
    prepared.write(progress=progress)
    return prepared.plan


@unconverted
def plan(
    module: tf.Module,
    rules: RulesLike,
    *,
    seed: SeedLike,
    strict: bool = False,
    layouts: Layouts | None = None,
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
    >>> import tensorflow as tf
    >>> module = tf.Module()
    >>> module.head = tf.Module()
    >>> module.head.bias = tf.Variable(tf.zeros(3))
    >>> print(plan(module, {"*": "ones"}, seed=7))
    head/bias: Ones(); (3,), by '*'
    """
    weights, lacking = _weights(module), unbuilt(module)
    found = planned(
        weights,
        converted(rules, ours),
        seed=seed,
        strict=strict,
        layouts=layouts,
        kinds=kinds,
        rename=rename,
        prefix=prefix,
        shard=shard,
    )
    _tell(lacking, strict=strict)
    return found


def _weights(module: Any) -> list[Weight]:
    if not tf.executing_eagerly():
        raise ArgumentError(
            "got a call in a graph, where values would be constants of the trace; call it outside of "
            "tf.function and of tf.Graph"
        )
    if not isinstance(module, tf.Module):
        raise ArgumentError(
            f"got {shown(module)} of type {type(module).__name__}; give a tf.Module, as those of "
            "Sonnet and the models of Keras 2 are; for Keras 3 there is seedbed_keras.initialize"
        )
    found = parameters(module)
    if not found:
        raise ArgumentError(
            f"{type(module).__name__} {module.name!r} has no weights that are trained; build it first, as by "
            "a call. State, such as what is not trainable, is left as it is"
        )
    return [_weight(parameter) for parameter in found]


def _weight(parameter: Parameter) -> Weight:
    variable = parameter.variable
    try:
        shape, dtype = as_shape(variable.shape), as_dtype(variable.dtype)
    except SeedbedError as error:
        raise prefixed(error, parameter.path) from error
    return Weight(
        parameter.path,
        shape,
        dtype,
        lambda values: write(variable, values),
        layout=parameter.told.layout,
        others=parameter.others,
        ties=parameter.ties,
        kind=parameter.told.kind,
        is_sharded=is_divided(variable),
    )


def _tell(lacking: list[str], *, strict: bool) -> None:
    if not lacking:
        return
    what = (
        f"these layers have no weights yet, and draw their own when they are called: {', '.join(lacking)}; "
        "call the model first"
    )
    if flag("strict", strict):
        raise RulesError(what)
    warn(what)
