"""How long Keras's initializers take, as ratios to the time of `seedbed_keras`.

    KERAS_BACKEND=jax python benchmarks/keras_models.py --layers 12 --width 768

One tensor of the size of a table of embeddings, and a model of dense layers, in truncated normal values of
float32, on the backend that is set. The contestants take turns, each in a process of its own. Ratios above 1
mean that Seedbed is faster.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Final

from turns import OfModel, Task, print_ratios

VOCABULARY: Final = 50_257
STDDEV: Final = 0.02


def tensor_of_seedbed(_: int, width: int) -> Task:
    """Return a call by hand."""
    return _finished(lambda: _ours()((VOCABULARY, width), "float32"))


def tensor_of_keras(_: int, width: int) -> Task:
    """Return the same of Keras's own."""
    return _finished(lambda: _theirs()((VOCABULARY, width), "float32"))


def model_of_seedbed(layers: int, width: int) -> Task:
    """Return the building of a model whose layers share one initializer."""
    return _finished(lambda: _model(layers, width, _ours()))


def model_of_seedbed_by_rules(layers: int, width: int) -> Task:
    """Return new values for a model that is there."""
    model = _model(layers, width, "zeros")
    initialize = importlib.import_module("seedbed_keras").initialize
    distribution = {"class_name": "TruncatedNormal", "config": {"stddev": STDDEV}}
    rules = {"*/bias": "zeros", "*": distribution}

    def task() -> Any:
        initialize(model, rules, seed=1)
        return [variable.value for variable in model.weights]

    return _finished(task)


def model_of_keras(layers: int, width: int) -> Task:
    """Return the building of the same model with an initializer of Keras's."""
    return _finished(lambda: _model(layers, width, _theirs()))


def _model(layers: int, width: int, initializer: Any) -> Any:
    keras = importlib.import_module("keras")
    made = [
        keras.layers.Dense(size, kernel_initializer=initializer, name=f"{side}_{layer}")
        for layer in range(layers)
        for side, size in (("up", 4 * width), ("down", width))
    ]
    return keras.Sequential([keras.Input((width,)), *made], name="model")


def _finished(task: Task) -> Task:
    """Return a task that ends when all that JAX has put off is done."""
    wait: Callable[[Any], Any] = lambda made: made  # noqa: E731
    if importlib.import_module("keras").backend.backend() == "jax":
        wait = importlib.import_module("jax").block_until_ready

    def whole() -> Any:
        made = task()
        return wait([variable.value for variable in made.weights] if hasattr(made, "weights") else made)

    return whole


def _ours() -> Any:
    return importlib.import_module("seedbed_keras").as_keras("truncated_normal", stddev=STDDEV, seed=1)


def _theirs() -> Any:
    return importlib.import_module("keras").initializers.TruncatedNormal(stddev=STDDEV, seed=1)


CONTESTANTS: Final[dict[str, dict[str, OfModel]]] = {
    "one tensor": {"seedbed": tensor_of_seedbed, "keras": tensor_of_keras},
    "a model": {
        "seedbed": model_of_seedbed,
        "seedbed by rules": model_of_seedbed_by_rules,
        "keras": model_of_keras,
    },
}


if __name__ == "__main__":
    print_ratios(__doc__, CONTESTANTS)
