"""`Expression`: a number that rules compute, in a grammar of our own that runs no code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple, TypeAlias

from seedbed.arguments import suggestion, text
from seedbed.errors import RulesError, shown
from seedbed.rules.decimals import apply, as_decimal, rounded

LONGEST: Final = 1_000
DEEPEST: Final = 50

FUNCTIONS: Final = ("sqrt", "log", "log2", "exp", "floor", "min", "max")
_OF_ANY_NUMBER: Final = ("min", "max")

RESERVED: Final = frozenset({*FUNCTIONS, "size", "fan_in", "fan_out", "parent"})
"""Names that no parameter and no capture may have."""

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)

_TOKEN: Final = re.compile(
    r"""[ \t\r\n]*(?:
      (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>\*\*|[-+*/(),])
    | (?P<end>\Z)
    )""",
    re.ASCII | re.VERBOSE,
)

Value: TypeAlias = int | float
LookUp: TypeAlias = Callable[[str], Value]


class _Step(NamedTuple):
    """Put a number, or the value of a name, on a pile; or replace the last `takes` of it by their result."""

    number: Decimal | None = None
    name: str = ""
    takes: int = 0


@dataclass(frozen=True, slots=True)
class Expression:
    """A number that follows from others.

    It may have numbers, names, ``+ - * / **``, parentheses, and the functions ``sqrt``, ``log``, ``log2``,
    ``exp``, ``floor``, ``min`` and ``max``. ``size(axis)`` is the size of an axis, which is written as an
    int. The operators bind as in Python.

    Parameters
    ----------
    text
        At most 1,000 characters, nested at most 50 deep.

    Raises
    ------
    RulesError
        If it is no such text; the message says where.

    Examples
    --------
    >>> residual = Expression("stddev / sqrt(2 * layers)")
    >>> sorted(residual.names)
    ['layers', 'stddev']
    >>> residual.value({"stddev": 0.02, "layers": 2}.__getitem__)
    0.01
    """

    text: str
    names: frozenset[str] = field(init=False, compare=False, repr=False)
    _steps: tuple[_Step, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        text("expr", self.text, "text such as '1 / layers'")
        if len(self.text) > LONGEST:
            raise RulesError(
                f"got an expression of {len(self.text):,} characters; at most {LONGEST:,} are allowed"
            )
        steps = tuple(_Reader(self.text).read())
        object.__setattr__(self, "_steps", steps)
        names = frozenset(step.name for step in steps if step.name and not step.takes)
        object.__setattr__(self, "names", names)

    def value(self, look_up: LookUp) -> Value:
        """Return the number; an int if it is whole.

        It is computed to 50 decimal digits and rounded once to a double, so that it is the same everywhere.

        Parameters
        ----------
        look_up
            Returns the value of a name, and of ``"size(-1)"``.

        Raises
        ------
        RulesError
            If it has none, as where it divides by zero, or one that a float64 cannot be.
        """
        try:
            pile: list[Decimal] = []
            for number, name, takes in self._steps:
                if takes:
                    pile[-takes:] = [apply(name, pile[-takes:])]
                else:
                    pile.append(as_decimal(look_up(name)) if number is None else number)
            return rounded(pile[0])
        except RulesError as error:
            raise RulesError(f"got the expression {self.text!r}; {error}") from error


class _Reader:
    """Reads an expression from left to right, into steps in the order in which they are taken."""

    def __init__(self, given: str) -> None:
        self._given, self._at, self._depth = given, 0, 0
        self._steps: list[_Step] = []
        self._kind, self._token, self._next = "", "", 0
        self._advance()

    def read(self) -> list[_Step]:
        self._sum()
        if self._kind != "end":
            raise self._wrong("an operator or the end")
        return self._steps

    def _advance(self) -> None:
        found = _TOKEN.match(self._given, self._next)
        if found is None:
            self._at = self._next
            self._kind, self._token = "unknown", self._given[self._at :].lstrip()[:1]
            return
        self._kind = found.lastgroup or ""
        self._token, self._at, self._next = found[self._kind], found.start(self._kind), found.end()

    def _wrong(self, wanted: str) -> RulesError:
        what = f"{self._token!r} at character {self._at + 1}" if self._token else "its end"
        return RulesError(f"got the expression {shown(self._given)}; at {what} there should be {wanted}")

    def _takes(self, *signs: str) -> str:
        """Return which of these signs comes next, having taken it; an empty text for another."""
        sign = self._token if self._kind == "sign" and self._token in signs else ""
        if sign:
            self._advance()
        return sign

    def _needs(self, sign: str) -> None:
        if not self._takes(sign):
            raise self._wrong(repr(sign))

    def _sum(self) -> None:
        self._product()
        while sign := self._takes("+", "-"):
            self._product()
            self._steps.append(_Step(name=sign, takes=2))

    def _product(self) -> None:
        self._signed()
        while sign := self._takes("*", "/"):
            self._signed()
            self._steps.append(_Step(name=sign, takes=2))

    def _signed(self) -> None:
        self._depth += 1  # everything that is nested comes through here
        if self._depth > DEEPEST:
            raise RulesError(
                f"got the expression {shown(self._given)}; it is nested more than {DEEPEST} deep"
            )
        if sign := self._takes("+", "-"):
            self._signed()
            self._steps += [_Step(name="negative", takes=1)] if sign == "-" else []
        else:
            self._single()
            if self._takes("**"):
                self._signed()
                self._steps.append(_Step(name="**", takes=2))
        self._depth -= 1

    def _single(self) -> None:
        kind, word = self._kind, self._token
        if kind == "number":
            self._steps.append(_Step(number=self._number()))
        elif kind == "name":
            self._advance()
            if word == "size":
                self._size()
            elif self._takes("("):
                self._call(word)
            elif word in FUNCTIONS:
                raise self._wrong(f"'(', since {word} is a function")
            else:
                self._steps.append(_Step(name=word))
        elif self._takes("("):
            self._sum()
            self._needs(")")
        else:
            raise self._wrong("a number, a name or '('")

    def _number(self) -> Decimal:
        try:
            found = as_decimal(self._token)
        except RulesError as error:
            raise RulesError(f"got the expression {shown(self._given)}; {error}") from error
        self._advance()
        return found

    def _call(self, name: str) -> None:
        if name not in FUNCTIONS:
            hint = suggestion(name, FUNCTIONS) or f"; there are {', '.join(FUNCTIONS)} and size"
            raise RulesError(
                f"got the expression {shown(self._given)}, in which {name!r} is no function{hint}"
            )
        count = sum(1 for _ in self._arguments())
        if count > 1 and name not in _OF_ANY_NUMBER:
            raise RulesError(f"got the expression {shown(self._given)}; {name} takes one number, got {count}")
        self._steps.append(_Step(name=name, takes=count))

    def _arguments(self) -> Iterator[None]:
        self._sum()
        yield
        while self._takes(","):
            self._sum()
            yield
        self._needs(")")

    def _size(self) -> None:
        self._needs("(")
        sign = self._takes("-")
        if self._kind != "number" or not self._token.isdigit() or len(self._token) > 2:
            raise self._wrong("an axis such as 0 or -1, as size takes it")
        axis = int(self._token)
        self._advance()
        self._needs(")")
        self._steps.append(_Step(name=f"size({sign}{axis})" if axis else "size(0)"))
