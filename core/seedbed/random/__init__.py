"""Seeds to words to values, for any part of a tensor; nothing else in Seedbed knows how they are made."""

from seedbed.random.draw import normal, standard_normals, truncated_normal, truncated_stddev, uniform
from seedbed.random.seeds import Seed, SeedLike, as_seed, seed_config

__all__ = [
    "Seed",
    "SeedLike",
    "as_seed",
    "normal",
    "seed_config",
    "standard_normals",
    "truncated_normal",
    "truncated_stddev",
    "uniform",
]
