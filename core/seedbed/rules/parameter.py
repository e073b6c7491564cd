"""`Parameter`: what rules know of a parameter of a model, as its names, the kind of its layer, its sizes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

from seedbed.arguments import suggestion, text
from seedbed.errors import RulesError, SeedbedError, shown
from seedbed.fans import Fans
from seedbed.shapes import Shape

BUFFER: Final = "buffer"

KINDS: Final = ("linear", "conv", "embedding", "norm", "recurrent", "bilinear", "activation", BUFFER)
"""The kinds of layers that rules may ask for.

``"linear"`` are dense layers, projections of attention and factors of low rank, ``"conv"`` transposed and
depthwise convolutions too, ``"activation"`` those with weights, such as PReLU. ``"buffer"`` is a tensor that
no training changes; only rules that ask for this kind are for it.
"""


def check_kind(kind: Any, error: type[SeedbedError], place: str = "") -> None:
    """Raise an error if a kind is neither ``None`` nor one of `KINDS`; `place` says where it stands."""
    if kind is not None and kind not in KINDS:
        hint = suggestion(kind, KINDS)
        raise error(f"{place}got the kind {shown(kind)}{hint}; kinds of layers are {', '.join(KINDS)}")


class Over(NamedTuple):
    """The axis of an array in which layers lie, as it is stored, and the capture that counts them."""

    axis: int
    name: str


class Cut(NamedTuple):
    """Which part of a parameter is meant.

    Parameters
    ----------
    over
        The axis, as it is stored, of whose layers one is meant; ``None`` for all.
    axis
        The axis, as a layer is drawn, of whose blocks one is meant.
    number, blocks
        Which block of how many.
    sizes
        Their lengths; ``None`` for equal ones.
    """

    over: int | None = None
    axis: int = -1
    number: int = 0
    blocks: int = 1
    sizes: tuple[int, ...] | None = None


WHOLE: Final = Cut()


class Sizes(NamedTuple):
    """What rules may ask of the axes of a parameter.

    Parameters
    ----------
    shape
        Its shape as it is drawn: stacks and space, then inputs, then outputs.
    order
        Which axis each of these is, as it is stored.
    fans
        How many inputs reach an output, and outputs an input.
    flaw
        Why neither sizes nor fans have a meaning; empty if they have.
    """

    shape: Shape
    order: tuple[int, ...]
    fans: Fans
    flaw: str = ""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a model.

    Parameters
    ----------
    path
        Its path, such as ``"encoder/0/weight"``, which names its stream.
    others
        Other names of its place, as a framework has them.
    ties
        The names that it has at other places, where layers share it.
    kind
        The kind of its layer, one of `KINDS`; ``None`` where nothing tells it.
    ndim
        How many axes it has; ``None`` where nothing tells it.
    sizes
        A function that returns its `Sizes`, or with a `Cut` those of a part; ``None`` where nothing tells
        them.

    Raises
    ------
    RulesError
        If one is of another type, or there is no such kind.

    Examples
    --------
    >>> Parameter("encoder/0/weight", ("encoder.0.kernel",)).names
    ('encoder/0/weight', 'encoder/0/kernel')
    """

    path: str
    others: Sequence[str] = ()
    ties: Sequence[str] = ()
    kind: str | None = None
    ndim: int | None = field(default=None, kw_only=True)
    sizes: Callable[..., Sizes] | None = field(default=None, kw_only=True, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.path, str) or not self.path:
            raise RulesError(
                f"got {shown(self.path)} as the path of a parameter; give text such as 'encoder/0/weight'"
            )
        for what, names in (("other names", self.others), ("ties", self.ties)):
            if isinstance(names, str) or not isinstance(names, Iterable):
                raise RulesError(
                    f"got {shown(names)} as the {what} of {self.path!r}; give a list of texts, or [] for none"
                )
        check_kind(self.kind, RulesError, f"{self.path}: ")

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """All its names, as paths without dots, because patterns have none either."""
        return tuple(dict.fromkeys(map(as_path, (self.path, *self.others, *self.ties))))


Parameters: TypeAlias = Iterable[str | Parameter] | Mapping[str, Sequence[str]]


def as_parameters(given: Parameters) -> dict[str, Parameter]:
    """Return parameters by their paths.

    Raises
    ------
    RulesError
        If a path is given twice, or is none.
    """
    found: dict[str, Parameter] = {}
    for parameter in _each(given):
        if parameter.path in found:
            raise RulesError(
                f"two parameters have the path {parameter.path!r}, and would draw the same values; give each "
                "its own"
            )
        found[parameter.path] = parameter
    return found


def _each(given: Parameters) -> Iterator[Parameter]:
    if isinstance(given, Mapping):
        yield from (Parameter(path, others) for path, others in given.items())
    elif isinstance(given, str):
        raise RulesError(f"got the text {shown(given)} as parameters; give a list of their paths")
    elif isinstance(given, Iterable):
        yield from (one if isinstance(one, Parameter) else Parameter(one) for one in given)
    else:
        raise RulesError(f"got {shown(given)} as parameters; give a list of their paths")


def as_path(name: str) -> str:
    """Return a parameter's name as a path: ``encoder/0/weight`` for ``encoder.0.weight``."""
    text("name", name)
    return name.replace(".", "/")
