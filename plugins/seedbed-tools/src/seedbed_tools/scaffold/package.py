"""`Package`, what a new package is called; names that would not do are refused."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Final

from seedbed.discovery import is_name, normalise
from seedbed.errors import ArgumentError, shown
from seedbed_tools.scaffold.author import Author

_MODULE: Final = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Package:
    """A package that is to be made.

    Parameters
    ----------
    name
        The name of the distribution. It is kept in its normal form: ``acme-inits`` for ``Acme_Inits``.
    namespace
        The namespace package that its module goes into, such as ``"acme"`` or ``"acme.ml"``; empty for none.
    author
        Who is named in the metadata, if anybody.
    hook
        Whether its initializers come into the catalogue by a hook instead of entry points.
    presets
        Whether it has a TOML file of presets.
    adapter
        Whether it brings the models of a framework, and no initializers.

    Raises
    ------
    ArgumentError
        If no distribution or no module can have the name, or an adapter is to have initializers.

    Examples
    --------
    >>> Package("Acme_Inits").module, Package("acme-inits", namespace="acme").module
    ('acme_inits', 'acme.inits')
    """

    name: str
    _: KW_ONLY
    namespace: str = ""
    author: Author | None = None
    hook: bool = False
    presets: bool = False
    adapter: bool = False

    def __post_init__(self) -> None:
        if self.adapter and (self.hook or self.presets):
            raise ArgumentError(
                "a package for a framework begins without initializers; leave hook and presets out"
            )
        if not is_name(self.name):
            raise ArgumentError(
                f"got name {shown(self.name)}; a distribution's name has ASCII letters, digits, '-', '_' and "
                "'.', and begins and ends with a letter or a digit, such as 'acme-inits'"
            )
        object.__setattr__(self, "name", normalise(self.name))
        for part in self.module.split("."):
            if not _MODULE.fullmatch(part) or keyword.iskeyword(part):
                raise ArgumentError(
                    f"{self._origin} would make a module {shown(part)}, which Python cannot import; module "
                    "names here have lower-case letters, digits and '_', begin with a letter, and are not "
                    "keywords"
                )

    @property
    def module(self) -> str:
        """The path of its module: the namespace, and the name without what it has of the namespace."""
        if not self.namespace:
            return self.name.replace("-", "_")
        prefix = normalise(self.namespace) + "-"
        return f"{self.namespace}.{self.name.removeprefix(prefix).replace('-', '_')}"

    @property
    def top(self) -> str:
        """The first part of the module's path."""
        return self.module.partition(".")[0]

    def check_free(self) -> None:
        """Refuse names that are taken in this environment.

        Raises
        ------
        ArgumentError
            If a distribution of the name is installed, or a module, or one of the standard library has it.
        """
        if self.top in sys.stdlib_module_names:
            raise ArgumentError(
                f"{self._origin} would hide the module {self.top!r} of Python's standard library; "
                "choose another one"
            )
        for path, where, is_namespace in _found(self.module):
            if path == self.module or not is_namespace:
                raise ArgumentError(
                    f"{self._origin} would clash with the module {path!r} that {where} has; choose another "
                    "name, or work in an environment without that module"
                )
        try:
            found = version(self.name)
        except PackageNotFoundError:
            return
        raise ArgumentError(
            f"{self.name} {found} is installed, and a package of the same name would replace it; choose "
            "another name, or uninstall it"
        )

    @property
    def _origin(self) -> str:
        """What the author has chosen, for messages."""
        space = f" in the namespace {shown(self.namespace)}" if self.namespace else ""
        return f"the name {self.name!r}{space}"


def _found(module: str) -> Iterator[tuple[str, str, bool]]:
    """Yield each part of a module's path that can be imported, where it is, and whether it is a namespace.

    Looking into a part imports it. Whoever stops at the first that is not a namespace runs no code.
    """
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        path = ".".join(parts[:length])
        spec = find_spec(path)
        if spec is None:
            return
        places = list(spec.submodule_search_locations or ())
        yield path, spec.origin or "".join(places[:1]), spec.origin is None and bool(places)
