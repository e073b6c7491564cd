"""What the constructor of an initializer's class takes, and calling it with a config."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeVar

from seedbed.arguments import suggestion
from seedbed.errors import ConfigError, shown
from seedbed.json_data import unshared

_T = TypeVar("_T")


class _Constructor(NamedTuple):
    """What is known of a class's constructor.

    Its parameters by name; the names that may be given, those that must be, and whether ``**kwargs`` takes
    any other.
    """

    cls: type
    parameters: Mapping[str, inspect.Parameter]
    named: frozenset[str]
    required: tuple[str, ...]
    takes_any: bool


_BY_NAME: Final = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)

_MOST_KNOWN: Final = 4096
_KNOWN: Final[dict[int, _Constructor]] = {}
"""By the `id` of the class: its own hash and ``==`` are what its metaclass says, and may be another class's.

Each row holds its class, so that no other class has the `id`.
"""


def parameters(cls: type) -> Mapping[str, inspect.Parameter]:
    """Return the constructor's parameters by name, without ``self``."""
    return _constructor(cls).parameters


def _constructor(cls: type) -> _Constructor:
    known = _KNOWN.get(id(cls))
    if known is None:
        known = _examined(cls)
        if len(_KNOWN) >= _MOST_KNOWN:  # so that classes which nobody needs any more can go
            _KNOWN.clear()
        _KNOWN[id(cls)] = known
    return known


def _examined(cls: type) -> _Constructor:
    found: dict[str, inspect.Parameter] = {}
    if cls.__init__ is not object.__init__:  # type: ignore[misc]
        found = dict(list(inspect.signature(cls.__init__).parameters.items())[1:])  # type: ignore[misc]
    kinds = {parameter.kind for parameter in found.values()}
    return _Constructor(
        cls,
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
    _, wanted, named, required, takes_any = _constructor(cls)
    if not named >= arguments.keys() and not takes_any:
        unknown = next(name for name in arguments if name not in named)
        refuse_unnamed(cls, unknown)
        raise ConfigError(
            f"{cls.__name__} has no argument {shown(unknown)}; it takes "
            f"{', '.join(wanted) or 'no arguments'}{suggestion(unknown, named)}"
        )
    for name in required:
        refuse_unnamed(cls, name)
        if name not in arguments:
            raise ConfigError(
                f"{cls.__name__} needs the argument {name!r}, which is missing; "
                f"add it, as in {cls.__name__}({name}=...)"
            )
    return dict(arguments)


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
            f"{cls.__name__}.__init__ takes {name!r} by position alone, and configs give arguments by name; "
            f"remove the '/' behind it in {cls.__name__}.__init__"
        )
    raise ConfigError(
        f"{cls.__name__}.__init__ takes {parameter}, whose values get_config cannot read back; "
        f"name each argument, or override get_config in {cls.__name__}"
    )
