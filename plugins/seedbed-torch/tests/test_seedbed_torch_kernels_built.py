"""NVRTC compiles the kernels for GPUs, of which it needs none."""

import re
import struct

import pytest
from frameworks import framework

framework("torch")

import kernels_on_cpu  # noqa: E402

from seedbed.errors import MissingExtraError, PluginError  # noqa: E402
from seedbed_torch.kernels import building, tasks  # noqa: E402


@pytest.fixture(scope="module")
def nvrtc():
    try:
        return building.nvrtc()
    except MissingExtraError as error:
        kernels_on_cpu.do_without(str(error))


@pytest.mark.slow
@pytest.mark.parametrize("capability", [(8, 0), (9, 0)])
def test_the_kernels_compile_for_gpus_and_fuse_nothing_that_must_not_be(nvrtc, capability):
    built = building.built(*capability)
    assert built.code.startswith(b"\x7fELF")
    bodies = dict(re.findall(r"\.entry (\w+)\((.*?)\n}", built.ptx, re.DOTALL))
    assert set(bodies) == set(tasks.KERNELS)
    fused = {name: len(re.findall(r"\s(?:fma|mad)\.\w+\.f(?:32|64)", body)) for name, body in bodies.items()}
    # On lines, whose products are exact: eight, or of the disc four distances, cosines and sines.
    lines = {"seedbed_normal_singles": 8, "seedbed_disc_singles": 12}
    assert fused == {**dict.fromkeys(tasks.KERNELS, 0), **lines}
    # An operation that names no rounding may be fused later on, and `ftz` would lose subnormal numbers.
    assert not re.findall(r"\s(?:add|sub|mul)\.f(?:32|64)|\.ftz|\.approx", built.ptx)
    assert len(re.findall(r"\s(?:add|mul)\.rn\.f64", bodies["seedbed_normal_doubles"])) > 100
    constants = (1 / 7, -1 / 6, 1 / 5, -1 / 4, 1 / 3, -1 / 2)
    assert all(
        struct.pack(">d", number).hex().upper() in bodies["seedbed_normal_doubles"] for number in constants
    )


@pytest.mark.slow
def test_a_gpu_that_nvrtc_does_not_know_yet_gets_ptx(nvrtc):
    built = building.built(99, 0)
    assert built.code.rstrip(b"\0").decode() == built.ptx


def test_a_gpu_that_nvrtc_knows_no_longer_is_refused(nvrtc):
    with pytest.raises(PluginError, match=r"compute capability \d+\.\d on, got 3\.5"):
        building.built(3, 5)


@pytest.mark.slow
def test_kernels_that_do_not_compile_say_why(nvrtc, monkeypatch):
    monkeypatch.setattr(building, "_OPTIONS", ("--define-macro=SEEDBED_TASK_BYTES=1",))
    with pytest.raises(PluginError, match=r"(?s)cannot compile the kernels for sm_90: .*Python packs a task"):
        building.built.__wrapped__(9, 0)
