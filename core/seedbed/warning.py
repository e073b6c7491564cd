"""`warn`, which points at the user's line, however many of Seedbed's packages lie between."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Collection


def warn(
    message: str, category: type[Warning] = UserWarning, *, through: Collection[str] = frozenset()
) -> None:
    """Warn at the line of the first caller that is in none of Seedbed's packages.

    These are `seedbed`, all whose name begins with ``seedbed_``, and adapters of other names, which have
    ``__seedbed_adapter__ = True`` in their ``__init__.py``.

    Parameters
    ----------
    message
        What to say.
    category
        The class of the warning.
    through
        Other top-level packages to look through, such as a framework that has called Seedbed.
    """
    frame = sys._getframe(1)  # noqa: SLF001 - warnings' own skip_file_prefixes came with Python 3.12
    while frame.f_back is not None and _is_inner(str(frame.f_globals.get("__name__")), through):
        frame = frame.f_back
    warnings.warn_explicit(
        message,
        category,
        frame.f_code.co_filename,
        frame.f_lineno,
        module=frame.f_globals.get("__name__"),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def _is_inner(module: str, through: Collection[str]) -> bool:
    package = module.partition(".")[0]
    if package == "seedbed" or package.startswith("seedbed_") or package in through:
        return True
    return getattr(sys.modules.get(package), "__seedbed_adapter__", False) is True
