"""The functions that most users need, on the process-wide catalogue.

They import the catalogue on the first call, so ``import seedbed`` costs little more than NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from seedbed.catalogue.catalogue import Catalogue
    from seedbed.catalogue.changes import Changes
    from seedbed.initializer import Initializer

InitializerClass = TypeVar("InitializerClass", bound="type[Initializer]")
Function = TypeVar("Function", bound=Callable[..., Any])


def catalogue() -> Catalogue:
    """Return the process-wide catalogue, which the other functions use.

    Within a constructor that another catalogue runs, it returns that catalogue. So an initializer that
    combines others finds them in the catalogue that it came from, and by the same policy.

    Examples
    --------
    >>> import seedbed
    >>> "he_normal" in seedbed.catalogue()
    True
    """
    from seedbed.catalogue.default import current  # noqa: PLC0415 - on first use only, as said above

    return current()


@overload
def get(identifier: None, /) -> None: ...
@overload
def get(
    identifier: str | Mapping[str, Any] | Initializer | type[Initializer], /, **overrides: Any
) -> Initializer: ...
@overload
def get(identifier: Function, /) -> Function: ...


def get(identifier: Any, /, *unnamed: Any, **overrides: Any) -> Any:
    """Return the initializer that `identifier` means.

    Parameters
    ----------
    identifier
        A name, an alias, or a full name ``provider:name``; a config dict (ours, Keras 3's or TensorFlow 2's);
        an initializer, which is returned unchanged if there are no overrides; an `Initializer` class; any
        other callable that can be called as ``f(shape, dtype=None)``, which is returned unchanged; or
        ``None``, for which `get` returns ``None``.
    *unnamed
        Nothing. An argument without its name is an error that says how to write it.
    **overrides
        Constructor arguments. They replace those of the identifier.

    Raises
    ------
    UnknownNameError
        If no entry has the name; the message lists close matches and broken packages.
    AmbiguousNameError
        If several packages have the bare name; the message shows their full names.
    EntryLoadError
        If the entry's package is broken; the cause is kept.
    ConfigError
        If a config is malformed, or an argument is unknown or missing.
    ArgumentError
        If the constructor rejects an argument.
    IdentifierError
        If `identifier` is something else, or an argument has no name.

    Examples
    --------
    >>> import seedbed
    >>> seedbed.get("random_normal", stddev=0.02, seed=7)
    RandomNormal(stddev=0.02, seed=7)
    >>> seedbed.get({"class_name": "GlorotUniform", "config": {"seed": None}})
    GlorotUniform()
    """
    return catalogue().get(identifier, *unnamed, **overrides)


def from_config(config: Mapping[str, Any], /, **overrides: Any) -> Initializer:
    """Return the initializer that `config` describes; `config` is not changed, and runs no code.

    Parameters
    ----------
    config
        What `to_config` returns, or TensorFlow 2's ``{"class_name", "config"}``, or Keras 3's form, whose
        `module` is ignored.
    **overrides
        Constructor arguments. They replace those in the config.

    Raises
    ------
    ConfigError
        If `config` has none of these forms, or an argument is unknown or missing.
    ArgumentError
        If the constructor rejects an argument.
    UnknownNameError, AmbiguousNameError, EntryLoadError
        As in `get`.

    Examples
    --------
    >>> import seedbed
    >>> seedbed.from_config({"class_name": "HeNormal", "config": {"seed": 7}})
    HeNormal(seed=7)
    """
    return catalogue().from_config(config, **overrides)


def to_config(initializer: Initializer, /) -> dict[str, Any]:
    """Return ``{"class_name", "config", "provider"}``, from which `from_config` makes an equal initializer.

    Raises
    ------
    ConfigError
        If the class is not in the catalogue, or an argument cannot be written as JSON.

    Examples
    --------
    >>> import seedbed
    >>> config = seedbed.to_config(seedbed.get("he_normal", seed=7))
    >>> config["class_name"], config["config"]
    ('HeNormal', {'seed': 7, 'axes': None})
    """
    return catalogue().to_config(initializer)


def register(
    initializer_class: InitializerClass, name: str, *, aliases: tuple[str, ...] = ()
) -> InitializerClass:
    """Add a class to the catalogue of this process, and return it. To share a class, put it into a package.

    The provider of such an entry is ``__main__``. A class replaces one of the same module and name that was
    registered under `name` before, as happens when you run a notebook's cell again. Nothing else is ever
    replaced.

    Parameters
    ----------
    initializer_class
        A concrete subclass of `Initializer`.
    name
        Its name, in snake_case.
    aliases
        Other names.

    Raises
    ------
    EntryError, EntryLoadError
        If a name is malformed; if the class is not a concrete `Initializer`, or its signature cannot be read.
    NameTakenError
        If something else has a name.

    Examples
    --------
    >>> import numpy as np
    >>> import seedbed
    >>> class Halves(seedbed.Initializer):
    ...     def __call__(self, shape, dtype=None):
    ...         return np.full(shape, 0.5, dtype)
    >>> _ = seedbed.register(Halves, "halves")
    >>> seedbed.get("halves")(2)
    array([0.5, 0.5], dtype=float32)
    """
    return catalogue().register(initializer_class, name, aliases=aliases)


def refresh() -> Changes:
    """Look again for packages that were installed, changed or removed, and forget failures.

    Returns
    -------
    Changes
        The full names of the entries that were `added`, `removed` and `changed`, and of those for which you
        must restart the process, because it has already imported code of another version.

    Examples
    --------
    >>> import seedbed
    >>> seedbed.refresh()
    Changes(added=(), removed=(), changed=(), restart_required=())
    """
    return catalogue().refresh()
