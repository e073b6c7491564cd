"""Kernels for GPUs are off until they are asked for, and then say what is missing."""

import subprocess
import sys

import pytest
from frameworks import framework

import seedbed

torch = framework("torch")

from seedbed.errors import MissingExtraError  # noqa: E402
from seedbed_torch import cuda  # noqa: E402
from seedbed_torch.filling import values_of  # noqa: E402
from seedbed_torch.kernels import building  # noqa: E402
from seedbed_torch.layouts import as_layout  # noqa: E402


def test_they_are_off_until_they_are_asked_for(monkeypatch):
    monkeypatch.setattr(cuda, "_chosen", None)
    monkeypatch.delenv(cuda.VARIABLE, raising=False)
    assert not cuda.uses_kernels()
    monkeypatch.setenv(cuda.VARIABLE, "1")
    assert cuda.uses_kernels()
    cuda.use_kernels(wanted=False)
    assert not cuda.uses_kernels()


def test_asking_for_them_says_what_is_not_installed(monkeypatch):
    monkeypatch.setattr(cuda, "_chosen", None)
    monkeypatch.delenv(cuda.VARIABLE, raising=False)
    monkeypatch.setitem(sys.modules, "cuda.bindings.driver", None)
    monkeypatch.setattr(torch.version, "cuda", "12.6")
    with pytest.raises(
        MissingExtraError, match=r'need cuda-bindings, .*"cuda-bindings==12\.\*" nvidia-cuda-nvrtc-cu12;'
    ):
        cuda.use_kernels()
    assert not cuda.uses_kernels()


def test_a_library_that_is_missing_is_named(monkeypatch):
    class Bindings:
        def nvrtcVersion(self):  # noqa: N802 - as the library has it
            raise RuntimeError("no libnvrtc.so")

    monkeypatch.setitem(sys.modules, "cuda.bindings.nvrtc", Bindings())
    monkeypatch.setattr(building.importlib, "import_module", sys.modules.get)
    with pytest.raises(MissingExtraError, match=r"need NVRTC, .*no libnvrtc\.so.* nvidia-cuda-nvrtc;"):
        building.nvrtc()


def test_a_gpu_that_cannot_use_them_is_drawn_for_by_the_host_with_a_warning(monkeypatch):
    def fail(module):
        raise MissingExtraError("the kernels for GPUs need cuda-bindings")

    monkeypatch.setattr(cuda, "_draws_itself", lambda memory: True)
    monkeypatch.setattr("seedbed_torch.kernels.devices.bindings", fail)
    memory = torch.zeros(5)
    values = values_of(memory, seedbed.get("random_normal", seed=7), as_layout("array", memory))
    cuda._device.cache_clear()
    with pytest.warns(UserWarning, match="the host draws for cuda:-1, .*need cuda-bindings"):
        assert not cuda.draw(memory, values, (0,))
    assert not cuda.draw(memory, values, (0,))  # and says so once
    cuda._device.cache_clear()


def test_memory_of_the_host_is_none_of_theirs(monkeypatch):
    monkeypatch.setattr(cuda, "_chosen", True)
    assert not cuda._draws_itself(torch.zeros(5))


@pytest.mark.slow
def test_importing_the_package_imports_nothing_of_them():
    code = "import sys, seedbed_torch\nprint({'seedbed_torch.kernels'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
