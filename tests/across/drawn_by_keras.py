"""Draw entries with Keras on the backend of ``KERAS_BACKEND``: ``python drawn_by_keras.py CONFIGS OUT``.

CONFIGS is a JSON file with a dict of configs and shapes, by name; OUT is where the bytes go, as an ``.npz``.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np

from seedbed_keras import as_keras


def as_bytes(tensor):
    """Return the bytes of a tensor of the backend; NumPy reads no bfloat16 of PyTorch, but its words."""
    if keras.backend.backend() == "torch":
        import torch

        words = {2: torch.int16, 4: torch.int32}[tensor.element_size()]
        return np.frombuffer(tensor.detach().view(words).numpy().tobytes(), np.uint8)
    return np.frombuffer(np.asarray(tensor).tobytes(), np.uint8)


def main(configs, out):
    """Write the bytes of each entry in float32 and bfloat16."""
    drawn = {}
    for name, (config, shape) in json.loads(Path(configs).read_text()).items():
        for dtype in ("float32", "bfloat16"):
            tensor = as_keras(config)(tuple(shape), dtype)
            assert keras.backend.standardize_dtype(tensor.dtype) == dtype
            drawn[f"{name} {dtype}"] = as_bytes(tensor)
    np.savez(out, **drawn)


if __name__ == "__main__":
    main(*sys.argv[1:])
