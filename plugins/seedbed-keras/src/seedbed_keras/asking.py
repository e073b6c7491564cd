"""Which weight Keras asks an initializer for.

Keras calls ``initializer(shape, dtype)`` and no more. But it does so from a method of the variable that is to
get the values, and mostly from within ``add_weight`` of the layer that is to have it. Both are objects of
public classes, `keras.Variable` and `keras.Layer`, with public names, paths and attributes, and both stand on
the stack of calls. This module finds them there, and nothing else in the package depends on how Keras gets
from a layer to an initializer. Where it does not find a variable it says so, and never guesses.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any, Final, TypeAlias

import keras

_UNNAMED: Final = re.compile(r"(nnx_)?variable(_\d+)?")
"""What Keras calls a variable that was given no name; the number depends on all that the process made."""

_Variable: Final = next(
    base for base in reversed(keras.Variable.__mro__) if {"assign", "value"} <= {*vars(base)}
)
"""What layers make. Until Keras 3.6 `keras.Variable` was a subclass of it, which only users made."""


Around: TypeAlias = list[tuple[FrameType, keras.Layer]]
"""The layers whose methods are running, nearest first."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A weight that an initializer is called for.

    Parameters
    ----------
    path
        Where it is in its model, in Keras's own words; of an unnamed weight, its number in its layer, and
        ``None`` if no layer makes it.
    name
        The last part of that.
    shape
        The shape of the whole weight.
    asked
        How often the initializer has been asked for each shape, since Keras began to make these values.
    layer
        The layer that has it, if it can be told.
    is_placeholder
        Whether Keras is only tracing shapes, will throw the values away, and ask again. No more is found out
        about the weight then, as a large model has thousands of such requests.
    is_within_jax
        Whether Keras lets JAX call the initializer, which traces it then, or tells it of a mesh.
    """

    path: str | None
    name: str
    shape: tuple[int, ...]
    asked: Counter[Any]
    layer: keras.Layer | None = None
    is_placeholder: bool = False
    is_within_jax: bool = False


def asked_weight(frame: FrameType | None) -> Asked | None:
    """Return the weight for whose values the function of `frame` asks, or ``None`` if it is for none."""
    callers = _callers(frame)
    for function, caller in callers:
        # Not a function of somebody's own that takes a variable, and calls the initializer by hand.
        if isinstance(caller, _Variable) and is_keras(function):
            shape, asked = tuple(caller.shape), _kept(function)
            if _name(function) == "value":
                return Asked(caller.path, caller.name, shape, asked, is_placeholder=True)
            around = [(outer, layer) for outer, layer in callers if isinstance(layer, keras.Layer)]
            layer = _layer_of(caller, around)
            path = _path(caller, layer, around)
            is_within_jax = _passes_jax(frame, function)
            return Asked(path, caller.name, shape, asked, layer, is_within_jax=is_within_jax)
    return None


def asking_config(frame: FrameType | None) -> keras.Layer | None:
    """Return the layer that asks for a config in order to write its own, or ``None`` if none does."""
    for function, caller in _callers(frame):
        if _name(function) == "get_config" and isinstance(caller, keras.Layer):
            return caller
    return None


def is_keras(frame: FrameType | None) -> bool:
    """Say whether the function of `frame` is one of Keras's."""
    return frame is not None and _module(frame).startswith("keras.")


def own_weights(layer: keras.Layer) -> tuple[list[keras.Variable], list[keras.Variable]]:
    """Return the variables of `layer` itself, in the order of their making: its parameters, and its state.

    A layer's public lists have those of its sublayers too, and what they call trainable is nothing any more
    where a layer has been frozen.
    """
    return list(layer._trainable_variables), list(layer._non_trainable_variables)  # noqa: SLF001


def sublayers(layer: keras.Layer, *, recursive: bool) -> list[keras.Layer]:
    """Return the layers that `layer` is made of, not itself among them."""
    return list(layer._flatten_layers(include_self=False, recursive=recursive))  # noqa: SLF001


def is_unnamed(variable: keras.Variable) -> bool:
    """Say whether the name of `variable` is one that Keras made up."""
    return _UNNAMED.fullmatch(variable.name) is not None


def has_made(layer: keras.Layer, variable: keras.Variable) -> bool:
    """Say whether `layer`, which has `variable`, is the one that it was made for, by its path."""
    maker: str = variable.path.split("/")[-2:][0]
    return bool(layer.name == maker)


def _callers(frame: FrameType | None) -> Iterator[tuple[FrameType, Any]]:
    """Yield the frame and first argument of each caller, which is `self` in a method, nearest first."""
    while frame is not None:
        code = frame.f_code
        if code.co_argcount:
            yield frame, frame.f_locals.get(code.co_varnames[0])
        frame = frame.f_back


def _passes_jax(frame: FrameType | None, outer: FrameType) -> bool:
    """Say whether the function of `outer` has called that of `frame` by way of JAX."""
    while frame is not None and frame is not outer:
        if _module(frame).startswith("jax."):
            return True
        frame = frame.f_back
    return False


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__"))


def _name(frame: FrameType) -> str:
    return frame.f_code.co_name


def _kept(frame: FrameType) -> Counter[Any]:
    """Return a count of what is asked during one call of the function of `frame`.

    It is kept among the local variables of that call, where it begins and ends with it, in each thread.
    """
    found: Counter[Any] = frame.f_locals.setdefault("_seedbed_asked", Counter())
    return found


def _layer_of(variable: keras.Variable, around: Around) -> keras.Layer | None:
    """Return the layer that makes `variable`, or that has it already, as where Keras puts its values off."""
    for function, layer in around:
        if _name(function) == "add_weight":
            return layer
        if (owner := _owner(variable, layer)) is not None:
            return owner
    return None


def _owner(variable: keras.Variable, root: keras.Layer) -> keras.Layer | None:
    for layer in _searched(variable.path.split("/")[:-1], root):
        is_held = any(own is variable for kind in own_weights(layer) for own in kind)
        if is_held and has_made(layer, variable):
            return layer
    return None


def _searched(names: list[str], root: keras.Layer) -> Iterator[keras.Layer]:
    """Yield `root` and all layers within it, those first that `names` lead to, as a model may have many."""
    for start in range(len(names) + 1):
        yield from _at(names[start:], root)
    yield from sublayers(root, recursive=True)


def _at(names: list[str], root: keras.Layer) -> list[keras.Layer]:
    """Return the layers within `root` that have the last of `names`, each within one of the name before."""
    found = [root]
    for name in names:
        found = [
            inner for outer in found for inner in sublayers(outer, recursive=False) if inner.name == name
        ]
    return found


def _path(variable: keras.Variable, layer: keras.Layer | None, around: Around) -> str | None:
    *parents, name = variable.path.split("/")
    if is_unnamed(variable):
        frame, layer = _maker(layer, around)
        if layer is None:
            return None
        name = _number(variable, layer, frame)
        parents = parents if layer.name in parents else [*parents, layer.name]
    if layer is None:
        return variable.path  # type: ignore[no-any-return]
    # A model with a `call` alone is not in the paths of its weights where Keras builds it from a config.
    for _, outer in around:
        if _is_missing(outer, parents, layer):
            parents.insert(0, outer.name)
    return "/".join([*parents, name])


def _maker(layer: keras.Layer | None, around: Around) -> tuple[FrameType | None, keras.Layer | None]:
    """Return `layer`, or the one that makes a variable without `add_weight`, and the call that does so."""
    if layer is not None:
        return None, layer
    return next(((by, one) for by, one in around if _name(by) in ("__init__", "build")), (None, None))


def _number(variable: keras.Variable, layer: keras.Layer, frame: FrameType | None) -> str:
    kind = own_weights(layer)[0 if variable.trainable else 1]
    name = "variable" if variable.trainable else "state"
    # While `add_weight` runs, the layer does not have the variable yet: it will be the next.
    number = next((at for at, own in enumerate(kind) if own is variable), len(kind))
    if frame is not None:
        # The layer need not have what was made before, either, such as the others of a list.
        made = _kept(frame)
        number = max(number, made[name])
        made[name] = number + 1
    return f"{name}:{number}"


def _is_missing(outer: keras.Layer, parents: list[str], layer: keras.Layer) -> bool:
    """Say whether `layer` is within `outer`, and `parents`, which lead to it, do not begin there."""
    if any(inner is layer for inner in _at(parents, outer)):
        return True
    return outer.name not in parents and any(inner is layer for inner in sublayers(outer, recursive=True))
