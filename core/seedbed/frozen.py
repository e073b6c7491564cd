"""`Frozen`, the base class of small values that never change."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

from seedbed.errors import ImmutableError

_Value = TypeVar("_Value", bound="Frozen")


@dataclass_transform(frozen_default=True)
class Frozen:
    """A value that is what its fields hold.

    What a frozen dataclass is, for the rows that every look-up needs: to define twenty of those, or of named
    tuples, and to import `dataclasses`, took a third of a first look-up. A subclass lists its fields as
    annotations, with their defaults. One with a constructor of its own hands what it stores to ``_set``, and
    may have its fields as ``__slots__``, in the order of the constructor.
    """

    __slots__ = ()

    _fields: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._fields = tuple(vars(cls).get("__slots__", cls.__annotations__))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = dict(zip(self._fields, args, strict=False))
        wrong = [name for name in kwargs if name in given or name not in self._fields]
        if len(args) > len(self._fields) or wrong:
            raise TypeError(f"{type(self).__name__} takes {', '.join(self._fields)}; got {args} and {kwargs}")
        self._set(**given, **kwargs)
        for name in self._fields:
            if not hasattr(self, name):  # neither given nor a default of the class
                raise TypeError(f"{type(self).__name__} needs {name}; got {args} and {kwargs}")

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self._fields}

    def _compared(self) -> tuple[Any, ...]:
        """Return what is equal for equal values, and can be hashed."""
        return tuple(self._values().values())

    def __replace__(self, **changes: Any) -> Self:
        return type(self)(**{**self._values(), **changes})

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, Frozen):
            return NotImplemented
        return self is other or self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash(self._compared())

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self._values().items())
        return f"{type(self).__name__}({values})"

    def __setattr__(self, name: str, value: object) -> None:
        self._refuse_change(name)

    def __delattr__(self, name: str) -> None:
        self._refuse_change(name)

    def _refuse_change(self, name: str) -> None:
        raise ImmutableError(f"{type(self).__name__} never changes, so {name!r} cannot be set or deleted")

    def __reduce__(self) -> tuple[Any, ...]:
        values = self._values()  # of which a read-only view of a dict cannot be pickled
        plain = {
            key: dict(value) if isinstance(value, MappingProxyType) else value
            for key, value in values.items()
        }
        return _restored, (type(self), plain)


def replace(value: _Value, **changes: Any) -> _Value:
    """Return a value with other arguments for its constructor, as `copy.replace` does since Python 3.13."""
    return value.__replace__(**changes)


def _restored(kind: type[_Value], values: dict[str, Any]) -> _Value:
    return kind(**values)
