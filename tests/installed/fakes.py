"""Fake installed packages: a `.dist-info` folder and modules, as pip would have left them."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FakeSite:
    """A folder that plays `site-packages`."""

    folder: Path

    def add(
        self,
        name: str,
        *,
        version: str = "1.0",
        initializers: Mapping[str, str] | None = None,
        plugins: Mapping[str, str] | None = None,
        modules: Mapping[str, str] | None = None,
    ) -> None:
        """Install a package with these entry points, by name, and these modules, by their source."""
        groups = {"seedbed.initializers": initializers or {}, "seedbed.plugins": plugins or {}}
        lines = [
            line
            for group, points in groups.items()
            for line in (f"[{group}]", *(f"{point} = {value}" for point, value in points.items()))
        ]
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        self.add_metadata(
            f"{name.replace('-', '_')}-{version}", metadata=metadata, entry_points="\n".join(lines)
        )
        for module, source in (modules or {}).items():
            self.add_module(module, source)

    def add_metadata(
        self, stem: str, *, metadata: str | None = None, entry_points: str | bytes | None = None
    ) -> Path:
        """Write a `.dist-info` folder with exactly these files."""
        folder = self.folder / f"{stem}.dist-info"
        folder.mkdir()
        if metadata is not None:
            (folder / "METADATA").write_text(metadata, encoding="utf-8")
        if entry_points is not None:
            content = entry_points.encode() if isinstance(entry_points, str) else entry_points
            (folder / "entry_points.txt").write_bytes(content)
        return folder

    def add_record(self, stem: str, *files: str) -> Path:
        """Write the RECORD of a package, with these files and those of its metadata."""
        folder = self.folder / f"{stem}.dist-info"
        record = folder / "RECORD"
        own = [f"{folder.name}/{path.name}" for path in sorted(folder.iterdir()) if path != record]
        rows = [f"{name},," for name in (*own, *files, f"{folder.name}/RECORD")]
        record.write_text("\n".join(rows) + "\n", encoding="utf-8")
        return record

    def add_module(self, name: str, source: str) -> None:
        """Write a module."""
        (self.folder / f"{name}.py").write_text(textwrap.dedent(source), encoding="utf-8")

    def hide(self) -> None:
        """Take the folder from the path, as if all of its packages had been uninstalled."""
        sys.path.remove(str(self.folder))


def constant_class(name: str, value: float = 0) -> str:
    """Return the source of a module with an initializer of that name that gives `value` everywhere."""
    return f"""
import numpy as np
import seedbed

class {name}(seedbed.Initializer):
    def __call__(self, shape, dtype=None):
        return np.full(shape, {value!r}, dtype)
"""


def hook_module(body: str) -> str:
    """Return the source of a plugin module with the function `body`."""
    return f"import seedbed\nfrom seedbed import Deprecation, Entry\n\n{textwrap.dedent(body)}"


def returning(entries: str) -> str:
    """Return the source of a plugin module whose hook returns what the expression `entries` says."""
    return hook_module(f"@seedbed.hookimpl\ndef seedbed_initializers():\n    return {entries}\n")
