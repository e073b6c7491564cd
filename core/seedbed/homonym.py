"""`Homonym`, the row of the catalogue for a name that has more than one meaning."""

from __future__ import annotations

from typing import ClassVar

from seedbed.errors import EntryError, shown, text_of
from seedbed.rows import Row, exact_texts, is_word


class Homonym(Row):
    """A name that means different things to different people. A plugin's hook returns it beside its entries.

    Whoever asks for the name gets an `AmbiguousNameError` that asks which is meant and says how each is
    written, and never the initializer of another package, whoever has the same name.

    Parameters
    ----------
    name
        The name. Its CamelCase form need not have a row of its own.
    meanings
        What to write for each meaning, and what that is, a list or tuple of at least two.
    provider, version
        The normalised name and the version of the distribution that it comes from. The catalogue fills them
        in; a plugin leaves them empty.

    Raises
    ------
    EntryError
        If the name is malformed, or the meanings are not two texts or more.

    Examples
    --------
    >>> print(Homonym("small", ["'small_init' is normal", "'small_uniform' is uniform"]))
    has more than one meaning; say which:
      'small_init' is normal;
      'small_uniform' is uniform
    """

    _kind: ClassVar[str] = "homonym"

    __slots__ = ("name", "meanings", "provider", "version")  # noqa: RUF023 - as the constructor

    name: str
    meanings: tuple[str, ...]
    provider: str
    version: str

    def __init__(
        self, name: str, meanings: tuple[str, ...] | list[str], *, provider: str = "", version: str = ""
    ) -> None:
        self._set(name=name, meanings=meanings, provider=provider, version=version)
        if not is_word(self.name):
            raise EntryError(
                f"a homonym needs a name, printable and without space or ':', got {shown(self.name)}"
            )
        what = f"homonym {shown(self.name)}"
        exact_texts(self, what, "name", "provider", "version")
        found = tuple(map(text_of, meanings)) if isinstance(meanings, list | tuple) else ()
        texts = tuple(filter(None, found))
        if len(texts) < max(2, len(found)):
            raise EntryError(f"{what} needs two meanings or more, each a text, got {shown(meanings)}")
        self._set(meanings=texts)

    def __str__(self) -> str:
        return "has more than one meaning; say which:\n  " + ";\n  ".join(self.meanings)
