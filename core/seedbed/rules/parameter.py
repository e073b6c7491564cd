"""`Parameter`: what rules know of a parameter of a model, which is its names and the kind of its layer."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from seedbed.arguments import text
from seedbed.errors import RulesError, shown

KINDS: Final = ("linear", "conv", "embedding", "norm", "recurrent", "bilinear", "activation")
"""The kinds of layers that rules may ask for.

``"linear"`` are dense layers, projections of attention and factors of low rank, ``"conv"`` transposed and
depthwise convolutions too, ``"activation"`` those with weights, such as PReLU.
"""


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
        if self.kind is not None and self.kind not in KINDS:
            raise RulesError(
                f"got the kind {shown(self.kind)} for {self.path!r}; it is None or one of {', '.join(KINDS)}"
            )

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
