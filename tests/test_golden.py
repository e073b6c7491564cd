"""The bits of every elementwise initializer, compared with those that were committed.

`golden/digests.json` was found the same with NumPy 1.26.4 on Python 3.11 and 3.12 and with NumPy 2.5 on
Python 3.13. To see that again, for an interpreter and a NumPy of your choice::

    python3.12 -m venv /tmp/old
    /tmp/old/bin/pip install numpy==1.26.4 ml_dtypes .
    /tmp/old/bin/python tests/golden/make.py

The slow tests below do so with the interpreter that runs them, and with less and less of this machine's
instructions. `.ci/machines` does so on other machines.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from standard_examples import COMBINATORS

from seedbed.random import STREAM_VERSION, NumPyEngine, engines, use_engine

HERE = Path(__file__).parent

_spec = importlib.util.spec_from_file_location("golden_make", HERE / "golden" / "make.py")
golden = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(golden)

EXPECTED = golden.read()["digests"]
CASES = [(name, json.dumps(config)) for name in golden.elementwise() for config in golden.configs(name)]

MEANING = """
{count} of {total} draws of {name} with {config} are not what was committed: {first}, ...
Either this machine's floating point fuses or reorders operations, or keeps more digits than doubles have
(-ffast-math, x87, flushing of subnormals): then its values differ from those of other machines.
Or the stream has changed: then it needs a new STREAM_VERSION, a `weights` line in CHANGELOG.md, and
new digests by `python tests/golden/make.py --write`. Setting: {setting}.
"""


def check(name, config, setting, *, large=True, **options):
    expected = EXPECTED.get(name, {}).get(config, {})
    got = {
        case: golden.digest(draw(**options))
        for case, draw in golden.draws(name, json.loads(config), large=large)
    }
    if not large:
        expected = {case: digest for case, digest in expected.items() if case in got}
    found = list(golden.differences(expected, got))
    if found:
        pytest.fail(
            MEANING.format(
                count=len(found), total=len(got), name=name, config=config, first=found[0], setting=setting
            )
        )


@pytest.mark.parametrize(("name", "config"), CASES)
def test_values_are_those_that_were_committed_on_one_thread(name, config):
    check(name, config, "1 thread", threads=1)


@pytest.mark.parametrize("threads", [2, 7])
@pytest.mark.parametrize("name", golden.elementwise())
def test_values_are_those_that_were_committed_on_more_threads(name, threads, monkeypatch):
    module = sys.modules[NumPyEngine.__module__]  # `seedbed.random.engine` is the function of this name
    monkeypatch.setattr(module, "_WORTH_A_THREAD", 1)  # else one thread would draw the small ones
    for config in golden.configs(name):
        check(name, json.dumps(config), f"{threads} threads", threads=threads)


@pytest.mark.parametrize("block", [pytest.param(64, marks=pytest.mark.slow), 65_536])
@pytest.mark.parametrize("name", golden.elementwise())
def test_values_are_those_that_were_committed_for_any_block_size(name, block):
    use_engine(NumPyEngine(block))
    try:
        for config in golden.configs(name):
            # In blocks of 64 the largest shape would take a hundred times as long as it should.
            check(name, json.dumps(config), f"blocks of {block}", large=block > 64, threads=1)
    finally:
        use_engine(None)


@pytest.mark.parametrize("name", golden.COMBINED)
def test_values_of_what_is_made_of_others_are_those_that_were_committed(name):
    got = {case: golden.digest(values) for case, values in golden.combined(name)}
    assert list(golden.differences(golden.read()["combined"][name], got)) == []


def test_every_initializer_that_is_made_of_others_has_digests():
    assert sorted(golden.read()["combined"]) == sorted(golden.COMBINED) == sorted(COMBINATORS)


@pytest.mark.parametrize("name", golden.COMPUTED)
def test_values_that_are_computed_are_those_that_were_committed(name):
    got = {
        json.dumps(config): {case: golden.digest(values) for case, values in golden.computed(name, config)}
        for config in golden.COMPUTED[name]
    }
    assert list(golden.differences(golden.read()["computed"][name], got)) == []
    assert min(map(len, got.values())) >= 12


def test_the_file_has_exactly_what_core_provides():
    assert golden.read()["stream_version"] == STREAM_VERSION
    assert {(name, config) for name, configs in EXPECTED.items() for config in configs} == set(CASES)
    assert len(golden.elementwise()) >= 10
    assert all(len(configs["{}"]) >= 30 for configs in EXPECTED.values())


@pytest.mark.parametrize(
    "change",
    [
        lambda values: np.nextafter(values, values.dtype.type(1)),
        lambda values: values[..., ::-1],
        lambda values: values.astype("float64").astype("float16").astype(values.dtype),
    ],
    ids=["one unit in the last place", "another order", "rounded twice"],
)
def test_other_bits_are_found_and_their_meaning_told(monkeypatch, change):
    draw_right = NumPyEngine.draw
    monkeypatch.setattr(engines, "_active", NumPyEngine())

    def draw(self, distribution, key, region, out, **options):
        draw_right(self, distribution, key, region, out, **options)
        if out.dtype == np.float32:
            out[...] = change(out)

    monkeypatch.setattr(NumPyEngine, "draw", draw)
    with pytest.raises(pytest.fail.Exception, match=r"fuses or reorders operations[\s\S]*STREAM_VERSION"):
        check("random_normal", "{}", "a wrong engine")


def run(*command, **environment):
    done = subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
        env=os.environ | environment,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info >= (3, 13), reason="NumPy 1.26 has no wheels for this Python")
def test_the_oldest_numpy_gives_the_same_bits(tmp_path):
    run(sys.executable, "-m", "venv", tmp_path / "old")
    python = tmp_path / "old" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    run(python, "-m", "pip", "install", "-q", "numpy==1.26.4", "ml_dtypes>=0.5", HERE.parent)
    told = run(python, HERE / "golden" / "make.py")
    assert "NumPy 1.26.4" in told
    assert " 0 differ" in told


WITHOUT = """
import runpy
import sys

import numpy as np

make, *names = sys.argv[1:]
sys.argv[1:] = []
assert not set(names) & set(np.show_config("dicts")["SIMD Extensions"].get("found", []))
runpy.run_path(make, run_name="__main__")
"""
"""The script of the first argument, once it is sure that NumPy uses none of the instructions that follow."""


@pytest.mark.slow
def test_older_machines_of_this_kind_give_the_same_bits():
    # NumPy has its loops for several sets of instructions, lists each after those that it needs, and takes
    # the last that the machine has.
    found = np.show_config("dicts")["SIMD Extensions"].get("found", [])
    assert found, "NumPy found nothing here that could be left out, so this shows nothing"
    for first in range(len(found)):
        names = found[first:]
        told = run(
            sys.executable,
            *("-c", WITHOUT, HERE / "golden" / "make.py", *names),
            NPY_DISABLE_CPU_FEATURES=" ".join(names),
        )
        assert " 0 differ" in told, names
