"""Comparing tensors with arrays, bit for bit."""

import numpy as np


def bits(tensor):
    """Return the bytes of a tensor, in the order of its elements."""
    import torch

    tensor = tensor.detach().cpu()
    return (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy().tobytes()


def same(tensor, array):
    """Say whether a tensor and an array, or another tensor, have one shape and the same bits."""
    other = array.tobytes() if isinstance(array, np.ndarray | np.generic) else bits(array)
    return tuple(tensor.shape) == tuple(array.shape) and bits(tensor) == other
