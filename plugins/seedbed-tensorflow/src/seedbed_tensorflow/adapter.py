"""`as_tf`, an initializer of Seedbed's for variables of TensorFlow and for layers of Keras 2 and Sonnet."""

from __future__ import annotations

from typing import Any, Final

import tensorflow as tf  # type: ignore[import-untyped]

import seedbed
from seedbed import combinators, standard
from seedbed.drawing import draws_anew, undeclared_within
from seedbed.dtypes import as_dtype
from seedbed.errors import ArgumentError, SeedbedError, ShapeError, prefixed, shown
from seedbed.models import FrameworkInitializer, Layout, Values
from seedbed.models.framework import InitializerLike, LayoutName
from seedbed.models.layout import ARRAY, Drawn
from seedbed.models.repeats import Holders
from seedbed.shapes import as_shape
from seedbed.warning import warn
from seedbed_tensorflow.asking import Asked, asked_weight, keras_2, note_layers
from seedbed_tensorflow.by_hand import ByHand
from seedbed_tensorflow.layouts import Shape, told
from seedbed_tensorflow.unconverted import unconverted
from seedbed_tensorflow.variables import packed

_FRAMEWORKS: Final = ("tensorflow", "tf_keras", "keras", "sonnet")
"""Whose code lies between the user's and an initializer."""


class UnknownWeightError(SeedbedError, RuntimeError):
    """TensorFlow asks for the values of a weight without a trace of which one it is."""


@unconverted
def as_tf(
    initializer: InitializerLike,
    /,
    *,
    path: str | None = None,
    layout: LayoutName = "by_layer",
    **overrides: Any,
) -> SeedbedInitializer:
    """Return `initializer` as one that TensorFlow, Keras 2 and Sonnet call, and models are saved with.

    Every weight draws from the stream of its path, ``[seed, path]``, be it that layers share the initializer.
    The path is the variable's name, with the names of the layers or scopes around it. Called by hand,
    ``as_tf(x)(shape)`` gives what ``x(shape)`` gives.

    Parameters
    ----------
    initializer
        A name, a config, an initializer or a class, as `seedbed.get` takes them.
    path
        The path of the stream to draw from, instead of each weight's own. Two weights of one shape get the
        same values then.
    layout
        ``"by_layer"``: a weight of a layer of Keras is drawn with its inputs before its outputs, as the layer
        means them, which makes fans right for transposed, depthwise and grouped convolutions and for
        attention. ``"stored"``: it is drawn as it is stored, as an initializer with `axes` always is, and an
        array.
    **overrides
        Constructor arguments on top, such as ``seed=7``.

    Returns
    -------
    SeedbedInitializer
        What Keras 2, Sonnet, `tf.Variable` and `tf.compat.v1.get_variable` take as an initializer.

    Raises
    ------
    ArgumentError
        If `path` is no text, or `layout` none of these; or if `initializer` is a callable of another kind.
    ConfigError
        If its class is not in the catalogue, so that no config could name it.
    SeedbedError
        Whatever `seedbed.get` raises.

    Examples
    --------
    >>> import functools
    >>> import tensorflow as tf
    >>> shared = as_tf("he_normal", seed=7)
    >>> kernel = tf.Variable(functools.partial(shared, (4, 3)), name="probe/kernel")
    >>> import seedbed
    >>> weights = seedbed.get("he_normal", seed=7).fold_in("probe/kernel")((4, 3))
    >>> bool((kernel.numpy() == weights).all())
    True
    """
    return SeedbedInitializer(SeedbedInitializer.found(initializer, **overrides), path, layout=layout)


_DRAWN: Final = Holders()
"""The layer, or variable without one, for which each stream was first drawn, but for copies of models."""

_KERAS: Final = keras_2()
_BASES: Final[tuple[type, ...]] = tuple(dict.fromkeys(keras.initializers.Initializer for keras in _KERAS))


class SeedbedInitializer(FrameworkInitializer, *_BASES):  # type: ignore[misc]
    """What `as_tf` returns, and what a saved model names as ``seedbed>SeedbedInitializer``.

    Parameters
    ----------
    initializer
        An initializer of Seedbed, or a name or config.
    path, layout
        As for `as_tf`.
    scope
        What seedbed-keras writes into files of Keras 3, which is kept.

    Examples
    --------
    >>> SeedbedInitializer("zeros")
    SeedbedInitializer(Zeros())
    """

    # Keras writes it into files, which are to be loaded wherever the class may be by then.
    __module__ = "seedbed_tensorflow"

    maker = "as_tf"
    hint = "; from_tf makes one of TensorFlow's, or of Keras 2's, into one"

    def __init__(
        self,
        initializer: InitializerLike,
        path: str | None = None,
        *,
        layout: LayoutName = "by_layer",
        scope: str | None = None,
    ) -> None:
        super().__init__(initializer, path, layout=layout, scope=scope)
        self._drawn = _DRAWN
        self._by_hand = ByHand()

    @unconverted
    def __call__(
        self,
        shape: Any,
        dtype: Any = None,
        partition_info: Any = None,
        *,
        partition_shape: Any = None,
        partition_offset: Any = None,
        layout: Any = None,
    ) -> Any:
        """Return a tensor.

        Parameters
        ----------
        shape
            Ints of at least 0, a `tf.TensorShape` or a tensor of ints.
        dtype
            A dtype or its name, of those that the initializer has; ``None`` means float32.
        partition_info
            What `tf.compat.v1.get_variable` says of the part of a variable that it divides.
        partition_shape, partition_offset
            What strategies say of the part that they ask for; `shape` is the whole one's then. The part is
            that of the whole.
        layout
            How DTensor is to divide the tensor over devices, as Keras passes it.

        Returns
        -------
        tensor
            A `tf.Tensor` of the shape, or the part's, and of `dtype`.

        Raises
        ------
        UnknownWeightError
            If it is asked in a way in which the weight cannot be told, and no `path` was given.
        ArgumentError
            If it has no seed and is called in a graph, of which one draw would become a constant.
        ShapeError, DTypeError
            If `shape` is no shape, `dtype` no dtype, or the initializer does not have them.
        SeedbedError
            Whatever else the initializer raises.

        Warns
        -----
        UserWarning
            Once, if another weight has the same values: one of the same path, or, of a call by hand, a
            `tf.Variable` that was made of an earlier one.
        """
        if partition_info is not None:
            partition_shape, partition_offset = shape, partition_info.var_offset
            shape = partition_info.full_shape
        whole = _as_shape(shape)
        part = whole if partition_shape is None else _as_shape(partition_shape)
        offset = None if partition_offset is None else tuple(int(first) for first in partition_offset)
        weight = asked_weight(is_part=offset is not None)
        self._check_traced()
        initializer = self._own(weight, whole, offset)
        try:
            drawn = self._reading(weight, whole).drawn(initializer, whole)
            values = Values(drawn, part, as_dtype(dtype), offset=offset)
            values.check()
            self._note(weight, drawn, offset)
            made = tf.convert_to_tensor(values.whole()) if layout is None else packed(values, layout)
        except SeedbedError as error:
            if weight is None or weight.path is None:
                raise
            raise prefixed(error, f"{weight.path} of shape {whole}") from error
        if weight is None and layout is None:
            self._note_by_hand((drawn, offset, made.dtype), made)
        return made

    def _check_traced(self) -> None:
        is_anew = draws_anew(self.initializer) or undeclared_within(self.initializer) is not None
        if is_anew and not tf.executing_eagerly():
            raise ArgumentError(
                f"{self!r} has no seed and is called in a graph, as within a tf.function, where what it "
                "draws would be a constant of the trace; give it one: as_tf('he_normal', seed=7)"
            )

    def _reading(self, weight: Asked | None, shape: Shape) -> Layout:
        if weight is None or weight.shape != shape or self.is_stored:
            return ARRAY
        return told(weight.layer, weight.name, shape).layout or ARRAY

    def _own(self, weight: Asked | None, shape: Shape, offset: Shape | None) -> seedbed.Initializer:
        """Return what draws from the stream of the weight alone."""
        if self.path is None and (weight is None or not self.is_seeded):
            return self.own()
        if self.path is None and weight is not None and weight.path is None:
            raise UnknownWeightError(
                f"{self!r} is asked for values of a weight that has no name yet, as Sonnet and unnamed "
                "variables ask, so that weights could get the same ones; use seedbed_tensorflow.initialize, "
                "give the variable a name, a shape and a dtype, or each weight an initializer of its own: "
                "as_tf(..., path='head/kernel')"
            )
        found = self.own(path=None if weight is None else weight.path)
        if weight is None:
            return found
        if weight.shape not in (None, shape):
            # A layer makes the weight of several parts, as LSTM its bias: not of one stream's first values.
            found = found.fold_in(f"part of shape {shape}")
        if number := weight.asked[shape, offset]:
            found = found.fold_in(number)
        weight.asked[shape, offset] += 1
        return found

    def _note(self, weight: Asked | None, drawn: Drawn, offset: Shape | None) -> None:
        """Warn, once for an initializer, if another weight has the same values, and is still there."""
        if weight is None or weight.holder is None or self.path is not None or not self.is_seeded:
            return
        if self._drawn.repeats((drawn, offset), weight.holder, about=self.initializer):
            warn(
                f"two weights have the path {weight.path} and the shape {drawn.shape}, and one initializer "
                "with one seed, so that they get the same values. That is as it should be if the second is "
                "of the same model, made again; else give the layers or variables other names, or call "
                "seedbed_tensorflow.initialize, whose paths are those of attributes",
                through=_FRAMEWORKS,
            )

    def _note_by_hand(self, stream: Any, tensor: Any) -> None:
        """Warn, once for an initializer, if it gives by hand what a variable has."""
        is_of_one_stream = self.path is None and self.is_seeded and tf.executing_eagerly()
        if is_of_one_stream and self._by_hand.repeats(stream, tensor):
            shape = tuple(tensor.shape)
            warn(
                f"{self!r} gives by hand what a tf.Variable of shape {shape} has already. If these are for "
                "another variable, the two are equal: pass a function and a name, "
                f"tf.Variable(functools.partial(initializer, {shape}), name='head/kernel'), which makes a "
                "stream of each name. For values to compare with, call the .initializer of this one, or give "
                "it a path=",
                through=_FRAMEWORKS,
            )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SeedbedInitializer:
        """Return what `get_config` describes, whose weights are those of a model that is made again.

        Raises
        ------
        ConfigError
            If `config` is no dict, or has not the constructor's arguments.
        SeedbedError
            Whatever the constructor raises.
        """
        found = super().from_config(config)
        found._drawn = Holders()  # noqa: SLF001 - its own
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).from_config, (self.get_config(),)


def _as_shape(given: Any) -> Shape:
    if isinstance(given, tf.Tensor):
        static = tf.get_static_value(given)
        if static is None:
            raise ShapeError(f"got shape {shown(given)}, whose values are not known while TensorFlow traces")
        given = static.tolist()
    return as_shape(given)


for _keras in _KERAS:
    _keras.utils.register_keras_serializable(package="seedbed")(SeedbedInitializer)
    # Of a model within a model, Keras 2 looks in .h5 files for the name of the class alone.
    _keras.utils.get_custom_objects()[SeedbedInitializer.__name__] = SeedbedInitializer
    note_layers(_keras)
    # Keras 2 has classes of the names of core's, and would load those for ours, with other values.
    for _room in (standard, combinators):
        for _name in _room.__all__:
            _keras.utils.register_keras_serializable("seedbed", _name)(getattr(_room, _name))
