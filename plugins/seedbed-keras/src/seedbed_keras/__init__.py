"""Seedbed's initializers in Keras, for every backend."""

from seedbed.requirement import require

require(
    "keras",
    (3, 5),
    title="Keras",
    requirer="seedbed-keras",
    unusable="install the backend that is missing, or set KERAS_BACKEND to one that is installed: "
    "tensorflow, jax, torch or numpy",
)

from seedbed_keras.adapter import SeedbedInitializer, as_keras  # noqa: E402
from seedbed_keras.conversion import from_keras, to_keras  # noqa: E402
from seedbed_keras.errors import UnknownWeightError  # noqa: E402
from seedbed_keras.models import initialize, plan  # noqa: E402
from seedbed_keras.registering import register  # noqa: E402

register()

__all__ = [
    "SeedbedInitializer",
    "UnknownWeightError",
    "as_keras",
    "from_keras",
    "initialize",
    "plan",
    "to_keras",
]
