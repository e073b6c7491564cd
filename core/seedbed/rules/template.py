"""`Template`: an initializer whose arguments are computed for each parameter of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from seedbed.api import catalogue, get
from seedbed.arguments import of_kind
from seedbed.constructor import check_arguments
from seedbed.errors import RulesError, shown
from seedbed.initializer import Initializer
from seedbed.rules.expression import Expression, Value

_MOST_LEVELS: Final = 50


@dataclass(frozen=True, slots=True)
class Template:
    """An initializer with expressions among its arguments.

    Parameters
    ----------
    identifier
        The name or the config of an initializer; a config may have expressions, too.
    arguments
        Constructor arguments. Wherever a dict has the one key ``"expr"``, it is an expression.

    Raises
    ------
    RulesError
        If an expression is malformed.
    SeedbedError
        If there is no such initializer, or it has no such argument.

    Examples
    --------
    >>> Template("random_normal", {"stddev": {"expr": "1 / layers"}}).made({"layers": 4})
    RandomNormal(stddev=0.25)
    """

    identifier: Any
    arguments: Mapping[str, Any]
    names: frozenset[str] = field(init=False, compare=False, repr=False)
    _read: Any = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        of_kind("arguments", self.arguments, Mapping, "a dict from names to values")
        read = _changed((self.identifier, dict(self.arguments)), _as_expression)
        object.__setattr__(self, "_read", read)
        names = frozenset(name for found in _expressions(read) for name in found.names)
        object.__setattr__(self, "names", names)
        if isinstance(self.identifier, str):
            entry = catalogue().entry(self.identifier)
            bound = catalogue().arguments(entry)
            check_arguments(catalogue().load(entry), {**bound, **self.arguments})

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={_shown(value)}" for name, value in self.arguments.items())
        return f"{_shown(self.identifier)}({given})"

    def made(self, values: Mapping[str, Value]) -> Initializer:
        """Return the initializer for the values of `names`.

        Raises
        ------
        RulesError
            If an expression has no value with these.
        SeedbedError
            If the initializer does not take what comes out.
        """
        identifier, arguments = _changed(
            self._read, lambda part: part.value(values.__getitem__) if isinstance(part, Expression) else part
        )
        found: Initializer = get(identifier, **arguments)
        return found


def has_expressions(value: Any) -> bool:
    """Say whether data, such as arguments or a config, has an expression in it.

    Raises
    ------
    RulesError
        If one is malformed, or the data is nested too deep.
    """
    return any(True for _ in _expressions(_changed(value, _as_expression)))


def _as_expression(value: Any) -> Any:
    is_one = isinstance(value, Mapping) and value.keys() == {"expr"}
    return Expression(value["expr"]) if is_one else value


def _changed(value: Any, change: Callable[[Any], Any], level: int = 0) -> Any:
    """Return data with `change` made to each part of it, the outer ones first."""
    if level > _MOST_LEVELS:
        raise RulesError(f"got data that is nested more than {_MOST_LEVELS} deep")
    made = change(value)
    if made is not value:
        return made
    if isinstance(value, Mapping):
        return {key: _changed(part, change, level + 1) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_changed(part, change, level + 1) for part in value)
    return value


def _expressions(value: Any) -> Iterator[Expression]:
    if isinstance(value, Expression):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _expressions(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _expressions(part)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping) and value.keys() == {"expr"}:
        return f"{{{value['expr']}}}"
    return value if isinstance(value, str) and value.isidentifier() else shown(value)
