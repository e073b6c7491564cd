"""The commonest mistakes of authors: one failure names each, and its advice leads to a pass in one step."""

# ruff: noqa: E501, ISC004 - sources of authors and patterns of messages, each in one line

from __future__ import annotations

import importlib.util
import re
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from turns import one_in

import seedbed
from seedbed.errors import ArgumentError, DTypeError
from seedbed.testing import run_checks
from seedbed_testing.machines import optional_features

HEAD = """
import copy; import functools; import math; import os; import threading

import numpy as np
import seedbed
from seedbed.random import FromUniform, Normal, Uniform, as_seed, draw, key_of

LEVELS = [1.0, 2.0]


class Wrong(seedbed.Initializer):
"""

DOCSTRING = '''
"""Values of one kind.

Parameters
----------
{name}
    What it is made from.

Examples
--------
>>> Wrong()((2, 3)).shape
(2, 3)
"""
'''

PHILOX = "np.random.Generator(np.random.Philox(key=seedbed.random.key_of(self.seed)))"

SEEDED = """
def __init__(self, seed=None):
    self.seed = {stored}

def __call__(self, shape, dtype=None):
    return {drawn}
"""
NORMALS = f"{PHILOX}.normal(size=shape).astype(dtype)"

EXACT = 'reproducibility = "exact"\n'
WAVES = "np.exp(np.sin(draw(Uniform(0.0, 1.0), self.seed, shape, np.dtype('float64')))).astype(dtype)"
PRODUCTS = "(draw(Uniform(0.0, 1.0), self.seed, (*shape, 8), np.dtype('float64')) @ np.linspace(0, 1, 8)).astype(dtype)"
A_STREAM_EACH = (
    "np.concatenate([draw(Uniform(0.0, 1.0), self.fold_in(i).seed, part.shape, np.dtype('float64')) for i, part in "
    "enumerate(np.array_split(np.empty(math.prod(shape)), {parts}))]).reshape(shape).astype(dtype)"
)

LEVELED = """
def __init__(self, levels={default}):
    {stored}

def __call__(self, shape, dtype=None):
    return np.resize(self.levels, shape).astype(dtype)
"""

MAPPED = """
def __init__(self, options={{"high": [1.0]}}):
    {stored}
{more}
def __call__(self, shape, dtype=None):
    return np.full(shape, self.options["high"][0], dtype)
"""
PROPERTY = """
@property
def options(self):
    return copy.deepcopy(self._options)
"""

ELEMENTWISE = """
def __init__(self, width=1.0, *, seed=None):
    {init}

def element_distribution({given}):
    return {distribution}
"""
SUPER = "super().__init__(seed=seed); self.width = width"
RIGHT_ELEMENTWISE = ELEMENTWISE.format(
    init=SUPER, given="self, shape, dtype", distribution="Uniform(0.0, self.width)"
)
OTHER = f"({PHILOX}.normal(size=shape) * {PHILOX.replace('self.seed', '{seed}')}.normal(size=shape)).astype(dtype)"
EXPECTED = """
{decorator}
def {name}({given}):
    return 1.0
"""

ONE = """
def __call__(self, shape, dtype=None):
    return np.ones(shape).astype(dtype)
"""
GAIN_OR_NONE = """
def __init__(self, gain=None):
    self.gain = {stored}

def __call__(self, shape, dtype=None):
    return np.asarray(np.ones(shape) * (1.0 if self.gain is None else self.gain)).astype(dtype)
"""
RAGGED = """
def __init__(self, levels=[[1.0, 2.0], 3.0]):
    {stored}
{more}
def __call__(self, shape, dtype=None):
    return np.full(shape, self.levels[1]).astype(dtype)
"""
TABLE = """
def __init__(self, gain=1.0):
    self.gain = gain

@functools.cached_property
def table(self):
    {made}

def __call__(self, shape, dtype=None):
    return np.resize(self.table, shape).astype(dtype)
"""

TWO_AXES = """
def check(self, shape, dtype=None):
    super().check(shape, dtype)
    if len(shape) != 2:
        raise seedbed.errors.ShapeError('two axes')
"""

MISTAKES = {
    "no dtype parameter": (
        "",
        "def __call__(self, shape):\n    return np.ones(shape)",
        "check_shape",
        r"Wrong\.__call__ does not take a shape and a dtype .*define it as __call__\(self, shape, dtype=None\)",
        "def __call__(self, shape, dtype=None):\n    return np.ones(shape).astype(dtype)",
    ),
    "a dtype by keyword alone": (
        "",
        "def __call__(self, shape, *, dtype=None):\n    return np.ones(shape).astype(dtype)",
        "check_shape",
        r"define it as __call__\(self, shape, dtype=None\)",
        "def __call__(self, shape, dtype=None):\n    return np.ones(shape).astype(dtype)",
    ),
    "the dtype is ignored": (
        "",
        "def __call__(self, shape, dtype=None):\n    return np.ones(shape)",
        "check_dtype",
        r"end with \.astype\(dtype\)",
        "def __call__(self, shape, dtype=None):\n    return np.ones(shape).astype(dtype)",
    ),
    "default_rng of a seed": (
        "seed",
        SEEDED.format(
            stored="seed", drawn="np.random.default_rng(self.seed).normal(size=shape).astype(dtype)"
        ),
        "check_seeds",
        rf"which numpy\.random does not take as it is, .*\n.* at .*:\d+\n(.|\n)*{re.escape(PHILOX)}",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS),
    ),
    "default_rng of a checked seed": (
        "seed",
        SEEDED.format(
            stored="as_seed(seed)", drawn="np.random.default_rng(self.seed).normal(size=shape).astype(dtype)"
        ),
        "check_seeds",
        rf"which numpy\.random does not take as it is(.|\n)*{re.escape(PHILOX)}",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS),
    ),
    "a seed by default": (
        "seed",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS).replace("seed=None", "seed=0"),
        "check_fresh",
        r"None as the default of the argument seed of Wrong\n +got: +0, with which Wrong\(\) draws the same[\s\S]*write seed=None",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS),
    ),
    "a stream for each CPU": (
        "seed",
        SEEDED.format(stored="as_seed(seed)", drawn=A_STREAM_EACH.format(parts="os.cpu_count() or 1")),
        "check_process",
        r"in another process, as of a machine with 61 CPUs\n[\s\S]*let no value depend on os\.cpu_count\(\)",
        SEEDED.format(stored="as_seed(seed)", drawn=A_STREAM_EACH.format(parts="4")),
    ),
    "as many threads as a variable says": (
        "seed",
        SEEDED.format(stored="as_seed(seed)", drawn=A_STREAM_EACH.format(parts="int(os.environ.get('OMP_NUM_THREADS', 2))")),
        "check_process",
        r"in another process, as of a machine with 61 CPUs\n[\s\S]*on the number of threads",
        SEEDED.format(stored="as_seed(seed)", drawn=A_STREAM_EACH.format(parts="2")),
    ),
    "functions of NumPy that are said to be exact": (
        "seed",
        EXACT + SEEDED.format(stored="as_seed(seed)", drawn=WAVES),
        "check_process",
        r"as of a CPU that has fewer instructions, as by .*=[\s\S]*write reproducibility = 'numerical'",
        EXACT.replace("exact", "numerical") + SEEDED.format(stored="as_seed(seed)", drawn=WAVES),
    ),
    "a matrix product that is said to be exact": (
        "seed",
        EXACT + SEEDED.format(stored="as_seed(seed)", drawn=PRODUCTS),
        "check_process",
        r"as of a CPU that has fewer instructions, as by .*OPENBLAS_CORETYPE[\s\S]*write reproducibility = 'numerical'",
        EXACT.replace("exact", "numerical") + SEEDED.format(stored="as_seed(seed)", drawn=PRODUCTS),
    ),
    "numbers of float32 in float64": (
        "seed",
        SEEDED.format(stored="as_seed(seed)", drawn=f"{PHILOX}.standard_normal(shape, dtype=np.float32).astype(dtype)"),
        "check_precision",
        r"numbers as fine as float64 has them\n +got: +65536 numbers that float32 has, too[\s\S]*draw in float64 or better",
        SEEDED.format(stored="as_seed(seed)", drawn=f"{PHILOX}.standard_normal(shape).astype(dtype)"),
    ),
    "multiples of numbers of float32 in float64": (
        "seed",
        SEEDED.format(stored="as_seed(seed)", drawn=f"(0.3 * {PHILOX}.standard_normal(shape, dtype=np.float32).astype(float)).astype(dtype)"),
        "check_precision",
        r"\d+ pairs of equal numbers among 65536, as float32 has\n",
        SEEDED.format(stored="as_seed(seed)", drawn=f"(0.3 * {PHILOX}.standard_normal(shape)).astype(dtype)"),
    ),
    "numbers of half precision in float32": (
        "seed",
        "dtypes = ('float16', 'float32')\n"
        + SEEDED.format(stored="as_seed(seed)", drawn=f"{PHILOX}.normal(size=shape).astype(np.float16).astype(dtype)"),
        "check_precision",
        r"numbers as fine as float32 has them\n +got: +65536 numbers that float16 has, too",
        "dtypes = ('float16', 'float32')\n"
        + SEEDED.format(stored="as_seed(seed)", drawn=f"{PHILOX}.normal(size=shape).astype(dtype)"),
    ),
    "as_seed forgotten, before a Generator": (
        "seed",
        SEEDED.format(stored="seed", drawn=NORMALS),
        "check_seeds",
        r"got seed \[7, 'encoder/0/kernel'\] of type list, .*store seedbed\.random\.as_seed\(seed\) as self\.seed",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS),
    ),
    "as_seed forgotten, before a draw": (
        "seed",
        SEEDED.format(stored="seed", drawn="draw(Normal(0.0, 1.0), self.seed, shape, dtype)"),
        "check_seeds",
        r"of type list, which is none to draw with; store seedbed\.random\.as_seed\(seed\) as self\.seed",
        SEEDED.format(stored="as_seed(seed)", drawn="draw(Normal(0.0, 1.0), self.seed, shape, dtype)"),
    ),
    "as_seed forgotten, before another initializer": (
        "seed",
        SEEDED.format(stored="seed", drawn='seedbed.get("he_normal", seed=self.seed)(shape, dtype)'),
        "check_no_mutation",
        r"with seed the config changes(.|\n)*fix: .*as_seed\(seed\) as self\.seed in __init__",
        SEEDED.format(stored="as_seed(seed)", drawn='seedbed.get("he_normal", seed=self.seed)(shape, dtype)'),
    ),
    "the global random state": (
        "seed",
        SEEDED.format(stored="as_seed(seed)", drawn="np.random.normal(size=shape).astype(dtype)"),
        "check_global_state",
        re.escape(PHILOX),
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS),
    ),
    "a mutable default": (
        "levels",
        LEVELED.format(default="[1.0, 2.0]", stored="self.levels = levels"),
        "check_no_mutation",
        r"with its default of levels the config changes(.|\n)*store tuple\(levels\) as self\.levels",
        LEVELED.format(default="[1.0, 2.0]", stored="self.levels = tuple(levels)"),
    ),
    "the caller's list": (
        "levels",
        LEVELED.format(default="(1.0, 2.0)", stored="self.levels = levels"),
        "check_no_mutation",
        r"with levels the config changes(.|\n)*store tuple\(levels\) as self\.levels",
        LEVELED.format(default="(1.0, 2.0)", stored="self.levels = tuple(levels)"),
    ),
    "a list of its own that anybody can change": (
        "levels",
        LEVELED.format(default="(1.0, 2.0)", stored="self.levels = list(levels)"),
        "check_no_mutation",
        r"after a change of the attribute levels(.|\n)*store tuple\(levels\) as self\.levels",
        LEVELED.format(default="(1.0, 2.0)", stored="self.levels = tuple(levels)"),
    ),
    "the module's list": (
        "levels",
        LEVELED.format(
            default="None", stored="self.levels = LEVELS if levels is None else tuple(levels)"
        ).replace("np.resize", "np.resize"),
        "check_no_mutation",
        r"after a change of the attribute levels",
        LEVELED.format(
            default="None", stored="self.levels = tuple(LEVELS) if levels is None else tuple(levels)"
        ),
    ),
    "lists within a list": (
        "levels",
        LEVELED.format(default="([1.0], [2.0])", stored="self.levels = tuple(levels)"),
        "check_no_mutation",
        r"store tuple\(map\(tuple, levels\)\) as self\.levels",
        LEVELED.format(default="([1.0], [2.0])", stored="self.levels = tuple(map(tuple, levels))"),
    ),
    "an array": (
        "levels",
        LEVELED.format(default="np.array([1.0, 2.0])", stored="self.levels = levels"),
        "check_no_mutation",
        r"its default of levels(.|\n)*self\.levels = np\.array\(levels\), and then self\.levels\.flags\.writeable = False",
        LEVELED.format(
            default="np.array([1.0, 2.0])",
            stored="self.levels = np.array(levels)\n    self.levels.flags.writeable = False",
        ),
    ),
    "a dict": (
        "options",
        MAPPED.format(stored="self.options = dict(options)", more=""),
        "check_no_mutation",
        r"self\._options = copy\.deepcopy\(options\), and hand out another by a property options",
        MAPPED.format(stored="self._options = copy.deepcopy(options)", more=PROPERTY),
    ),
    "values that no config tells of": (
        "levels",
        LEVELED.format(
            default="(1.0, 2.0)", stored="self.levels = tuple(levels)\n    self.table = list(levels)"
        ).replace("np.resize(self.levels", "np.resize(self.table"),
        "check_no_mutation",
        r"the values as they were after a change of the attribute table(.|\n)*store a tuple as self\.table",
        LEVELED.format(
            default="(1.0, 2.0)", stored="self.levels = tuple(levels)\n    self.table = tuple(levels)"
        ).replace("np.resize(self.levels", "np.resize(self.table"),
    ),
    "an argument that is not stored": (
        "levels",
        LEVELED.format(default="(1.0,)", stored="self._levels = tuple(levels)").replace("self.levels,", "self._levels,"),
        "check_config",
        r"store it as self\.levels in __init__",
        LEVELED.format(default="(1.0,)", stored="self.levels = tuple(levels)"),
    ),
    "dtypes that hold no halves": (
        "",
        "dtypes = seedbed.dtypes.ALL\n\ndef __call__(self, shape, dtype=None):\n    return np.full(shape, 0.5).astype(dtype)",
        "check_integer_dtypes",
        r"as by dtypes = seedbed\.dtypes\.FLOATING",
        "dtypes = seedbed.dtypes.FLOATING\n\ndef __call__(self, shape, dtype=None):\n"
        "    return np.full(shape, 0.5).astype(dtype)",
    ),
    "half precision that fails": (
        "",
        "def __call__(self, shape, dtype=None):\n    if dtype.itemsize == 2:\n        raise RuntimeError('no')\n"
        "    return np.full(shape, 0.5, dtype)",
        "check_dtypes",
        r"or declare dtypes = \('complex128', 'complex64', 'float32', 'float64'\) in the class",
        "dtypes = ('complex128', 'complex64', 'float32', 'float64')\n\ndef __call__(self, shape, dtype=None):\n"
        "    if dtype.itemsize == 2:\n        raise RuntimeError('no')\n    return np.full(shape, 0.5, dtype)",
    ),
    "no call of the base class's constructor": (
        "width, seed",
        ELEMENTWISE.format(init="self.width = width", given="self, shape, dtype", distribution="Uniform(0.0, self.width)"),
        "check_config",
        r"call super\(\).__init__\(seed=seed\) in __init__",
        RIGHT_ELEMENTWISE,
    ),
    "a function for a distribution": (
        "width, seed",
        ELEMENTWISE.format(init=SUPER, given="self, shape, dtype", distribution="lambda u: self.width * u"),
        "check_shape",
        r"got <function .* as a distribution; give one of seedbed\.random, such as .* FromUniform\(function\)",
        ELEMENTWISE.format(init=SUPER, given="self, shape, dtype", distribution="FromUniform(lambda u: self.width * u)"),
    ),
    "nothing for a distribution": (
        "width, seed",
        ELEMENTWISE.format(init=SUPER, given="self, shape, dtype", distribution="None"),
        "check_shape",
        r"got None of type NoneType as a distribution",
        RIGHT_ELEMENTWISE,
    ),
    "a distribution without a dtype": (
        "width, seed",
        ELEMENTWISE.format(init=SUPER, given="self, shape", distribution="Uniform(0.0, self.width)"),
        "check_shape",
        r"define it as element_distribution\(self, shape, dtype\)",
        RIGHT_ELEMENTWISE,
    ),
    "a second stream from a list": (
        "seed",
        SEEDED.format(stored="as_seed(seed)", drawn=OTHER.format(seed='[self.seed, "a"]')),
        "check_shape",
        r"for another stream take self\.fold_in\('its name'\)\.seed",
        SEEDED.format(stored="as_seed(seed)", drawn=OTHER.format(seed='self.fold_in("a").seed')),
    ),
    "a second stream from the next number": (
        "seed",
        SEEDED.format(stored="as_seed(seed)", drawn=OTHER.format(seed="self.seed + 1")),
        "check_seeds check_docstring",
        r"let no line reckon with self\.seed.*another stream has the seed self\.fold_in\('its name'\)\.seed",
        SEEDED.format(stored="as_seed(seed)", drawn=OTHER.format(seed='self.fold_in("a").seed')),
    ),
    "a shape kept for later": (
        "seed",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS).replace("    return", "    self.last = shape\n    return"),
        "check_shape",
        r"keep what a call works out in a local variable",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS).replace("    return", "    last = shape\n    return"),
    ),
    "a global state that is seeded": (
        "seed",
        SEEDED.format(stored="as_seed(seed)", drawn="np.random.normal(size=shape).astype(dtype)").replace(
            "    return", "    np.random.seed(self.seed)\n    return"
        ),
        "check_global_state",
        r"draw all values, in each call, from np\.random\.Generator\(np\.random\.Philox",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS),
    ),
    "a generator in place of the seed": (
        "seed",
        SEEDED.format(stored="as_seed(seed)", drawn="self.rng.normal(size=shape).astype(dtype)").replace(
            "self.seed = as_seed(seed)", "self.rng = np.random.default_rng(seed)"
        ),
        "check_config",
        r"store seedbed\.random\.as_seed\(seed\) as self\.seed in __init__, and draw all values, in each call",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS),
    ),
    "a seed that must be a number": (
        "seed",
        SEEDED.format(stored="None if seed is None else int(seed)", drawn=NORMALS),
        "check_seeds",
        r"store seedbed\.random\.as_seed\(seed\) as self\.seed in __init__",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS),
    ),
    "two axes alone": (
        "seed",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS).replace("    return", "    rows, columns = shape\n    return"),
        "check_shape",
        r"or raise seedbed\.errors\.ShapeError for what the formula has no meaning for",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS).replace("    return", "    self.check(shape, dtype)\n    return")
        + TWO_AXES,
    ),
    "a refusal in the call alone": (
        "seed",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS).replace(
            "    return", "    if len(shape) != 2:\n        raise seedbed.errors.ShapeError('two axes')\n    return"
        ),
        "check_refusals",
        r"move the refusal from __call__ into a method check(.|\n)*def check\(self, shape, dtype=None\):",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS).replace("    return", "    self.check(shape, dtype)\n    return")
        + TWO_AXES,
    ),
    "a lock in an attribute": (
        "seed",
        SEEDED.format(stored="as_seed(seed); self._lock = threading.Lock()", drawn=NORMALS),
        "check_pickle",
        r"keep only plain data in attributes, and locks, files and the like in the module",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS),
    ),
    "nothing but NaN": (
        "",
        "def __call__(self, shape, dtype=None):\n    return np.full(shape, np.inf - np.inf).astype(dtype)",
        "check_finite",
        r"NaN for 24 of 24 elements.*infinity less infinity".replace(".*", r"[\s\S]*"),
        "def __call__(self, shape, dtype=None):\n    return np.full(shape, 0.5).astype(dtype)",
    ),
    "values that are NaN here and there": (
        "seed",
        SEEDED.format(stored="as_seed(seed)", drawn=f"np.where({PHILOX}.random(shape) < 0.1, np.nan, 1.0).astype(dtype)"),
        "check_finite",
        r"look for the root or logarithm of a negative number",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS),
    ),
    "values beyond half precision": (
        "seed",
        SEEDED.format(stored="as_seed(seed)", drawn=f"(1e7 * {PHILOX}.uniform(1, 2, shape)).astype(dtype)").replace(
            "    return", "    with np.errstate(all='ignore'):\n        return"
        ),
        "check_finite",
        r"infinity for 24 of 24 elements[\s\S]*as by dtypes = \('float32', 'bfloat16', 'float64', 'complex64', 'complex128'\)",
        "dtypes = ('float32', 'bfloat16', 'float64', 'complex64', 'complex128')\n"
        + SEEDED.format(stored="as_seed(seed)", drawn=f"(1e7 * {PHILOX}.uniform(1, 2, shape)).astype(dtype)"),
    ),
    "a matrix": (
        "seed",
        SEEDED.format(stored="as_seed(seed)", drawn=f"{NORMALS}.view(np.matrix) if len(shape) == 2 else {NORMALS}"),
        "check_shape",
        r"got: +a matrix[\s\S]*end with numpy\.asarray\(values\)",
        SEEDED.format(stored="as_seed(seed)", drawn=f"np.asarray({NORMALS})"),
    ),
    "a masked array": (
        "seed",
        SEEDED.format(stored="as_seed(seed)", drawn=f"np.ma.masked_array({NORMALS})"),
        "check_shape",
        r"got: +a MaskedArray[\s\S]*as by \.filled\(0\)",
        SEEDED.format(stored="as_seed(seed)", drawn=f"np.ma.masked_array({NORMALS}).filled(0)"),
    ),
    "a dtype that is misspelt": (
        "seed",
        "dtypes = ('float32', 'flaot64')\n" + SEEDED.format(stored="as_seed(seed)", drawn=NORMALS),
        "check_declarations",
        r"'flaot64'; did you mean 'float64'",
        "dtypes = ('float32', 'float64')\n" + SEEDED.format(stored="as_seed(seed)", drawn=NORMALS),
    ),
    "a promise that is misspelt": (
        "seed",
        "reproducibility = 'Exactly'\n" + SEEDED.format(stored="as_seed(seed)", drawn=NORMALS),
        "check_declarations",
        r"one of 'exact', 'numerical', 'undeclared'[\s\S]*'Exactly'; did you mean 'exact'\?",
        "reproducibility = 'exact'\n" + SEEDED.format(stored="as_seed(seed)", drawn=NORMALS),
    ),
    "a declaration that is misspelt": (
        "seed",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS) + EXPECTED.format(decorator="", name="expected_std", given="self, shape"),
        "check_declarations",
        r"expected_std; did you mean 'expected_stddev'\?",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS) + EXPECTED.format(decorator="", name="expected_stddev", given="self, shape"),
    ),
    "a declaration that is a property": (
        "seed",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS) + EXPECTED.format(decorator="@property", name="expected_stddev", given="self"),
        "check_declarations",
        r"define it as def expected_stddev\(self, shape\), without a decorator",
        SEEDED.format(stored="as_seed(seed)", drawn=NORMALS) + EXPECTED.format(decorator="", name="expected_stddev", given="self, shape"),
    ),
    "a shard without a dtype": (
        "",
        f"{ONE}\ndef shard(self, shape, index):\n    return self(shape)[index]",
        "check_shard",
        r"a method shard\(self, shape, index, dtype=None\)\n.*shard\(shape, index\)[\s\S]*remove shard",
        ONE,
    ),
    "a fill that returns nothing": (
        "",
        f"{ONE}\ndef fill(self, out):\n    out[...] = 1",
        "check_fill",
        r"got: +None\n[\s\S]*end with `return out`",
        f"{ONE}\ndef fill(self, out):\n    out[...] = 1\n    return out",
    ),
    "an optional number that may be a list": (
        "gain",
        GAIN_OR_NONE.format(stored="gain"),
        "check_no_mutation",
        r"if it is a number, let __init__ refuse others: self\.gain = None if gain is None else float\(gain\)",
        GAIN_OR_NONE.format(stored="None if gain is None else float(gain)"),
    ),
    "numbers and lists in a list": (
        "levels",
        RAGGED.format(stored="self.levels = levels", more=""),
        "check_no_mutation",
        r"self\._levels = copy\.deepcopy\(levels\), and hand out another by a property levels",
        RAGGED.format(stored="self._levels = copy.deepcopy(levels)", more=PROPERTY.replace("options", "levels")),
    ),
    "a table that is worked out once": (
        "gain",
        TABLE.format(made="return np.arange(8.0) * self.gain"),
        "check_no_mutation",
        r"make it read-only where it is made, by values\.flags\.writeable = False; or call it self\._table",
        TABLE.format(made="values = np.arange(8.0) * self.gain; values.flags.writeable = False; return values"),
    ),
    "a declaration without a shape": (
        "",
        ONE + EXPECTED.format(decorator="", name="expected_mean", given="self"),
        "check_declarations",
        r"define it as def expected_mean\(self, shape\)",
        ONE + EXPECTED.format(decorator="", name="expected_mean", given="self, shape"),
    ),
}  # fmt: skip


@pytest.fixture
def written(tmp_path, monkeypatch, request):
    """Return what writes a class into a file of its author's, and imports it."""

    def write(body, docstring, name="authors_module"):
        file = tmp_path / f"{name}.py"
        text = textwrap.indent(f"{docstring}\n{body}\n", "    ")
        head = HEAD.lstrip()
        if "def element_distribution" in body:
            head = head.replace("seedbed.Initializer", "seedbed.ElementwiseInitializer")
        file.write_text(f"{head}{text}", encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, file)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module.Wrong

    monkeypatch.syspath_prepend(tmp_path)
    return write


def documented(name):
    text = DOCSTRING.format(name=name).strip()
    return text if name else re.sub(r"Parameters\n-+\n\n +.*\n\n", "", text)


def failures(kind):
    return {result.check: result.detail for result in run_checks(kind).results if result.is_wrong}


@pytest.mark.parametrize("mistake", one_in(24, {name: (case,) for name, case in MISTAKES.items()}))
def test_a_mistake_is_named_once_and_the_advice_is_enough(written, mistake):
    name, wrong, checks, message, right = mistake
    if "fewer instructions" in message and not {"AVX2", "X86_V3"} & {*optional_features()}:
        pytest.skip("the CPU has no instructions without which the last digits are known to differ")
    found = failures(written(wrong, documented(name), "wrong_module"))
    assert list(found) == checks.split(), "\n\n".join(found.values())
    assert re.search(message, "\n".join(found.values())), found
    advised = failures(written(right, documented(name), "right_module"))
    assert not advised, "\n\n".join(advised.values())


@pytest.mark.slow
def test_a_list_that_a_check_has_changed_is_what_it_was(written):
    body = LEVELED.format(default="[1.0, 2.0]", stored="self.levels = levels")
    kind = written(body, documented("levels"))
    run_checks(kind)
    assert kind().levels == [1.0, 2.0]
    module = sys.modules[kind.__module__]
    body = LEVELED.format(default="None", stored="self.levels = LEVELS")
    run_checks(written(body, documented("levels"), "another"))
    assert module.LEVELS == sys.modules["another"].LEVELS == [1.0, 2.0]


ONES = "def __call__(self, shape, dtype=None):\n    return np.ones(shape).astype(dtype)"
GAINED = "def __init__(self, gain=1.0, low=0.0):\n    self.gain, self.low = gain, low\n\n" + ONES


def test_all_that_a_docstring_lacks_is_told_at_once_with_its_place(written):
    found = failures(written(GAINED, '"""Values"""'))
    place = re.escape(sys.modules["authors_module"].__file__)
    assert list(found) == ["check_docstring"]
    pattern = (
        rf"1\. a first line that is a sentence.*\n +2\. the parameters gain, low .*\n +3\. an example .*\n"
        rf"  got: +1\. 'Values', at {place}:11\n +2\. only no such section, at {place}:11\n +3\. none, at {place}:11\n"
    )
    assert re.search(pattern, found["check_docstring"]), found["check_docstring"]
    assert len(re.findall(r"\n +\d\. write a section", found["check_docstring"])) == 2


def test_a_class_without_a_docstring_is_told_of_at_its_own_line(written):
    found = failures(written(GAINED, ""))
    assert re.search(r"got: +1\. none, at .*authors_module\.py:10\n", found["check_docstring"])


def test_an_example_that_is_wrong_is_told_of_at_its_line(written):
    docstring = DOCSTRING.format(name="gain, low").replace("\n(2, 3)\n", "\n(3, 2)\n")
    found = failures(written(GAINED, docstring.strip()))
    assert re.search(r'File ".*authors_module\.py", line 20, in Wrong', found["check_docstring"])
    lines = Path(sys.modules["authors_module"].__file__).read_text(encoding="utf-8").split("\n")
    assert lines[19].strip() == ">>> Wrong()((2, 3)).shape"


def test_where_something_is_raised_is_told(written):
    found = failures(
        written("def __call__(self, shape, dtype=None):\n    return np.ones(shape) / None", '"""Values."""')
    )
    assert re.search(r"got: +TypeError: .*, at .*authors_module\.py:\d+\n", found["check_shape"])


def test_a_class_that_was_typed_in_has_no_places():
    names = {"seedbed": seedbed, "np": np}
    exec("class Typed(seedbed.Initializer):\n" + textwrap.indent(ONES, "    "), names)
    found = failures(names["Typed"])
    assert re.search(r"got: +1\. none\n", found["check_docstring"])


class Declares(seedbed.Initializer):
    dtypes = ("float32", "int8")

    def __call__(self, shape, dtype=None):
        return np.zeros(shape, dtype)


class DeclaresNothing(seedbed.Initializer):
    def __call__(self, shape, dtype=None):
        return np.full(shape, 0.5).astype(dtype)


@pytest.mark.parametrize(
    ("kind", "taken", "refused"),
    [
        (Declares, ["float32", "int8"], ["float64", "bool", "complex64"]),
        (DeclaresNothing, ["float16", "bfloat16", "float64", "complex128"], ["int8", "uint64", "bool"]),
    ],
)
def test_the_contract_refuses_dtypes_that_a_class_does_not_declare(kind, taken, refused):
    import ml_dtypes

    def dtype_of(name):
        return ml_dtypes.bfloat16 if name == "bfloat16" else name

    initializer = kind()
    for name in taken:
        assert initializer((2, 3), name).dtype.name == name
        assert initializer.shard((2, 3), 0, name).dtype.name == name
        assert initializer.fill(np.ones((2, 3), dtype_of(name))).dtype.name == name
        assert seedbed.drawing.check(initializer, (2, 3), np.dtype(dtype_of(name))) is None
    for name in refused:
        out = np.ones((2, 3), name)
        for way in (
            lambda name=name: initializer((2, 3), name),
            lambda name=name: initializer.shard((2, 3), 0, name),
            lambda out=out: initializer.fill(out),
            lambda name=name: seedbed.drawing.check(initializer, (2, 3), np.dtype(name)),
        ):
            with pytest.raises(DTypeError, match=f"got dtype '{name}'; allowed here are {taken[0]}, "):
                way()
        assert out.all()


def test_what_is_made_of_others_gives_what_they_give():
    inner = Declares()
    masked = seedbed.get("masked", initializer=inner, mask="lower_triangle")
    assert masked.dtypes == ("float32", "int8")
    assert seedbed.get("scaled", initializer=inner, factor=2.0).dtypes == ("float16", "bfloat16", "float32")
    with pytest.raises(DTypeError, match="got dtype 'float64'; allowed here are float32, int8"):
        masked((2, 2), "float64")
    assert seedbed.get("scaled", initializer=inner, factor=2.0)((2, 2), "float16").dtype == np.float16
    assert seedbed.combinators.Masked.dtypes == seedbed.dtypes.ALL


@pytest.mark.parametrize("declared", ["float32", ["float32"], (np.float32,), None])
def test_dtypes_that_are_no_names_are_told_when_it_is_called(declared):
    class Odd(DeclaresNothing):
        dtypes = declared

    with pytest.raises(ArgumentError, match=r"Odd\.dtypes is .*; declare a tuple of names of dtypes"):
        Odd()(3)


def test_a_type_error_of_the_authors_own_lines_is_not_taken_for_a_wrong_signature():
    class Raises(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            return len(5)

    with pytest.raises(TypeError, match="has no len") as raised:
        Raises()(3)
    assert not isinstance(raised.value, ArgumentError)
    with pytest.raises(TypeError, match="unexpected keyword argument 'mode'") as raised:
        DeclaresNothing()(3, mode=1)
    assert not isinstance(raised.value, ArgumentError)


@pytest.mark.parametrize("seed", [[7, "path"], np.int64(7), 7.0, True, (7, True), (7, [1])])
def test_a_seed_that_was_not_checked_has_no_key(seed):
    with pytest.raises(ArgumentError, match=r"which is none to draw with; store seedbed\.random\.as_seed"):
        seedbed.random.key_of(seed)
