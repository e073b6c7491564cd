"""Seeds to words to values, for any part of a tensor; nothing else in Seedbed knows how they are made."""

from seedbed.random.draw import draw, draw_into
from seedbed.random.elementary import exp, log, power
from seedbed.random.engine import NumPyEngine
from seedbed.random.engines import Engine, engine, use_engine
from seedbed.random.laws import (
    FromNormal,
    FromTail,
    FromUniform,
    Law,
    Normal,
    TruncatedDisc,
    TruncatedNormal,
    Uniform,
)
from seedbed.random.quantiles import minus_log, on_circle, tail_quantile
from seedbed.random.seeds import STREAM_VERSION, Seed, SeedLike, as_seed, key_of
from seedbed.random.threads import thread_count

__all__ = [
    "STREAM_VERSION",
    "Engine",
    "FromNormal",
    "FromTail",
    "FromUniform",
    "Law",
    "Normal",
    "NumPyEngine",
    "Seed",
    "SeedLike",
    "TruncatedDisc",
    "TruncatedNormal",
    "Uniform",
    "as_seed",
    "draw",
    "draw_into",
    "engine",
    "exp",
    "key_of",
    "log",
    "minus_log",
    "on_circle",
    "power",
    "tail_quantile",
    "thread_count",
    "use_engine",
]
