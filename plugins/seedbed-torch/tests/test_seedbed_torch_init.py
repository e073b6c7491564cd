"""`seedbed_torch.init` stands in for `torch.nn.init`: same functions, same signatures, same distributions."""

import inspect
import math

import numpy as np
import pytest
from frameworks import framework
from torch_bits import same

import seedbed

torch = framework("torch")

from torch import nn  # noqa: E402
from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: E402
from torch.nn import init as theirs  # noqa: E402

from seedbed_torch import init as ours  # noqa: E402

PUBLIC = sorted(
    name
    for name, value in vars(theirs).items()
    if inspect.isfunction(value) and value.__module__ == theirs.__name__ and not name.startswith("_")
)
RANDOM = {
    "uniform_": {"a": -1.0, "b": 3.0},
    "normal_": {"mean": 2.0, "std": 0.5},
    "trunc_normal_": {"mean": 1.0, "std": 2.0, "a": -1.0, "b": 2.0},
    "xavier_uniform_": {"gain": 2.0},
    "xavier_normal_": {"gain": 2.0},
    "kaiming_uniform_": {"a": 0.2, "mode": "fan_out"},
    "kaiming_normal_": {"mode": "fan_out", "nonlinearity": "relu"},
    "orthogonal_": {"gain": 2.0},
    "sparse_": {"sparsity": 0.3, "std": 2.0},
}
EXACT = {"zeros_": {}, "ones_": {}, "constant_": {"val": 3.0}, "eye_": {}, "dirac_": {"groups": 2}}


def test_every_public_function_is_there_and_no_other():
    assert sorted(ours.__all__) == PUBLIC
    assert {*RANDOM, *EXACT, "calculate_gain"} == {name for name in PUBLIC if name[-1] == "_"} | {
        "calculate_gain"
    }


@pytest.mark.parametrize("name", PUBLIC)
def test_parameters_are_the_same_with_the_same_defaults(name):
    def parameters(function):
        found = inspect.signature(function).parameters.values()
        return [(parameter.name, parameter.kind, parameter.default) for parameter in found]

    if not name.endswith("_") and name != "calculate_gain":
        assert parameters(getattr(ours, name)) == parameters(getattr(ours, f"{name}_"))
        return
    assert parameters(getattr(ours, name)) == parameters(getattr(theirs, name))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        *((name, (200, 300)) for name in RANDOM),
        *((name, (60, 50, 3, 3)) for name in RANDOM if name != "sparse_"),
    ],
)
def test_values_have_the_distribution_that_they_have_in_pytorch(name, shape):
    drawn = [
        getattr(module, name)(torch.empty(shape), generator=torch.Generator().manual_seed(7), **RANDOM[name])
        for module in (ours, theirs)
    ]
    one, other = (tensor.double().flatten().sort().values for tensor in drawn)
    # The distance of two empirical distributions of n values each exceeds c sqrt(2 / n) with probability
    # 2 exp(-2 c^2), which is 1e-6 at c = 2.7 (Kolmogorov and Smirnov).
    places = torch.cat([one, other])
    shares = [torch.searchsorted(values, places, right=True) / values.numel() for values in (one, other)]
    assert (shares[0] - shares[1]).abs().max() < 2.7 * math.sqrt(2 / one.numel())


@pytest.mark.parametrize("name", RANDOM)
def test_a_generator_gives_the_seed(name):
    function, arguments = getattr(ours, name), RANDOM[name]
    generator = torch.Generator().manual_seed(7)
    one, next_one = (function(torch.empty(6, 5), generator=generator, **arguments) for _ in range(2))
    again = function(torch.empty(6, 5), generator=torch.Generator().manual_seed(7), **arguments)
    other = function(torch.empty(6, 5), generator=torch.Generator().manual_seed(8), **arguments)
    assert torch.equal(one, again)
    assert not torch.equal(one, next_one)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("name", RANDOM)
def test_without_a_generator_the_default_one_gives_the_seed(name):
    function, arguments = getattr(ours, name), RANDOM[name]
    with torch.random.fork_rng():
        torch.manual_seed(7)
        one, next_one = (function(torch.empty(6, 5), **arguments) for _ in range(2))
        torch.manual_seed(7)
        assert torch.equal(function(torch.empty(6, 5), **arguments), one)
    assert not torch.equal(one, next_one)


def test_the_seed_is_all_of_what_the_generator_draws():
    generator = torch.Generator().manual_seed(7)
    low, high = torch.empty(2, dtype=torch.int64).random_(0, 2**63 - 1, generator=generator).tolist()
    expected = seedbed.get("random_normal", stddev=1.0, seed=low | high << 63)((3, 4))
    assert same(ours.normal_(torch.empty(3, 4), generator=generator.manual_seed(7)), expected)


@pytest.mark.parametrize("name", [*RANDOM, *EXACT])
def test_the_tensor_itself_comes_back_on_any_device_and_stays_a_leaf(name):
    shape = (4, 2, 3) if name == "dirac_" else (4, 6)
    arguments = {**RANDOM, **EXACT}[name]
    for tensor in (nn.Parameter(torch.empty(shape)), torch.empty(shape, device="meta")):
        if name == "eye_" and tensor.is_meta:
            continue  # PyTorch's own asks for memory
        assert getattr(ours, name)(tensor, **arguments) is tensor
        assert tensor.is_leaf


@pytest.mark.parametrize("name", [name for name in PUBLIC if name[-1] != "_" and name != "calculate_gain"])
def test_former_names_warn_and_do_the_same(name):
    arguments = {**RANDOM, **EXACT}[f"{name}_"]
    shape = (4, 2, 3) if name == "dirac" else (4, 6)
    with torch.random.fork_rng():
        torch.manual_seed(7)
        with pytest.warns(
            FutureWarning, match=f"init.{name}` is now deprecated in favor of .*init.{name}_`"
        ) as seen:
            former = getattr(ours, name)(torch.empty(shape), **arguments)
        torch.manual_seed(7)
        assert torch.equal(former, getattr(ours, f"{name}_")(torch.empty(shape), **arguments))
    assert seen[0].filename == __file__


@pytest.mark.parametrize(
    ("name", "tensor", "arguments"),
    [
        ("xavier_uniform_", (3,), {}),
        ("kaiming_normal_", (3,), {}),
        ("kaiming_uniform_", (3, 4), {"mode": "fan_avg"}),
        ("kaiming_uniform_", (3, 4), {"nonlinearity": "gelu"}),
        ("orthogonal_", (3,), {}),
        ("sparse_", (3, 4, 5), {"sparsity": 0.5}),
        ("dirac_", (3, 4), {}),
        ("eye_", (3,), {}),
    ],
)
def test_what_pytorch_refuses_is_refused(name, tensor, arguments):
    for module in (theirs, ours):
        with pytest.raises(ValueError, match=r"dimensions|Mode|nonlinearity"):
            getattr(module, name)(torch.empty(tensor), **arguments)


@pytest.mark.parametrize(
    ("name", "tensor", "arguments", "match"),
    [
        ("normal_", [1.0], {}, r"got \[1\.0\] of type list; pass a torch\.Tensor"),
        ("xavier_normal_", [1.0], {}, r"got \[1\.0\] of type list; pass a torch\.Tensor"),
        ("kaiming_normal_", [1.0], {}, r"got \[1\.0\] of type list; pass a torch\.Tensor"),
        ("orthogonal_", [1.0], {}, r"got \[1\.0\] of type list; pass a torch\.Tensor"),
        ("sparse_", [1.0], {"sparsity": 0.5}, r"got \[1\.0\] of type list; pass a torch\.Tensor"),
        ("normal_", (3, 4), {"generator": 7}, r"got generator 7; pass a torch\.Generator, or None"),
        ("xavier_normal_", (3, 4), {"gain": 0.0, "generator": 7}, r"got generator 7; pass a torch\.Gener"),
        ("trunc_normal_", (3, 4), {"a": 1.0, "b": 1.0, "generator": 7}, r"got generator 7; pass a torch\."),
        ("kaiming_normal_", (0, 4), {"generator": 7}, r"got generator 7; pass a torch\.Generator, or None"),
        ("normal_", (3, 4), {"std": -1.0}, "stddev must be a finite number of at least 0, got -1"),
        ("xavier_uniform_", (3, 4), {"gain": -2.0}, r"gain must be 0 or a number .*, got -2\.0"),
        ("xavier_uniform_", (3, 4), {"gain": 1e-200}, r"gain must be 0 or a number .*, got 1e-200"),
        ("xavier_uniform_", (3, 4), {"gain": 1e200}, r"gain must be 0 or a number .*, got 1e\+200"),
        ("xavier_uniform_", (3, 4), {"gain": math.nan}, "gain must be 0 or a number .*, got nan"),
        ("kaiming_uniform_", (3, 4), {"mode": None}, "Mode None not supported"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_is_allowed(name, tensor, arguments, match):
    given = torch.full(tensor, 9.0) if isinstance(tensor, tuple) else tensor
    with pytest.raises(ValueError, match=match):
        getattr(ours, name)(given, **arguments)
    assert not isinstance(given, torch.Tensor) or given.eq(9).all()


@pytest.mark.parametrize(
    ("name", "dtype", "arguments"),
    [
        ("normal_", torch.int64, {}),
        ("normal_", torch.float16, {"std": 1e6}),
        ("uniform_", torch.float32, {"a": 1.0, "b": 0.0}),
        ("trunc_normal_", torch.int64, {"a": 1.0, "b": 1.0}),
        ("trunc_normal_", torch.float32, {"std": -1.0, "a": 1.0, "b": 1.0}),
        ("xavier_normal_", torch.int64, {"gain": 0.0}),
        ("sparse_", torch.int64, {"sparsity": 0.5}),
        ("sparse_", torch.float32, {"sparsity": 2.0}),
    ],
)
def test_what_is_refused_takes_nothing_from_the_generator(name, dtype, arguments):
    generator = torch.Generator().manual_seed(7)
    before = generator.get_state()
    with pytest.raises(ValueError, match=r"got|reach"):
        getattr(ours, name)(torch.zeros(3, 4, dtype=dtype), generator=generator, **arguments)
    assert torch.equal(generator.get_state(), before)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("uniform_", {"a": 1.0, "b": 3.0}),
        ("trunc_normal_", {"std": 0.5}),
        ("xavier_normal_", {"gain": 2.0}),
        ("kaiming_uniform_", {"a": 0.5}),
        ("orthogonal_", {"gain": 2.0}),
    ],
)
def test_tensors_of_one_element_are_numbers_as_in_pytorch(name, arguments):
    if name != "kaiming_uniform_":  # whose slope is a number in PyTorch too
        getattr(theirs, name)(torch.empty(3, 4), **{key: torch.tensor(x) for key, x in arguments.items()})
    one, other = (
        getattr(ours, name)(torch.empty(3, 4), **given, generator=torch.Generator().manual_seed(7))
        for given in (arguments, {key: torch.tensor(x) for key, x in arguments.items()})
    )
    assert torch.equal(one, other)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0,)])
@pytest.mark.parametrize("name", ["kaiming_uniform_", "kaiming_normal_"])
def test_empty_tensors_are_warned_of_where_pytorch_warns(name, shape):
    for module in (theirs, ours):
        with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op") as seen:
            getattr(module, name)(torch.empty(shape))
    assert seen[0].filename == __file__  # of ours, which comes last


def test_bounds_that_are_equal_leave_one_value_as_in_pytorch():
    for module in (theirs, ours):
        assert module.trunc_normal_(torch.empty(3), a=1.0, b=1.0).tolist() == [1.0] * 3


def test_truncated_values_never_leave_the_bounds_in_half_precision():
    drawn = ours.trunc_normal_(torch.empty(300, 300, dtype=torch.bfloat16), std=1.0, a=-0.3, b=0.1)
    assert drawn.double().min() >= -0.3
    assert drawn.double().max() <= 0.1


def test_a_gain_of_zero_gives_zeros_as_in_pytorch():
    assert not ours.xavier_normal_(torch.ones(3, 4), gain=0.0).any()


def test_orthogonal_kernels_have_orthonormal_rows():
    flat = ours.orthogonal_(torch.empty(6, 4, 3)).flatten(1)
    torch.testing.assert_close(flat @ flat.T, torch.eye(6))


def test_a_fraction_of_each_column_is_zero():
    drawn = ours.sparse_(torch.empty(10, 30), sparsity=0.35)
    assert ((drawn == 0).sum(dim=0) == 4).all()
    np.testing.assert_array_less((drawn == 0).sum(dim=1).numpy(), 30)


def test_a_module_can_use_it_in_the_place_of_pytorchs(monkeypatch):
    monkeypatch.setattr(nn.init, "kaiming_uniform_", ours.kaiming_uniform_)
    with torch.random.fork_rng():
        torch.manual_seed(7)
        one = nn.Linear(30, 20).weight
        torch.manual_seed(7)
        assert torch.equal(nn.Linear(30, 20).weight, one)
    bound = 1 / math.sqrt(30)
    assert 0.9 * bound < one.abs().max() <= bound


@pytest.mark.parametrize("name", [*RANDOM, *EXACT])
def test_a_fake_tensor_is_returned_and_nothing_is_drawn(name):
    state = torch.get_rng_state()
    with FakeTensorMode():
        tensor = torch.empty(4, 4, 3)[..., 0] if name in {"sparse_", "eye_"} else torch.empty(4, 4, 3)
        assert getattr(ours, name)(tensor, **{**RANDOM, **EXACT}[name]) is tensor
    if name in RANDOM:
        assert getattr(ours, name)(tensor, **RANDOM[name]) is tensor
        with pytest.raises(ValueError, match="got generator 3"):
            getattr(ours, name)(tensor, **RANDOM[name], generator=3)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("gain", [np.float32(2), np.float16(2), np.array(2, np.float32), np.array([2.0])])
def test_a_gain_may_be_a_number_of_numpy(gain):
    for function in (ours.xavier_normal_, ours.xavier_uniform_, ours.orthogonal_):
        one, other = (
            function(torch.empty(4, 3), given, generator=torch.Generator().manual_seed(7))
            for given in (gain, 2.0)
        )
        assert torch.equal(one, other)
