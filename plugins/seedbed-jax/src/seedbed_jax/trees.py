"""Whole models: the arrays of a pytree by rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, Self

import jax
import numpy as np

from seedbed import Initializer
from seedbed.drawing import check
from seedbed.errors import ArgumentError, RulesError, SeedbedError, prefixed, shown
from seedbed.fans import Axes, AxesLike, as_axes
from seedbed.random import SeedLike
from seedbed.rules import Plan, RulesLike, as_path, as_rules
from seedbed_jax.given import refuse_undeclared, unwrapped
from seedbed_jax.layouts import Layout
from seedbed_jax.paths import Parameter, Rename, parameters
from seedbed_jax.shards import assembled, default_sharding, placeable
from seedbed_jax.values import placed, probe


def initialize(
    tree: Any,
    rules: RulesLike,
    *,
    seed: SeedLike,
    shardings: Any = None,
    layouts: Mapping[str, AxesLike] | None = None,
    rename: Rename | None = None,
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
        `seedbed.fans.as_axes` reads it, such as ``"dense_oi"``.
    rename
        From the canonical path of a parameter to the path that it has in the rules and that its stream is of,
        to give it the name of its twin. Patterns may have the former, too.
    strict
        Whether a parameter that no rule matches, and a rule that no parameter got, is an error. If not, they
        are warned of, and such a parameter stays as it is.

    Returns
    -------
    Any
        A tree of the same structure. `plan` tells what each parameter is drawn by.

    Raises
    ------
    RulesError
        If `rules` are malformed, two parameters have one path or are one variable of nnx, an initializer has
        other axes than the weight, a `jax.ShapeDtypeStruct` has no rule or, where `strict`, anything is left
        over.
    ArgumentError
        If `seed` is ``None``, or `shardings` is no such tree, or the mesh of one is abstract and not set, or
        an initializer of what several devices hold may draw without a seed; if `layouts` has no roles, or a
        pattern that matches nothing; if the tree has state that is a shape.
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
    found = parameters(tree, rename)
    planned = _planned(found, rules, seed=seed, strict=strict)
    _check_abstract(found, planned)
    known = _layouts(layouts, found)
    leaves, structure = jax.tree_util.tree_flatten(tree)
    given = _given(shardings, tree)
    if any(isinstance(array, jax.core.Tracer) for array in (probe(None), *leaves)):
        raise ArgumentError(
            "initialize makes arrays, which a function that is traced cannot do; call it outside of jit and "
            "grad"
        )
    arrays = {}
    for path, initializer in planned.initializers.items():
        leaf, position = found[path].leaf, found[path].position
        with _naming(path):
            arrays[path] = _Array.planned(leaf, initializer, known.get(path), given[position])
    planned.warn_of_faults()
    for path, array in arrays.items():
        with _naming(path):
            leaves[found[path].position] = array.made()
    return jax.tree_util.tree_unflatten(structure, leaves)


def plan(
    tree: Any, rules: RulesLike, *, seed: SeedLike, rename: Rename | None = None, strict: bool = False
) -> Plan:
    """Return what `initialize` draws each parameter of `tree` by, and what the rules leave over.

    Nothing is drawn. Its text is a report, with the path of each parameter. The arguments are those of
    `initialize`.

    Raises
    ------
    RulesError, ArgumentError
        As `initialize` does for these arguments.

    Examples
    --------
    >>> import jax
    >>> model = {"h_0": {"kernel": jax.ShapeDtypeStruct((3, 4), "float32")}}
    >>> print(plan(model, {"*": "he_normal"}, seed=7, rename=lambda path: path.replace("h_", "h/")))
    h/0/weight: HeNormal(seed=[7, 'h/0/weight'])
    """
    return _planned(parameters(tree, rename), rules, seed=seed, strict=strict)


def _planned(found: Mapping[str, Parameter], rules: RulesLike, *, seed: SeedLike, strict: bool) -> Plan:
    names = {path: parameter.others for path, parameter in found.items()}
    return as_rules(_unwrapped(rules)).plan(names, seed=seed, strict=strict)


def _layouts(given: Mapping[str, AxesLike] | None, found: Mapping[str, Parameter]) -> dict[str, Axes]:
    """Return the roles of the axes of weights, by path, from the caller or else from their modules."""
    if not isinstance(given, Mapping | None):
        raise ArgumentError(
            f"got {shown(given)} as layouts; pass a dict from patterns of paths to axes, such as "
            "{'*/mix/w': 'dense_oi'}"
        )
    known = {path: parameter.axes for path, parameter in found.items() if parameter.axes is not None}
    told: dict[str, Axes] = {}
    for pattern, spec in (given or {}).items():
        if not isinstance(pattern, str):
            raise ArgumentError(
                f"got the pattern {shown(pattern)} in layouts; pass text such as '*/mix/kernel'"
            )
        if (axes := as_axes(spec)) is None:
            raise ArgumentError(f"got no axes for {pattern!r} in layouts; give such as 'dense_oi'")
        paths = [
            path
            for path, parameter in found.items()
            if any(fnmatchcase(name, as_path(pattern)) for name in map(as_path, (path, *parameter.others)))
        ]
        if not paths:
            raise ArgumentError(f"got a layout for {pattern!r}, which matches no parameter")
        told = dict.fromkeys(paths, axes) | told
    return known | told


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
        raise prefixed(error, path) from error


class _Array(NamedTuple):
    """An array that is to be made, by what has been checked."""

    drawer: Initializer
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    sharding: jax.sharding.Sharding | None

    @classmethod
    def planned(cls, leaf: Any, initializer: Initializer, axes: Axes | None, sharding: Any) -> Self:
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
        drawer = initializer if axes is None else Layout.of(axes, shape).drawer(initializer)
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
