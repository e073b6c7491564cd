"""Seedbed's initializers in TensorFlow: in modules, in Keras 2, in Sonnet, and under strategies."""

from seedbed.requirement import require

require("tensorflow", (2, 15), title="TensorFlow", requirer="seedbed-tensorflow")

from seedbed_tensorflow.adapter import (  # noqa: E402 - after the word on what is missing
    SeedbedInitializer,
    UnknownWeightError,
    as_tf,
)
from seedbed_tensorflow.conversion import from_tf  # noqa: E402
from seedbed_tensorflow.models import initialize, plan  # noqa: E402

__all__ = ["SeedbedInitializer", "UnknownWeightError", "as_tf", "from_tf", "initialize", "plan"]
