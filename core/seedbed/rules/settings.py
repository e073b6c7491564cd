"""`Setting`: a number that rules take, as a file declares it under ``[parameters]``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from seedbed.arguments import finite, suggestion
from seedbed.errors import ArgumentError, RulesError, shown
from seedbed.integers import as_integer
from seedbed.rules.expression import NAME, RESERVED, Value
from seedbed.tables import ANY, STRING, Keys

TYPES: Final = ("int", "float")
_KEYS: Final = Keys(
    {"type": STRING, "min": ANY, "max": ANY, "default": ANY, "doc": STRING}, required=("type",)
)
_COUNT: Final = Keys({"count": STRING}, required=("count",))


class Count(NamedTuple):
    """How many different numbers a capture has in a model."""

    capture: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A number that rules take.

    Parameters
    ----------
    name
        What expressions call it.
    type
        ``"int"`` or ``"float"``.
    default
        What it is if nobody gives it: a number, or a `Count`; ``None`` if it must be given.
    least, most
        The range, both ends included; ``None`` for none.
    doc
        One line on what it is.

    Raises
    ------
    RulesError
        If a field is malformed.

    Examples
    --------
    >>> Setting("layers", "int", Count("layer"), least=1).checked(12)
    12
    """

    name: str
    type: str
    default: Value | Count | None = None
    least: Value | None = None
    most: Value | None = None
    doc: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not NAME.fullmatch(self.name) or self.name in RESERVED:
            raise RulesError(
                f"got {shown(self.name)} as the name of a parameter; give one such as 'layers', and none of "
                f"{', '.join(sorted(RESERVED))}"
            )
        if self.type not in TYPES:
            raise RulesError(f"{self.name}: type must be one of {', '.join(TYPES)}, got {shown(self.type)}")
        if not isinstance(self.doc, str):
            raise RulesError(f"{self.name}: doc must be text, got {shown(self.doc)}")
        for what, given in (("min", self.least), ("max", self.most)):
            if given is not None:
                self._number(what, given)
        if isinstance(self.default, Count):
            if not isinstance(self.default.capture, str):
                raise RulesError(
                    f"{self.name}: a count is of a capture such as 'layer', got {self.default!r}"
                )
            if self.type != "int":
                raise RulesError(f"{self.name}: a count is an int, got the type {self.type!r}")
        elif self.default is not None:
            self.checked(self.default)

    def __str__(self) -> str:
        default = self.default
        said = f"the count of {{{default.capture}}}" if isinstance(default, Count) else repr(default)
        ends = [f"at least {self.least}"] if self.least is not None else []
        ends += [f"at most {self.most}"] if self.most is not None else []
        parts = [self.type, *ends, *([] if default is None else [f"default {said}"])]
        return f"{self.name} ({', '.join(parts)}){': ' if self.doc else ''}{self.doc}"

    def checked(self, value: Any) -> Value:
        """Return a value as a number of this type.

        Raises
        ------
        RulesError
            If it is none, or out of range.
        """
        found = self._number("it", value)
        low, high = self.least, self.most
        if (low is not None and found < low) or (high is not None and found > high):
            raise RulesError(f"got {self.name}={shown(value)}, which is out of range: {self}")
        return found

    def _number(self, what: str, value: Any) -> Value:
        if self.type == "int":
            number = as_integer(value)
            if number is None or abs(number) > 1 << 63:
                raise RulesError(f"{self.name}: {what} must be an int, got {shown(value)}")
            return number
        try:
            return float(finite(f"{self.name}: {what}", value))
        except ArgumentError as error:
            raise RulesError(str(error)) from error


def as_settings(tables: Mapping[str, Any]) -> tuple[list[Setting], list[str]]:
    """Return the settings that a table declares, and what is wrong with it."""
    found: list[Setting] = []
    mistakes: list[str] = []
    for name, table in tables.items():
        place = f"parameter {name}" if isinstance(name, str) else f"parameter {shown(name)}"
        wrong = list(_KEYS.mistakes(place, table))
        if not wrong and isinstance(table.get("default"), Mapping):
            wrong = list(_COUNT.mistakes(f"{place}: default", table["default"]))
        try:
            if not wrong:
                found.append(_setting(name, table))
        except RulesError as error:
            wrong.append(f"parameter {error}" if str(error).startswith(f"{name}: ") else f"{place}: {error}")
        mistakes += wrong
    return found, mistakes


def _setting(name: str, table: Mapping[str, Any]) -> Setting:
    default = table.get("default")
    if isinstance(default, Mapping):
        default = Count(default["count"])
    return Setting(name, table["type"], default, table.get("min"), table.get("max"), table.get("doc", ""))


def given_settings(settings: Sequence[Setting], values: Mapping[str, Any]) -> dict[str, Value]:
    """Return the values that somebody gives to settings, having checked them.

    Raises
    ------
    RulesError
        If there is no such setting, or the value is none of its values.
    """
    known = {setting.name: setting for setting in settings}
    for name in values:
        if name not in known:
            listed = ", ".join(map(repr, known)) or "none"
            raise RulesError(
                f"got {name}={shown(values[name])}, and these rules have no such parameter"
                f"{suggestion(name, known) or f'; they have {listed}'}"
            )
    return {name: known[name].checked(value) for name, value in values.items()}


def values_of(
    settings: Sequence[Setting], given: Mapping[str, Value], numbers: Callable[[str], set[int]]
) -> dict[str, Value]:
    """Return the value of each setting for one model; `numbers` returns those of a capture in it.

    Raises
    ------
    RulesError
        If one has none, a count is out of its range, or fewer are given than the model has.
    """
    return dict(_values(settings, given, numbers))


def _values(
    settings: Sequence[Setting], given: Mapping[str, Value], numbers: Callable[[str], set[int]]
) -> Iterator[tuple[str, Value]]:
    for setting in settings:
        if setting.name in given:
            _check_not_fewer(setting, given[setting.name], numbers)
            yield setting.name, given[setting.name]
        elif isinstance(setting.default, Count):
            capture = setting.default.capture
            try:
                yield setting.name, setting.checked(count(capture, numbers(capture)))
            except RulesError as error:
                raise RulesError(f"{error}; give {setting.name}=...") from error
        elif setting.default is None:
            raise RulesError(f"{setting.name} has no default and must be given: {setting}")
        else:
            yield setting.name, setting.default


def _check_not_fewer(setting: Setting, given: Value, numbers: Callable[[str], set[int]]) -> None:
    """Refuse fewer layers than there are, as of a preset for another model; a stage may have more."""
    if isinstance(setting.default, Count):
        capture = setting.default.capture
        found = numbers(capture)
        if given < max((len(found), *found)):  # the largest may be the last of those that begin at 1
            raise RulesError(
                f"got {setting.name}={given}, which counts {{{capture}}}, and this model has {len(found)} of "
                f"them, up to {max(found)}; give as many, or another parameter for what is no count"
            )


def count(capture: str, found: Collection[int]) -> int:
    """Return how many numbers a capture has.

    Raises
    ------
    RulesError
        If there are none, or they are not 0, 1, 2, ... without a gap, as in a part of a model.
    """
    if not found:
        raise RulesError(f"no parameter of this model has a {{{capture}}} to count")
    if len(found) != max(found) + 1:
        raise RulesError(
            f"the {len(found)} numbers of {{{capture}}} in this model are from {min(found)} to {max(found)}, "
            "and not 0, 1, 2, ... without a gap, so that this may be a part of a model"
        )
    return len(found)
