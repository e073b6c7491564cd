"""The rows of a RECORD, which lists what an installer has put where.

https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

# As in `csv`, quotes count at the start of a field, and one that is never closed reaches to the end. That
# module takes longer to import than most tables to be read, and refuses long fields, so that no row is known.
_FIELD: Final = re.compile(r'(?:"([^"]*(?:""[^"]*)*)"?)?([^,\r\n]*)(,|\r\n|\r|\n|\Z)')


def rows_of(record: str) -> Iterator[tuple[str, str]]:
    r"""Yield the path and the hash of each row, as installers read them.

    Examples
    --------
    >>> list(rows_of('a.py,sha256=x,3\n"b,c.py","sha256=y,",\nRECORD,,\n'))
    [('a.py', 'sha256=x'), ('b,c.py', 'sha256=y,'), ('RECORD', '')]
    """
    if '"' in record or "\r" in record:
        rows = _parsed(record)
    else:
        rows = (line.split(",", 2) for line in record.split("\n"))
    for path, *rest in rows:
        if path:
            yield path, rest[0] if rest else ""


def _parsed(table: str) -> Iterator[list[str]]:
    row = []
    for field in _FIELD.finditer(table):
        quoted, rest, end = field.groups()
        row.append((quoted or "").replace('""', '"') + rest)
        if end != ",":
            yield row
            row = []
