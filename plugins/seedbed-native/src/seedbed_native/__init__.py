"""Seedbed's random values by compiled kernels, with the bits of NumPy's engine."""

from seedbed_native.engine import NativeEngine

__all__ = ["NativeEngine"]
