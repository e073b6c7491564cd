"""Whole models: the arrays of a pytree by rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import jax

from seedbed import Initializer
from seedbed.errors import ArgumentError, RulesError, shown
from seedbed.models import Layout, LayoutLike, Values, Weight, prepare
from seedbed.models import plan as planned
from seedbed.models.layout import ARRAY
from seedbed.models.naming import Rename
from seedbed.random import SeedLike
from seedbed.rules import Plan, RulesLike
from seedbed.warning import warn
from seedbed_jax.given import refuse_undeclared, unwrapped
from seedbed_jax.paths import Parameter, parameters
from seedbed_jax.shards import assembled, default_sharding, placeable
from seedbed_jax.values import placed, probe

_MOST_TOLD: Final = 20


def initialize(
    tree: Any,
    rules: RulesLike,
    *,
    seed: SeedLike,
    shardings: Any = None,
    layouts: Mapping[str, LayoutLike] | None = None,
    rename: Rename | None = None,
    prefix: str | None = None,
    strict: bool = False,
    progress: bool | None = None,
) -> Any:
    """Return a tree of new arrays in the place of the parameters of `tree`.

    Each parameter draws from a stream of its own, which `seed` and its path give. Order, sharding and what
    other parameters there are have no influence, and a model of PyTorch or Keras with the same paths gets the
    same values.

    Parameters
    ----------
    tree
        A pytree of arrays, or of `jax.ShapeDtypeStruct`, as `jax.eval_shape` and `flax.nnx.eval_shape` give
        them: the parameters of a module of Flax, a state of nnx, a module of Equinox. Its parameters are the
        leaves of floating and complex dtypes, without the state of layers that Flax calls so, such as the
        statistics of a batch norm; all other leaves stay as they are.
    rules
        Which parameter gets which initializer: the path of a TOML file, a dict or pairs of patterns and
        initializers, or what `seedbed.rules.as_rules` gave. Patterns match canonical paths, such as
        ``layers/0/weight``, and those with the framework's own names, ``layers/0/kernel``.
    seed
        An int, a string, or a list of those.
    shardings
        ``None``, one sharding for all, or a tree of them of the structure of `tree`, or of its beginning,
        where ``None`` stands for none. Under `jax.set_mesh` they may be of `jax.sharding.PartitionSpec`, as
        Flax's ``get_partition_spec`` gives them. A leaf without one keeps the sharding that it has itself,
        and if it has none goes, whole, to every device of a mesh that has been set.
    layouts
        For weights whose axes their modules do not tell: patterns of paths, and what the axes are, as
        `seedbed.models.as_layout` reads it, such as ``"dense_oi"``.
    rename
        From the canonical path of a parameter to the path that it has in the rules and that its stream is of,
        to give it the name of its twin. Patterns may have the former, too.
    prefix
        What stands in front of every path, where the tree is a part of a larger model: ``"stages/1"``.
    strict
        Whether a parameter that no rule matches, and a rule that no parameter got, is an error. If not, they
        are warned of, and such a parameter stays as it is.
    progress
        Whether to show a progress bar on stderr, as for `seedbed.models.initialize`.

    Returns
    -------
    Any
        A tree of the same structure. `plan` tells what each parameter is drawn by.

    Raises
    ------
    RulesError
        If `rules` are malformed, two parameters have one path or are one variable of nnx, a
        `jax.ShapeDtypeStruct` has no rule or, where `strict`, anything is left over.
    LayoutError
        If an initializer has other axes than the weight, or `layouts` has no roles, or a pattern that matches
        nothing.
    ArgumentError
        If `seed` is ``None``, or `shardings` is no such tree, or the mesh of one is abstract and not set, or
        an initializer of what several devices hold may draw without a seed; if the tree has state that is a
        shape.
    ShapeError, DTypeError
        If an initializer cannot give a parameter, or a sharding does not divide it. The message names it, and
        nothing has been drawn.

    Warns
    -----
    UserWarning
        If anything is left over.

    Examples
    --------
    >>> import jax, seedbed
    >>> model = {"dense": {"kernel": jax.ShapeDtypeStruct((3, 4), "float32")}}
    >>> made = initialize(model, {"*": "he_normal"}, seed=7)
    >>> wanted = seedbed.get("he_normal", seed=7).fold_in("dense/weight")((3, 4))
    >>> bool((made["dense"]["kernel"] == wanted).all())
    True
    """
    leaves, structure = jax.tree_util.tree_flatten(tree)
    given = _given(shardings, tree)
    if any(isinstance(array, jax.core.Tracer) for array in (probe(None), *leaves)):
        raise ArgumentError(
            "initialize makes arrays, which a function that is traced cannot do; call it outside of jit and "
            "grad"
        )
    found = [_Leaf(one, given[one.position], leaves) for one in parameters(tree)]
    prepared = prepare(
        [leaf.weight() for leaf in found],
        _unwrapped(rules),
        seed=seed,
        strict=strict,
        layouts=layouts,
        rename=rename,
        prefix=prefix,
    )
    _tell_of_shapes(tree, strict=strict)
    prepared.plan.warn_of_faults()
    prepared.write(progress=progress)
    return jax.tree_util.tree_unflatten(structure, leaves)


def plan(
    tree: Any,
    rules: RulesLike,
    *,
    seed: SeedLike,
    layouts: Mapping[str, LayoutLike] | None = None,
    rename: Rename | None = None,
    prefix: str | None = None,
    strict: bool = False,
) -> Plan:
    """Return what `initialize` draws each parameter of `tree` by, and what the rules leave over.

    Nothing is drawn. Its text is a report, with the path of each parameter. The arguments are those of
    `initialize`.

    Raises
    ------
    SeedbedError
        As `initialize` does for these arguments.

    Examples
    --------
    >>> import jax
    >>> model = {"h_0": {"kernel": jax.ShapeDtypeStruct((3, 4), "float32")}}
    >>> print(plan(model, {"*": "he_normal"}, seed=7, rename=lambda path: path.replace("h_", "h/")))
    h/0/weight: HeNormal(seed=[7, 'h/0/weight']); (3, 4) as array, fan_in=3, fan_out=4, by '*'
    """
    weights = [_Leaf(one, None, []).weight() for one in parameters(tree)]
    return planned(
        weights, _unwrapped(rules), seed=seed, strict=strict, layouts=layouts, rename=rename, prefix=prefix
    )


def _tell_of_shapes(tree: Any, *, strict: bool) -> None:
    """Warn of leaves that stay shapes, since they are no parameters, such as the number of a step."""
    left = [
        jax.tree_util.keystr(keys)
        for keys, leaf in jax.tree_util.tree_flatten_with_path(tree)[0]
        if isinstance(leaf, jax.ShapeDtypeStruct) and not jax.numpy.issubdtype(leaf.dtype, jax.numpy.inexact)
    ]
    if not left:
        return
    more = f" and {len(left) - _MOST_TOLD:,} more" if len(left) > _MOST_TOLD else ""
    what = (
        f"{', '.join(left[:_MOST_TOLD])}{more} are shapes of other dtypes than parameters have, and stay "
        "without values; give the parameters alone"
    )
    if strict:
        raise RulesError(what)
    warn(what)


class _Leaf:
    """A leaf of a tree, of which an array is to be made and put among `leaves`."""

    def __init__(self, parameter: Parameter, sharding: Any, leaves: list[Any]) -> None:
        self._parameter, self._sharding, self._leaves = parameter, sharding, leaves

    def weight(self) -> Weight:
        leaf = self._parameter.leaf
        return Weight(
            self._parameter.path,
            tuple(leaf.shape),
            # JAX's for it, as it takes NumPy's arrays: without a warning.
            jax.dtypes.canonicalize_dtype(leaf.dtype),
            self._write,
            layout=ARRAY if self._parameter.axes is None else Layout(self._parameter.axes),
            others=self._parameter.others,
            has_values=not isinstance(leaf, jax.ShapeDtypeStruct),
            refuse=self._refuse,
        )

    def _refuse(self, initializer: Initializer) -> None:
        """Find where the array goes, and refuse what devices would draw apart."""
        leaf, sharding = self._parameter.leaf, self._sharding
        if sharding is None and getattr(leaf, "committed", True):
            sharding = getattr(leaf, "sharding", None)
        if sharding is None:
            sharding = default_sharding(len(leaf.shape))
        if sharding is not None:
            sharding = placeable(sharding, tuple(leaf.shape))
            if len(sharding.device_set) > 1:
                refuse_undeclared(initializer, "seed")
        self._sharding = sharding

    def _write(self, values: Values) -> None:
        made = placed(values) if self._sharding is None else assembled(values, self._sharding)
        self._leaves[self._parameter.position] = made


def _unwrapped(rules: RulesLike) -> Any:
    """Return rules whose initializers may have been functions of a key."""
    if isinstance(rules, Mapping):
        return {patterns: unwrapped(given)[0] for patterns, given in rules.items()}
    if not isinstance(rules, list | tuple):
        return rules
    return [
        [unwrapped(part)[0] for part in pair] if isinstance(pair, list | tuple) else pair for pair in rules
    ]


def _given(shardings: Any, tree: Any) -> list[Any]:
    """Return the sharding that was given for each leaf, or ``None``."""

    def is_one(node: Any) -> bool:
        return node is None or isinstance(node, jax.sharding.Sharding | jax.sharding.PartitionSpec)

    try:
        spread = jax.tree.broadcast(shardings, tree, is_leaf=is_one)
    except ValueError as error:
        raise ArgumentError(
            f"the tree of shardings is no beginning of the tree of parameters: {error}; pass None, one "
            "sharding for all, or a tree of the same structure"
        ) from error
    found = jax.tree_util.tree_leaves(spread, is_leaf=is_one)
    # Here ``None`` in `tree` is a leaf, too, of which jax.tree.flatten says nothing.
    leaves = jax.tree_util.tree_leaves(tree, is_leaf=is_one)
    found = [node for node, leaf in zip(found, leaves, strict=True) if leaf is not None]
    if wrong := [node for node in found if not is_one(node)]:
        raise ArgumentError(
            f"got {shown(wrong[0])} among the shardings; pass jax.sharding.Sharding objects, such as "
            "NamedSharding(mesh, PartitionSpec('model')), or PartitionSpecs, and None for none"
        )
    return found
