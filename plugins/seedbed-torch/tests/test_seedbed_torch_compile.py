"""Within a function that `torch.compile` compiles, a tensor is filled as it is outside."""

import inspect
import subprocess
import sys

import pytest
from frameworks import framework

torch = framework("torch")

import seedbed_torch  # noqa: E402
from seedbed_torch import init  # noqa: E402

RANDOM = {
    name: {"sparsity": 0.5} if name == "sparse_" else {}
    for name in init.__all__
    if name.endswith("_") and "generator" in inspect.signature(getattr(init, name)).parameters
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # PyTorch's own, when it imports its compiler
]


def test_init_fills_it():
    def doubled(tensor):
        seedbed_torch.init_(tensor * 1, "random_normal", seed=7, path="")
        return seedbed_torch.init_(tensor, "random_normal", seed=7, path="") * 2

    expected = doubled(torch.zeros(3, 4))
    compiled = torch.compile(doubled, backend="eager")
    for _ in range(2):
        assert torch.equal(compiled(torch.zeros(3, 4)), expected)


def test_initialize_fills_a_module():
    def filled(model, tensor):
        seedbed_torch.initialize(model, {"*": "random_normal"}, seed=7, prefix="")
        return model(tensor)

    made, expected = (torch.nn.Linear(4, 3) for _ in range(2))
    tensor = torch.ones(2, 4)
    assert torch.equal(torch.compile(filled, backend="eager")(made, tensor), filled(expected, tensor))
    assert torch.equal(made.weight, expected.weight)


def test_functions_of_pytorchs_names_fill_it():
    def summed(tensor):
        total = tensor * 0
        for name, arguments in RANDOM.items():
            total = total + getattr(init, name)(tensor, **arguments)
        return total

    assert len(RANDOM) == 9
    compiled = torch.compile(summed, backend="eager")
    with torch.random.fork_rng():
        torch.manual_seed(7)
        expected = summed(torch.zeros(3, 4))
        torch.manual_seed(7)
        assert torch.equal(compiled(torch.zeros(3, 4)), expected)


def test_a_graph_that_may_not_break_says_where_it_would():
    compiled = torch.compile(
        lambda tensor: seedbed_torch.init_(tensor, "zeros"), backend="eager", fullgraph=True
    )
    with pytest.raises(torch._dynamo.exc.Unsupported, match=r"compiling\.py"):
        compiled(torch.zeros(3, 4))


def test_the_compiler_is_not_imported_for_those_who_compile_nothing():
    program = (
        "import sys, torch, seedbed_torch\n"
        "seedbed_torch.init.normal_(seedbed_torch.init_(torch.zeros(3), 'zeros'))\n"
        "assert 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True)
