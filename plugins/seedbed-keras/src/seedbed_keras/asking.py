"""Which weight Keras asks an initializer for.

Keras calls ``initializer(shape, dtype)`` and no more. But a layer makes its weights by
`keras.Layer.add_weight`, a weight is a `keras.Variable`, and that gets its values in one method. Around each
of these is a function of this module, which calls Keras's own as ever. It notes in a context variable, of
which each thread has its own, what is being made. No initializer gets other arguments than before.

A thread that an initializer starts knows of no weight. So there is a count of what is being made in the whole
process, by which a seeded initializer refuses to take a call of such a thread for one by hand.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, Final
from weakref import WeakKeyDictionary

import keras

from seedbed_keras.paths import is_unnamed, own_weights
from seedbed_keras.shards import trace_state

_Variable: Final = next(
    base for base in reversed(keras.Variable.__mro__) if {"assign", "value"} <= {*vars(base)}
)
"""What layers make. Until Keras 3.6 `keras.Variable` was a subclass of it, which only users made."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A weight that an initializer is called for.

    Parameters
    ----------
    variable
        The weight itself.
    path
        Where it is in its model, in Keras's own words; of an unnamed weight, its number in its layer, and
        ``None`` if no layer makes it.
    layer
        The layer that adds it; ``None`` for a variable that is made without `keras.Layer.add_weight`.
    is_copy
        Whether it is of a model that is made again, from a config.
    is_placeholder
        Whether Keras is only tracing shapes, will throw the values away, and ask again.
    trace
        What JAX is tracing as Keras begins to make the values.
    asked
        How often the initializer has been asked for each shape, since Keras began to make these values.
    """

    variable: keras.Variable
    path: str | None
    layer: keras.Layer | None
    is_copy: bool
    is_placeholder: bool = True
    trace: Any = None
    asked: Counter[Any] = field(default_factory=Counter)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the whole weight."""
        return tuple(self.variable.shape)


@dataclass(frozen=True, slots=True)
class _Around:
    """What Keras is doing: a layer adds a weight, models are built by a call, configs are read."""

    layer: keras.Layer | None = None
    models: tuple[keras.Layer, ...] = ()
    is_copy: bool = False
    weight: Asked | None = None


_NOTHING: Final = _Around()


class _State:
    """What Keras is doing in each thread, in how many places, and what layers have made without names."""

    def __init__(self) -> None:
        self.around = ContextVar("around", default=_NOTHING)
        self.making = 0
        self.lock = threading.Lock()
        self.unnamed: WeakKeyDictionary[keras.Layer, Counter[str]] = WeakKeyDictionary()


# One for the process, be it that this module is imported again, as the functions around Keras's stay.
_STATE: Final[_State] = getattr(vars(keras.Layer).get("add_weight"), "_seedbed", None) or _State()


def asked_weight() -> Asked | None:
    """Return the weight for whose values Keras is asking here, or ``None`` if that cannot be told."""
    return _STATE.around.get().weight


def is_making() -> bool:
    """Say whether Keras is making a weight, in any thread."""
    return _STATE.making > 0


def is_copying() -> bool:
    """Say whether something is being made from a config here."""
    return _STATE.around.get().is_copy


def layer_calling(*methods: str) -> keras.Layer | None:
    """Return the nearest layer of which one of these methods is running here.

    Layers override `get_config`, `__init__` and `build`, so that nothing can be put around them. No weight is
    found so, but only what names are made of where there is nothing else; in another thread there is none.
    """
    frame = sys._getframe(1)  # noqa: SLF001 - what `traceback` uses
    while frame is not None:
        code = frame.f_code
        if code.co_name in methods and code.co_argcount:
            caller = frame.f_locals.get(code.co_varnames[0])
            if isinstance(caller, keras.Layer):
                return caller
        frame = frame.f_back  # type: ignore[assignment]
    return None


@contextmanager
def _noting(*, making: int = 1, **changes: Any) -> Iterator[None]:
    """Note changes of what Keras is doing, and that it is `making` weights more."""
    with _STATE.lock:
        _STATE.making += making
    token = _STATE.around.set(replace(_STATE.around.get(), **changes))
    try:
        yield
    finally:
        _STATE.around.reset(token)
        with _STATE.lock:
            _STATE.making -= making


class _Awaited:
    """The initializer of a variable until this has values: what is asked of it before is thrown away."""

    def __init__(self, initializer: Callable[..., Any]) -> None:
        self.initializer = initializer
        self.weight: Asked | None = None

    def __call__(self, *args: Any, **options: Any) -> Any:
        with _noting(layer=None, weight=self.weight):
            return self.initializer(*args, **options)


def _add_weight(method: Callable[..., Any], layer: keras.Layer, *args: Any, **options: Any) -> Any:
    with _noting(layer=layer, weight=None):
        return method(layer, *args, **options)


def _make(method: Callable[..., Any], variable: Any, initializer: Any, *args: Any, **options: Any) -> None:
    """Note which weight a variable is, also where Keras puts its values off."""
    if not callable(initializer):
        method(variable, initializer, *args, **options)
        return
    awaited = _Awaited(initializer)
    method(variable, awaited, *args, **options)
    if awaited.weight is None:
        awaited.weight = _weight(variable)


def _initialize(method: Callable[..., Any], variable: Any, initializer: Any) -> None:
    """Give a variable its values."""
    if not isinstance(
        initializer, _Awaited
    ):  # from a subclass's method of this name, or from before the import
        around = _STATE.around.get()
        if around.weight is not None and around.weight.variable is variable:
            method(variable, initializer)
            return
        initializer = _Awaited(initializer)
    if initializer.weight is None:
        initializer.weight = _weight(variable)
    weight = replace(initializer.weight, is_placeholder=False, trace=trace_state(), asked=Counter())
    with _noting(layer=None, weight=weight):
        method(variable, initializer.initializer)


def _build_from_config(method: Callable[..., Any], model: keras.Model, *args: Any, **options: Any) -> Any:
    models = _STATE.around.get().models
    if type(model).build is keras.Layer.build:
        # One with a `call` alone, whose weights Keras makes by that, without its name in their paths.
        models = (model, *models)
    with _noting(making=0, models=models, is_copy=True):
        return method(model, *args, **options)


def _from_config(method: Callable[..., Any], kind: type, *args: Any, **options: Any) -> Any:
    with _noting(making=0, is_copy=True):
        return method(kind, *args, **options)


def _weight(variable: Any) -> Asked:
    around = _STATE.around.get()
    *parents, name = variable.path.split("/")
    layer = around.layer
    if is_unnamed(variable):
        maker = layer or layer_calling("__init__", "build")
        if maker is None:
            return Asked(variable, None, None, around.is_copy)
        name = _number(variable, maker, is_added=layer is not None)
        parents = parents if maker.name in parents else [*parents, maker.name]
    elif layer is not None:
        before = sum(own.name == name for kind in own_weights(layer) for own in kind)
        name = f"{name}:{before}" if before else name
    models = [model.name for model in reversed(around.models)]
    return Asked(variable, "/".join([*models, *parents, name]), layer, around.is_copy)


def _number(variable: Any, layer: keras.Layer, *, is_added: bool) -> str:
    """Return a name for what has none: how many of its kind `layer` had before."""
    kind, name = (0, "variable") if variable.trainable else (1, "state")
    number = len(own_weights(layer)[kind])
    if not is_added:
        # The layer need not have what was made before, such as the others of a list.
        made = _STATE.unnamed.setdefault(layer, Counter())
        number = max(number, made[name])
        made[name] = number + 1
    return f"{name}:{number}"


def _put_around(owner: type, name: str, ours: Callable[..., Any]) -> None:
    found = vars(owner)[name]
    function = getattr(found, "__func__", found)
    if hasattr(function, "_seedbed"):
        return

    @functools.wraps(function)
    def around(self: Any, *args: Any, **options: Any) -> Any:
        return ours(function, self, *args, **options)

    around._seedbed = _STATE  # type: ignore[attr-defined]  # noqa: SLF001
    setattr(owner, name, classmethod(around) if isinstance(found, classmethod) else around)


def _owners() -> dict[tuple[type, str], Callable[..., Any]]:
    """Return which functions are put around which of Keras's."""
    found = {
        (base, "_initialize_with_initializer"): _initialize
        for base in keras.Variable.__mro__
        if "_initialize_with_initializer" in vars(base)
    }
    return {
        (keras.Layer, "add_weight"): _add_weight,
        (_Variable, "__init__"): _make,
        **(found or {(_Variable, "_initialize_with_initializer"): _initialize}),
        (keras.Model, "build_from_config"): _build_from_config,
        (keras.Operation, "from_config"): _from_config,
    }


LACKING: Final = tuple(f"{owner.__name__}.{name}" for owner, name in _owners() if name not in vars(owner))
"""What this Keras does not have of that, so that no weight is known."""

if not LACKING:
    for (owner, name), ours in _owners().items():
        _put_around(owner, name, ours)
