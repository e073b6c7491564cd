"""What a caller says of weights by patterns of their paths: layouts, and of which wholes they are parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

from seedbed.arguments import suggestion
from seedbed.drawing import undeclared_within
from seedbed.errors import ArgumentError, LayoutError, SeedbedError, ShapeError, prefixed, shown
from seedbed.initializer import Initializer
from seedbed.models.layout import Layout, LayoutLike, as_layout
from seedbed.models.weight import Weight
from seedbed.rules import as_path
from seedbed.shapes import BasicIndex, Shape, ShapeLike, as_shape
from seedbed.shard import Part, shard_of, sizes
from seedbed.warning import warn

Layouts: TypeAlias = Mapping[str, LayoutLike]
Shards: TypeAlias = Mapping[str, tuple[ShapeLike, BasicIndex]]

_SHARD_FOLLOWS: Final = (
    "give the shape of the whole and the index of this part in it, such as ((8, 4), (slice(0, 2),))"
)


class Piece(NamedTuple):
    """A part of a weight that is a tensor by itself here: the shape of the whole, and the positions of it."""

    of: Shape
    part: Part

    @property
    def start(self) -> Shape:
        """Where it begins in the whole."""
        return tuple(taken.start for taken in self.part)


class Argument(NamedTuple):
    """An argument that is a dict from patterns, and how what it has for each is read."""

    name: str
    what: str
    example: str
    read: Callable[[Any], Any]
    error: type[SeedbedError]


def named_layouts(given: Layouts | None, weights: Mapping[str, Weight], *, strict: bool) -> dict[str, Layout]:
    """Return the layouts that a caller gives, by the paths of the weights.

    Raises
    ------
    LayoutError
        If one is none, or of no weight; or, with `strict`, of none that a pattern before it has not.
    """
    argument = Argument("layouts", "a layout", "layouts, such as {'*/mix': 'linear'}", as_layout, LayoutError)
    return by_path(given, argument, weights, strict=strict)


def named_pieces(given: Shards | None, weights: Mapping[str, Weight], *, strict: bool) -> dict[str, Piece]:
    """Return of which wholes a caller says that weights are parts, by the paths of the weights.

    Raises
    ------
    ArgumentError
        If something else is given, or for no weight, or for one that its framework has sharded.
    ShapeError, ShardIndexError
        If a whole has no such part, or the part not the shape of the weight.
    """
    example = "wholes and indices, such as {'*/qkv/weight': ((8, 4), (slice(0, 2),))}"
    found = by_path(
        given, Argument("shard", "a shard", example, as_piece, ArgumentError), weights, strict=strict
    )
    for path, piece in found.items():
        weight = weights[path]
        try:
            check_piece_fits(piece, weight.shape, is_sharded=weight.is_sharded)
        except SeedbedError as error:
            raise prefixed(error, path) from error
    return found


def check_piece_fits(piece: Piece, shape: Shape, *, is_sharded: bool) -> None:
    """Refuse a part that is not of the shape of the tensor, or of a tensor that its framework has sharded.

    Raises
    ------
    ArgumentError, ShapeError
        If it is one of these.
    """
    if is_sharded:
        raise ArgumentError(
            f"got shard for a weight that its framework has sharded, whose shape {shape} is the whole; "
            "leave shard out"
        )
    if sizes(piece.part) != shape:
        raise ShapeError(
            f"shard says that it is a part of shape {sizes(piece.part)} of {piece.of}, and its shape is "
            f"{shape}; {_SHARD_FOLLOWS}"
        )


def check_piece_drawn(initializer: Initializer, layout: Layout, *, is_named: bool) -> None:
    """Refuse a part of which processes would not each draw a part of the same values.

    Raises
    ------
    LayoutError
        If it is in groups, and the caller has not named the layout.
    ArgumentError
        If the initializer may draw, and has no seed.
    """
    if layout.axes is not None and layout.axes.groups > 1 and not is_named:
        raise LayoutError(
            f"got a part of a weight in groups, as {layout}, and how many the whole has is not known; say it "
            "by layouts=, as in {'preset': 'conv_oihw', 'groups': 8}"
        )
    if (part := undeclared_within(initializer)) is not None:
        raise ArgumentError(
            f"got {part!r} for a part of a weight, and it draws other values in each process; give its "
            "constructor `seed`, or declare reproducibility = 'exact' if it draws nothing"
        )


def by_path(
    given: Mapping[str, Any] | None, argument: Argument, weights: Mapping[str, Weight], *, strict: bool
) -> dict[str, Any]:
    """Return what an argument has for each weight, by the first pattern that matches one of its names.

    Raises
    ------
    SeedbedError
        The argument's own error, if it is no such dict, or a pattern matches nothing; or, with `strict`,
        nothing that a pattern before it has not.
    """
    name, what, example, read, error = argument
    if not isinstance(given, Mapping | None):
        raise error(f"got {shown(given)} as {name}; pass a dict from patterns of paths to {example}")
    found: dict[str, Any] = {}
    before: list[set[str]] = []
    for pattern, spec in (given or {}).items():
        if not isinstance(pattern, str):
            raise error(f"got the pattern {shown(pattern)} in {name}; pass text such as '*/mix'")
        try:
            meant = read(spec)
        except SeedbedError as wrong:
            raise prefixed(wrong, f"{pattern!r} in {name}") from wrong
        paths = [path for path, weight in weights.items() if _matches(as_path(pattern), path, weight)]
        if not paths:
            hint = suggestion(pattern, _names(weights)) or f"; the first is {next(iter(weights), 'none')}"
            raise error(f"got {what} for {pattern!r}, which matches no weight{hint}")
        if any(found.get(path, meant) != meant for path in paths) and all(path in found for path in paths):
            told = (
                f"{what} for {pattern!r} is of no use, since patterns before it have all weights that it "
                f"matches, such as {paths[0]}; the first that matches decides, so put the special ones first"
            )
            if strict or any(taken > {*paths} for taken in before):
                raise error(told)
            warn(told)
        before.append({*paths})
        for path in paths:
            found.setdefault(path, meant)
    return found


def _matches(pattern: str, path: str, weight: Weight) -> bool:
    return any(fnmatchcase(as_path(name), pattern) for name in (path, *weight.others, *weight.ties))


def _names(weights: Mapping[str, Weight]) -> set[str]:
    """Return what patterns may be meant for: paths, and their ends, as of each layer alike."""
    return {
        name for path in weights for name in (path, f"*/{path.rpartition('/')[2]}", re.sub(r"\d+", "*", path))
    }


def as_piece(given: object) -> Piece:
    """Return the part that the shape of a whole and an index mean.

    Raises
    ------
    ArgumentError
        If something else is given.
    ShapeError, ShardIndexError
        If a whole has no such part.
    """
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise ArgumentError(f"got {shown(given)}; {_SHARD_FOLLOWS}")
    shape, index = as_shape(given[0]), given[1]
    part = shard_of(shape, tuple(index) if isinstance(index, list) else index, np.dtype(np.bool_)).part
    if any(taken.step != 1 for taken in part if len(taken) > 1):
        raise ArgumentError(
            f"got the index {shown(index)}, which skips or turns positions; take runs of them"
        )
    return Piece(shape, part)
