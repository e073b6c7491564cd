"""Whole models: the arrays of a pytree by rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Unpack

import jax

from seedbed import Initializer
from seedbed.errors import ArgumentError, RulesError, shown
from seedbed.models import Layout, LayoutLike, Values, Weight, prepare
from seedbed.models import plan as planned
from seedbed.models.given import Shards
from seedbed.models.kinds import Kinds
from seedbed.models.layout import ARRAY
from seedbed.models.naming import Rename
from seedbed.models.preparing import Options
from seedbed.random import SeedLike
from seedbed.rules import Plan, RulesLike
from seedbed.warning import warn
from seedbed_jax.evidence import Reading
from seedbed_jax.given import refuse_undeclared, unwrapped
from seedbed_jax.keys import check_no_key
from seedbed_jax.modules import is_of
from seedbed_jax.paths import Leaf, Leaves, leaves_of
from seedbed_jax.placing import assembled, default_sharding, placeable, placed

_MOST_TOLD: Final = 20


def initialize(
    tree: Any,
    rules: RulesLike,
    *,
    seed: SeedLike,
    shardings: Any = None,
    layouts: Mapping[str, LayoutLike] | None = None,
    kinds: Kinds | None = None,
    rename: Rename | None = None,
    prefix: str | None = None,
    shard: Shards | None = None,
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
    kinds
        For rules that ask for the kind of a layer, where the framework does not tell it: patterns of paths,
        and one of `seedbed.models.KINDS` for each, as in ``{"*norm*": "norm"}``.
    rename
        From the canonical path of a parameter to the path that it has in the rules and that its stream is of,
        to give it the name of its twin. Patterns may have the former, too.
    prefix
        What stands in front of every path, where the tree is a part of a larger model: ``"stages/1"``.
    shard
        For plain arrays that are parts of larger ones, as in tensor parallelism by hand: patterns of paths,
        and the shape of the whole and the index of the part in it, ``((8, 4), (slice(0, 2),))``. Values are
        those of the whole. Arrays that JAX divides over devices need `shardings` alone.
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
        If `tree` is a module of linen, a class or a function, or `seed` is ``None`` or a key of JAX's, or
        `shardings` is no such tree, or the mesh of one is abstract and not set, or an initializer of what
        several devices hold may draw without a seed.
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
    flat, structure = jax.tree_util.tree_flatten(tree)
    _check_tree(tree, flat)
    check_no_key(seed)
    if any(isinstance(array, jax.core.Tracer) for array in (jax.numpy.zeros(0), *flat)):
        raise ArgumentError(
            "initialize makes arrays, which a function that is traced cannot do; call it outside of jit and "
            "grad"
        )
    leaves, given = leaves_of(tree), _given(shardings, tree)

    def weight(leaf: Leaf) -> Weight:
        return _Target(leaf, given[leaf.positions[0]], flat, is_apart=bool(shard)).weight()

    weights = [weight(leaf) for leaf in leaves.parameters]
    resets = [prepare([weight(leaf)], {"*": name}, seed=0, prefix="") for leaf, name in leaves.resets]
    prepared = prepare(
        weights,
        _unwrapped(rules),
        seed=seed,
        strict=strict,
        layouts=layouts,
        kinds=kinds,
        rename=rename,
        prefix=prefix,
        shard=shard,
    )
    _tell(_leftover(leaves), strict=strict)
    prepared.plan.warn_of_faults()
    prepared.write(progress=progress)
    for reset in resets:
        reset.write(progress=False)
    return jax.tree_util.tree_unflatten(structure, flat)


def plan(tree: Any, rules: RulesLike, **options: Unpack[Options]) -> Plan:
    """Return what `initialize` draws each parameter of `tree` by, and what the rules leave over.

    Nothing is drawn. Its text is a report, with the path of each parameter. The arguments are those of
    `initialize`, without `shardings` and `progress`.

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
    _check_tree(tree, jax.tree_util.tree_leaves(tree))
    check_no_key(options.get("seed"))
    leaves, is_apart = leaves_of(tree), bool(options.get("shard"))
    weights = [_Target(leaf, None, [], is_apart=is_apart).weight() for leaf in leaves.parameters]
    found = planned(weights, _unwrapped(rules), **options)
    _tell(_leftover(leaves), strict=options.get("strict", False))
    return found


def _check_tree(tree: Any, flat: Sequence[Any]) -> None:
    """Refuse what has parameters only once it is called."""
    for leaf in flat:
        if is_of(leaf, "flax.linen", "Module"):
            raise ArgumentError(
                f"got a {type(leaf).__name__} of linen, which holds no parameters; pass its variables, or "
                "their shapes, as jax.eval_shape(module.init, key, inputs) gives them"
            )
    if callable(tree) and len(flat) == 1 and flat[0] is tree:
        raise ArgumentError(
            f"got {shown(tree)}, a {'class' if isinstance(tree, type) else 'function'}, which holds no "
            "parameters; pass the module that it makes, or a tree of arrays"
        )


def _tell(what: str, *, strict: bool) -> None:
    if strict and what:
        raise RulesError(what)
    if what:
        warn(what)


def _leftover(leaves: Leaves) -> str:
    """Return what is wrong with the leaves that are no parameters; nothing if all of them have values."""
    faults = []
    if leaves.empty:
        faults.append(
            f"got shapes of what is no parameter, which stay without values: {_listed(leaves.empty)}; make "
            "the state of an optimizer by its init, give streams their keys before, by nnx.reseed(module, "
            "default=0, policy='match_shape'), or give the parameters alone, such as variables['params']"
        )
    if leaves.copies:
        faults.append(
            f"copies of the former parameters are kept: {_listed(leaves.copies)}; make the state of an "
            "optimizer anew by its init, and averages anew, from the parameters that come back"
        )
    return "; ".join(faults)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_TOLD:,} more" if len(names) > _MOST_TOLD else ""
    return ", ".join(names[:_MOST_TOLD]) + more


def _layout(reading: Reading) -> Layout | None:
    if reading.axes is None:
        return ARRAY if reading.is_known else None
    return Layout(reading.axes)


class _Target:
    """A leaf of a tree, of which an array is to be made and put among `flat`."""

    def __init__(self, leaf: Leaf, sharding: Any, flat: list[Any], *, is_apart: bool) -> None:
        self._leaf, self._sharding, self._flat, self._is_apart = leaf, sharding, flat, is_apart

    def weight(self) -> Weight:
        """Return the weight that the array is to be."""
        value, reading = self._leaf.value, self._leaf.reading()
        # JAX's for it, as it takes NumPy's arrays: without a warning.
        dtype = jax.dtypes.canonicalize_dtype(value.dtype)
        return Weight(
            self._leaf.path,
            tuple(value.shape),
            dtype,
            self._write,
            layout=_layout(reading),
            readings=reading.others,
            others=self._leaf.others,
            ties=tuple(self._leaf.ties),
            kind=self._leaf.kind(),
            has_values=not isinstance(value, jax.ShapeDtypeStruct),
            refuse=self._place,
        )

    def _place(self, initializer: Initializer) -> None:
        """Find where the array goes, and refuse what devices would draw apart."""
        value, sharding = self._leaf.value, self._sharding
        if sharding is None and getattr(value, "committed", True):
            sharding = getattr(value, "sharding", None)
        if sharding is None:
            sharding = default_sharding(len(value.shape))
        if sharding is not None:
            sharding = placeable(sharding, tuple(value.shape))
            if len(sharding.device_set) > 1:
                refuse_undeclared(initializer, "seed")
            if self._is_apart and not sharding.is_fully_replicated:
                raise ArgumentError(
                    "got shard=, which is for plain arrays, and an array that JAX divides over devices, by "
                    f"{shown(sharding)}; give shapes of the whole arrays and their shardings alone"
                )
        self._sharding = sharding

    def _write(self, values: Values) -> None:
        made = placed(values) if self._sharding is None else assembled(values, self._sharding)
        for position in self._leaf.positions:
            self._flat[position] = made


def _unwrapped(rules: Any) -> Any:
    """Return rules whose initializers may have been functions of a key."""
    if isinstance(rules, Mapping):
        return {key: _unwrapped(part) for key, part in rules.items()}
    if isinstance(rules, list | tuple):
        return [_unwrapped(part) for part in rules]
    return unwrapped(rules)[0]


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
