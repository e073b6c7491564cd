"""`OfFans`, the base class of initializers with an argument `axes`."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from seedbed.fans import Axes, AxesLike, Fans, as_axes, axes_config, fans_of
from seedbed.shapes import Shape


class OfFans:
    """An initializer with `axes`, the roles of axes that determine the fans."""

    _unseeded: ClassVar[tuple[str, ...]] = ("_axes", "_axes_text")

    _axes: Axes | None
    _axes_text: str  # a text, because an initializer never changes

    def _keep_axes(self, axes: AxesLike) -> None:
        self._axes = as_axes(axes)
        self._axes_text = json.dumps(axes_config(axes))

    @property
    def axes(self) -> str | dict[str, Any] | None:
        """The given `axes`, as JSON data that the caller may change."""
        axes: str | dict[str, Any] | None = json.loads(self._axes_text)
        return axes

    def _fans(self, shape: Shape) -> Fans:
        return fans_of(shape, self._axes)
