"""The test that each import makes: that its answers are right, and that it refuses a build that is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from native_build import SOURCES, compiler, need_the_engine

from seedbed.random import elementary_steps, exp, log, power
from seedbed.random.elementary import compute_with
from seedbed.random.words import WordStream

need_the_engine()

from seedbed.random.laws import Kind  # noqa: E402 - as above
from seedbed_native import _native, functions, known_answers  # noqa: E402 - which the line before looks for

COUNT = 1101
FAR = 2**53 + 5
PART = [
    FAR + outer * (2**33 + 1) + inner * 1001 + 3 * place
    for outer in range(5)
    for inner in range(4)
    for place in range(7)
]
KEY = 0xFEDCBA98765432100123456789ABCDEF


def words_at(elements, parts, itemsize):
    """Return the words of elements, read one at a time."""
    stream = WordStream(KEY)
    return np.concatenate([stream.read(element * parts, parts, itemsize) for element in elements])


def singles(law, words):
    """Work out with NumPy what single precision gives, from the numbers and tables of a law."""
    numbers = np.frombuffer(law.tables[0][16:], np.float64)
    kind, _, flags, _ = np.frombuffer(law.tables[0][:16], np.int32)
    scale, shift, more, low, high = numbers[:5]
    if kind == Kind.UNIFORM:
        values = (words.view(np.int32).astype(np.float64) + shift) * scale * more
        return clipped(values.astype(np.float32), flags, low, high)
    x = words.view(np.int32).astype(np.float64) + 0.5
    if kind == Kind.DISC:
        radius = on_lines(law.tables[1], x[0::2]) * scale
        arc, y = words[1::2] >> 18, (words[1::2] & (2**18 - 1)).astype(np.float64) - 131071.5
        parts = [table.reshape(-1, 2)[arc] for table in law.tables[2:4]]
        values = np.stack([(pair[:, 0] * y + pair[:, 1]) * radius for pair in parts], axis=-1).reshape(-1)
        mask, at = slice(None), slice(0, None, 2)
    else:
        values = np.sign(x) * on_lines(law.tables[1], np.abs(x)) if flags & 4 else on_lines(law.tables[1], x)
        values *= scale
        mask, at = slice(None), slice(0, None, 2 if flags & 8 else 1)
    if shift:
        bits = values.view(np.uint64)
        bits[mask] &= ~np.uint64(1)
        values[at] += shift
    return clipped(values.astype(np.float32), flags, low, high)


def on_lines(table, x):
    """Return the value at each x, in units of 2^-32, of pairs of lines in 1024 segments of each octave."""
    mantissa, exponent = np.frexp(np.abs(x))  # mantissa in [1/2, 1)
    segment = ((mantissa * 2 - 1) * 1024).astype(np.int64)
    place = exponent * 1024 + segment + np.where(x < 0, 32768, 0)
    slope, constant = table.reshape(-1, 2)[place].T
    return slope * x + constant


def clipped(values, flags, low, high):
    return np.clip(values, np.float32(low), np.float32(high)) + np.float32(0) if flags & 1 else values


def in_format(values, law):
    if law.format == 0:
        return values.astype("<f2")
    if law.format == 1:
        return values.astype(pytest.importorskip("ml_dtypes").bfloat16).view("<u2")
    return values.astype("<f4")


def test_the_answers_in_single_precision_are_what_numpy_works_out():
    known = iter(known_answers.ANSWERS[:-3])
    compared = 0
    for name, law in known_answers.laws():
        answers = next(known), next(known)
        if law.format == 3:
            continue
        for elements, answer in zip((range(FAR, FAR + COUNT), PART), answers, strict=True):
            values = singles(law, words_at(elements, law.parts, 4))
            assert zlib.crc32(in_format(values, law).tobytes()) == answer, name
            compared += 1
    assert compared == 30


def test_the_answers_of_functions_are_what_numpys_steps_give(monkeypatch):
    log_table, exp_table = (np.asarray(table) for table in known_answers.made_up_rows()[2:])
    columns = log_table.reshape(512, 3).T, np.resize(exp_table, 1024).reshape(512, 2).T
    made_up = SimpleNamespace(log=columns[0], exp=columns[1])
    monkeypatch.setattr(elementary_steps, "tables", lambda: made_up)
    monkeypatch.setattr("seedbed.random.elementary._kernel", None)
    x, y = known_answers.arguments()
    sums = [zlib.crc32(values.astype("<f8").tobytes()) for values in (log(x), exp(x), power(x, y))]
    assert tuple(sums) == known_answers.ANSWERS[-3:]


def bits(values):
    return values.view(np.uint64)


@given(
    st.lists(
        st.tuples(st.floats(), st.one_of(st.floats(), st.sampled_from((0.5, -0.5, 3.0, 1e-300)))),
        min_size=1,
        max_size=50,
    )
)
def test_the_functions_have_the_bits_of_numpys_steps_for_any_numbers(pairs):
    x, y = (np.ascontiguousarray(column) for column in np.array(pairs, np.float64).T)
    for name, function, taken in (("log", log, [x]), ("exp", exp, [x]), ("power", power, [x, y])):
        out = np.empty_like(x)
        functions.elementary(name, taken, out)
        compute_with(None)
        np.testing.assert_array_equal(bits(out), bits(function(*taken)))


def test_seedbeds_functions_are_computed_with_the_module():
    code = """
import seedbed.random
from seedbed.random import elementary
seedbed.random.engine()
assert elementary._kernel is not None
seedbed.random.use_engine(None)
assert elementary._kernel is None
"""
    environ = {**os.environ, "SEEDBED_ENGINE": ""}
    subprocess.run([sys.executable, "-c", code], env=environ, check=True)


@pytest.mark.parametrize("cpu", [number for number, _ in _native.instructions()])
def test_every_set_of_instructions_gives_the_answers(cpu):
    assert known_answers.wrong_answers(cpu) == ()
    assert len(known_answers.ANSWERS) == len(list(known_answers.answers(cpu)))


def build(folder: Path, *options: str) -> None:
    """Compile the package's module into a folder with the package's Python files, as one plain build."""
    package = folder / "seedbed_native"
    package.mkdir()
    for module in SOURCES.glob("*.py"):
        shutil.copy(module, package)
    common = [
        "-O2",
        "-fPIC",
        "-std=c17",
        f"-I{sysconfig.get_paths()['include']}",
        "-DPy_LIMITED_API=0x030B0000",
    ]
    kernels = [
        [SOURCES / f"{precision}.c", f"-DSEEDBED_NAME=seedbed_{precision}_plain", *options]
        for precision in ("singles", "doubles")
    ]
    objects = []
    others = [[SOURCES / f"{name}.c", *options] for name in ("module", "cpu", "elementary")]
    for source, *extra in (*kernels, *others):
        objects.append(folder / f"{source.stem}.o")
        subprocess.run([compiler(), *common, *extra, "-c", source, "-o", objects[-1]], check=True)
    target = package / f"_native{sysconfig.get_config_var('EXT_SUFFIX')}"
    subprocess.run([compiler(), "-shared", *objects, "-o", target], check=True)


def engine_of(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(folder), *(entry for entry in sys.path if entry)])
    environ = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the options are those of GCC and Clang")
@pytest.mark.parametrize(
    ("options", "is_right"),
    [
        (["-ffp-contract=off"], True),
        (["-Ofast", "-ffp-contract=off"], False),
        (["-O3", "-march=haswell", "-ffp-contract=fast"], False),
        (["-ffp-contract=off", "-fsingle-precision-constant"], False),
        (["-ffp-contract=off", "-DSEEDBED_TEST_ROUNDS=9"], False),
    ],
    ids=["as it should be", "fast math", "fused", "constants in single precision", "nine rounds"],
)
def test_a_miscompiled_build_is_refused_when_it_is_imported(tmp_path, options, is_right):
    if "-march=haswell" in options and "avx2" not in [name for _, name in _native.instructions()]:
        pytest.skip("this machine has no AVX2")
    build(tmp_path, *options)
    done = engine_of(tmp_path, "import seedbed_native; print(seedbed_native.NativeEngine('plain').name)")
    if is_right:
        assert done.stdout == "native-plain\n", done.stderr
    else:
        assert "ImportError: seedbed-native draws other values than it must with plain" in done.stderr
