"""What a package for a framework must know about an initializer before it draws.

It draws arrays that are divided over devices, or many arrays. If one of them cannot be drawn, it must know
that before it draws the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from seedbed.arguments import of_kind
from seedbed.combinators.combinator import Combinator
from seedbed.constructor import parameters
from seedbed.divisible import is_divisible, writer
from seedbed.initializer import Initializer, arguments_of
from seedbed.shapes import Shape, as_shape
from seedbed.validation import as_declared

__all__ = ["check", "drawing_within", "draws_anew", "is_divisible", "undeclared_within"]

_AN_INITIALIZER = "an initializer; for a name or a config, ask seedbed.get for it"


def check(initializer: Initializer, shape: Shape, dtype: np.dtype[Any]) -> None:
    """Let an initializer raise its error for a shape or dtype, if finding it costs nothing.

    Raises
    ------
    SeedbedError
        Whatever it raises for them.
    """
    try:
        writer(initializer, shape, as_declared(initializer, dtype))
    except (AttributeError, TypeError):  # looked at only now, since each layer of a model is checked
        of_kind("initializer", initializer, Initializer, _AN_INITIALIZER)
        if (sizes := as_shape(shape)) == shape:
            raise
        writer(initializer, sizes, as_declared(initializer, dtype))


def drawing_within(initializer: Initializer) -> Iterator[Initializer]:
    """Yield the initializers that one combines, however deep, with the seeds that they have there; or itself.

    Examples
    --------
    >>> import seedbed
    >>> half = seedbed.get("scaled", initializer="he_normal", factor=0.5, seed=7)
    >>> list(drawing_within(half))
    [HeNormal(seed=7)]
    """
    if isinstance(initializer, Combinator):
        for part in initializer.parts:
            yield from drawing_within(part)
    else:
        yield initializer


def draws_anew(initializer: Initializer) -> bool:
    """Say whether an initializer, or one that it combines, takes a seed and has none.

    Examples
    --------
    >>> import seedbed
    >>> draws_anew(seedbed.get("he_normal")), draws_anew(seedbed.get("he_normal", seed=7))
    (True, False)
    """
    return any(_draws_anew(part) for part in drawing_within(initializer))


def undeclared_within(initializer: Initializer) -> Initializer | None:
    """Return an initializer that may draw other values at each call, and takes no seed; else ``None``.

    Its class does not declare its `reproducibility`.
    """
    of_kind("initializer", initializer, Initializer, _AN_INITIALIZER)
    for part in drawing_within(initializer):
        if not _takes_seed(part) and part.reproducibility not in ("exact", "numerical"):
            return part
    return None


def _draws_anew(initializer: Initializer) -> bool:
    # A class may store it under another name than that of the argument.
    return _takes_seed(initializer) and arguments_of(initializer).get("seed") is None


def _takes_seed(initializer: Initializer) -> bool:
    return "seed" in parameters(type(initializer))
