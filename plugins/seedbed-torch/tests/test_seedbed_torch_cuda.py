"""On a GPU, a tensor holds what it does on the host, and takes a bounded part of the host's memory."""

import tracemalloc

import pytest
from frameworks import framework
from torch_bits import same

import seedbed

torch = framework("torch")

from torch import nn  # noqa: E402

from seedbed_torch import init, init_, initialize  # noqa: E402

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")


@pytest.mark.parametrize(
    "dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64]
)
@pytest.mark.parametrize("layout", ["array", "linear"])
@pytest.mark.parametrize("shape", [(3, 5), (1000, 7777), (2500, 4100), (0, 4)])
def test_values_are_those_of_the_host(dtype, layout, shape):
    normal = seedbed.get("he_normal", seed=7)
    there, here = (torch.zeros(shape, dtype=dtype, device=device) for device in ("cuda", "cpu"))
    assert same(init_(there, normal, layout=layout), init_(here, normal, layout=layout))


@pytest.mark.parametrize("name", ["orthogonal", "torch_dirac", "zeros"])
def test_what_is_computed_as_a_whole_arrives_too(name):
    there, here = (torch.ones(60, 50, device=device) for device in ("cuda", "cpu"))
    initializer = seedbed.get(name, seed=7) if name == "orthogonal" else seedbed.get(name)
    assert same(init_(there, initializer, layout="linear"), init_(here, initializer, layout="linear"))


def test_a_tensor_of_any_strides_is_filled():
    memory = torch.zeros(6, 9, 10, device="cuda")
    init_(memory[1:5, ::2, 1:].permute(2, 0, 1), "random_normal", seed=7)
    expected = torch.zeros(6, 9, 10)
    init_(expected[1:5, ::2, 1:].permute(2, 0, 1), "random_normal", seed=7)
    assert same(memory, expected)


def test_the_host_takes_some_blocks_and_no_whole_copy():
    tensor = torch.zeros(8192, 8192, device="cuda")
    tracemalloc.start()
    try:
        init_(tensor, "random_normal", seed=7, layout="linear")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 64 << 20  # of 256 MiB


def test_a_model_is_the_same_on_every_device():
    with torch.device("meta"):
        there, here = (nn.Sequential(nn.Linear(300, 200), nn.Conv2d(8, 4, 3, groups=2)) for _ in range(2))
    rules = {"*.bias": "zeros", "*": "he_normal"}
    initialize(there, rules, seed=7, device="cuda")
    initialize(here, rules, seed=7)
    for one, other in zip(there.parameters(), here.parameters(), strict=True):
        assert one.is_cuda
        assert same(one, other)


def test_one_state_of_a_generator_gives_the_same_on_every_device():
    with torch.random.fork_rng():
        drawn = []
        for device in ("cuda", "cpu"):
            torch.manual_seed(7)
            drawn.append(init.normal_(torch.empty(300, 200, device=device)))
    assert same(*drawn)
    generator = torch.Generator("cuda").manual_seed(7)
    one = init.normal_(torch.empty(30, device="cuda"), generator=generator)
    assert same(init.normal_(torch.empty(30), generator=generator.manual_seed(7)), one)
