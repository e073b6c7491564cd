"""What a class gives to be tried with: arguments and shapes, as its author wrote them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seedbed.errors import ArgumentError, shown
from seedbed.initializer import Initializer
from seedbed.shapes import Shape, as_shape


def example_arguments(kind: type[Initializer]) -> tuple[Mapping[str, Any], ...]:
    """Return the arguments that a class gives as its examples.

    Raises
    ------
    ArgumentError
        If they are no tuple of mappings.
    """
    found = getattr(kind, "example_arguments", ())
    if isinstance(found, tuple | list) and all(isinstance(arguments, Mapping) for arguments in found):
        return tuple(found)
    raise ArgumentError(
        f"{kind.__name__}.example_arguments is {shown(found)}; give a tuple of dicts, with a comma behind a "
        "single one: example_arguments = ({...},)"
    )


def example_shapes(kind: type[Initializer]) -> tuple[Shape, ...]:
    """Return the shapes that a class gives as its examples.

    Raises
    ------
    ArgumentError
        If they are no tuple of shapes.
    """
    found = getattr(kind, "example_shapes", ())
    if isinstance(found, tuple | list) and all(isinstance(shape, tuple | list) for shape in found):
        return tuple(map(as_shape, found))
    raise ArgumentError(
        f"{kind.__name__}.example_shapes is {shown(found)}; give a tuple of shapes, with a comma behind a "
        "single one: example_shapes = ((16, 9),)"
    )
