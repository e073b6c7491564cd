"""Whole models: the arrays of a pytree by rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, Self

import jax
import numpy as np

from seedbed import Initializer
from seedbed.errors import ArgumentError, RulesError, SeedbedError, shown
from seedbed.random import SeedLike
from seedbed.rules import Plan, RulesLike, as_rules
from seedbed_jax.given import refuse_undeclared, unwrapped
from seedbed_jax.paths import Parameter, parameters
from seedbed_jax.shards import assembled, default_sharding, placeable
from seedbed_jax.values import check, placed, probe


def initialize(
    tree: Any,
    rules: RulesLike,
    *,
    seed: SeedLike,
    shardings: Any = None,
    strict: bool = False,
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
        leaves of floating and complex dtypes; all other leaves stay as they are.
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
    strict
        Whether a parameter that no rule matches, and a rule that no parameter got, is an error. If not, they
        are warned of, and such a parameter stays as it is.

    Returns
    -------
    Any
        A tree of the same structure.

    Raises
    ------
    RulesError
        If `rules` are malformed, two parameters have one path or are one variable of nnx, an initializer has
        other axes than a module of Equinox, a `jax.ShapeDtypeStruct` has no rule or, where `strict`, anything
        is left over.
    ArgumentError
        If `seed` is ``None``, or `shardings` is no such tree, or the mesh of one is abstract and not set, or
        an initializer of what several devices hold may draw without a seed.
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
    found = parameters(tree)
    names = {path: parameter.others for path, parameter in found.items()}
    plan = as_rules(_unwrapped(rules)).plan(names, seed=seed, strict=strict)
    _check_abstract(found, plan)
    leaves, structure = jax.tree_util.tree_flatten(tree)
    given = _given(shardings, tree)
    if any(isinstance(array, jax.core.Tracer) for array in (probe(None), *leaves)):
        raise ArgumentError(
            "initialize makes arrays, which a function that is traced cannot do; call it outside of jit and "
            "grad"
        )
    arrays = {}
    for path, initializer in plan.initializers.items():
        parameter = found[path]
        with _naming(path):
            arrays[path] = _Array.planned(parameter, initializer, given[parameter.position])
    plan.warn_of_faults(stacklevel=2)
    for path, array in arrays.items():
        with _naming(path):
            leaves[found[path].position] = array.made()
    return jax.tree_util.tree_unflatten(structure, leaves)


def _check_abstract(found: Mapping[str, Parameter], plan: Plan) -> None:
    lost = [path for path in plan.unmatched if isinstance(found[path].leaf, jax.ShapeDtypeStruct)]
    if lost:
        raise RulesError(
            f"no rule matches {', '.join(lost)}, which are shapes and so have no values to keep; "
            "add a rule for them, such as a last one for '*'"
        )


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Have errors say which parameter they are of."""
    try:
        yield
    except SeedbedError as error:
        raise type(error)(f"{path}: {error}") from error


class _Array(NamedTuple):
    """An array that is to be made, by what has been checked."""

    drawer: Initializer
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    sharding: jax.sharding.Sharding | None

    @classmethod
    def planned(cls, parameter: Parameter, initializer: Initializer, sharding: Any) -> Self:
        leaf, layout = parameter.leaf, parameter.layout
        shape = tuple(leaf.shape)
        # JAX's for it, as it takes NumPy's arrays: without a warning.
        dtype = jax.dtypes.canonicalize_dtype(leaf.dtype)
        if sharding is None and getattr(leaf, "committed", True):
            sharding = getattr(leaf, "sharding", None)
        if sharding is None:
            sharding = default_sharding(len(shape))
        if sharding is not None:
            sharding = placeable(sharding, shape)
            if len(sharding.device_set) > 1:
                refuse_undeclared(initializer, "seed")
        drawer = initializer if layout is None else layout.drawer(initializer)
        check(drawer, shape, dtype)
        return cls(drawer, shape, dtype, sharding)

    def made(self) -> jax.Array:
        if self.sharding is None:
            return placed(self.drawer, self.shape, self.dtype)
        return assembled(self.drawer, self.shape, self.sharding, self.dtype)


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
