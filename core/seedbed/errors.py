"""One base class, and one class for each kind of failure.

Every class also derives from the builtin errors that a caller would expect, so ``except ValueError`` works
for those who do not know Seedbed.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeGuard

from seedbed.foreign import Attempt


class SeedbedError(Exception):
    """The base class of every error that Seedbed raises on purpose."""


class ShapeError(SeedbedError, ValueError, TypeError):
    """A shape is not an int or a sequence of ints of at least zero, or does not fit the formula."""


class ShardIndexError(SeedbedError, IndexError):
    """A shard's index is not a basic index, or lies outside the tensor."""


class DTypeError(SeedbedError, TypeError, ValueError):
    """A dtype is unknown, or the initializer's values make no sense in it."""


class ArgumentError(SeedbedError, ValueError, TypeError):
    """An argument has the wrong type or lies outside its range."""


class ImmutableError(SeedbedError, AttributeError):
    """Code tried to change an initializer or a row of the catalogue, which never change."""


class ConfigError(SeedbedError, ValueError, TypeError):
    """A config is malformed, or an initializer cannot be written as one."""


class IdentifierError(SeedbedError, ValueError, TypeError):
    """`seedbed.get` got something that does not identify an initializer."""


class UnknownNameError(SeedbedError, LookupError, ValueError):
    """No entry of the catalogue has this name."""


class RemovedNameError(UnknownNameError):
    """A package had an initializer of this name, and has removed it; the message says what replaced it."""


class BlockedNameError(UnknownNameError):
    """The policy keeps this name out of the catalogue; the message has the line of the policy."""


class AmbiguousNameError(SeedbedError, LookupError, ValueError):
    """A bare name has more than one meaning; the message says what to write for each."""


class EntryLoadError(SeedbedError, ImportError):
    """An entry exists, but what it points at could not be imported or is not an initializer."""


class EntryError(SeedbedError, ValueError, TypeError):
    """An entry, another row or a file of presets is wrong; the message says in which field or key."""


class NameTakenError(SeedbedError, ValueError):
    """`seedbed.register` got a name that something else has."""


class PolicyError(SeedbedError, ValueError):
    """The policy, or the variable that names it, cannot be read or is malformed; nothing is served."""


class LockError(SeedbedError, ValueError):
    """A lock file is malformed, cut short, or of a format that this version cannot read."""


class UnlockableError(SeedbedError, RuntimeError):
    """What is installed cannot be locked; the message names the package or the entry, and the file."""


class LayoutError(SeedbedError, ValueError, TypeError):
    """It cannot be told which axes of a weight are inputs and outputs, or two sources differ on it."""


class RulesError(SeedbedError, ValueError, TypeError):
    """Rules are malformed, or do not fit the parameters of a model; the message says which."""


class PluginError(SeedbedError, RuntimeError):
    """A plugin's metadata, module or hook is broken; this affects that plugin alone."""


class CheckError(SeedbedError, AssertionError):
    """A check of `seedbed.testing` has found that an initializer breaks its contract."""


class MissingExtraError(SeedbedError, ImportError):
    """A part of Seedbed needs an optional dependency that is not installed."""


class DeprecatedNameWarning(FutureWarning):
    """A name still works, but will be removed; the warning names the version and the replacement."""


def shown(value: object) -> str:
    """Return a short `repr` of any value, however long, deeply nested or broken it is."""
    return cut(_asked(_REPR.repr, value, object.__repr__(value)), _LONGEST)


def cut(text: str, length: int) -> str:
    """Return a text of at most so many characters, with dots if it was longer."""
    return text if len(text) <= length else f"{text[:length]}..."


def described(error: BaseException) -> str:
    """Return the type and the text of an exception, even of one that raises when asked for its text."""
    kind, text = name_of(type(error)), said(error)
    return f"{kind}: {text}" if text else kind


def said(error: BaseException) -> str:
    """Return the text of an exception, cut if very long, even of one that raises when asked for it."""
    return cut(_asked(str, error, "(its text cannot be read)"), _LONGEST_SAID)


def name_of(kind: type) -> str:
    """Return the name of a class that Python itself knows, not the one that its metaclass gives."""
    return str.__str__(_TYPE["__name__"].__get__(kind))


def place_of(kind: type) -> tuple[str, str]:
    """Return a class's module (empty if unknown) and qualified name there, as Python itself knows them."""
    return text_of(vars_of(kind).get("__module__")) or "", str.__str__(_TYPE["__qualname__"].__get__(kind))


def vars_of(kind: type) -> Mapping[str, Any]:
    """Return what a class defines, as Python itself knows it."""
    found: Mapping[str, Any] = _TYPE["__dict__"].__get__(kind)
    return found


def is_class(value: object) -> TypeGuard[type[Any]]:
    """Say whether this is a class. `isinstance` asks the object, which may claim to be one."""
    return issubclass(type(value), type)


def text_of(value: object) -> str | None:
    """Return text as exactly a `str`; ``None`` for anything that is not text, whatever it claims."""
    # By the type itself, because an object may claim any `__class__`.
    return str.__str__(value) if issubclass(type(value), str) else None


_TYPE: Final = type.__dict__
"""How Python itself gets at a class. A metaclass could answer anything, or raise."""


def prefixed(error: SeedbedError, prefix: str) -> SeedbedError:
    """Return an error of the same kind whose text has `prefix` in front, once.

    The constructor of a subclass from elsewhere may need anything, so such an error becomes one of ours.
    """
    bases: tuple[type, ...] = _TYPE["__mro__"].__get__(type(error))
    kind: type[SeedbedError] = next(base for base in bases if globals().get(name_of(base)) is base)
    text = _asked(str, error, name_of(type(error)))
    return kind(text if text.startswith(f"{prefix}: ") else f"{prefix}: {text}")


def _asked(question: Callable[[Any], str], thing: object, otherwise: str) -> str:
    """Return the text that a foreign object answers, exactly a `str`; `otherwise` if it raises anything."""
    with Attempt():  # a message about one failure must not become another failure
        return str.__str__(question(thing))
    return otherwise


_LONGEST = 500  # reprlib shows six items on each of six levels, which are hundreds of thousands
_LONGEST_SAID: Final = 4_000
"""More than enough to read one exception, and little if the problems of five packages are shown at once."""

_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = 120
