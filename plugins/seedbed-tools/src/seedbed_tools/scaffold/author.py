"""`Author`, who is named in a package's metadata, as given or as git knows them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from seedbed.errors import ArgumentError, shown

# A name as a header of metadata may have it: no commas.
# https://packaging.python.org/en/latest/specifications/pyproject-toml/#authors-maintainers
_AUTHOR: Final = re.compile(
    r"\s*(?P<name>[^<>,]*[^<>,\s])\s*(?:<\s*(?P<email>[^<>,@\s]+@[^<>,@\s]+)\s*>\s*)?"
)
_PATIENCE: Final = 10.0
"""Seconds that git may take to read a file."""


@dataclass(frozen=True, slots=True)
class Author:
    """A person or an organisation.

    Parameters
    ----------
    name
        On one line, without commas.
    email
        An address; empty if there is none.
    """

    name: str
    email: str = ""

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.email else self.name

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the author that `text` names.

        Raises
        ------
        ArgumentError
            If `text` is neither a name nor a name and an address.

        Examples
        --------
        >>> Author.parse("Ada Lovelace <ada@example.org>")
        Author(name='Ada Lovelace', email='ada@example.org')
        """
        match = _AUTHOR.fullmatch(text)
        if match is None or not text.isprintable():
            raise ArgumentError(
                f"got author {shown(text)}; allowed are a name without commas, or a name and an address, "
                "such as 'Ada Lovelace <ada@example.org>'"
            )
        return cls(match["name"], match["email"] or "")

    def to_toml(self) -> str:
        """Return the author as an inline table of ``pyproject.toml``.

        Examples
        --------
        >>> print(Author("Ada Lovelace").to_toml())
        { name = "Ada Lovelace" }
        """
        # What is printable is written in TOML as it is in JSON.
        fields = {"name": self.name, "email": self.email}
        pairs = [f"{key} = {json.dumps(text, ensure_ascii=False)}" for key, text in fields.items() if text]
        return f"{{ {', '.join(pairs)} }}"


def from_git(folder: Path) -> Author | None:
    """Return who git would name as the author of a commit in `folder`; ``None`` if it does not know.

    A name or an address that metadata cannot have is left out, since nobody has given it to us.
    """
    name, email = _ask_git("user.name", folder), _ask_git("user.email", folder)
    for text in (f"{name} <{email}>", name):
        try:
            return Author.parse(text)
        except ArgumentError:
            continue
    return None


def _ask_git(key: str, folder: Path) -> str:
    git = shutil.which("git")
    if git is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - git, with arguments of ours
            [git, "config", "--get", key],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):  # a git that does not work knows no author
        return ""
    return done.stdout.decode("utf-8", "replace").strip()
