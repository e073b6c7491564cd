"""Fan-in and fan-out of a weight, computed from the meaning of its axes.

A shape does not say which of its axes are inputs: ``(32, 16, 3, 3)`` is a convolution from 16 to 32 channels
in one framework and one from 3 to 3 in another. So every axis has a role, and the roles determine the fans.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields, replace
from math import prod
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from seedbed.arguments import suggestion
from seedbed.errors import ArgumentError, ShapeError, shown
from seedbed.integers import as_integer
from seedbed.shapes import Shape, ShapeLike, as_shape

_MOST_AXES: Final = 64  # as many axes as any NumPy gives an array
_MOST_GROUPS: Final = 2**63  # no axis is that long


class Fans(NamedTuple):
    """How many inputs reach one output, and outputs one input; 0 if such an axis is empty."""

    fan_in: int
    fan_out: int


def _as_axis_tuple(value: object, field: str) -> tuple[int, ...]:
    axes = value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else (value,)
    found = tuple(axis for axis in map(as_integer, axes) if axis is not None)
    if len(found) != len(axes):
        raise ArgumentError(
            f"got {shown(value)} for the {field} axes; "
            "allowed are an int or a list of ints, such as -2 or [0, 1]"
        )
    return found


def _check_one_of(what: str, got: object, allowed: Collection[str]) -> None:
    if isinstance(got, str) and got in allowed:
        return
    # 0.5 is enough for "in" instead of "inputs".
    hint = suggestion(got, allowed, cutoff=0.5)
    raise ArgumentError(f"got {what} {shown(got)}; allowed are {', '.join(allowed)}{hint}")


@dataclass(frozen=True)
class Axes:
    """The roles of a weight's axes.

    Parameters
    ----------
    inputs, outputs, batch
        The axes with that role; negative ones count from the end. A batch axis stacks independent weights,
        and counts in neither fan.
    groups
        The number of independent groups into which the channels of a grouped convolution are split.
    grouped
        Whose axes hold the channels of all groups, and are divided by `groups`: "out" in a convolution, "in"
        in PyTorch's transposed convolution. The other side's axes hold the channels of one group.
    rest
        The role of the axes without one: the "receptive" field, which counts in both fans, or "batch".

    Raises
    ------
    ArgumentError
        If an axis is not an int between -64 and 63 or has two roles, or another value is not an allowed one.

    Examples
    --------
    >>> fans((3, 3, 8, 64), Axes(inputs=(-2,), outputs=(-1,), groups=4))
    Fans(fan_in=72, fan_out=144)
    """

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    _: KW_ONLY
    batch: tuple[int, ...] = ()
    groups: int = 1
    grouped: Literal["out", "in"] = "out"
    rest: Literal["receptive", "batch"] = "receptive"

    def __post_init__(self) -> None:
        for field in ("inputs", "outputs", "batch"):
            object.__setattr__(self, field, _as_axis_tuple(getattr(self, field), field))
        times = Counter(self.inputs + self.outputs + self.batch)
        if twice := sorted(axis for axis, count in times.items() if count > 1):
            raise ArgumentError(
                f"got axis {shown(twice[0])} twice in {shown(self)}; name each axis once, with one role"
            )
        for axis in times:
            if not -_MOST_AXES <= axis < _MOST_AXES:
                raise ArgumentError(
                    f"got axis {shown(axis)} in {shown(self)}; no array has more than {_MOST_AXES} axes"
                )
        groups = as_integer(self.groups)
        if groups is None or not 1 <= groups < _MOST_GROUPS:
            raise ArgumentError(
                f"got groups={shown(self.groups)}; allowed is an int of at least 1 and below 2**63"
            )
        object.__setattr__(self, "groups", groups)
        _check_one_of("grouped", self.grouped, ("out", "in"))
        _check_one_of("rest", self.rest, ("receptive", "batch"))


AxesLike: TypeAlias = Axes | str | Mapping[str, Any] | None

_IO = Axes((-2,), (-1,))
_OI = Axes((1,), (0,))

# Extra axes in front of those in the attention and expert layouts stack more weights: layers, or q, k and v.
PRESETS: Mapping[str, Axes] = MappingProxyType(
    {
        "attention_output": Axes((-3, -2), (-1,), rest="batch"),  # (heads, head, model)
        "attention_query": Axes((-3,), (-2, -1), rest="batch"),  # (model, heads, head), also key and value
        "conv_hwio": _IO,
        "conv_ohwi": Axes((-1,), (0,)),
        "conv_oihw": _OI,  # depthwise too: (channels * multiplier, 1, h, w) with groups=channels
        "dense_io": _IO,
        "dense_oi": _OI,
        "depthwise_hwio": Axes((), (-1,), batch=(-2,)),  # (h, w, channels, multiplier): channels do not mix
        "experts_io": Axes((-2,), (-1,), rest="batch"),
        "experts_oi": Axes((-1,), (-2,), rest="batch"),
        "transposed_hwoi": Axes((-1,), (-2,)),
        "transposed_iohw": Axes((0,), (1,), grouped="in"),
    }
)
_FIELDS = {"in": "inputs", "out": "outputs"} | {key: key for key in ("batch", "groups", "grouped", "rest")}


def as_axes(spec: AxesLike) -> Axes | None:
    """Return the roles that `spec` describes; None means the default rule of `fans`.

    Parameters
    ----------
    spec
        None, the name of a preset, an `Axes`, or a dict. A dict is ``{"preset": name, "groups": n}``; or it
        has the roles under "in" and "out" (both required) and "batch", each an int or a list of ints, and the
        other arguments of `Axes` under their own names.

    Raises
    ------
    ArgumentError
        If `spec` is none of these, or has groups although the preset leaves nothing to divide.

    Examples
    --------
    >>> as_axes("dense_io") == as_axes({"in": -2, "out": [-1]})
    True
    """
    if spec is None or isinstance(spec, Axes):
        return spec
    if isinstance(spec, str):
        spec = {"preset": spec}
    if not isinstance(spec, Mapping):
        raise ArgumentError(
            f"got axes {shown(spec)} of type {type(spec).__name__}; allowed are None, the name of a preset, "
            'an Axes, or a dict such as {"in": -2, "out": -1} or {"preset": "conv_oihw", "groups": 4}'
        )
    allowed = ("preset", "groups") if "preset" in spec else tuple(_FIELDS)
    for key in spec:
        _check_one_of(f"axes {shown(spec)} with the key", key, allowed)
    if "preset" in spec:
        _check_one_of("the axes preset", spec["preset"], PRESETS)
        found = replace(PRESETS[spec["preset"]], groups=spec.get("groups", 1))
        if spec["preset"] == "depthwise_hwio" and found.groups > 1:
            # Its channels are a batch axis. Dividing what is left, their multiplier, has no meaning.
            raise ArgumentError(
                f"got groups={shown(found.groups)} with the axes preset 'depthwise_hwio', each of whose "
                "channels is a group already; leave groups out"
            )
        return found
    if missing := [key for key in ("in", "out") if key not in spec]:
        raise ArgumentError(
            f"got axes {shown(spec)} without {' and '.join(map(repr, missing))}; "
            'name both, with [] for none, or name a "preset"'
        )
    return Axes(**{_FIELDS[key]: value for key, value in spec.items()})


def axes_config(spec: AxesLike) -> str | dict[str, Any] | None:
    """Return `spec` as JSON data that `as_axes` reads back to the same roles; a dict is copied.

    Raises
    ------
    ArgumentError
        As for `as_axes`.

    Examples
    --------
    >>> axes_config("conv_oihw")
    'conv_oihw'
    >>> axes_config(Axes((-2,), (-1,), groups=4))
    {'in': [-2], 'out': [-1], 'groups': 4}
    """
    axes = as_axes(spec)
    if axes is None or isinstance(spec, str):
        return spec if isinstance(spec, str) else None
    if isinstance(spec, Mapping) and "preset" in spec:
        return {"preset": spec["preset"], "groups": axes.groups}
    defaults = {field.name: field.default for field in fields(Axes)}  # "in" and "out" have none
    values = {key: getattr(axes, field) for key, field in _FIELDS.items()}
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in values.items()
        if value != defaults[_FIELDS[key]]
    }


def fans(shape: ShapeLike, axes: AxesLike = None) -> Fans:
    """Return fan-in and fan-out of a weight as exact ints.

    With roles, where ``prod`` runs over the axes of one role and is 1 for none::

        fan_in  = prod(inputs)  * prod(receptive)
        fan_out = prod(outputs) * prod(receptive)

    and the side that holds all groups is divided by their number. Without roles, the rule that Keras
    documents: ``()`` gives (1, 1), ``(n,)`` gives (n, n), and the last two axes of any other shape are input
    and output.

    Parameters
    ----------
    shape
        The shape of the whole weight, not of a shard of it. Axes may be empty: the fans in which they count
        are then 0.
    axes
        Anything that `as_axes` accepts.

    Raises
    ------
    ShapeError
        If `shape` is not a shape, lacks an axis that has a role, or does not fit `axes` in another way.
    ArgumentError
        If `axes` is not something that `as_axes` accepts.

    Examples
    --------
    >>> fans((3, 3, 16, 32))
    Fans(fan_in=144, fan_out=288)
    >>> fans((32, 16, 3, 3), "conv_oihw")
    Fans(fan_in=144, fan_out=288)
    >>> fans((64, 8, 3, 3), {"preset": "conv_oihw", "groups": 4})
    Fans(fan_in=72, fan_out=144)

    References
    ----------
    Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010.

    He et al., "Delving deep into rectifiers", ICCV 2015, https://arxiv.org/abs/1502.01852 (convolutions).
    """
    return fans_of(as_shape(shape), as_axes(axes))


def axes_of_einsum(equation: str) -> Axes:
    """Return the roles of a layer's kernel, the second operand of an einsum equation.

    What the input and the kernel share and the output lacks is summed, and so inputs. What the kernel alone
    shares with the output is outputs. What all three share stacks kernels.

    Parameters
    ----------
    equation
        Such as ``"abc,cd->abd"``: the input, the kernel, and the output, each axis a letter. The input and
        the output may have an ellipsis.

    Raises
    ------
    ArgumentError
        If it is no such equation; or if an axis of the kernel has no letter, has that of another axis, or is
        in neither the input nor the output.

    Examples
    --------
    >>> axes_of_einsum("btd,dnh->btnh")
    Axes(inputs=(0,), outputs=(1, 2), batch=(), groups=1, grouped='out', rest='receptive')
    """
    plain = equation.replace(" ", "") if isinstance(equation, str) else ""
    found = re.fullmatch(r"([A-Za-z.]*),([A-Za-z]*)->([A-Za-z.]*)", plain)
    read, kernel, written = found.groups() if found else ("", "", "")
    if found is None or len({*kernel}) < len(kernel) or not {*kernel} <= {*read, *written}:
        raise ArgumentError(
            f"got the einsum equation {shown(equation)}; give one of an input and a kernel such as "
            "'abc,cd->abd', in which each axis of the kernel has a letter of its own that the input or the "
            "output has as well"
        )
    is_read, is_written = [axis in read for axis in kernel], [axis in written for axis in kernel]
    roles = [*zip(is_read, is_written, strict=True)]
    inputs, outputs, batch = (
        tuple(place for place, role in enumerate(roles) if role == wanted)
        for wanted in ((True, False), (False, True), (True, True))
    )
    return Axes(inputs, outputs, batch=batch)


def fans_of(sizes: Shape, roles: Axes | None) -> Fans:
    """Return what `fans` returns, for arguments that have been read already."""
    if roles is None:
        *receptive_field, inputs, outputs = sizes if len(sizes) > 1 else (prod(sizes),) * 2
        return Fans(inputs * prod(receptive_field), outputs * prod(receptive_field))
    return _fans_by_roles(sizes, roles)


@functools.lru_cache(maxsize=256)
def _fans_by_roles(sizes: Shape, roles: Axes) -> Fans:
    role_at = _role_at(sizes, roles)
    channels = {
        role: prod(sizes[axis] for axis, at in role_at.items() if at == role) for role in ("in", "out")
    }
    whole, rest = divmod(channels[roles.grouped], roles.groups)
    if rest:
        raise ShapeError(
            f"groups={shown(roles.groups)} does not divide the {channels[roles.grouped]} channels that the "
            f"{roles.grouped!r} axes of shape {sizes} hold; the channels of all groups must be there, "
            "so change groups, the axes, or which side is 'grouped'"
        )
    channels[roles.grouped] = whole
    receptive = prod(size for axis, size in enumerate(sizes) if axis not in role_at)
    if roles.rest == "batch":
        receptive = 1
    return Fans(channels["in"] * receptive, channels["out"] * receptive)


def _role_at(sizes: Shape, axes: Axes) -> dict[int, str]:
    """Map each axis that has a role, counted from the front, to its role."""
    role_at: dict[int, str] = {}
    for role in ("in", "out", "batch"):
        for axis in getattr(axes, _FIELDS[role]):
            position = axis + len(sizes) if axis < 0 else axis
            if not 0 <= position < len(sizes):
                raise ShapeError(
                    f"got shape {sizes}, which has no axis {shown(axis)} for the role {role!r} "
                    f"of {shown(axes)}; "
                    "give axes that name this shape's own, or None for the default rule"
                )
            if position in role_at:
                raise ShapeError(
                    f"axis {position} of shape {sizes} is {role_at[position]!r} and {role!r} "
                    f"in {shown(axes)}; name each axis once, with one role"
                )
            role_at[position] = role
    return role_at
