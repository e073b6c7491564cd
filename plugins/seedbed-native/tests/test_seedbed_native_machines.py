"""The kernels draw what NumPy draws without Python, on this machine and on others that an emulator plays."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from native_build import SOURCES, compiler, do_without, need_the_engine

need_the_engine()

HERE = Path(__file__).parent
STRICT = ["-O3", "-std=c17", "-ffp-contract=off", "-fno-math-errno", "-Wall", "-Wextra", "-Werror", "-static"]
AVX2 = (["-mavx2", "-mfma", "-mbmi", "-mbmi2", "-mf16c", "-DSEEDBED_AVX2"], ["-mavx2", "-mbmi", "-mbmi2"])
EMULATOR = "SEEDBED_EMULATOR"
"""The variable with the path of QEMU's program for aarch64."""


@pytest.fixture(scope="module")
def lists(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists")
    listed, sums = folder / "list", folder / "sums"
    subprocess.run([sys.executable, HERE / "draw_lists.py", listed, sums], check=True)
    return listed, sums.read_text(encoding="ascii").split()


def program(folder, compile_with, kernels, options=((), ())):
    """Return a program that draws a list with these kernels."""
    objects = []
    for precision, more in zip(("singles", "doubles"), options, strict=True):
        objects.append(folder / f"{precision}.o")
        named = f"-DSEEDBED_NAME=seedbed_{precision}_{kernels}"
        source = SOURCES / f"{precision}.c"
        subprocess.run(
            [*compile_with, *STRICT[:-1], *more, named, "-c", source, "-o", objects[-1]], check=True
        )
    made = folder / "draw_file"
    command = [
        *compile_with,
        *STRICT,
        f"-DKERNELS={kernels}",
        HERE / "draw_file.c",
        *objects,
        "-lm",
        "-o",
        made,
    ]
    subprocess.run(command, check=True)
    return made


def assert_draws(command, lists):
    listed, sums = lists
    drawn = subprocess.run([*command, listed], capture_output=True, text=True, check=True).stdout.split()
    assert len(sums) > 2000
    assert [number for number, pair in enumerate(zip(drawn, sums, strict=True)) if pair[0] != pair[1]] == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the options are those of GCC and Clang")
def test_a_program_of_the_plain_kernels_draws_what_numpy_draws(tmp_path, lists):
    assert_draws([program(tmp_path, [compiler()], "plain")], lists)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="as above")
def test_kernels_that_may_fuse_double_precision_would_be_noticed(tmp_path, lists):
    from seedbed_native import _native

    if "avx2" not in [name for _, name in _native.instructions()]:
        pytest.skip("this machine has no AVX2")
    fused = (AVX2[0], [*AVX2[1], "-mfma", "-ffp-contract=fast"])
    with pytest.raises(AssertionError):
        assert_draws([program(tmp_path, [compiler()], "avx2", fused)], lists)


@pytest.mark.slow
@pytest.mark.parametrize("kernels", ["plain", "neon"])
def test_a_program_for_aarch64_draws_what_numpy_draws(tmp_path, lists, kernels):
    emulator = os.environ.get(EMULATOR) or shutil.which("qemu-aarch64")
    if not emulator:
        do_without(f"{EMULATOR} names no emulator")
    try:
        import ziglang  # noqa: F401 - found here, run below
    except ImportError:
        do_without("ziglang is not installed")
    zig = [sys.executable, "-m", "ziglang", "cc", "-target", "aarch64-linux-musl"]
    neon = (["-DSEEDBED_NEON"], [])
    assert_draws([emulator, program(tmp_path, zig, kernels, neon if kernels == "neon" else ((), ()))], lists)
