"""`plan` and `initialize`: what the rules mean for the weights of a model, and the writing of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Required, TypedDict, Unpack

from seedbed.arguments import flag
from seedbed.divisible import refuses_late
from seedbed.drawing import drawing_within
from seedbed.errors import LayoutError, RulesError
from seedbed.models.asked import as_parameter
from seedbed.models.given import Layouts, Shards, named_layouts, named_pieces
from seedbed.models.kinds import Kinds, with_kinds
from seedbed.models.naming import Model, Rename, nameless, naming, weights_by_path
from seedbed.models.progress import bar, check_progress
from seedbed.models.steps import Step, Steps
from seedbed.models.unknown import told_unknown
from seedbed.models.values import Values
from seedbed.models.weight import Weight
from seedbed.random import SeedLike
from seedbed.rules import Plan, RulesLike, as_path, as_rules
from seedbed.warning import warn


@dataclass(frozen=True, slots=True)
class Prepared:
    """Weights of which each has been checked, and none has been written.

    Parameters
    ----------
    plan
        What each is drawn by.
    steps
        Each weight that is drawn, and its values.
    without_values
        The paths of all weights that have no values to keep.
    told
        What to warn of: weights of which nothing tells what their axes are, a layer alone without a name.
    """

    plan: Plan
    steps: tuple[tuple[Weight, Values], ...]
    without_values: frozenset[str] = frozenset()
    told: tuple[str, ...] = ()

    def write(self, *, progress: bool | None = None) -> None:
        """Draw every weight and write it; `progress` as for `initialize`."""
        sizes = [prod(weight.shape) for weight, _ in self.steps]
        with bar(sum(sizes), progress=progress) as advance:
            for (weight, values), size in zip(self.steps, sizes, strict=True):
                with naming(weight.path):
                    weight.write(values)
                values.release()
                advance(weight.path, size)


class Options(TypedDict, total=False):
    """The arguments that `plan` and `initialize` share."""

    seed: Required[SeedLike]
    strict: bool
    layouts: Layouts | None
    kinds: Kinds | None
    rename: Rename | None
    prefix: str | None
    shard: Shards | None


def prepare(model: Model, rules: RulesLike, **options: Unpack[Options]) -> Prepared:
    """Return what `initialize` would write, having checked every weight; for adapters.

    What may refuse a weight only when it draws it, since its class has no `check`, draws here.

    Raises
    ------
    SeedbedError
        As `initialize`.
    """
    found = _checked(model, rules, **options)
    lost = [path for path in found.plan.unmatched if path in found.without_values]
    if lost:
        raise RulesError(
            f"no rule matches {', '.join(lost)}, which have no memory and so no values to keep; add a rule "
            "for them, such as a last one for '*'"
        )
    lost = [path for path in found.plan.kept if path in found.without_values]
    if lost:
        raise RulesError(
            f"a rule keeps {', '.join(lost)}, which have no memory and so no values to keep; load them "
            "first, or give the rule an initializer"
        )
    for what in found.told:
        warn(what)
    for weight, values in found.steps:
        if any(map(refuses_late, drawing_within(values.initializer))):
            with naming(weight.path):
                values.hold()
    return found


def _checked(
    model: Model,
    rules: RulesLike,
    *,
    seed: SeedLike,
    strict: bool = False,
    layouts: Layouts | None = None,
    kinds: Kinds | None = None,
    rename: Rename | None = None,
    prefix: str | None = None,
    shard: Shards | None = None,
) -> Prepared:
    flag("strict", strict)
    weights = with_kinds(weights_by_path(model, rename, prefix), kinds, strict=strict)
    named = named_layouts(layouts, weights, strict=strict)
    pieces = named_pieces(shard, weights, strict=strict)
    known = [as_parameter(path, weights[path], named.get(path), pieces.get(path)) for path in weights]
    front = as_path(prefix or "").rstrip("/")
    plan = as_rules(rules).plan(known, seed=seed, strict=strict, prefix=front)
    found: dict[str, Step] = {}
    steps_of = Steps()
    for path in sorted(plan.initializers):  # of several errors each framework tells the same
        with naming(path):
            found[path] = steps_of.step(
                weights[path], plan.initializers[path], plan.chosen[path], named.get(path), pieces.get(path)
            )
    unknown = told_unknown([path for path in plan.initializers if found[path].is_unknown], weights)
    if strict and unknown:
        raise LayoutError(unknown)
    alone = nameless(plan) if prefix is None else ""
    if strict and alone:
        raise RulesError(alone)
    steps = [found[path] for path in plan.initializers]
    padded = {
        step.weight.path: step.values.initializer for step in steps if step.weight.padding_index is not None
    }
    plan = replace(
        plan,
        notes={path: step.note for path, step in zip(plan.initializers, steps, strict=True)},
        initializers={**plan.initializers, **padded},
    )
    without = frozenset(path for path, weight in weights.items() if not weight.has_values)
    told = tuple(filter(None, (unknown, alone)))
    return Prepared(plan, tuple((step.weight, step.values) for step in steps), without, told)


def plan(
    model: Model,
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
    """Return what `initialize` would draw each weight by, with the same arguments; nothing is drawn.

    A weight without memory that no rule matches is among what is left over, and no error.

    Raises
    ------
    SeedbedError
        As `initialize`.

    Examples
    --------
    >>> import numpy as np
    >>> model = {"head/weight": np.zeros((3, 4), np.float32), "head/bias": np.zeros(4, np.float32)}
    >>> print(plan(model, {"*/bias": "zeros", "*": "he_normal"}, seed=7))
    head/weight: HeNormal(seed=[7, 'head/weight']); (3, 4) as array, fan_in=3, fan_out=4, by '*'
    head/bias: Zeros(); (4,), by '*/bias'
    """
    return _checked(
        model,
        rules,
        seed=seed,
        strict=strict,
        layouts=layouts,
        kinds=kinds,
        rename=rename,
        prefix=prefix,
        shard=shard,
    ).plan


def initialize(
    model: Model,
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
    """Draw every weight by the first rule that matches it, and write it.

    Each draws from a stream of its own, which `seed` and its path give. Every weight is checked before the
    first is written.

    Parameters
    ----------
    model
        The weights of a model, as an adapter lists them; or a dict from paths to NumPy arrays, whose last two
        axes are inputs and outputs.
    rules
        Which weight gets which initializer, as `seedbed.rules.as_rules` takes them.
    seed
        An int, a string, or a list of those.
    strict
        Whether a weight without a rule, and a rule without a weight, is an error. If not, they are warned of,
        and such a weight stays as it is.
    layouts
        Patterns of paths, and what the axes of these weights are, as `as_layout` reads it.
    kinds
        Patterns of paths, and of which kind of layer, one of `KINDS`, these weights are, for rules that ask
        for it: ``{"*norm*": "norm"}``.
    rename
        From the path of a weight to the path that it has in the rules and that its stream is of. Patterns may
        have the former, too.
    prefix
        What stands in front of every path, as where the model is a part of another: ``"encoder"``. Without
        it, a model that is one layer, whose paths are ``"weight"`` and ``"bias"``, is warned of, and with
        `strict` refused: all such layers would get the same values. ``""`` says that this is meant.
    shard
        For weights that are parts of larger ones, as in tensor parallelism: patterns of paths, and for each
        the shape of the whole and the index of the part in it, ``((8, 4), (slice(0, 2),))``. Fans, streams
        and values are those of the whole.
    progress
        Whether to show a progress bar on stderr, which needs tqdm; ``None`` shows one for large models on a
        terminal, if tqdm is installed.

    Returns
    -------
    seedbed.rules.Plan
        What each weight was drawn by, and what was left over; as text, a report.

    Raises
    ------
    RulesError
        If a rule is wrong, two weights have one path, a weight without memory has no rule or, where `strict`,
        anything is left over.
    LayoutError
        If a weight's initializer needs fans and its layout is unknown, or the two do not fit; where `strict`,
        also if the layout is unknown and it makes a difference which of several axes is which.
    ArgumentError, ShapeError, DTypeError
        If a weight cannot be drawn, or is no such part. The message names it. Nothing has been written.

    Warns
    -----
    UserWarning
        If anything is left over, or drawn as it is stored since its layout is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> import seedbed
    >>> model = {"head/weight": np.zeros((3, 4), np.float32)}
    >>> _ = initialize(model, {"*": "he_normal"}, seed=7)
    >>> wanted = seedbed.get("he_normal", seed=7).fold_in("head/weight")((3, 4))
    >>> bool((model["head/weight"] == wanted).all())
    True
    """
    check_progress(progress)
    prepared = prepare(
        model,
        rules,
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
