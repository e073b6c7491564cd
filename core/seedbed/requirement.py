"""Errors in one line for what is not installed but is needed: a framework, or an extra of Seedbed."""

from __future__ import annotations

import importlib
import re
from importlib.util import find_spec
from typing import Final

from seedbed.errors import ArgumentError, MissingExtraError, described, shown


def require(
    module: str, oldest: tuple[int, int], *, title: str, requirer: str, unusable: str | None = None
) -> None:
    """Raise an error if a framework is missing, broken or too old.

    Parameters
    ----------
    module
        The framework's module, which is imported. The first part of its name is that under which it is
        installed: MLX's is ``"mlx.core"``.
    oldest
        The oldest version that works: its major and minor number.
    title
        What the framework is called.
    requirer
        The distribution that needs it.
    unusable
        What to do if it is installed but cannot be imported; ``None`` is to install it again.

    Raises
    ------
    MissingExtraError
        If it cannot be used. Its one line says why, and what to install.

    Examples
    --------
    >>> require("numpy", (1, 26), title="NumPy", requirer="acme-inits")
    >>> require("numpy", (99, 0), title="NumPy", requirer="acme-inits")
    Traceback (most recent call last):
    ...
    seedbed.errors.MissingExtraError: acme-inits needs NumPy 99.0 or later, found ...: pip install ...
    """
    for name, value in (("module", module), ("title", title), ("requirer", requirer)):
        if not isinstance(value, str) or not value:
            raise ArgumentError(f"{name} must be text, got {shown(value)}")
    if not isinstance(oldest, tuple) or [*map(type, oldest)] != [int, int]:
        raise ArgumentError(f"oldest must be two ints such as (2, 1), got {shown(oldest)}")
    version = ".".join(map(str, oldest))
    needed = f"{requirer} needs {title} {version} or later"
    package = module.partition(".")[0]
    install = f'pip install "{package}>={version}"'
    try:
        found = getattr(importlib.import_module(module), "__version__", None)
    except Exception as error:  # a broken framework raises anything, such as OSError for a library
        if isinstance(error, ModuleNotFoundError) and error.name in (module, package):
            raise MissingExtraError(f"{needed}, which is not installed: {install}") from error
        remedy = unusable or f"install it again: {install}"
        told = " ".join(described(error).split())
        raise MissingExtraError(f"{needed}, which cannot be imported ({told}); {remedy}") from error
    if found is None:  # if a folder of that name in front of it on the path hides it
        raise MissingExtraError(f"{needed}, found {_place(module)}, which is not it: {install}")
    numbers = re.match(r"(\d+)\.(\d+)", str(found))
    if numbers is None or tuple(map(int, numbers.groups())) < oldest:
        raise MissingExtraError(f"{needed}, found {found}: {install}")


# What to install for an extra in a clone, because no index has our own distributions.
_OF_EXTRAS: Final = {
    "cli": "./plugins/seedbed-testing ./plugins/seedbed-tools",
    "testing": "./plugins/seedbed-testing pytest hypothesis",
}


def missing_extra(what: str, library: str, extra: str) -> MissingExtraError:
    """Return the error for `what`, a part of Seedbed that needs `library` and so one of Seedbed's extras.

    Examples
    --------
    >>> print(missing_extra("the command line", "rich", "cli"))
    the command line needs rich: pip install ./plugins/seedbed-testing ./plugins/seedbed-tools in a clone ...
    """
    if not isinstance(extra, str) or extra not in _OF_EXTRAS:
        raise ArgumentError(f"extra must be one of {', '.join(_OF_EXTRAS)}, got {shown(extra)}")
    return MissingExtraError(
        f"{what} needs {library}: pip install {_OF_EXTRAS[extra]} in a clone of Seedbed, or "
        f'pip install "seedbed[{extra}]" from an index that has it'
    )


def _place(module: str) -> str:
    spec = find_spec(module)
    places = [] if spec is None else list(spec.submodule_search_locations or [])
    return f"{module} in {places[0]}" if places else f"a module {module} without a version"
