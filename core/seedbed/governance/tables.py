"""Reading the tables of a parsed TOML document, with errors that name file, table and key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seedbed.arguments import suggestion
from seedbed.errors import LockError, shown


class Table:
    """A table, and which of its keys have been asked for.

    Parameters
    ----------
    where
        The file and the table, for messages.
    values
        What was parsed.
    """

    def __init__(self, where: str, values: Mapping[str, Any]) -> None:
        self._where = where
        self._values = values
        self._asked: set[str] = set()

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text, or `default` if the key is not there."""
        value = self._get(key, default)
        if not isinstance(value, str):
            raise self.error(key, value, "a text")
        return value

    def number(self, key: str) -> int:
        """Return an int."""
        value = self._get(key, None)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.error(key, value, "an int")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, sorted."""
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.error(key, value, "a list of texts")
        return tuple(sorted(value))

    def texts_by_name(self, key: str) -> dict[str, str]:
        """Return a table of texts."""
        value = self._get(key, {})
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise self.error(key, value, "a table of texts")
        return value

    def table(self, key: str, *, otherwise: str) -> Table:
        """Return a table; `otherwise` is the message if the key is not there."""
        if key not in self._values:
            raise LockError(otherwise)
        value = self._get(key, None)
        if not isinstance(value, dict):
            raise self.error(key, value, f"a table, below a line [{key}]")
        return Table(f"{self._where}, {key}", value)

    def tables(self, key: str) -> list[Table]:
        """Return a list of tables."""
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.error(key, value, f"tables, each below a line [[{key}]]")
        return [Table(f"{self._where}, {key} {count}", item) for count, item in enumerate(value, 1)]

    def finish(self) -> None:
        """Refuse keys that nobody has asked for.

        Raises
        ------
        LockError
            If there are any.
        """
        for key in self._values:
            if key not in self._asked:
                raise LockError(
                    f"{self._where}: got the key {shown(key)}; a lock file has "
                    f"{', '.join(sorted(self._asked))} there{suggestion(key, self._asked)}"
                )

    def error(self, key: str, got: object, allowed: str) -> LockError:
        """Return the error to raise for a value."""
        return LockError(f"{self._where}: {key} must be {allowed}, got {shown(got)}")

    def _get(self, key: str, default: Any) -> Any:
        self._asked.add(key)
        if key not in self._values and default is None:
            raise LockError(
                f"{self._where}: the key {key} is missing; write the file anew with `seedbed lock`"
            )
        return self._values.get(key, default)
