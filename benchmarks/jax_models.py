"""How long JAX's arrays take, as ratios to the time of `seedbed_jax`.

    python benchmarks/jax_models.py --layers 12 --width 768

One tensor of the size of the model's table of embeddings, and all parameters of a GPT-style model, in
truncated normal values of float32. JAX runs with its own initializers: compiled into one function, and one
call after the other, as a model of Flax is initialized outside of jit. The contestants take turns, each in a
process of its own. Ratios above 1 mean that Seedbed is faster.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any, Final

from turns import OfModel, Task, print_ratios

VOCABULARY: Final = 50_257
STDDEV: Final = 0.02


def shapes(layers: int, width: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the parameters by their paths."""
    return dict(_shapes(layers, width))


def _shapes(layers: int, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield "embed/weight", (VOCABULARY, width)
    for layer in range(layers):
        for name, inputs, outputs in (
            ("attn/qkv", width, 3 * width),
            ("attn/out", width, width),
            ("mlp/up", width, 4 * width),
            ("mlp/down", 4 * width, width),
        ):
            yield f"h/{layer}/{name}/weight", (inputs, outputs)
            yield f"h/{layer}/{name}/bias", (outputs,)


def tensor_of_seedbed(_: int, width: int) -> Task:
    """Return a call outside of jit."""
    init, key = _initializer(), _jax().random.key(1)
    return lambda: init(key, (VOCABULARY, width)).block_until_ready()


def tensor_of_seedbed_in_jit(_: int, width: int) -> Task:
    """Return a call of a compiled function, which the host draws for."""
    init, key = _initializer(), _jax().random.key(1)
    compiled = _jax().jit(lambda key: init(key, (VOCABULARY, width)))
    return lambda: compiled(key).block_until_ready()


def tensor_of_jax_in_jit(_: int, width: int) -> Task:
    """Return JAX's own."""
    init, key = _jax().nn.initializers.truncated_normal(STDDEV), _jax().random.key(1)
    compiled = _jax().jit(lambda key: init(key, (VOCABULARY, width)))
    return lambda: compiled(key).block_until_ready()


def tensor_of_jax(_: int, width: int) -> Task:
    """Return JAX's own, not compiled as a whole."""
    init, key = _jax().nn.initializers.truncated_normal(STDDEV), _jax().random.key(1)
    return lambda: init(key, (VOCABULARY, width)).block_until_ready()


def model_of_seedbed(layers: int, width: int) -> Task:
    """Return the initialization of a tree of shapes by rules."""
    jax, ours = _jax(), importlib.import_module("seedbed_jax")
    tree = {path: jax.ShapeDtypeStruct(shape, "float32") for path, shape in shapes(layers, width).items()}
    distribution = {"class_name": "TruncatedNormal", "config": {"stddev": STDDEV}}
    rules = {"*/bias": "zeros", "*": distribution}
    return lambda: jax.block_until_ready(ours.initialize(tree, rules, seed=1))


def model_of_jax_in_jit(layers: int, width: int) -> Task:
    """Return one compiled function of a key for all parameters."""
    jax, make = _jax(), _maker(layers, width)
    compiled, key = jax.jit(make), jax.random.key(1)
    return lambda: jax.block_until_ready(compiled(key))


def model_of_jax(layers: int, width: int) -> Task:
    """Return the same, not compiled."""
    jax, make = _jax(), _maker(layers, width)
    key = jax.random.key(1)
    return lambda: jax.block_until_ready(make(key))


def _maker(layers: int, width: int) -> Callable[[Any], dict[str, Any]]:
    jax = _jax()
    init, sizes = jax.nn.initializers.truncated_normal(STDDEV), shapes(layers, width)

    def make(key: Any) -> dict[str, Any]:
        keys = jax.random.split(key, len(sizes))
        return {
            path: jax.numpy.zeros(shape) if path.endswith("bias") else init(keys[number], shape)
            for number, (path, shape) in enumerate(sizes.items())
        }

    return make


def _initializer() -> Any:
    return importlib.import_module("seedbed_jax").initializer("truncated_normal", stddev=STDDEV)


def _jax() -> Any:
    return importlib.import_module("jax")


CONTESTANTS: Final[dict[str, dict[str, OfModel]]] = {
    "one tensor": {
        "seedbed": tensor_of_seedbed,
        "seedbed in jit": tensor_of_seedbed_in_jit,
        "jax in jit": tensor_of_jax_in_jit,
        "jax": tensor_of_jax,
    },
    "a model": {
        "seedbed": model_of_seedbed,
        "jax in jit": model_of_jax_in_jit,
        "jax": model_of_jax,
    },
}


if __name__ == "__main__":
    print_ratios(__doc__, CONTESTANTS)
