"""What a module tells of its parameters: the kind of layer, layout, ties, and whose parts they are."""

import warnings

import pytest
from frameworks import framework
from torch_bits import same

import seedbed
from seedbed.errors import ArgumentError, LayoutError, RulesError
from seedbed.rules import KEEP

torch = framework("torch")

from torch import nn  # noqa: E402
from torch.ao.quantization import QuantWrapper  # noqa: E402
from torch.nn.utils import parametrizations, prune  # noqa: E402
from torch.optim.swa_utils import AveragedModel  # noqa: E402

from seedbed_torch import initialize, plan  # noqa: E402

LAYERS = {
    "linear": [nn.Linear(3, 4), nn.MultiheadAttention(4, 2), nn.LazyLinear(3)],
    "conv": [nn.Conv1d(2, 2, 3), nn.Conv2d(2, 2, 3), nn.ConvTranspose3d(2, 2, 3)],
    "embedding": [nn.Embedding(3, 4), nn.EmbeddingBag(3, 4)],
    "norm": [nn.LayerNorm(4), nn.BatchNorm2d(4), nn.GroupNorm(2, 4), nn.InstanceNorm1d(4, affine=True)],
    "recurrent": [nn.LSTM(3, 4), nn.GRUCell(3, 4)],
    "bilinear": [nn.Bilinear(2, 3, 4)],
    "activation": [nn.PReLU(4)],
}


@pytest.mark.parametrize("kind", LAYERS)
def test_every_parameter_of_a_layer_of_pytorch_tells_its_kind(kind):
    for layer in LAYERS[kind]:
        if any(map(nn.parameter.is_lazy, layer.parameters())):
            layer(torch.zeros(1, 4))
        found = plan(
            nn.Sequential(layer), [{"match": "*", "kind": kind, "initializer": "zeros"}], seed=7, strict=True
        )
        assert len(found.initializers) == len(list(layer.parameters()))


@pytest.mark.parametrize("make", [parametrizations.weight_norm, parametrizations.spectral_norm])
def test_what_a_parametrization_keeps_is_of_the_kind_of_its_layer(make):
    rules = [{"match": "*", "kind": "conv", "initializer": "ones"}]
    assert len(plan(nn.Sequential(make(nn.Conv1d(2, 3, 3))), rules, seed=7, strict=True).initializers) > 1


def test_the_kind_of_ones_own_layer_is_unknown_and_the_question_an_error():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(3))

    with pytest.raises(RulesError, match="0/scale"):
        plan(nn.Sequential(Own()), [{"match": "*", "kind": "norm", "initializer": "ones"}], seed=7)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda layer: prune.l1_unstructured(layer, "weight", 0.5), "weight_orig"),
        (nn.utils.weight_norm, "weight_v"),
        (nn.utils.spectral_norm, "weight_orig"),
    ],
)
@pytest.mark.parametrize("initializer", ["he_normal", "random_normal"])
def test_the_original_of_pruning_and_older_norms_has_the_layout_of_the_weight(make, name, initializer):
    model = nn.Sequential(make(nn.Linear(4, 3, bias=False)))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="the rules left something over")
        initialize(model, {"*weight_g": "ones", "*": initializer}, seed=7)
    drawn = seedbed.get(initializer, seed=7).fold_in(f"0/{name}")((4, 3))
    assert same(getattr(model[0], name), drawn.T)


def test_a_rule_for_another_name_of_a_tied_weight_is_used():
    model = nn.ModuleDict({"table": nn.Embedding(5, 4), "head": nn.Linear(4, 5, bias=False)})
    model["head"].weight = model["table"].weight
    initialize(model, {"table.weight": "random_normal", "head.weight": "he_normal"}, seed=7, strict=True)
    assert plan(model, {"head.weight": KEEP}, seed=7, strict=True).kept == ("table/weight",)


def test_a_part_of_a_plain_tensor_has_the_values_and_fans_of_the_whole():
    whole = nn.ModuleDict({"up": nn.Linear(3, 8), "down": nn.Linear(8, 3)})
    part = nn.ModuleDict({"up": nn.Linear(3, 4), "down": nn.Linear(4, 3)})
    shard = {
        "up/weight": ((8, 3), (slice(4, 8),)),
        "up/bias": ((8,), (slice(4, 8),)),
        "down/weight": ((3, 8), (slice(None), slice(4, 8))),
    }
    for model, given in ((whole, None), (part, shard)):
        initialize(model, {"*bias": "ones", "*": "he_normal"}, seed=7, shard=given)
    assert torch.equal(part["up"].weight, whole["up"].weight[4:])
    assert torch.equal(part["down"].weight, whole["down"].weight[:, 4:])
    assert "fan_in=8" in str(plan(part, {"down*weight": "he_normal", "*": KEEP}, seed=7, shard=shard))


@pytest.mark.parametrize(
    ("wrap", "match"),
    [
        (
            AveragedModel,
            "within AveragedModel, .*; pass model.module",
        ),
        (
            QuantWrapper,
            "within QuantWrapper, .*; pass model.module",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_wrappers_of_pytorch_that_rename_parameters_are_refused(wrap, match):
    wrapped = wrap(nn.Sequential(nn.Linear(3, 4)))
    before = wrapped.module[0].weight.clone()
    with pytest.raises(ArgumentError, match=match):
        initialize(wrapped, {"*": "ones"}, seed=7)
    assert torch.equal(wrapped.module[0].weight, before)


def test_stacked_experts_are_drawn_by_the_layout_that_says_so():
    class Experts(nn.Module):
        def __init__(self):
            super().__init__()
            self.up = nn.Parameter(torch.zeros(2, 4, 3))

    model = nn.Sequential(Experts())
    with pytest.warns(UserWarning, match=r"\*/up \(2, 4, 3\) .*'experts_oi' or 'experts_io' for stacks"):
        initialize(model, {"*": "random_normal"}, seed=7)
    initialize(model, {"*": "he_normal"}, seed=7, strict=True, layouts={"*/up": "experts_oi"})
    drawn = seedbed.get("he_normal", seed=7, axes={"in": 1, "out": 2, "batch": 0}).fold_in("0/up")((2, 3, 4))
    assert same(model[0].up, drawn.transpose(0, 2, 1))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_pipe_is_refused_and_a_stage_of_it_told_to_say_its_layouts():
    from torch.distributed.pipelining import SplitPoint, pipeline

    model = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False))
    pipe = pipeline(model, mb_args=(torch.ones(2, 4),), split_spec={"1": SplitPoint.BEGINNING})
    with pytest.raises(
        ArgumentError, match=r"within Pipe, .*; pass what get_stage_module\(number\) returns, or"
    ):
        initialize(pipe, {"*": "random_normal"}, seed=7)
    initialize(model, {"*": "random_normal"}, seed=7)
    stage = pipe.get_stage_module(1)
    with pytest.warns(UserWarning, match=r"nothing tells what the axes of"):
        initialize(stage, {"*": "random_normal"}, seed=7)
    initialize(stage, {"*": "random_normal"}, seed=7, strict=True, layouts={"*": "linear"})
    assert torch.equal(stage.get_parameter("1.weight"), model[1].weight)


def test_a_matrix_of_a_subclass_is_not_of_the_kind_of_its_base():
    class Conditional(nn.LayerNorm):
        def __init__(self):
            super().__init__(4)
            self.proj = nn.Parameter(torch.zeros(8, 3))

    model = nn.Sequential(Conditional())
    rules = {"*proj": "he_normal", "*weight": "ones", "*": "zeros"}
    with pytest.raises(LayoutError, match=r"0/proj: .* needs fans"):
        initialize(model, rules, seed=7)
    asking = [{"match": "*", "kind": "norm", "initializer": "ones"}]
    with pytest.raises(RulesError, match=r"asks for the kind of the layer of 0/proj"):
        initialize(model, asking, seed=7)


def test_kinds_say_what_a_norm_of_ones_own_is():
    class LlamaRMSNorm(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(4))

    module = torch.nn.Sequential(torch.nn.Linear(4, 4), LlamaRMSNorm())
    rules = [{"match": "*", "kind": "norm", "initializer": "ones"}, {"match": "*", "initializer": "zeros"}]
    with pytest.raises(RulesError, match=r"kinds=\{'1/weight': 'norm'\}"):
        plan(module, rules, seed=7)
    initialize(module, rules, seed=7, strict=True, kinds={"1.*": "norm"})
    assert module[1].weight.min() == 1
    assert module[0].weight.max() == 0
    assert plan(module, rules, seed=7, kinds={"1.*": "norm"}).chosen["1/weight"].kind == "norm"
