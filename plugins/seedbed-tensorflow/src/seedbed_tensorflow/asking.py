"""Which weight TensorFlow asks an initializer for.

A variable calls ``initial_value()`` within a name scope of its own name. So do modules of Sonnet call an
initializer, within their own; it is for a variable if TensorFlow's method that makes one is among the
callers, and else refused. So is a call from where TensorFlow makes a variable before it has its scope.

Keras 2 makes a weight by ``Layer.add_weight``, but the names of layers that are built by hand are in no
scope. So there is a function around it, which notes in a context variable, of which each thread has its own,
what is being added.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib import import_module, metadata
from types import FrameType
from typing import Any, Final

import tensorflow as tf  # type: ignore[import-untyped]

from seedbed.shapes import as_shape
from seedbed_tensorflow.layouts import Shape
from seedbed_tensorflow.paths import UNNAMED, name_of
from seedbed_tensorflow.unconverted import unconverted

_VARIABLE: Final = re.compile(r"(.*?)(/part_\d+)?(/Initializer(_\d+)?)?")
"""The name scope in which a variable, or a part of a sharded one, gets its first values."""

_MAKING: Final = "_init_from_args"
"""TensorFlow's method that makes a variable. The scope has its name alone while TensorFlow is eager."""

_CALLED: Final = "tensorflow.python.ops.variables"
"""The module by which every variable is called for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A weight that an initializer is called for.

    Parameters
    ----------
    path
        Its own; ``None`` where it has no name.
    layer, name, shape
        The layer of Keras 2 that adds it, what that calls it, and its whole shape.
    variable
        The variable that is being made, where there is no layer.
    asked
        How often the initializer has been asked for each shape, since this weight is being made.
    """

    path: str | None
    layer: Any = None
    name: str = ""
    shape: Shape | None = None
    variable: Any = None
    asked: Counter[Any] = field(default_factory=Counter)

    @property
    def holder(self) -> Any:
        """What is there as long as the weight: its layer, or the variable; ``None`` if neither is known."""
        return self.variable if self.layer is None else self.layer


_ADDING: Final[ContextVar[Asked | None]] = ContextVar("adding", default=None)


def asked_weight(*, is_part: bool) -> Asked | None:
    """Return the weight for whose values an initializer is called; ``None`` for a call by hand.

    `is_part` says whether it is known which part of a whole is asked for, so that the whole is the weight.
    """
    if (adding := _ADDING.get()) is not None:
        return adding
    found = _VARIABLE.fullmatch(tf.get_current_name_scope())
    callers = list(_callers())
    if found is None or not found[1]:
        return Asked(None) if any(module == _CALLED for module, _ in callers) else None
    is_named = not UNNAMED.fullmatch(found[1].rpartition("/")[2])
    makers = [
        frame
        for module, frame in callers
        if frame.f_code.co_name == _MAKING and module.startswith("tensorflow.")
    ]
    path = found[1] + ("" if is_part or found[2] is None else found[2])
    variable = makers[0].f_locals.get("self") if makers else None
    return Asked(path if is_named and (found[3] or makers) else None, variable=variable)


def _callers() -> Iterator[tuple[str, FrameType]]:
    """Yield the functions that are running here, each with its module."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - what `traceback` uses
    while frame is not None:
        yield str(frame.f_globals.get("__name__")), frame
        frame = frame.f_back


def keras_2() -> list[Any]:
    """Return the modules that are Keras 2, of those that are installed."""
    found = []
    for distribution, name in (("tf-keras", "tf_keras"), ("keras", "keras")):
        with contextlib.suppress(ImportError):  # it is not installed, or cannot be used
            if metadata.version(distribution).startswith("2."):
                found.append(import_module(name))
    return found


def note_layers(keras: Any) -> None:
    """Put a function around the one by which layers of a Keras 2 add weights, unless it is there."""
    layer, own = keras.layers.Layer, keras.layers.Layer.add_weight
    if not hasattr(own, "_seedbed"):
        layer.add_weight = _noting(own)


def _noting(add_weight: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(add_weight)

    @unconverted
    @functools.wraps(add_weight)
    def noted(*args: Any, **options: Any) -> Any:
        given = signature.bind_partial(*args, **options).arguments
        token = _ADDING.set(_asked(given.pop("self"), given))
        try:
            return add_weight(*args, **options)
        finally:
            _ADDING.reset(token)

    noted._seedbed = True  # type: ignore[attr-defined]  # noqa: SLF001
    return noted


def _asked(layer: Any, given: dict[str, Any]) -> Asked:
    own = {True: layer._trainable_weights, False: layer._non_trainable_weights}  # noqa: SLF001
    is_trained = given.get("trainable") is not False
    name = given.get("name")
    if name is None or UNNAMED.fullmatch(name):
        last = f"{'variable' if is_trained else 'state'}:{len(own[is_trained])}"
    else:
        before = sum(name_of(weight).rpartition("/")[2] == name for kind in own.values() for weight in kind)
        last = f"{name}:{before}" if before else name
    parents = [part for part in tf.get_current_name_scope().split("/") if part]
    if layer.name not in parents[-1:]:
        parents.append(layer.name)
    return Asked("/".join([*parents, last]), layer, name or "", as_shape(given.get("shape") or ()))
