"""`Rules`: which initializer each parameter of a model gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from seedbed.arguments import flag, of_kind, suggestion
from seedbed.errors import RulesError, shown
from seedbed.initializer import Initializer
from seedbed.random import Seed, SeedLike
from seedbed.rules.about import About
from seedbed.rules.arranging import Arranged, arranged
from seedbed.rules.expression import Value
from seedbed.rules.parameter import BUFFER, Parameters, as_parameters
from seedbed.rules.plan import Plan, told
from seedbed.rules.roles import Roles
from seedbed.rules.rule import KEEP, Rule
from seedbed.rules.scope import Scope, mistakes, numbers, streams, uncounted
from seedbed.rules.seeding import Seeding, as_model_seed
from seedbed.rules.settings import Setting, given_settings, values_of
from seedbed.rules.unused import why_unused


@dataclass(frozen=True, slots=True)
class Rules:
    """An ordered list of rules. The first one that matches a parameter decides.

    Parameters
    ----------
    rules
        The rules, in their order.
    settings
        The numbers that they take.
    given
        Values of these, by name; the others have their defaults.
    roles
        The roles of an architecture. For weights that have one, rules are asked by its path.
    about
        What makes them a recipe, if they are one.

    Raises
    ------
    RulesError
        If a rule has a name in it that means nothing, or a value is out of range.

    Examples
    --------
    >>> from seedbed.rules import as_rules
    >>> rules = as_rules({"*/bias": "zeros", "*": "he_normal"})
    >>> plan = rules.plan(["encoder/0/weight", "encoder/0/bias"], seed=7)
    >>> print(plan)
    encoder/0/weight: HeNormal(seed=[7, 'encoder/0/weight'])
    encoder/0/bias: Zeros()
    """

    rules: tuple[Rule, ...]
    settings: tuple[Setting, ...] = ()
    given: Mapping[str, Value] = field(default_factory=dict, hash=False)
    roles: Roles = field(default_factory=Roles)
    about: About = field(default_factory=About)

    def __post_init__(self) -> None:
        if not isinstance(self.rules, tuple) or not all(isinstance(rule, Rule) for rule in self.rules):
            raise RulesError(f"rules must be a tuple of Rule, got {shown(self.rules)}; pass it to as_rules")
        if not isinstance(self.settings, tuple) or not all(isinstance(one, Setting) for one in self.settings):
            raise RulesError(f"settings must be a tuple of Setting, got {shown(self.settings)}")
        of_kind("given", self.given, Mapping, "a dict from names to numbers")
        for number, rule in enumerate(self.rules, 1):
            for mistake in mistakes(rule, self.settings):
                raise RulesError(f"{rule.where or f'rule {number}'}: {mistake}")
        of_kind("roles", self.roles, Roles, "Roles, as a file declares them")
        of_kind("about", self.about, About, "an About")
        for mistake in (*self._uncounted(), *self.about.mistakes(self.rules)):
            raise RulesError(mistake)
        object.__setattr__(self, "given", given_settings(self.settings, self.given))

    def with_parameters(self, **values: Any) -> Rules:
        """Return these rules with values for the parameters that they declare.

        Raises
        ------
        RulesError
            If there is no such parameter, or the value is none of its values.

        Examples
        --------
        >>> from seedbed.rules import as_rules
        >>> rules = as_rules(
        ...     {
        ...         "parameters": {"stddev": {"type": "float", "default": 0.02}},
        ...         "rules": [
        ...             {
        ...                 "match": "*",
        ...                 "initializer": "random_normal",
        ...                 "arguments": {"stddev": {"expr": "stddev / 2"}},
        ...             }
        ...         ],
        ...     }
        ... )
        >>> print(rules.with_parameters(stddev=0.5).plan(["w"], seed=7))
        w: RandomNormal(stddev=0.25, seed=[7, 'w'])
        """
        return replace(self, given={**self.given, **values})

    def with_dialect(self, dialect: str) -> Rules:
        """Return these rules for models whose weights have the names of one dialect.

        Parameters
        ----------
        dialect
            One of those that their roles have patterns for.

        Raises
        ------
        RulesError
            If they have no such dialect.

        Examples
        --------
        >>> from seedbed.rules import as_rules
        >>> rules = as_rules(
        ...     {
        ...         "roles": {"q": {"one": "x", "two": "y"}, "k": {"one": "y", "two": "x"}},
        ...         "rules": [{"match": "q", "initializer": "ones"}, {"match": "k", "initializer": "zeros"}],
        ...     }
        ... )
        >>> print(rules.with_dialect("two").plan(["x", "y"], seed=7))
        x: Zeros(); role k
        y: Ones(); role q
        """
        known = self.roles.dialects
        if dialect not in known:
            hint = suggestion(dialect, known) if isinstance(dialect, str) else ""
            has = f"; these rules have {', '.join(map(repr, known)) or 'none'}"
            raise RulesError(f"got the dialect {shown(dialect)}{hint or has}")
        return replace(self, roles=replace(self.roles, dialect=dialect))

    def plan(
        self,
        parameters: Parameters,
        *,
        seed: SeedLike,
        strict: bool = False,
        prefix: str = "",
    ) -> Plan:
        """Return which parameter gets which initializer.

        Every parameter draws from the stream ``[seed, path]``. So neither their order nor other parameters
        have an influence. If an initializer has its own seed, it uses that one instead of `seed`.

        Parameters
        ----------
        parameters
            The paths of all parameters, such as ``"encoder/0/weight"``, or each as a `Parameter`. In a
            mapping, each with other names of the parameter, which a pattern may match as well.
        seed
            An int, a string, or a list of these.
        strict
            Whether a parameter without a rule, and a rule without a parameter, is an error.
        prefix
            What all paths begin with because the model is a part of another. It stands in front of the
            streams that rules name, too.

        Raises
        ------
        ArgumentError
            If `seed` is ``None`` or not a seed.
        RulesError
            If a path is given twice; a rule asks for what nothing tells; an expression has no value, or a
            parameter of the rules has none; two parameters get one stream; or, with `strict`, anything is
            left over.
        """
        stored = as_model_seed(seed)
        flag("strict", strict)
        known = as_parameters(parameters)
        model = arranged(known, self.rules, self.roles)
        if misfits := self.about.misfits(model.placed, known, model.roles_left):
            raise RulesError(f"this is no model for the recipe {self.about.recipe}:" + told(misfits))
        initializers = self._initializers(model, stored, prefix)
        plan = Plan(
            initializers,
            tuple(path for path in known if path not in model.cells and known[path].kind != BUFFER),
            (*model.roles_left, *why_unused(self._unused(model), model.parts, model.chosen)),
            tuple(path for path in model.cells if path not in initializers),
            {path: cells[0].rule for path, cells in model.cells.items()},
            roles={path: placed.roles() for path, placed in model.placed.items()},
        )
        if strict and plan.faults:
            raise RulesError("the rules and the parameters do not fit each other:" + told(plan.faults))
        return plan

    def _unused(self, model: Arranged) -> list[Rule]:
        used = {id(cell.rule) for cells in model.cells.values() for cell in cells}
        return [rule for rule in self.rules if id(rule) not in used and not rule.inherited]

    def _initializers(self, model: Arranged, seed: Seed, prefix: str) -> dict[str, Initializer]:
        """Return what draws each parameter, with the seeds of its streams."""
        drawn = {path: cells for path, cells in model.cells.items() if cells[0].rule.initializer is not KEEP}
        values = values_of(self.settings, self.given, lambda capture: self._numbers(capture, model))
        scope, seeding, named = Scope(values), Seeding(seed), streams(drawn, prefix, model.placed)
        found: dict[str, Initializer] = {}
        for path, cells in drawn.items():
            parts = [
                seeding(scope.made(cell)).fold_in(stream)
                for cell, stream in zip(cells, named[path], strict=True)
            ]
            shared = model.shared.get(path)
            found[path] = parts[0] if shared is None else shared.joined(parts)
        return found

    def _numbers(self, capture: str, model: Arranged) -> set[int]:
        names = [name for parameter in model.parts.values() for name in parameter.names]
        more = (cell.captures for cells in model.cells.values() for cell in cells)
        return numbers(capture, self._patterns(), names, more)

    def _patterns(self) -> list[str]:
        own = [pattern for rule in self.rules for pattern in rule.patterns]
        return [*own, *(role.name for role in self.roles.roles)]

    def _uncounted(self) -> Iterator[str]:
        over = {rule.over.name for rule in self.rules if rule.over is not None}
        return uncounted(self._patterns(), over, self.settings)
