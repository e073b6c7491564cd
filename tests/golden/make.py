"""Make or check `digests.json`: what core's elementwise initializers, and others of them, give, as sha256.

    python tests/golden/make.py            # compare, and list what differs
    python tests/golden/make.py --write    # after a change of the stream, which needs a new version

It needs nothing but seedbed, NumPy and ml_dtypes, so that it runs in any environment, and on the
machines of `.ci/machines`.
"""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import seedbed
from seedbed.dtypes import COMPLEX, FLOATING
from seedbed.errors import DTypeError, ShapeError
from seedbed.files import write_file
from seedbed.random import STREAM_VERSION

FILE = Path(__file__).with_name("digests.json")

SHAPES = ((), (5,), (7, 129), (3, 3, 16, 32))
LARGE = (700, 801)  # 5 blocks of the engine's own size, the last of them short
SEEDS = (7, [7, "encoder/0/kernel"])

# Beside the defaults, for the initializers that take these arguments.
CONFIGS: dict[str, list[dict[str, Any]]] = {
    "random_uniform": [{"minval": 0.1, "maxval": 1.0}, {"minval": 1.5, "maxval": 1.5}],
    "random_normal": [{"mean": 0.3, "stddev": 2.0}, {"stddev": 0}],
    "truncated_normal": [
        {"lower": None, "upper": 1.0},
        {"lower": 5.0, "upper": None},
        {"lower": -31.0, "upper": -30.0},
        {"mean": 0.3, "stddev": 0.1, "lower": -1.0, "upper": 3.0},
        {"stddev": 1.0, "bounds": "absolute"},
        {"mean": 0.01, "stddev": 0.02, "lower": -0.03, "upper": 0.02, "bounds": "absolute"},
        {"lower": -7.5, "upper": 7.5},
        {"lower": None, "upper": None},
    ],
    "variance_scaling": [
        {"distribution": "uniform", "mode": "fan_out"},
        {"distribution": "untruncated_normal", "scale": 2.0},
        {"mode": "fan_avg", "scale": 0.5},
        {"mode": "fan_geo_avg", "distribution": "uniform"},
        {"axes": {"in": [0], "out": [1]}},
    ],
    "fan_scaling": [
        {"gain": 0.7, "fan_in": -1, "fan_out": 0.3},
        {"cutoff": 2, "corrected": True},
        {"cutoff": 3.0, "gain": 2.0},
        {"cutoff": 0.7, "corrected": True, "width": 768, "fan_out": -0.5},
        {"measure": "limit", "distribution": "uniform", "fan_in": -1},
        {"distribution": "uniform", "axes": {"in": [0], "out": [-1], "rest": "batch"}},
    ],
    "he_normal": [{"axes": {"in": [0], "out": [-1], "rest": "batch"}}],
    "glorot_uniform": [{"axes": {"in": [-1], "out": [-2]}}],
}


# Initializers that are made of others.
COMBINED: dict[str, dict[str, Any]] = {
    "scaled": {"initializer": "he_normal", "factor": 0.1},
    "shifted": {"initializer": "random_uniform", "offset": 0.3},
    "sum_of": {"initializers": ["random_normal", "random_normal", "lecun_uniform"]},
    "transposed": {"initializer": "glorot_uniform"},
    "blocked": {"initializers": ["glorot_uniform", "glorot_uniform"], "axis": 0},
    "stacked": {"initializer": {"class_name": "Scaled", "config": {"initializer": "ones", "factor": 0.1}}},
    "masked": {"initializer": "truncated_normal", "mask": {"pattern": "upper_triangle", "diagonal": 1}},
    "padded": {"initializer": {"class_name": "Stacked", "config": {"initializer": "lecun_normal"}}},
    "repeated": {"initializer": "glorot_normal", "repeats": 2, "axis": 0, "order": "whole"},
}
COMBINED_SHAPES = ((6, 129), (4, 3, 16, 32))

# Arguments that suit these shapes alone, most of them of initializers that draw nothing.
COMPUTED: dict[str, list[dict[str, Any]]] = {
    "fan_constant": [{}, {"scale": -0.3, "power": 0.7}, {"axes": {"in": [0], "out": [-1]}}],
    "scaled": [
        {"initializer": {"class_name": "Ones"}, "factor": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]},
        {"initializer": "he_normal", "factor": [[0.1], [1 / 3], [-2.5], [0.7]], "seed": 7},
    ],
    "linspaced": [{"start": 0.1, "stop": 0.7}, {"start": 3, "stop": -1, "axis": 1}],
}
COMPUTED_SHAPES = ((4, 7), (4, 3, 4, 7))


def elementwise() -> dict[str, type[seedbed.ElementwiseInitializer]]:
    """Return the elementwise initializers that core provides, by name."""
    catalogue = seedbed.Catalogue(scan=False)
    classes = {entry.name: catalogue.load(entry) for entry in catalogue}
    return {name: cls for name, cls in classes.items() if issubclass(cls, seedbed.ElementwiseInitializer)}


def configs(name: str) -> list[dict[str, Any]]:
    """Return the configs to check of an initializer."""
    return [{}, *CONFIGS.get(name, [])]


def draws(name: str, config: dict[str, Any], *, large: bool = True) -> Iterator[tuple[str, Any]]:
    """Give, for each dtype, shape and seed that make sense for a config, a text and a function to draw."""
    cls = elementwise()[name]
    for seed in SEEDS:
        initializer = cls(**config, seed=seed)
        for dtype in cls.dtypes:
            for shape in (*SHAPES, LARGE) if large and not config and seed == SEEDS[0] else SHAPES:
                if _makes_sense(initializer, shape, dtype):
                    case = f"{dtype} {list(shape)} seed {json.dumps(seed)}"
                    yield case, lambda i=initializer, s=shape, d=dtype, **options: i(s, d, **options)


def combined(name: str) -> Iterator[tuple[str, Any]]:
    """Give texts and arrays of an initializer that is made of others."""
    for seed in SEEDS:
        initializer = seedbed.get(name, seed=seed, **COMBINED[name])
        for dtype in (*FLOATING, "complex64"):
            for shape in COMBINED_SHAPES:
                yield f"{dtype} {list(shape)} seed {json.dumps(seed)}", initializer(shape, dtype)


def computed(name: str, config: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give texts and arrays of a config of `COMPUTED`."""
    initializer = seedbed.get(name, **config)
    for dtype in (*FLOATING, *COMPLEX):
        for shape in COMPUTED_SHAPES:
            yield f"{dtype} {list(shape)}", initializer(shape, dtype)


def digest(values: Any) -> str:
    """Return the sha256 of an array's bytes, in C order and little-endian."""
    array = np.ascontiguousarray(values)
    if array.dtype.name == "bfloat16":
        array = array.view(np.uint16)
    little = array.astype(array.dtype.newbyteorder("<"))
    return hashlib.sha256(little.tobytes()).hexdigest()


def make() -> dict[str, Any]:
    """Return what the file holds."""
    return {
        "stream_version": STREAM_VERSION,
        "digests": {
            name: {
                json.dumps(config): {case: digest(draw()) for case, draw in draws(name, config)}
                for config in configs(name)
            }
            for name in sorted(elementwise())
        },
        "combined": {
            name: {case: digest(values) for case, values in combined(name)} for name in sorted(COMBINED)
        },
        "computed": {
            name: {
                json.dumps(config): {case: digest(values) for case, values in computed(name, config)}
                for config in COMPUTED[name]
            }
            for name in sorted(COMPUTED)
        },
    }


def read() -> dict[str, Any]:
    """Return the file as it was committed."""
    content: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return content


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Name the places in which two trees of dicts differ."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        if one != other:
            yield path
        return
    for key in sorted({*one, *other}):
        yield from differences(one.get(key), other.get(key), f"{path} {key}".strip())


def _makes_sense(initializer: seedbed.ElementwiseInitializer, shape: tuple[int, ...], dtype: str) -> bool:
    """Say whether the distribution has a meaning there; a draw may fail for no other reason."""
    try:
        initializer.element_distribution(shape, np.dtype("float32" if dtype == "bfloat16" else dtype))
        initializer.shard(shape, (slice(0, 0),) * len(shape), dtype)
    except (DTypeError, ShapeError):
        return False
    return True


def main() -> int:
    """Write or compare, and tell what came of it; 0 if nothing differs."""
    made = make()
    if sys.argv[1:] == ["--write"]:
        write_file(FILE, (json.dumps(made, indent=1) + "\n").encode())
    found = list(differences(read(), made))
    count = sum(len(cases) for of_name in made["digests"].values() for cases in of_name.values())
    count += sum(map(len, made["combined"].values()))
    count += sum(len(cases) for of_name in made["computed"].values() for cases in of_name.values())
    machine = f"{platform.machine()}, {sys.maxsize.bit_length() + 1} bits, {sys.byteorder}-endian"
    versions = f"seedbed {seedbed.__version__}, Python {platform.python_version()}, NumPy {np.__version__}"
    sys.stdout.write("\n".join([f"{machine}: {versions}: {count} digests, {len(found)} differ", *found, ""]))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
