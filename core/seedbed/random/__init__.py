"""Seeds to words to values, for any part of a tensor; nothing else in Seedbed knows how they are made."""

from seedbed.random.distributions import (
    Distribution,
    Normal,
    TruncatedDisc,
    TruncatedNormal,
    Uniform,
)
from seedbed.random.draw import draw, draw_into
from seedbed.random.elementary import exp, log, power
from seedbed.random.engine import Engine, NumPyEngine
from seedbed.random.engines import engine, use_engine
from seedbed.random.lines import ArcLines, SignedLines, circle_lines, distance_lines, interval_lines
from seedbed.random.own_distributions import FromNormal, FromTail, FromUniform
from seedbed.random.probability import Masses, disc_masses, masses
from seedbed.random.quantiles import minus_log, on_circle, tail_quantile
from seedbed.random.regions import Region
from seedbed.random.seeds import STREAM_VERSION, Seed, SeedLike, as_seed, key_of
from seedbed.random.tables import Tables, tables
from seedbed.random.threads import run_in_threads, thread_count

__all__ = [
    "STREAM_VERSION",
    "ArcLines",
    "Distribution",
    "Engine",
    "FromNormal",
    "FromTail",
    "FromUniform",
    "Masses",
    "Normal",
    "NumPyEngine",
    "Region",
    "Seed",
    "SeedLike",
    "SignedLines",
    "Tables",
    "TruncatedDisc",
    "TruncatedNormal",
    "Uniform",
    "as_seed",
    "circle_lines",
    "disc_masses",
    "distance_lines",
    "draw",
    "draw_into",
    "engine",
    "exp",
    "interval_lines",
    "key_of",
    "log",
    "masses",
    "minus_log",
    "on_circle",
    "power",
    "run_in_threads",
    "tables",
    "tail_quantile",
    "thread_count",
    "use_engine",
]
