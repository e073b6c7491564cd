"""The kernels for GPUs: compiled for this CPU they draw NumPy's bits, and NVRTC compiles them for GPUs."""

import os
import re
import struct

import numpy as np
import pytest
from frameworks import framework
from torch_bits import same

import seedbed

torch = framework("torch")

import kernels_on_cpu  # noqa: E402

from seedbed.errors import MissingExtraError, PluginError  # noqa: E402
from seedbed.models import Values, as_layout  # noqa: E402
from seedbed.random.laws import law_of  # noqa: E402
from seedbed_torch import cuda, init_  # noqa: E402
from seedbed_torch.filling import values_of  # noqa: E402
from seedbed_torch.kernels import building, tasks  # noqa: E402
from seedbed_torch.kernels.trial import DRAWS, MORE_PLACES, PLACES, check, wrong_of  # noqa: E402
from seedbed_torch.shards import parts_of  # noqa: E402

REQUIRED = "SEEDBED_REQUIRE_NVRTC"


@pytest.fixture(scope="module")
def processor(tmp_path_factory):
    if kernels_on_cpu.compiler() is None:
        pytest.skip("no C++ compiler")
    return kernels_on_cpu.build(tmp_path_factory.mktemp("kernels"), *kernels_on_cpu.STRICT)
