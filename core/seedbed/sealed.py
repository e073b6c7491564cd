"""`Sealed`, what an initializer is once it has been constructed: a value that never changes."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import numpy as np

from seedbed.constructor import parameters
from seedbed.errors import ImmutableError
from seedbed.revival import by_name

_T = TypeVar("_T")


_CHANGING: Final = frozenset({"__setattr__", "__delattr__"})
_COPYING: Final = frozenset({"__setstate__", "__copy__", "__deepcopy__"})
_SCALARS: Final = (np.number, np.bool_)
_MARK: Final = "_seedbed_seals"


def _own_way(name: str, method: Any) -> Any:
    """Return a method of a subclass that keeps to the seal; everything else as it is."""
    if name not in _CHANGING | _COPYING or not callable(method) or hasattr(method, _MARK):
        return method
    found = _guarding(method) if name in _CHANGING else _sealing(method)
    setattr(found, _MARK, True)
    return found


if TYPE_CHECKING:
    from abc import ABCMeta as _OfProtocols
else:  # a metaclass of ABCs, too: with another one, no subclass could have a protocol among its bases
    _OfProtocols = type(Protocol)


class SealedMeta(_OfProtocols, type):
    """Seals an object when its constructor returns.

    A metaclass rather than a wrapped ``__init__``, because a dataclass gets its ``__init__`` only after
    the class has been made.
    """

    def __call__(cls: type[_T], /, *args: Any, **kwargs: Any) -> _T:  # noqa: D102 - not called by name
        # A config has Python's numbers, with which NumPy 2 works in other dtypes than with its own.
        args = tuple(arg.item() if isinstance(arg, _SCALARS) else arg for arg in args)
        for name, arg in kwargs.items():
            if isinstance(arg, _SCALARS):
                kwargs[name] = arg.item()
        made = super().__call__(*args, **kwargs)  # type: ignore[misc]
        seal(made)
        return made  # type: ignore[no-any-return]

    def __init_subclass__(mcs, **options: Any) -> None:  # noqa: N804 - mcs is what the class is
        super().__init_subclass__(**options)
        by_name(mcs)  # which is asked of the very metaclass

    def __setattr__(cls, name: str, value: Any) -> None:
        # Decorators of classes, such as attrs', put methods into a class that is there already.
        super().__setattr__(name, _own_way(name, value))

    # By inheritance alone, unlike an ABC's: that asks every subclass there is, whose metaclass may raise, and
    # takes what was registered with it, which has nothing of the contract.
    __instancecheck__ = type.__instancecheck__
    __subclasscheck__ = type.__subclasscheck__

    @property
    def __signature__(cls) -> inspect.Signature:
        """The constructor's signature, which ``help`` would else take from the method above."""
        return inspect.Signature(list(parameters(cls).values()))


by_name(SealedMeta)


class Sealed(metaclass=SealedMeta):
    """The base class of what can be changed in its constructor and never after, nor in any copy."""

    # With the project's name in front, so that no subclass has an attribute of that name.
    __slots__ = ("__dict__", "__weakref__", "_seedbed_sealed")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, own in tuple(vars(cls).items()):
            if name in _CHANGING or name in _COPYING:
                setattr(cls, name, own)

    def __setstate__(self, state: Any) -> None:
        # As `object.__getstate__` gives it: the dict, or None for an empty one, and with it the slots.
        attributes, slots = state if isinstance(state, tuple) else (state, None)
        self.__dict__.update(attributes or {})
        for name, value in (slots or {}).items():
            # Not by setattr, which a frozen dataclass refuses even to its own copies.
            object.__setattr__(self, name, value)
        seal(self)

    def __setattr__(self, name: str, value: object) -> None:
        _refuse_change(self, name)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        _refuse_change(self, name)
        object.__delattr__(self, name)


def _guarding(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a class's own way to set or delete an attribute, which the seal forbids."""

    @functools.wraps(method)
    def guarding(self: object, name: str, *value: Any) -> Any:
        _refuse_change(self, name)
        return method(self, name, *value)

    return guarding


def _sealing(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a class's own way to fill or make a copy, after which the copy is sealed."""

    @functools.wraps(method)
    def sealing(self: object, *args: Any) -> Any:
        made = method(self, *args)
        seal(made if isinstance(made, Sealed) else self)
        return made

    return sealing


def seal(instance: object) -> None:
    """Let an instance of `Sealed` never change from now on."""
    object.__setattr__(instance, _SEALED, True)


_SEALED: Final = "_seedbed_sealed"
_READ: Final[Callable[[object], object]] = Sealed.__dict__[_SEALED].__get__


def _is_sealed(instance: object) -> bool:
    if not hasattr(type(instance), "__getattr__"):
        return getattr(instance, _SEALED, False)
    try:  # the slot alone: an author's `__getattr__` may ask what is inside
        return bool(_READ(instance))
    except AttributeError:
        return False


def _refuse_change(instance: object, name: str) -> None:
    if _is_sealed(instance):
        raise ImmutableError(
            f"{type(instance).__name__} never changes, so {name!r} cannot be set or deleted; "
            f"make another one: seedbed.get(initializer, {name}=...); or keep what a call works out in a "
            "local variable"
        )
