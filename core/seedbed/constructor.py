"""The arguments of an initializer's constructor: which it takes, calling it with them, reading them back."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple, TypeVar

from seedbed.arguments import suggestion
from seedbed.errors import ConfigError, shown
from seedbed.json_data import plain, unshared

_T = TypeVar("_T")


_MOST_KNOWN: Final = 4096


def per_class(examine: Callable[[type], _T]) -> Callable[[type], _T]:
    """Return a function that remembers what `examine` returns of a class.

    It goes by the class's identity, since a metaclass may say that two classes are equal.
    """
    known: dict[int, tuple[type, _T]] = {}  # with the class, so that no other one has its `id`

    @functools.wraps(examine)
    def remembered(cls: type) -> _T:
        row = known.get(id(cls))
        if row is None:
            if len(known) >= _MOST_KNOWN:  # so that classes which nobody needs any more can go
                known.clear()
            row = known[id(cls)] = (cls, examine(cls))
        return row[1]

    return remembered


class _Constructor(NamedTuple):
    """What is known of a class's constructor.

    Its parameters by name; the names that may be given, those that must be, and whether ``**kwargs`` takes
    any other.
    """

    parameters: Mapping[str, inspect.Parameter]
    named: frozenset[str]
    required: tuple[str, ...]
    takes_any: bool


_BY_NAME: Final = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def parameters(cls: type) -> Mapping[str, inspect.Parameter]:
    """Return the constructor's parameters by name, without ``self``."""
    return _constructor(cls).parameters


@per_class
def _constructor(cls: type) -> _Constructor:
    found: dict[str, inspect.Parameter] = {}
    making: Callable[..., Any] = cls.__init__  # type: ignore[misc]
    if making is object.__init__:  # then the arguments are those of `__new__`, if that is the class's own
        making = cls.__new__
    if making is not object.__new__:
        found = dict(list(inspect.signature(making).parameters.items())[1:])
    kinds = {parameter.kind for parameter in found.values()}
    return _Constructor(
        found,
        frozenset(name for name, p in found.items() if p.kind in _BY_NAME),
        tuple(
            name
            for name, p in found.items()
            if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
        ),
        inspect.Parameter.VAR_KEYWORD in kinds,
    )


def construct(cls: type[_T], arguments: object) -> _T:
    """Return ``cls(**arguments)``, which shares no list or dict with `arguments`.

    Raises
    ------
    ConfigError
        As `check_arguments`; if the arguments are nested more than 100 lists and dicts deep.
    """
    given = unshared(
        check_arguments(cls, arguments),
        lambda: ConfigError(
            f"got arguments of {cls.__name__} that are nested more than 100 lists and dicts deep; "
            "give shallower ones"
        ),
    )
    return cls(**given)


def check_arguments(cls: type, arguments: object) -> dict[str, Any]:
    """Return `arguments` as a dict, having refused those that ``cls(**arguments)`` would not take.

    Raises
    ------
    ConfigError
        If `arguments` is no mapping from strings, has a key that is no argument of `cls`, or lacks a
        required one.
    """
    if not isinstance(arguments, Mapping) or not all(isinstance(key, str) for key in arguments):
        raise ConfigError(
            f"got {shown(arguments)} of type {type(arguments).__name__} as the config of {cls.__name__}; "
            "a config is a dict of constructor arguments"
        )
    wanted, named, required, takes_any = _constructor(cls)
    if not named >= arguments.keys() and not takes_any:
        unknown = next(name for name in arguments if name not in named)
        refuse_unnamed(cls, unknown)
        raise ConfigError(
            f"{cls.__name__} has no argument {shown(unknown)}; it takes "
            f"{', '.join(wanted) or 'no arguments'}{_hint(unknown, arguments, named)}"
        )
    for name in required:
        refuse_unnamed(cls, name)
        if name not in arguments:
            raise ConfigError(
                f"{cls.__name__} needs the argument {name!r}, which is missing; "
                f"add it, as in {cls.__name__}({name}=...)"
            )
    return dict(arguments)


def read_back(instance: object, name: str) -> Any:
    """Return the argument that an instance stores under its name, as JSON data.

    Raises
    ------
    ConfigError
        If it stores none, or what JSON cannot hold.
    """
    owner = type(instance).__name__
    refuse_unnamed(type(instance), name)
    value = _stored(instance, name)
    if value is _MISSING:
        raise ConfigError(
            f"{owner} has no attribute {name!r} to read the argument {name!r} back from; "
            f"store it as self.{name} in __init__, or override get_config in {owner}"
        )
    return plain(
        value,
        lambda part: ConfigError(
            f"the argument {name!r} of {owner} holds {shown(part)} of type {type(part).__name__}, "
            "which JSON cannot; store plain numbers, strings, lists and dicts, or override get_config "
            f"in {owner}"
        ),
    )


_MISSING: Final = object()


def _stored(instance: object, name: str) -> Any:
    """Return what this very instance has under `name`, in its dict, a slot or a property.

    A class's attribute is not what one constructor was given, even if it has an argument's name.
    """
    of_class = next((vars(base)[name] for base in type(instance).__mro__ if name in vars(base)), None)
    if inspect.isdatadescriptor(of_class) or isinstance(of_class, functools.cached_property):
        return getattr(instance, name, _MISSING)
    return instance.__dict__.get(name, _MISSING)


def _hint(unknown: str, arguments: Mapping[str, Any], named: Collection[str]) -> str:
    """Return what was meant by an argument that the constructor lacks, or ''."""
    if arguments.keys() >= {"class_name", "config"}:
        return "; this is the config of a whole initializer, for seedbed.from_config(config)"
    if unknown in ("shape", "dtype"):
        return f"; give the {unknown} when you call the initializer, as in initializer(shape, dtype)"
    return suggestion(unknown, named)


def refuse_unnamed(cls: type, name: str) -> None:
    """Refuse an argument that the constructor does not take by its name, as every config gives it.

    Raises
    ------
    ConfigError
        If it is among ``*args`` or ``**kwargs``, or before a ``/``.
    """
    parameter = parameters(cls).get(name)
    if parameter is None or parameter.kind in _BY_NAME:
        return
    if parameter.kind is parameter.POSITIONAL_ONLY:
        raise ConfigError(
            f"the constructor of {cls.__name__} takes {name!r} by position alone, and configs give arguments "
            "by name; remove the '/' behind it"
        )
    raise ConfigError(
        f"the constructor of {cls.__name__} takes {parameter}, whose values get_config cannot read back; "
        f"name each argument, or override get_config in {cls.__name__}"
    )
