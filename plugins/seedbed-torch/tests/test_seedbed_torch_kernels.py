"""The kernels for GPUs, compiled for this machine's CPU, draw the bits of NumPy's engine."""

import struct

import numpy as np
import pytest
from frameworks import framework
from torch_bits import same

import seedbed

torch = framework("torch")

import kernels_on_cpu  # noqa: E402

from seedbed.errors import PluginError  # noqa: E402
from seedbed.models.elements import Elements  # noqa: E402
from seedbed.random import Normal, TruncatedNormal  # noqa: E402
from seedbed.random.laws import law_of  # noqa: E402
from seedbed_torch import cuda, init_  # noqa: E402
from seedbed_torch.filling import values_of  # noqa: E402
from seedbed_torch.kernels import tasks  # noqa: E402
from seedbed_torch.kernels.trial import MORE_PLACES, PLACES, check, wrong_of  # noqa: E402
from seedbed_torch.layouts import as_layout  # noqa: E402

pytestmark = pytest.mark.slow  # compiling them takes seconds


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    if kernels_on_cpu.compiler() is None:
        kernels_on_cpu.do_without("no C++ compiler")
    return tmp_path_factory.mktemp("kernels")


@pytest.fixture(scope="module")
def processor(folder):
    return kernels_on_cpu.build(folder, *kernels_on_cpu.STRICT)


@pytest.fixture
def as_a_gpu(monkeypatch, processor):
    """Have memory of the host drawn as that of a GPU is, by the same kernels."""
    monkeypatch.setattr(cuda, "_draws_itself", lambda memory: True)
    monkeypatch.setattr(cuda, "_device", lambda number: processor)


def test_every_distribution_dtype_and_place_has_the_bits_of_numpy(processor):
    assert wrong_of(processor, "cpu", MORE_PLACES) == []


def test_fused_products_make_no_difference(folder):
    """As a GPU has it: every sum that may have a product in it is one operation."""
    fused = kernels_on_cpu.build(folder / "fused", "-DSEEDBED_FUSED")
    assert wrong_of(fused, "cpu", PLACES) == []


@pytest.mark.parametrize(
    ("distribution", "dtype"),
    [
        (Normal(0.0, 0.02), "float32"),
        (Normal(0.1, 1.3), "bfloat16"),
        (TruncatedNormal(0.0, 1.0, -2.0, 2.0, (-2.0, 2.0)), "float16"),
        (TruncatedNormal(0.1, 0.9, -1.0, 3.0, (-0.8, 2.8)), "float64"),
    ],
)
def test_a_million_values_have_the_bits_of_numpy(processor, distribution, dtype):
    assert kernels_on_cpu.differing(processor, distribution, dtype, 10**6 + 1) == 0


def test_the_trial_refuses_what_draws_otherwise(folder, processor):
    class Wrong:
        def draw(self, memory, law, elements):
            processor.draw(memory, law, elements)
            memory.flatten()[:1].zero_()

    with pytest.raises(
        PluginError, match=r"other values than NumPy's engine on cuda:3, of Uniform\(.*float16"
    ):
        check(Wrong(), 3, "cpu")
    check(processor, 3, "cpu")


@pytest.mark.parametrize(
    ("layout", "shape"),
    [
        ("array", (5, 7, 11)),
        ("linear", (40, 24)),
        ("conv", (12, 6, 3, 3)),
        ("conv_transpose", (12, 6, 3, 3)),
        ("bilinear", (4, 5, 6)),
        ("embedding", (30, 8)),
        ("array", ()),
        ("array", (0, 3)),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.complex64, torch.float64])
def test_a_weight_is_drawn_in_its_layout(as_a_gpu, layout, shape, dtype):
    initializer, chosen = seedbed.get("random_normal", seed=7), as_layout(layout, torch.empty(shape))
    memory = torch.zeros(shape, dtype=dtype)
    assert cuda.draw(memory, values_of(memory, initializer, chosen), (0,) * len(shape))
    assert same(memory, init_(torch.zeros(shape, dtype=dtype), initializer, layout=layout))


def test_a_part_of_a_weight_in_memory_of_any_strides_is_drawn(as_a_gpu):
    initializer, chosen = seedbed.get("he_normal", seed=7), as_layout("linear", torch.empty(40, 30))
    whole = init_(torch.zeros(40, 30), initializer, layout="linear")
    values = values_of(torch.zeros(40, 30), initializer, chosen)
    room = torch.zeros(50, 2, 20)
    memory = room[3:23, 1, 2:].T[::2]
    assert cuda.draw(memory, values, (5, 7))
    assert same(memory, whole[5:14, 7:27])
    assert room.count_nonzero() == memory.numel()


def test_what_has_no_kernel_is_left_to_the_host(as_a_gpu):
    memory = torch.zeros(6, 6)
    for name in ("orthogonal", "zeros"):
        values = values_of(memory, seedbed.get(name), as_layout("array", memory))
        assert not cuda.draw(memory, values, (0, 0))
    one_value = values_of(
        memory, seedbed.get("random_uniform", minval=2, maxval=2), as_layout("array", memory)
    )
    assert not cuda.draw(memory, one_value, (0, 0))
    held = values_of(memory, seedbed.get("random_normal", seed=7), as_layout("array", memory))
    held.hold()
    assert not cuda.draw(memory, held, (0, 0))
    assert not memory.any()


def test_values_without_a_seed_are_fresh(as_a_gpu):
    one, other = (torch.zeros(100) for _ in range(2))
    values = values_of(one, seedbed.get("random_normal"), as_layout("array", one))
    assert cuda.draw(one, values, (0,))
    assert cuda.draw(other, values, (0,))
    assert not torch.equal(one, other)


def test_a_task_has_the_law_in_front():
    law = law_of(Normal(0.0, 1.0), np.dtype(np.float32), None)
    elements = Elements(Normal(0.0, 1.0), 2**127 + 5, None, 3, (1,))
    task = tasks.task_of(law, elements, tasks.Memory((20,), (1,), 64), [0] * 7)
    assert task.items == 3  # elements 3 to 22, of counters of eight
    assert len(task.packed) == tasks.TASK_BYTES
    assert struct.unpack_from("=2Q", task.packed, len(law.tables[0])) == (5, 2**63)
