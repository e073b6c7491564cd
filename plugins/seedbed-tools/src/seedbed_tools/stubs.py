"""A stub of the package in which the names of the installed catalogue are types, for editors and checkers."""

from __future__ import annotations

import ast
import json
import pkgutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

import seedbed
from seedbed import Catalogue
from seedbed.errors import ArgumentError
from seedbed.files import write_file

HEADER: Final = "# Written by `seedbed stubs`; after installing other packages, run it again.\n"

_GET: Final = '''
Name: TypeAlias = Literal[
{names}
]
"""What `get` takes as a name: all that the catalogue had when this was written."""

_Function = TypeVar("_Function", bound=Callable[..., Any])

@overload
def get(identifier: None, /) -> None: ...
@overload
def get(
    identifier: Name | Mapping[str, Any] | Initializer | type[Initializer], /, **overrides: Any
) -> Initializer: ...
@overload
def get(identifier: _Function, /) -> _Function: ...
'''


def stub(catalogue: Catalogue) -> str:
    """Return the text of a stub ``seedbed/__init__.pyi``.

    Its `get` takes the names, aliases and full names that `catalogue` has, and no other text, so that an
    editor completes them and a type checker refuses a wrong one. Everything else is as in the package.
    """
    # As JSON, since aliases may have quotes in them; Python reads it the same.
    names = "\n".join(f"    {json.dumps(name, ensure_ascii=False)}," for name in sorted(_names(catalogue)))
    return "".join((HEADER, *(f"{line}\n" for line in _imports()), _GET.format(names=names)))


def write(catalogue: Catalogue, folder: Path) -> Path:
    """Write the stub into a folder of stubs, and return its path.

    Raises
    ------
    ArgumentError
        If there is a stub already that `seedbed stubs` has not written.
    """
    path = path_in(folder)
    if path.exists() and not is_ours(path):
        raise ArgumentError(
            f"{path} was not written by `seedbed stubs`; move it away, or choose another folder"
        )
    text = stub(catalogue)
    missing = [parent for parent in path.parents if not parent.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, text.encode())
    except BaseException:
        for parent in missing:
            with suppress(OSError):  # somebody has written into it meanwhile
                parent.rmdir()
        raise
    return path


def path_in(folder: Path) -> Path:
    """Return where the stub is in a folder of stubs."""
    return folder / "seedbed" / "__init__.pyi"


def is_ours(path: Path) -> bool:
    """Say whether `seedbed stubs` wrote a file."""
    return path.read_text(encoding="utf-8", errors="replace").startswith(HEADER)


def _names(catalogue: Catalogue) -> set[str]:
    bare = {(entry.provider, name) for entry in catalogue for name in entry.names}
    full = {f"{provider}:{name}" for provider, name in bare}
    return {name for name in full.union(name for _, name in bare) if name in catalogue}


def _imports() -> Iterable[str]:
    """Yield the lines that hand out every public name but `get`, from where the package has it."""
    yield "from collections.abc import Callable, Mapping"
    yield "from typing import Any, Literal, TypeAlias, TypeVar, overload"
    yield ""
    source = pkgutil.get_data("seedbed", "__init__.py")
    origins = {
        alias.name: node.module
        for node in ast.walk(ast.parse(source or b""))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for name in sorted(set(dir(seedbed)) - {"get", "__version__"}):
        yield f"from {origins[name]} import {name} as {name}"
    yield ""
    yield "__version__: str"
