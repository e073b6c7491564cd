"""On a GPU, a tensor holds what it does on the host, and takes a bounded part of the host's memory.

That is so whether the host draws it, or the GPU itself.
"""

import tracemalloc

import pytest
from frameworks import framework
from torch_bits import same

import seedbed

torch = framework("torch")

import torch.distributed as dist  # noqa: E402
from torch import nn  # noqa: E402
from torch.distributed.device_mesh import init_device_mesh  # noqa: E402
from torch.distributed.fsdp import CPUOffloadPolicy, OffloadPolicy, fully_shard  # noqa: E402

from seedbed.errors import MissingExtraError  # noqa: E402
from seedbed_torch import cuda, init, init_, initialize  # noqa: E402

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")


@pytest.fixture(autouse=True, params=[False, True], ids=["host", "kernels"])
def drawn_by(request, monkeypatch):
    monkeypatch.setattr(cuda, "_chosen", None)
    try:
        cuda.use_kernels(wanted=request.param)
    except MissingExtraError as error:
        pytest.skip(str(error))


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


def test_an_inference_tensor_is_filled():
    with torch.inference_mode():
        tensor = torch.zeros(1000, 777, device="cuda")
    assert same(
        init_(tensor, "random_normal", seed=7), init_(torch.zeros(1000, 777), "random_normal", seed=7)
    )


def test_a_convolution_in_channels_last_is_filled():
    there, here = (
        nn.Conv2d(64, 96, 3, groups=2, device=device).to(memory_format=torch.channels_last)
        for device in ("cuda", "cpu")
    )
    for conv in (there, here):
        init_(conv.weight, "he_normal", seed=7, layout=conv)
    assert there.weight.is_contiguous(memory_format=torch.channels_last)
    assert same(there.weight, here.weight)


@pytest.mark.parametrize("layout", ["array", "linear"])
def test_neither_the_host_nor_the_gpu_holds_a_whole_copy(layout):
    tensor = torch.zeros(8192, 8192, device="cuda")
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    tracemalloc.start()
    try:
        init_(tensor, "random_normal", seed=7, layout=layout)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 64 << 20  # of 256 MiB
    assert torch.cuda.max_memory_allocated() - before < 64 << 20


def test_values_come_after_what_the_stream_does_before_and_before_what_it_does_next():
    expected = init_(torch.zeros(4096, 1024), "random_normal", seed=7)
    with torch.cuda.stream(torch.cuda.Stream()):
        tensor = torch.empty(4096, 1024, device="cuda")
        torch.cuda._sleep(200_000_000)  # cycles
        tensor.zero_()
        init_(tensor, "random_normal", seed=7)
        doubled = tensor * 2
    torch.cuda.synchronize()
    assert same(tensor, expected)
    assert same(doubled, expected * 2)


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="one GPU")
def test_a_tensor_on_another_gpu_than_the_current_one_is_filled():
    tensor = torch.zeros(3000, 2000, device="cuda:1")
    assert same(
        init_(tensor, "random_normal", seed=7), init_(torch.zeros(3000, 2000), "random_normal", seed=7)
    )


def test_a_model_is_the_same_on_every_device():
    with torch.device("meta"):
        there, here = (nn.Sequential(nn.Linear(300, 200), nn.Conv2d(8, 4, 3, groups=2)) for _ in range(2))
    rules = {"*.bias": "zeros", "*": "he_normal"}
    initialize(there, rules, seed=7, device="cuda")
    initialize(here, rules, seed=7)
    for one, other in zip(there.parameters(), here.parameters(), strict=True):
        assert one.is_cuda
        assert same(one, other)


@pytest.fixture
def mesh():
    dist.init_process_group("cpu:gloo,cuda:nccl", store=dist.HashStore(), rank=0, world_size=1)
    yield init_device_mesh("cuda", (1,))
    dist.destroy_process_group()


@pytest.mark.parametrize(("policy", "device"), [(OffloadPolicy(), None), (CPUOffloadPolicy(), "cpu")])
def test_a_sharded_model_leaves_the_meta_device(mesh, policy, device):
    with torch.device("meta"):
        there, here = (nn.Sequential(nn.Linear(300, 200), nn.Linear(200, 300)) for _ in range(2))
    fully_shard(there, mesh=mesh, offload_policy=policy)
    initialize(there, {"*": "random_normal"}, seed=7, device=device)
    initialize(here, {"*": "random_normal"}, seed=7)
    for one, other in zip(there.parameters(), here.parameters(), strict=True):
        assert same(one.to_local(), other)
    assert there(torch.ones(3, 300, device="cuda")).is_cuda


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
