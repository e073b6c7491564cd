"""`as_tf`, an initializer of Seedbed's for variables of TensorFlow and for layers of Keras 2 and Sonnet."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import tensorflow as tf  # type: ignore[import-untyped]

import seedbed
from seedbed.drawing import draws_anew, undeclared_within
from seedbed.dtypes import as_dtype
from seedbed.errors import ArgumentError, ConfigError, SeedbedError, ShapeError, prefixed, shown
from seedbed.models import Layout, Values
from seedbed.models.layout import ARRAY
from seedbed.shapes import as_shape
from seedbed.warning import warn
from seedbed_tensorflow.asking import Asked, asked_weight, keras_2, note_layers
from seedbed_tensorflow.layouts import Shape, told
from seedbed_tensorflow.unconverted import unconverted
from seedbed_tensorflow.variables import packed

InitializerLike: TypeAlias = str | Mapping[str, Any] | seedbed.Initializer | type[seedbed.Initializer]
LayoutName: TypeAlias = Literal["by_layer", "stored"]

_LAYOUTS: Final = ("by_layer", "stored")
_ARGUMENTS: Final = frozenset({"initializer", "path", "layout", "scope"})
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
    >>> kernel = tf.Variable(functools.partial(shared, (4, 3)), name="head/kernel")
    >>> import seedbed
    >>> weights = seedbed.get("he_normal", seed=7).fold_in("head/kernel")((4, 3))
    >>> bool((kernel.numpy() == weights).all())
    True
    """
    return SeedbedInitializer(_found(initializer, **overrides), path, layout=layout)


def _found(identifier: Any, **overrides: Any) -> seedbed.Initializer:
    found = None if identifier is None else seedbed.get(identifier, **overrides)
    if isinstance(found, seedbed.Initializer):
        return found
    raise ArgumentError(
        f"got {shown(identifier)} of type {type(identifier).__name__}; give a name, a config, or an "
        "initializer of Seedbed, with which a model can be saved"
    )


class _Seen(dict[tuple[str, Shape, Shape | None], Any]):
    """For which weights an initializer has drawn, and for which layers. A copy of it has drawn for none."""

    def __reduce__(self) -> tuple[type[_Seen], tuple[()]]:
        return _Seen, ()


_KERAS: Final = keras_2()
_BASES: Final[tuple[type, ...]] = tuple(dict.fromkeys(keras.initializers.Initializer for keras in _KERAS))


class SeedbedInitializer(*_BASES):  # type: ignore[misc]
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

    def __init__(
        self,
        initializer: InitializerLike,
        path: str | None = None,
        *,
        layout: LayoutName = "by_layer",
        scope: str | None = None,
    ) -> None:
        for name, given in {"path": path, "scope": scope}.items():
            if not isinstance(given, str | None) or given == "":
                raise ArgumentError(f"got {name}={given!r}; give text such as 'head/kernel', or None")
        if layout not in _LAYOUTS:
            raise ArgumentError(f"got layout={layout!r}; allowed are {', '.join(map(repr, _LAYOUTS))}")
        self.initializer: Any = _found(initializer)
        self.path = path
        self.layout = layout
        self.scope = scope
        self._seen = _Seen()
        # What cannot be written is refused here, and not when a model that has been trained is saved.
        seedbed.to_config(self.initializer)

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
            return tf.convert_to_tensor(values.whole()) if layout is None else packed(values, layout)
        except SeedbedError as error:
            if weight is None or weight.path is None:
                raise
            raise prefixed(error, f"{weight.path} of shape {whole}") from error

    def _check_traced(self) -> None:
        is_anew = draws_anew(self.initializer) or undeclared_within(self.initializer) is not None
        if is_anew and not tf.executing_eagerly():
            raise ArgumentError(
                f"{self!r} has no seed and is called in a graph, as within a tf.function, where what it "
                "draws would be a constant of the trace; give it one: as_tf('he_normal', seed=7)"
            )

    def _reading(self, weight: Asked | None, shape: Shape) -> Layout:
        if weight is None or weight.shape != shape or self.layout == "stored":
            return ARRAY
        config = self.initializer.get_config()
        if _says_axes(config):
            # Whoever writes down axes or an array for the shape of the weight means it.
            return ARRAY
        return told(weight.layer, weight.name, shape).layout or ARRAY

    def _own(self, weight: Asked | None, shape: Shape, offset: Shape | None) -> seedbed.Initializer:
        """Return what draws from the stream of the weight alone."""
        found: seedbed.Initializer = self.initializer
        if self.path is not None:
            found = found.fold_in(self.path)
        elif weight is None or found.fold_in("") == found:
            return found
        elif weight.path is None:
            raise UnknownWeightError(
                f"{self!r} is asked for values of a weight that has no name yet, as Sonnet and unnamed "
                "variables ask, so that weights could get the same ones; use seedbed_tensorflow.initialize, "
                "give the variable a name, a shape and a dtype, or each weight an initializer of its own: "
                "as_tf(..., path='head/kernel')"
            )
        else:
            found = found.fold_in(weight.path)
        if weight is None:
            return found
        if weight.shape not in (None, shape):
            # A layer makes the weight of several parts, as LSTM its bias: not of one stream's first values.
            found = found.fold_in(f"part of shape {shape}")
        if number := weight.asked[shape, offset]:
            found = found.fold_in(number)
        else:
            self._note(weight, shape, offset)
        weight.asked[shape, offset] += 1
        return found

    def _note(self, weight: Asked, shape: Shape, offset: Shape | None) -> None:
        """Warn if it has drawn for another weight of this path and shape, that is still there."""
        if self.path is not None or weight.path is None:
            return
        key = (weight.path, shape, offset)
        here = weakref.ref(weight.layer) if weight.layer is not None else object
        before = self._seen.get(key)
        self._seen[key] = here
        if before is None or (weight.layer is not None and before() in (None, weight.layer)):
            return
        warn(
            f"two weights have the path {weight.path} and the shape {shape}, and one initializer, so that "
            "they get the same values; give the layers or variables other names, or call "
            "seedbed_tensorflow.initialize, whose paths are those of attributes",
            through=_FRAMEWORKS,
        )

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain JSON data."""
        return {
            "initializer": seedbed.to_config(self.initializer),
            "path": self.path,
            "layout": self.layout,
            "scope": self.scope,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SeedbedInitializer:
        """Return what `get_config` describes.

        Raises
        ------
        ConfigError
            If `config` is no dict, or has not the constructor's arguments.
        SeedbedError
            Whatever the constructor raises.
        """
        if not isinstance(config, Mapping) or not {"initializer"} <= {*config} <= _ARGUMENTS:
            raise ConfigError(
                f"got the config {shown(config)} of a {cls.__name__}; it is a dict with an initializer, and "
                f"nothing else than {', '.join(sorted(_ARGUMENTS))}"
            )
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SeedbedInitializer):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        return self.initializer, self.path, self.layout, self.scope

    def __repr__(self) -> str:
        defaults = {"path": None, "layout": "by_layer", "scope": None}
        given = {name: getattr(self, name) for name in defaults if getattr(self, name) != defaults[name]}
        return f"SeedbedInitializer({self.initializer!r}{''.join(f', {k}={v!r}' for k, v in given.items())})"


def _as_shape(given: Any) -> Shape:
    if isinstance(given, tf.Tensor):
        static = tf.get_static_value(given)
        if static is None:
            raise ShapeError(f"got shape {shown(given)}, whose values are not known while TensorFlow traces")
        given = static.tolist()
    return as_shape(given)


def _says_axes(arguments: Mapping[str, Any]) -> bool:
    """Say whether the arguments of an initializer, or of one among them, tell of axes or of positions."""
    parts = [part for value in arguments.values() for part in (value if isinstance(value, list) else [value])]
    inner = [part["config"] for part in parts if isinstance(part, dict) and "class_name" in part]
    is_array = isinstance(arguments.get("value"), list | dict)
    return arguments.get("axes") is not None or is_array or any(map(_says_axes, inner))


for _keras in _KERAS:
    _keras.utils.register_keras_serializable(package="seedbed")(SeedbedInitializer)
    # Of a model within a model, Keras 2 looks in .h5 files for the name of the class alone.
    _keras.utils.get_custom_objects()[SeedbedInitializer.__name__] = SeedbedInitializer
    note_layers(_keras)
