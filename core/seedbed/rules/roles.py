"""Roles: what the weights of an architecture are for, and how each dialect names and stores them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from seedbed.arguments import suggestion
from seedbed.errors import RulesError
from seedbed.rules.parameter import Over, Parameter, as_path
from seedbed.rules.pattern import Captures, Pattern, compiled, names_in, written

EVERY: Final = ""
"""The dialect of a pattern that is written for all."""


@dataclass(frozen=True, slots=True)
class Role:
    """What a weight is for.

    Parameters
    ----------
    name
        A path with captures, such as ``"h/{layer}/attn/out"``. With the numbers put in, it is the path that
        such a weight has in rules, and the name of its stream.
    optional
        Whether a model may lack it.
    """

    name: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Weights of one dialect, and the roles that they have.

    Parameters
    ----------
    patterns
        Those of their paths.
    roles
        The names of their roles; of several, each has a block of the weight.
    dialect
        Who names weights so; `EVERY` for all.
    over
        The axis in which layers lie, if they lie in one array.
    axis
        The axis that is divided into blocks, as a layer is drawn: stacks, inputs, outputs.
    sizes
        The length of each block; ``None`` for equal ones.
    """

    patterns: tuple[str, ...]
    roles: tuple[str, ...]
    dialect: str = EVERY
    over: Over | None = None
    axis: int = -1
    sizes: tuple[int, ...] | None = None

    @property
    def captures(self) -> frozenset[str]:
        """What a role of it may have in its name."""
        over = () if self.over is None else (self.over.name,)
        return frozenset((*names_in(self.patterns[0]), *over))


class Placed(NamedTuple):
    """Where a weight stands in an architecture."""

    source: Source
    captures: Captures

    def roles(self, number: int | None = None) -> tuple[str, ...]:
        """Return its roles; where layers lie in it, those of a layer."""
        over = self.source.over
        more = {} if over is None or number is None else {over.name: str(number)}
        return tuple(written(role, self.captures, **more) for role in self.source.roles)


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of an architecture.

    Parameters
    ----------
    roles
        All of them.
    sources
        Which weights have them.
    dialect
        Who names the weights; `EVERY` for the one that gives the most of them a role.

    Raises
    ------
    RulesError
        If these do not fit each other.

    Examples
    --------
    >>> out = Role("h/{layer}/out")
    >>> roles = Roles((out,), (Source(("*h/{layer}/c_proj/weight",), (out.name,), "hf"),))
    >>> weight = Parameter("model/h/3/c_proj/weight")
    >>> [placed.roles() for placed in roles.placed({weight.path: weight}).values()]
    [('h/3/out',)]
    """

    roles: tuple[Role, ...] = ()
    sources: tuple[Source, ...] = ()
    dialect: str = EVERY

    def __post_init__(self) -> None:
        for mistake in self.mistakes():
            raise RulesError(mistake)

    def mistakes(self) -> Iterator[str]:
        """Yield what is wrong with sources."""
        names = {role.name for role in self.roles}
        for source in self.sources:
            first, *patterns = source.patterns
            if source.over is not None and source.over.name in names_in(first):
                yield f"{first} captures {source.over.name!r}, which its over counts; give one another name"
            for role in source.roles:
                if role not in names:
                    yield f"{first} has the role {role!r}, which is not declared{suggestion(role, names)}"
                elif frozenset(names_in(role)) != source.captures:
                    yield (
                        f"the role {role!r} and {first} must have the same numbers in braces, so that each "
                        "weight has a role of its own"
                    )
            for pattern in patterns:
                if {*names_in(pattern)} != {*names_in(first)}:
                    yield f"the patterns {first} and {pattern} of one role capture different numbers"

    @property
    def dialects(self) -> list[str]:
        """Who names weights, in the order in which they are written."""
        return list(dict.fromkeys(source.dialect for source in self.sources if source.dialect))

    def placed(self, known: Mapping[str, Parameter]) -> dict[str, Placed]:
        """Return the place of each weight that has one, by path, in the dialect that most of them speak.

        Raises
        ------
        RulesError
            If a weight has several roles, or two dialects fit alike and differ.
        """
        if not self.sources:
            return {}
        dialects = [self.dialect] if self.dialect else self.dialects or [EVERY]
        found = {dialect: self._in(dialect, known) for dialect in dialects}
        most = max(map(len, found.values()))
        best = {dialect: placed for dialect, placed in found.items() if len(placed) == most}
        (first, placed), *others = best.items()
        for other, its in others:
            if _told(its) != _told(placed):
                raise RulesError(
                    f"the names of this model fit the dialects {first!r} and {other!r} alike, and have other "
                    "roles in each; say which it is, by with_dialect of the rules"
                )
        return placed

    def _in(self, dialect: str, known: Mapping[str, Parameter]) -> dict[str, Placed]:
        table = [
            (compiled(pattern).tail, compiled(pattern), source)
            for source in self.sources
            if source.dialect in (EVERY, dialect)
            for pattern in source.patterns
        ]
        order = {role.name: number for number, role in enumerate(self.roles)}
        found: dict[str, Placed] = {}
        for path, parameter in known.items():
            places = [_only(names, table) for names in _places(parameter)]
            own = [placed for placed in places if placed is not None]
            if own:
                found[path] = min(own, key=lambda placed: order[placed.source.roles[0]])
        return found

    def left(self, placed: Mapping[str, Placed], known: Mapping[str, Parameter]) -> list[str]:
        """Return the names of required roles that no weight has, not even at a place where it is shared."""
        sources = {id(one.source): one.source for one in placed.values()}
        found = {role for source in sources.values() for role in source.roles}
        ties = [as_path(name) for path in placed for name in known[path].ties]
        dialects = {EVERY, *(source.dialect for source in sources.values())}
        for source in self.sources if ties else ():
            patterns = map(compiled, source.patterns if source.dialect in dialects else ())
            if any(pattern.match(name) is not None for pattern in patterns for name in ties):
                found.update(source.roles)
        return [role.name for role in self.roles if not role.optional and role.name not in found]


def merged(roles: Sequence[Role], sources: Sequence[Source], base: Roles) -> Roles:
    """Return roles with those of another architecture that they do not replace.

    Raises
    ------
    RulesError
        If the two do not fit each other.
    """
    names = {role.name: role for role in roles}
    fused = {(source.dialect, source.roles) for source in sources}
    kept = (
        source
        for source in base.sources
        if (source.dialect, source.roles) not in fused
        and not (len(source.roles) == 1 and source.roles[0] in names)
    )
    # In the place of those that they replace, since a tied weight has the role that comes first.
    all_roles = {role.name: role for role in base.roles} | names
    return Roles(tuple(all_roles.values()), (*sources, *kept), base.dialect)


def _told(placed: Mapping[str, Placed]) -> dict[str, object]:
    return {path: (one.roles(), *_stored(one.source)) for path, one in placed.items()}


def _places(parameter: Parameter) -> list[tuple[str, ...]]:
    """Return the names of each place that a parameter has, its own first."""
    if not parameter.ties:
        return [parameter.names]
    own = dict.fromkeys(map(as_path, (parameter.path, *parameter.others)))
    return [tuple(own), *((as_path(name),) for name in parameter.ties)]


def _only(names: Sequence[str], table: Sequence[tuple[str, Pattern, Source]]) -> Placed | None:
    found: dict[object, tuple[str, Placed]] = {}
    for name in names:
        for tail, pattern, source in table:  # most have another end, which takes little time to see
            captures = pattern.match(name) if name.endswith(tail) else None
            if captures is not None:
                placed = Placed(source, captures)
                found.setdefault((placed.roles(), *_stored(source)), (pattern.text, placed))
    if len(found) > 1:
        (one, first), (other, second), *_ = found.values()
        told = f"{one} ({first.roles()[0]}) and {other} ({second.roles()[0]})"
        what = "two roles" if first.roles() != second.roles() else "one role that is stored in two ways"
        raise RulesError(f"{names[0]} has {what}, by {told}; write patterns that match it once")
    return next((placed for _, placed in found.values()), None)


def _stored(source: Source) -> tuple[object, ...]:
    blocks = (source.axis, source.sizes) if len(source.roles) > 1 else ()
    return source.over, *blocks
