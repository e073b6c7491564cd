"""Catalogues for tests: of packages that are not installed, and of names registered for one test."""

from __future__ import annotations

import importlib
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from seedbed.catalogue import default
from seedbed.catalogue.catalogue import Catalogue

if TYPE_CHECKING:
    from seedbed.governance.policy_file import PolicyLike


@dataclass(frozen=True)
class FakeDistribution:
    """A package as pip would have left it: its metadata, and modules.

    Parameters
    ----------
    name
        The name of the distribution, such as ``"acme-inits"``.
    version
        Its version.
    initializers
        Entry points of the group ``seedbed.initializers``: by name, ``"module:Class"``.
    plugins
        Entry points of the group ``seedbed.plugins``: by name, a module.
    recipes
        Entry points of the group ``seedbed.recipes``: by name, ``"package:file.toml"``.
    files
        The content of other files, by their paths: ``"acme_inits/gpt2.toml"``.
    modules
        The source of modules, by their dotted names; that of a package itself is ``"acme_inits.__init__"``.
        Entry points may also lead to modules that are really there, such as those of the package under test.
    """

    name: str
    version: str = "1.0"
    initializers: Mapping[str, str] = field(default_factory=dict)
    plugins: Mapping[str, str] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    recipes: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    def install(self, folder: Path) -> None:
        """Write it into a folder that plays ``site-packages``."""
        info = folder / f"{self.name.replace('-', '_')}-{self.version}.dist-info"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {self.name}\nVersion: {self.version}\n"
        (info / "METADATA").write_text(metadata, encoding="utf-8")
        (info / "entry_points.txt").write_text(self._entry_points(), encoding="utf-8")
        for module, source in self.modules.items():
            path = folder.joinpath(*module.split(".")).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(source), encoding="utf-8")
        for file, content in self.files.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(content, encoding="utf-8")

    def _entry_points(self) -> str:
        groups = {
            "seedbed.initializers": self.initializers,
            "seedbed.recipes": self.recipes,
            "seedbed.plugins": self.plugins,
        }
        return "\n".join(
            line
            for group, points in groups.items()
            for line in (f"[{group}]", *(f"{point} = {value}" for point, value in points.items()))
        )


@contextmanager
def fresh_catalogue(*, scan: bool = True, policy: PolicyLike | None = None) -> Iterator[Catalogue]:
    """Make another catalogue that of the process, until the block ends.

    What is registered in the block is gone after it, and nothing that was registered before is seen in it.
    All threads see the change.

    Parameters
    ----------
    scan, policy
        As for `seedbed.Catalogue`.

    Examples
    --------
    >>> import seedbed
    >>> from seedbed_testing import fresh_catalogue
    >>> class Nothing(seedbed.Initializer):
    ...     def __call__(self, shape, dtype=None):
    ...         return seedbed.get("zeros")(shape, dtype)
    >>> with fresh_catalogue():
    ...     _ = seedbed.register(Nothing, "nothing")
    ...     "nothing" in seedbed.catalogue()
    True
    >>> "nothing" in seedbed.catalogue()
    False
    """
    former, fresh = default.CATALOGUE, Catalogue(scan=scan, policy=policy)
    default.CATALOGUE = fresh  # type: ignore[misc]
    try:
        yield fresh
    finally:
        default.CATALOGUE = former  # type: ignore[misc]


@contextmanager
def installed_catalogue(
    *distributions: FakeDistribution, policy: PolicyLike | None = None
) -> Iterator[Catalogue]:
    """Make a catalogue that of the process in which more packages are installed, until the block ends.

    What is really installed is there too; a policy can keep it out. Modules of these packages take the place
    of those that have been imported under the same names, and are forgotten at the end.

    Parameters
    ----------
    *distributions
        The packages.
    policy
        As for `seedbed.Catalogue`.

    Examples
    --------
    >>> import seedbed
    >>> from seedbed_testing import FakeDistribution, installed_catalogue
    >>> acme = FakeDistribution("acme-inits", initializers={"nil": "seedbed.standard.constants:Zeros"})
    >>> other = FakeDistribution("other-inits", initializers={"nil": "seedbed.standard.constants:Zeros"})
    >>> with installed_catalogue(acme, other) as catalogue:
    ...     [entry.full_name for entry in catalogue.candidates("nil")]
    ['acme-inits:nil', 'other-inits:nil']
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for distribution in distributions:
            distribution.install(folder)
        replaced = _take_away({module.split(".")[0] for fake in distributions for module in fake.modules})
        sys.path.insert(0, name)
        importlib.invalidate_caches()
        try:
            with fresh_catalogue(policy=policy) as catalogue:
                yield catalogue
        finally:
            sys.path.remove(name)
            _forget(folder)
            sys.modules.update(replaced)
            importlib.invalidate_caches()


def _take_away(packages: set[str]) -> dict[str, ModuleType]:
    """Remove modules that have been imported from packages of these names, and return them."""
    names = [name for name in sys.modules if name.split(".")[0] in packages]
    return {name: sys.modules.pop(name) for name in names}


def _forget(folder: Path) -> None:
    """Remove the modules that came from a folder, so that others of their names can be imported."""
    for name, module in list(sys.modules.items()):
        # Read where it lies, since some modules run code when they are asked for what they do not have.
        own = getattr(module, "__dict__", {})
        places = [own.get("__file__"), *(own.get("__path__") or ())]
        if any(isinstance(place, str) and folder in Path(place).parents for place in places):
            del sys.modules[name]
