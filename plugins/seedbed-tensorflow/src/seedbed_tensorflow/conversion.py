"""`from_tf`: the same formula and arguments as an initializer of TensorFlow's or Keras 2's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import seedbed
from seedbed.errors import IdentifierError, shown
from seedbed.theirs import initializer_config, is_of_tensorflow
from seedbed_tensorflow.adapter import SeedbedInitializer

_REGISTERED: Final = "seedbed>SeedbedInitializer"


def from_tf(initializer: Any, /) -> seedbed.Initializer:
    """Return our initializer of the same formula and arguments as one of TensorFlow's or Keras 2's.

    The distribution is the same, the values are not: TensorFlow draws others for one seed.

    Parameters
    ----------
    initializer
        An initializer of `tf_keras.initializers`, or of TensorFlow itself such as
        `tf.random_normal_initializer`, or its class; or what `as_tf` returned, of which the initializer
        within is returned; or the config of any of these; or what `seedbed.get` takes.

    Raises
    ------
    IdentifierError
        If it is none of these, such as a function, or an initializer of Sonnet's or of a class of somebody's
        own.
    ConfigError, ArgumentError
        If a config is malformed, or an argument has no counterpart: another `dtype` than float32 that an
        initializer of TensorFlow 1 draws, or no upper end of a range, which is for integers there.
    SeedbedError
        Whatever else `seedbed.get` raises.

    Examples
    --------
    >>> import tensorflow as tf
    >>> from_tf(tf.random_normal_initializer(stddev=0.02, seed=7))
    RandomNormal(stddev=0.02, seed=7)
    >>> from seedbed_tensorflow import as_tf
    >>> from_tf(as_tf("he_normal", seed=7))
    HeNormal(seed=7)
    """
    if isinstance(initializer, Mapping) and initializer.get("registered_name") == _REGISTERED:
        initializer = SeedbedInitializer.from_config(initializer.get("config") or {})
    if isinstance(initializer, SeedbedInitializer):
        return initializer.own()
    is_class = isinstance(initializer, type) and is_of_tensorflow(initializer)
    made = initializer() if is_class else initializer
    config = initializer_config(made)
    found = seedbed.get(made if config is None else config)
    if isinstance(found, seedbed.Initializer):
        return found
    raise IdentifierError(
        f"got {shown(initializer)} of type {type(initializer).__name__}; give an initializer of TensorFlow's "
        "or Keras 2's, or a name or a config; those of Sonnet have names such as "
        "'snt.initializers.TruncatedNormal'"
    )


def ours(given: Any) -> Any:
    """Return what rules have for an initializer, which `seedbed.get` takes if it is none of TensorFlow's."""
    is_theirs = is_of_tensorflow(given if isinstance(given, type) else type(given))
    is_written = isinstance(given, Mapping) and given.get("registered_name") == _REGISTERED
    return from_tf(given) if is_theirs or is_written or isinstance(given, SeedbedInitializer) else given
