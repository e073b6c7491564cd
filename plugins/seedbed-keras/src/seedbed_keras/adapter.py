"""`as_keras`, an initializer of Seedbed's as one of Keras's."""

from __future__ import annotations

import sys
from typing import Any, Final

import keras

import seedbed
from seedbed.drawing import draws_anew
from seedbed.dtypes import as_dtype
from seedbed.errors import SeedbedError, prefixed
from seedbed.models import FrameworkInitializer, Layout, Values
from seedbed.models.framework import InitializerLike, LayoutName
from seedbed.models.layout import ARRAY
from seedbed_keras.asking import LACKING, Asked, asked_weight, is_copying, is_making, layer_calling
from seedbed_keras.errors import UnknownWeightError
from seedbed_keras.layouts import Shape, layout_of
from seedbed_keras.repeats import note
from seedbed_keras.scopes import whole_path, whole_scope
from seedbed_keras.shards import trace_state
from seedbed_keras.tensors import as_shape, dtype_name, new_tensor

_OTHERS: Final = ("tensorflow.python.ops.", "tf_keras.", "sonnet.")
"""Modules that call initializers, and for which there is a package of its own."""


def as_keras(
    initializer: InitializerLike,
    /,
    *,
    path: str | None = None,
    layout: LayoutName = "by_layer",
    **overrides: Any,
) -> SeedbedInitializer:
    """Return `initializer` as an initializer of Keras, for any layer, that models are saved and loaded with.

    Every weight draws from the stream of its path, ``[seed, path]``, be it that layers share the initializer.
    The path is the one that Keras gives the weight: ``model.weights[0].path``. The same path, seed and shape
    give the same bits on every backend. Called by hand, ``as_keras(x)(shape)`` gives what ``x(shape)`` gives.

    Give layers names: those that Keras makes up, such as ``dense_3``, count all layers of the process, and
    so do the values then. Weights to which Keras gives one path get the same values; `initialize` refuses
    those.

    Parameters
    ----------
    initializer
        A name, a config, an initializer or a class, as `seedbed.get` takes them.
    path
        The path of the stream to draw from, instead of each weight's own. Two weights of one shape get the
        same values then.
    layout
        ``"by_layer"``: a weight is drawn with its inputs before its outputs, as its layer means them, which
        makes fans and orthogonal matrices right for attention, for transposed, depthwise and grouped
        convolutions and for every `keras.layers.EinsumDense`. ``"stored"``: it is drawn as it is stored. An
        initializer that has `axes`, or a constant that is an array, is always drawn as it is stored: its axes
        are those of ``weight.shape``.
    **overrides
        Constructor arguments on top, such as ``seed=7``.

    Returns
    -------
    SeedbedInitializer
        A `keras.initializers.Initializer`.

    Raises
    ------
    ArgumentError
        If `path` is no text, or `layout` none of these; or if `initializer` is a callable of another kind,
        which no model could be saved with.
    ConfigError
        If its class is not in the catalogue, so that no config could name it.
    SeedbedError
        Whatever `seedbed.get` raises.

    Examples
    --------
    >>> import keras
    >>> dense = keras.layers.Dense(3, kernel_initializer=as_keras("he_normal", seed=7), name="logits")
    >>> dense.build((None, 4))
    >>> dense.kernel.path
    'logits/kernel'
    >>> import seedbed
    >>> weights = seedbed.get("he_normal", seed=7).fold_in("logits/kernel")((4, 3))
    >>> bool((keras.ops.convert_to_numpy(dense.kernel.value) == weights).all())
    True
    """
    return SeedbedInitializer(SeedbedInitializer.found(initializer, **overrides), path, layout=layout)


def _asked_for(weight: Asked, shape: Shape, reading: Layout) -> str:
    """Return what was to be drawn, for a message about why it could not be."""
    what = f"{weight.path or weight.variable.name} of shape {weight.shape}"
    if shape != weight.shape:
        return f"{what}, a part of shape {shape}"
    if reading.axes is not None:
        return (
            f"{what}, which is drawn with inputs before outputs, and as_keras(..., layout='stored') as it is "
            "stored"
        )
    return what


@keras.saving.register_keras_serializable(package="seedbed")
class SeedbedInitializer(FrameworkInitializer, keras.initializers.Initializer):  # type: ignore[misc]
    """What `as_keras` returns, and what a saved model names as ``seedbed>SeedbedInitializer``.

    Parameters
    ----------
    initializer
        An initializer of Seedbed, or a name or config.
    path, layout
        As for `as_keras`.
    scope
        The path of the layer whose config this one is a part of. From it the weights of a layer that is made
        again draw from the streams that they had, although Keras builds it without its model.

    Examples
    --------
    >>> SeedbedInitializer("zeros")
    SeedbedInitializer(Zeros())
    """

    # Keras writes it into files, which are to be loaded wherever the class may be by then.
    __module__ = "seedbed_keras"
    maker = "as_keras"
    hint = "; from_keras makes one of Keras's into one"

    def __init__(
        self,
        initializer: InitializerLike,
        path: str | None = None,
        *,
        layout: LayoutName = "by_layer",
        scope: str | None = None,
    ) -> None:
        super().__init__(initializer, path, layout=layout, scope=scope)
        # What a model made again from a config draws is meant to be what the first one drew.
        self._warns = scope is None and not is_copying()

    def __call__(self, shape: Any, dtype: Any = None, layout: Any = None) -> Any:
        """Return a tensor of the backend.

        Parameters
        ----------
        shape
            An int of at least 0, or a tuple of those.
        dtype
            A dtype or its name, of those that the initializer has; ``None`` means `keras.config.floatx`.
        layout
            How JAX is to divide the tensor over devices: a `keras.distribution.TensorLayout` or a
            `jax.sharding.NamedSharding`, as Keras passes it, or ``None``. It has nothing to do with the
            constructor's argument of that name. Each part is drawn alone, where the initializer can.

        Returns
        -------
        tensor
            Of `shape` and `dtype`, but float32 for float64 where JAX has not been told to have that. On NumPy
            it is Keras that keeps a variable of float64 as float32.

        Raises
        ------
        UnknownWeightError
            If Keras asks in a way in which the weight cannot be told, and no `path` was given.
        ArgumentError
            If there is a `layout` on a backend other than JAX, or several processes make the tensor and each
            would draw other values for want of a seed.
        ShapeError, DTypeError
            If `shape` is no shape, `dtype` no dtype, or the initializer does not have them.
        SeedbedError
            Whatever else the initializer raises.
        """
        shape, dtype = as_shape(shape), dtype_name(dtype)
        weight = asked_weight()
        if weight is not None and weight.is_placeholder:
            return keras.ops.zeros(shape, dtype)
        if weight is not None and layout is None and weight.trace != trace_state():
            self._check_traced(weight)
        initializer = self._own(weight, shape)
        reading = self._reading(weight, shape)
        try:
            drawn = reading.drawn(initializer, shape)
            values = Values(drawn, shape, as_dtype(dtype))
            values.check()
            if weight is not None and self.path is None and self.is_seeded:
                note(self.initializer, drawn, weight, warns=self._warns and not weight.is_copy)
            return new_tensor(values, dtype=dtype, placing=layout)
        except SeedbedError as error:
            if weight is None:
                raise
            raise prefixed(error, _asked_for(weight, shape, reading)) from error

    def _check_traced(self, weight: Asked) -> None:
        """Refuse what JAX may keep and give to other weights, as this object is one function for it.

        Before Keras passed a `layout`, it had initializers of large weights on several devices traced. So it
        has those still that take no `layout`, and may call this one.
        """
        if draws_anew(self.initializer) or (self.path is None and self.is_seeded):
            raise UnknownWeightError(
                f"Keras {keras.__version__} has JAX trace {self!r} for {weight.path}, and JAX may give its "
                "values to other weights of that shape; have zeros here and call seedbed_keras.initialize, "
                "or give each weight an initializer of its own: as_keras(..., seed=7, path='head/kernel')"
            )

    def _reading(self, weight: Asked | None, shape: Shape) -> Layout:
        if weight is None or weight.shape != shape or self.is_stored:
            return ARRAY
        return layout_of(weight.layer, weight.variable.name, shape)

    def _own(self, weight: Asked | None, shape: Shape) -> seedbed.Initializer:
        """Return what draws from the stream of the weight alone."""
        if self.path is not None:
            found = self.own()
        elif not self.is_seeded:
            return self.own()
        elif weight is not None and weight.path is not None:
            found = self.own(path=whole_path(weight.path, self.scope))
        elif weight is not None or is_making() or LACKING:
            raise UnknownWeightError(self._unknown(weight))
        elif whose := _other_asking():
            raise UnknownWeightError(
                f"{self!r} is asked for values by {whose}, which is not Keras 3 and does not say for which "
                "weight, so that weights could get the same values; give seedbed_tensorflow.as_tf(...), or "
                "call seedbed_tensorflow.initialize"
            )
        else:
            return self.own()
        if weight is None:
            return found
        if weight.shape != shape:
            # A layer makes the weight of several parts, as LSTM its bias: not of one stream's first values.
            found = found.fold_in(f"part of shape {shape}")
        if number := weight.asked[shape]:
            found = found.fold_in(number)
        weight.asked[shape] += 1
        return found

    def _unknown(self, weight: Asked | None) -> str:
        """Return why it cannot be told for which weight values are to be."""
        version = f"Keras {keras.__version__}"
        if weight is not None:
            what = "is asked for the values of a variable that has no name and that no layer makes"
            how = "give it a name"
        elif LACKING:
            what = f"cannot tell its weights with {version}, which has no {LACKING[0]} any more"
            how = "call seedbed_keras.initialize"
        else:
            what = f"is called while {version} makes weights, for none that is known, as in another thread"
            how = "run it within contextvars.copy_context() of the thread in which Keras asks for the weight"
        return (
            f"{self!r} {what}, so that weights could get the same values; {how}, or give each weight an "
            "initializer of its own: as_keras(..., path='head/kernel')"
        )

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain JSON data."""
        layer = layer_calling("get_config")
        path = None if layer is None else layer.path
        return {
            **super().get_config(),
            "scope": self.scope if path is None else whole_scope(path, self.scope),
        }


def _other_asking() -> str:
    """Return the module of TensorFlow, Keras 2 or Sonnet that calls an initializer; nothing if none does."""
    frame = sys._getframe()  # noqa: SLF001 - as `inspect.currentframe`, which may be without
    while frame.f_back is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    name = str(frame.f_globals.get("__name__"))
    return name if name.startswith(_OTHERS) else ""
