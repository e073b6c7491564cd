"""Seedbed's initializers in MLX, for whole models."""

from seedbed.requirement import require

# The oldest that has been tried.
require(
    "mlx.core",
    (0, 32),
    title="MLX",
    requirer="seedbed-mlx",
    unusable='pip install "mlx>=0.32" on a Mac, "mlx[cpu]>=0.32" on Linux',
)

from seedbed_mlx.models import initialize, plan  # noqa: E402 - what this imports comes after that word

__all__ = ["initialize", "plan"]
