"""What the kit knows of other machines: their CPUs, and the instructions that libraries do without there."""

import os
import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest
from mutants import Right

from seedbed.errors import CheckError
from seedbed.random import Uniform, draw
from seedbed.testing import check_process
from seedbed_testing import machines
from seedbed_testing.machines import FEW_CPUS, HERE, MANY_CPUS, OLDER, optional_features
from seedbed_testing.processes import drawn_on

NUMPY = machines._NUMPY


class TellsCPUs(Right):
    """The numbers of CPUs that a process is told of."""

    def __call__(self, shape, dtype=None):
        told = [os.cpu_count(), getattr(os, "process_cpu_count", os.cpu_count)()]
        told.append(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else told[0])
        told += [int(os.environ.get(f"{name}_NUM_THREADS", "0")) for name in ("OMP", "OPENBLAS", "MKL")]
        return np.resize(np.array(told, dtype), shape)


def test_a_process_is_told_of_as_many_cpus_as_the_machine_has():
    drawn = drawn_on([HERE, FEW_CPUS, MANY_CPUS], [TellsCPUs()], (6,), "float32")
    here, few, many = (one.values[0].tolist() for one in drawn)
    assert here == TellsCPUs()((6,)).tolist()
    assert few == [1] * 6
    assert many == [61] * 3 + [3] * 3


class SaysExact(Right):
    reproducibility = "exact"

    def draw(self, shape, dtype, seed):
        values = draw(Uniform(0.0, 1.0), seed, shape, np.dtype("float64"))
        return (values[..., np.newaxis] * np.ones(8) @ np.exp(np.linspace(0, 1, 8))).astype(dtype)


class SaysNumerical(SaysExact):
    reproducibility = "numerical"


on_a_newer_cpu = pytest.mark.skipif(
    not {"AVX2", "X86_V3"} & {*optional_features()}, reason="the CPU has nothing to do without"
)


@on_a_newer_cpu
@pytest.mark.slow
def test_last_digits_that_depend_on_the_cpu_differ_on_an_older_one():
    here, older = drawn_on([HERE, OLDER], [SaysExact(seed=7)], (64, 64), "float64")
    assert not np.array_equal(here.values, older.values)
    np.testing.assert_allclose(here.values, older.values)


@pytest.mark.slow
@on_a_newer_cpu
def test_last_digits_that_depend_on_the_cpu_are_not_exact():
    with pytest.raises(CheckError, match=r"NPY_DISABLE_CPU_FEATURES='(.|\n)*reproducibility = 'numerical'"):
        check_process(SaysExact)
    assert check_process(SaysNumerical) is None


@pytest.mark.slow
def test_numpy_does_without_what_it_is_told_and_says_nothing_of_it():
    code = "import sys; from seedbed_testing.machines import optional_features; print(*optional_features())"
    environ = {**OLDER.environ(os.environ), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_what_numpy_needs_and_what_the_cpu_has_not_is_no_option(monkeypatch):
    for name in NUMPY:
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert optional_features() == []
    assert "NPY_DISABLE_CPU_FEATURES" not in OLDER.environ({})
    module = ModuleType(NUMPY[1])
    module.__cpu_baseline__, module.__cpu_dispatch__ = ["SSE"], ["FMA3", "AVX2", "AVX512F"]
    module.__cpu_features__ = {"SSE": True, "FMA3": True, "AVX2": True, "AVX512F": False}
    monkeypatch.setitem(sys.modules, NUMPY[1], module)
    assert OLDER.environ({})["NPY_DISABLE_CPU_FEATURES"] == "FMA3 AVX2"


@pytest.mark.parametrize(
    ("machine", "kernel"), [("x86_64", "Prescott"), ("AMD64", "Prescott"), ("arm64", None)]
)
def test_an_old_kernel_is_named_where_it_is_known(monkeypatch, machine, kernel):
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert OLDER.environ({}).get("OPENBLAS_CORETYPE") == kernel


def test_other_settings_stay(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    given = {"NPY_ENABLE_CPU_FEATURES": "AVX2", "GLIBC_TUNABLES": "glibc.malloc.perturb=1", "HOME": "here"}
    environ = OLDER.environ(given)
    assert environ["HOME"] == "here"
    assert "NPY_ENABLE_CPU_FEATURES" not in environ  # with the other one, NumPy cannot be imported
    assert environ["GLIBC_TUNABLES"].startswith("glibc.malloc.perturb=1:glibc.cpu.hwcaps=-")
    assert HERE.environ(given) == given
