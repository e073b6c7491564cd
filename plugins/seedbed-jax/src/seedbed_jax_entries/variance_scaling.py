"""Variance scaling with the words of JAX, where ``"normal"`` is not truncated."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, final

import numpy as np

from seedbed import ElementwiseInitializer
from seedbed.dtypes import COMPLEX, FLOATING
from seedbed.errors import ArgumentError, ShapeError
from seedbed.fans import as_axes, axes_config
from seedbed.random import Distribution, SeedLike
from seedbed.standard import VarianceScaling

DISTRIBUTIONS: Final = {
    "truncated_normal": "truncated_normal",
    "normal": "untruncated_normal",
    "uniform": "uniform",
}
"""What JAX calls them, and what core does."""


@final
class JaxVarianceScaling(ElementwiseInitializer):
    """Values of variance ``scale / n``, as ``jax.nn.initializers.variance_scaling``, without any default.

    Parameters
    ----------
    scale
        Above 0.
    mode
        `n`: ``"fan_in"``, ``"fan_out"``, ``"fan_avg"`` or ``"fan_geo_avg"``; below 1 only where an axis has
        several roles.
    distribution
        ``"truncated_normal"``, ``"normal"``, which is not truncated, or ``"uniform"``.
    axes
        Which axes are inputs and outputs, as in `VarianceScaling`. JAX's ``in_axis``, ``out_axis`` and
        ``batch_axis`` are ``{"in": in_axis, "out": out_axis, "batch": batch_axis}``; with these three an axis
        may have several roles, or one of them twice.
    seed
        ``None``, an int, a string, or a list of those.

    Raises
    ------
    ArgumentError
        If an argument is out of range.

    Notes
    -----
    ``variance_scaling`` of core, where JAX's ``"normal"`` is called ``"untruncated_normal"``. Complex uniform
    values have both parts uniform on an interval; in JAX they are uniform on a disc, of the same variance.

    Where an axis has more than one role the fans are ``size / (out * batch)`` and ``size / (in * batch)``, of
    the sizes of the whole array and of the axes of a role, as in JAX. So ``{"in": 1, "out": 0}`` and
    ``{"in": 0, "out": 0}`` have the same ``fan_in`` in a matrix.

    Peers
    -----
    JAX : variance_scaling

    Examples
    --------
    >>> weights = JaxVarianceScaling(2.0, "fan_in", "normal", seed=7)((256, 128))
    >>> round(float(weights.std()), 3)
    0.088
    """

    dtypes = FLOATING + COMPLEX

    example_arguments: ClassVar = (
        {"scale": 2.0, "mode": "fan_in", "distribution": "normal"},
        {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform"},
        {"scale": 1.0, "mode": "fan_out", "distribution": "truncated_normal"},
    )

    def __init__(
        self, scale: float, mode: str, distribution: str, *, axes: Any = None, seed: SeedLike = None
    ) -> None:
        super().__init__(seed=seed)
        if not isinstance(distribution, str) or distribution not in DISTRIBUTIONS:
            raise ArgumentError(
                f"distribution must be one of {', '.join(DISTRIBUTIONS)}, got {distribution!r}"
            )
        roles = _roles(axes)
        is_shared = roles is not None and _are_shared(roles.values())
        # Text, since an initializer never changes.
        self._axes = json.dumps(roles if is_shared else axes_config(axes))
        self._inner = VarianceScaling(
            scale, mode, distribution=DISTRIBUTIONS[distribution], axes=None if is_shared else axes
        )
        self.distribution = distribution

    @property
    def scale(self) -> float:
        """What was given as `scale`."""
        return self._inner.scale

    @property
    def mode(self) -> str:
        """What was given as `mode`."""
        return self._inner.mode

    @property
    def axes(self) -> str | dict[str, Any] | None:
        """What was given as `axes`, as JSON data that is the caller's own."""
        axes: str | dict[str, Any] | None = json.loads(self._axes)
        return axes

    def element_distribution(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Distribution:
        """Return the distribution whose variance the fans of the whole `shape` give."""
        inner, of = self._scaling(shape)
        return inner.element_distribution(of, dtype)

    def expected_mean(self, shape: tuple[int, ...]) -> float:
        """Return 0, the mean for every shape."""
        return self._inner.expected_mean(shape)

    def expected_stddev(self, shape: tuple[int, ...]) -> float:
        """Return the standard deviation, after truncation."""
        inner, of = self._scaling(shape)
        return inner.expected_stddev(of)

    def expected_bounds(self, shape: tuple[int, ...]) -> tuple[float, float] | None:
        """Return where real values end; ``None`` for an untruncated normal distribution."""
        inner, of = self._scaling(shape)
        return inner.expected_bounds(of)

    def _scaling(self, shape: tuple[int, ...]) -> tuple[VarianceScaling, tuple[int, ...]]:
        """Return what of core has the variance that `shape` is to have, and for which shape."""
        roles = _roles(self.axes)
        if roles is None or not _are_shared(_from_front(roles, shape).values()):
            return self._inner, shape
        scale = self.scale / _size(roles, shape, self.mode)
        return VarianceScaling(scale, "fan_in", distribution=self._inner.distribution), (1, 1)


def _roles(axes: Any) -> dict[str, list[int]] | None:
    """Return the axes of each role, if these are roles that JAX has; ``None`` for anything else."""
    if not isinstance(axes, Mapping) or not {"in", "out"} <= axes.keys() <= {"in", "out", "batch"}:
        return None
    found = {}
    for role, given in axes.items():
        many = given if isinstance(given, Sequence) and not isinstance(given, str) else [given]
        each = [as_axes({"in": [], "out": [], role: [axis]}) for axis in many]
        found[role] = [axis for one in each if one for axis in one.inputs + one.outputs + one.batch]
    return found


def _from_front(roles: Mapping[str, list[int]], shape: tuple[int, ...]) -> dict[str, list[int]]:
    """Return the axes as they are counted from the front, having refused those that `shape` lacks."""
    for role, axes in roles.items():
        if lacking := [axis for axis in axes if not -len(shape) <= axis < len(shape)]:
            raise ShapeError(
                f"got shape {shape}, which has no axis {lacking[0]} for {role}_axis, {role!r} in axes; name "
                "axes that it has"
            )
    return {role: [axis % len(shape) for axis in axes] for role, axes in roles.items()}


def _are_shared(roles: Iterable[list[int]]) -> bool:
    """Say whether an axis has two roles, or one of them twice."""
    axes = [axis for role in roles for axis in role]
    return len(set(axes)) < len(axes)


def _size(roles: Mapping[str, list[int]], shape: tuple[int, ...], mode: str) -> float:
    """Return JAX's n of axes that are shared, which may be less than 1; 1 for an array without elements."""
    if 0 in shape:
        return 1.0
    size = {role: math.prod(shape[axis] for axis in axes) for role, axes in roles.items()}
    both = math.prod(shape) / size.get("batch", 1)
    fan_in, fan_out = both / size["out"], both / size["in"]
    means = {"fan_avg": (fan_in + fan_out) / 2, "fan_geo_avg": math.sqrt(fan_in * fan_out)}
    return {"fan_in": fan_in, "fan_out": fan_out, **means}[mode]
