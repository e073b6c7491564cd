"""`initialize` and `plan` of a module: paths, layouts, kinds, what is left alone and what is refused."""

import gc

import ml_dtypes
import numpy as np
import pytest
from frameworks import framework

mx = framework("mlx.core", plugin="seedbed_mlx")

from mlx import nn, optimizers  # noqa: E402
from mlx.utils import tree_flatten  # noqa: E402

import seedbed  # noqa: E402
from seedbed.errors import ArgumentError, LayoutError  # noqa: E402
from seedbed_mlx import initialize, models, plan  # noqa: E402

HE = {"*bias*": "zeros", "*": "he_normal"}


def as_numpy(array):
    if array.dtype == mx.bfloat16:
        return np.array(array.view(mx.uint16)).view(ml_dtypes.bfloat16)
    return np.array(array)


def drawn(name, path, shape, dtype="float32", **arguments):
    return seedbed.get(name, seed=7, **arguments).fold_in(path)(shape, dtype)


def parameters(module):
    return dict(tree_flatten(module.parameters()))


def same(module, before):
    after = parameters(module)
    return after.keys() == before.keys() and all(after[name] is array for name, array in before.items())


class Own(nn.Module):
    """A module of which nothing tells the layouts."""

    def __init__(self, **arrays):
        super().__init__()
        for name, array in arrays.items():
            setattr(self, name, array)


LAYERS = {
    "Linear": (lambda: nn.Linear(6, 4), "weight", (6, 4), (1, 0), {}),
    "Embedding": (lambda: nn.Embedding(6, 4), "weight", (6, 4), (0, 1), {}),
    "Conv1d": (lambda: nn.Conv1d(6, 4, 3), "weight", (3, 6, 4), (2, 0, 1), {}),
    "Conv2d": (lambda: nn.Conv2d(6, 4, (3, 5)), "weight", (3, 5, 6, 4), (3, 0, 1, 2), {}),
    "Conv3d": (lambda: nn.Conv3d(6, 4, (3, 5, 2)), "weight", (3, 5, 2, 6, 4), (4, 0, 1, 2, 3), {}),
    "in groups": (
        lambda: nn.Conv2d(6, 4, (3, 5), groups=2),
        "weight",
        (3, 5, 3, 4),
        (3, 0, 1, 2),
        {"axes": {"in": 2, "out": 3, "groups": 2}},
    ),
    "ConvTranspose1d": (lambda: nn.ConvTranspose1d(6, 4, 3), "weight", (3, 6, 4), (2, 0, 1), {}),
    "ConvTranspose2d": (
        lambda: nn.ConvTranspose2d(6, 4, (3, 5)),
        "weight",
        (3, 5, 6, 4),
        (3, 0, 1, 2),
        {},
    ),
    "ConvTranspose3d": (
        lambda: nn.ConvTranspose3d(6, 4, (3, 5, 2)),
        "weight",
        (3, 5, 2, 6, 4),
        (4, 0, 1, 2, 3),
        {},
    ),
    "Bilinear": (
        lambda: nn.Bilinear(3, 5, 4),
        "weight",
        (3, 5, 4),
        (2, 1, 0),
        {"axes": {"in": [0, 1], "out": 2}},
    ),
    "RNN": (lambda: nn.RNN(6, 4), "Wxh", (6, 4), (1, 0), {}),
    "RNN, inner": (lambda: nn.RNN(6, 4), "Whh", (4, 4), (1, 0), {}),
    "GRU": (lambda: nn.GRU(6, 4), "Wx", (6, 12), (1, 0), {}),
    "LSTM": (lambda: nn.LSTM(6, 4), "Wh", (4, 16), (1, 0), {}),
}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_is_drawn_inputs_first_and_stored_as_mlx_stores_it(layer):
    make, name, shape, order, arguments = LAYERS[layer]
    module = make()
    initialize(module, {"*": "glorot_uniform"}, seed=7, prefix="in")
    expected = drawn("glorot_uniform", f"in/{name}", shape, **arguments)
    np.testing.assert_array_equal(as_numpy(module[name]), expected.transpose(order))


def test_attention_is_four_dense_layers():
    module = nn.MultiHeadAttention(8, 2)
    initialize(module, {"*": "he_normal"}, seed=7)
    for name in ("query_proj", "key_proj", "value_proj", "out_proj"):
        expected = drawn("he_normal", f"{name}/weight", (8, 8)).T
        np.testing.assert_array_equal(as_numpy(module[name].weight), expected)


def test_paths_are_the_names_of_mlx_with_slashes_and_dots_do_as_well():
    module = nn.Transformer(8, 2, 1, 1, 16)
    names = {name.replace(".", "/") for name in parameters(module)}
    assert set(plan(module, HE, seed=7).initializers) == names
    chosen = plan(module, {"encoder.layers.0.linear1.weight": "ones", "*": "zeros"}, seed=7)
    assert chosen.initializers["encoder/layers/0/linear1/weight"] == seedbed.get("ones")


def test_biases_of_a_gru_have_the_name_that_rules_have_and_their_own():
    module = nn.GRU(3, 4)
    initialize(module, {"*bias*": "ones", "*": "zeros"}, seed=7, prefix="")
    assert mx.all(module.b == 1).item()
    assert mx.all(module.bhn == 1).item()
    assert not mx.any(module.Wx).item()
    chosen = plan(module, {"b": "ones", "bhn": "ones", "*": "he_normal"}, seed=7, prefix="")
    assert chosen.initializers["bias"] == chosen.initializers["bias_hn"] == seedbed.get("ones")


def test_arrays_in_lists_and_dicts_are_parameters_as_mlx_has_them():
    module = Own(
        mix=[mx.zeros(3), {"in.ner": mx.zeros(2), 5: mx.zeros(4), "_low": mx.zeros(1)}], _hidden=mx.zeros(2)
    )
    module.blocks = {"a": [nn.Linear(2, 3)]}
    module._inner = nn.Linear(2, 3)
    found = initialize(module, {"*": "ones"}, seed=7).initializers
    assert set(found) == {
        *("mix/0", "mix/1/in/ner", "mix/1/5", "mix/1/_low"),
        *("blocks/a/0/weight", "blocks/a/0/bias"),
    }
    assert mx.all(module.mix[1]["in.ner"] == 1).item()
    assert mx.all(module.mix[1][5] == 1).item()
    assert mx.all(module.blocks["a"][0].weight == 1).item()
    assert not mx.any(module._hidden).item()
    assert set(found) == {name.replace(".", "/") for name in parameters(module)}


KINDS = {
    "linear": [nn.Linear(3, 4), nn.MultiHeadAttention(4, 2), nn.ShardedToAllLinear(3, 4)],
    "conv": [nn.Conv1d(3, 4, 2), nn.Conv3d(3, 4, 2), nn.ConvTranspose2d(3, 4, 2)],
    "embedding": [nn.Embedding(3, 4)],
    "norm": [nn.BatchNorm(4), nn.LayerNorm(4), nn.RMSNorm(4), nn.GroupNorm(2, 4)],
    "recurrent": [nn.RNN(3, 4), nn.GRU(3, 4), nn.LSTM(3, 4)],
    "bilinear": [nn.Bilinear(3, 4, 5)],
    "activation": [nn.PReLU(3)],
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_layers_tell_their_kind(kind):
    rules = [{"match": "*", "kind": kind, "initializer": "ones"}]
    for module in KINDS[kind]:
        initialize(module, rules, seed=7, strict=True, prefix="")
        for array in tree_flatten(module.trainable_parameters(), destination={}).values():
            assert mx.all(array == 1).item()


def test_every_layer_of_mlx_with_parameters_of_its_own_tells_its_kind():
    told = {name for names, *_ in models._LAYERS for name in names}
    layers = {name: layer for name, layer in vars(nn).items() if is_layer(layer)}
    own = {"weight", "Wx", "Wxh"}  # which constructors of all of these set
    assert {name for name, layer in layers.items() if own & {*layer.__init__.__code__.co_names}} == told


def is_layer(thing):
    return isinstance(thing, type) and issubclass(thing, nn.Module) and "__init__" in vars(thing)


def test_a_subclass_is_a_layer_of_its_kind_and_its_own_weights_are_unknown():
    class LowRank(nn.Linear):
        def __init__(self):
            super().__init__(6, 4)
            self.factor = mx.zeros((6, 2))

    rules = [{"match": "*", "kind": "linear", "initializer": "random_normal"}]
    with pytest.raises(LayoutError, match=r"nothing tells what the axes of low/factor \(6, 2\) are"):
        initialize(LowRank(), rules, seed=7, strict=True, prefix="low")
    initialize(LowRank(), rules, seed=7, strict=True, prefix="low", layouts={"*factor": "dense_io"})


def test_a_module_of_ones_own_needs_a_layout():
    module = Own(mix=mx.zeros((4, 6)))
    with pytest.raises(LayoutError, match=r"mix: HeNormal.* needs fans"):
        initialize(module, {"*": "he_normal"}, seed=7)
    initialize(module, {"*": "he_normal"}, seed=7, layouts={"mix": "linear"})
    np.testing.assert_array_equal(as_numpy(module.mix), drawn("he_normal", "mix", (6, 4)).T)


DTYPES = [name for name in dir(mx) if isinstance(getattr(mx, name), mx.Dtype)]


@pytest.mark.parametrize("name", DTYPES)
def test_every_dtype_of_mlx_is_drawn_as_in_numpy(name):
    dtype = getattr(mx, name)
    module = Own(
        mix=mx.ones((2, 3)).astype(dtype), scalar=mx.array(1, dtype), empty=mx.ones((0, 3)).astype(dtype)
    )
    is_whole = not mx.issubdtype(dtype, mx.inexact)
    rule = seedbed.get("constant", value=1) if is_whole else "random_normal"
    initialize(module, {"*": rule}, seed=7, layouts={"*": "array"})
    wanted = name.rstrip("_")
    for path in ("mix", "scalar", "empty"):
        array = module[path]
        assert array.dtype == dtype
        name_of_it = "constant" if is_whole else "random_normal"
        arguments = {"value": 1} if is_whole else {"seed": [7, path]}
        expected = seedbed.get(name_of_it, **arguments)(array.shape, wanted)
        assert as_numpy(array).dtype == expected.dtype
        assert as_numpy(array).tobytes() == expected.tobytes()


def test_statistics_of_a_norm_stay_whatever_freezing_says():
    module = nn.Sequential(nn.BatchNorm(4), nn.Linear(4, 4))
    statistics = module.layers[0].running_mean, module.layers[0].running_var
    module.freeze()
    module.unfreeze()  # MLX's own way to unfreeze them
    found = initialize(module, {"*": "ones"}, seed=7)
    assert set(found.initializers) == {
        *("layers/0/weight", "layers/0/bias"),
        *("layers/1/weight", "layers/1/bias"),
    }
    assert (module.layers[0].running_mean, module.layers[0].running_var) == statistics


def test_frozen_parameters_of_layers_are_drawn_and_stay_frozen():
    module = nn.Linear(6, 4)
    module.freeze()
    initialize(module, HE, seed=7, prefix="in")
    np.testing.assert_array_equal(as_numpy(module.weight), drawn("he_normal", "in/weight", (6, 4)).T)
    assert not module.trainable_parameters()


def test_what_may_be_state_is_refused_unless_it_is_kept():
    module = Own(mean=mx.zeros(4), mix=mx.zeros(4), deep=[mx.zeros(4)])
    module.freeze(keys=["mean", "deep.0"])
    before = parameters(module)
    for pattern in ("mean", "deep/*"):
        rules = [{"match": pattern, "initializer": "ones"}, {"match": "*", "keep": True}]
        with pytest.raises(
            ArgumentError, match=r"(mean|deep/0): got a frozen array, which may be state; unfre"
        ):
            initialize(module, rules, seed=7)
    assert same(module, before)
    initialize(
        module, [{"match": ["mean", "deep*"], "keep": True}, {"match": "*", "initializer": "ones"}], seed=7
    )
    assert module.mean is before["mean"]
    assert mx.all(module.mix == 1).item()
    module.unfreeze()
    initialize(module, {"*": "ones"}, seed=7)
    assert mx.all(module.mean == 1).item()


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(6, 4)
        self.head = self.table


def test_a_shared_layer_is_drawn_once_by_its_first_path():
    module = Tied()
    initialize(module, {"table/*": "random_normal"}, seed=7, strict=True)
    assert module.head is module.table
    np.testing.assert_array_equal(
        as_numpy(module.head.weight), drawn("random_normal", "table/weight", (6, 4))
    )
    found = plan(module, {"head/weight": "ones"}, seed=7, strict=True)
    assert found.initializers == {"table/weight": seedbed.get("ones")}


def test_one_array_at_two_places_is_refused_since_mlx_trains_it_as_two():
    module = Own(table=nn.Embedding(6, 4), head=nn.Linear(4, 6, bias=False))
    module.head.weight = module.table.weight
    before = parameters(module)
    with pytest.raises(
        ArgumentError, match=r"table/weight: got one array at two places, which MLX trains as two"
    ):
        initialize(module, {"*": "ones"}, seed=7)
    assert same(module, before)
    optimizers.SGD(0.1).update(module, {"head": {"weight": mx.ones((6, 4))}})
    assert not mx.array_equal(module.head.weight, module.table.weight).item()


@pytest.mark.parametrize(
    "layer",
    [
        nn.QuantizedLinear(64, 64),
        nn.QuantizedLinear(64, 64, mode="mxfp4"),
        nn.QuantizedEmbedding(64, 64),
        nn.QuantizedAllToShardedLinear(64, 64),
    ],
    ids=lambda layer: f"{type(layer).__name__} {layer.mode}",
)
def test_quantized_layers_are_refused(layer):
    module = nn.Sequential(nn.Linear(3, 4), layer)
    before = parameters(module)
    with pytest.raises(
        ArgumentError, match=r"layers/1/\w+: got an array of a quantized layer; initialize the"
    ):
        initialize(module, {"*": "ones"}, seed=7)
    assert same(module, before)
    initialize(module, [{"match": "layers/1/*", "keep": True}, {"match": "*", "initializer": "ones"}], seed=7)
    assert mx.all(module.layers[0].weight == 1).item()


def test_a_layer_that_quantizes_as_it_runs_is_drawn_while_it_trains():
    module = nn.QQLinear(32, 32)
    initialize(module, {"*": "ones"}, seed=7, prefix="in")
    module.eval()
    with pytest.raises(ArgumentError, match="quantized"):
        initialize(module, {"*": "ones"}, seed=7, prefix="in")


def test_scales_of_ones_own_are_no_quantization():
    for weight in (mx.zeros(3), [mx.zeros(3)], nn.Linear(2, 3)):
        module = Own(weight=weight, scales=mx.zeros(3))
        initialize(module, {"*": "ones"}, seed=7, prefix="own")
        assert mx.all(module.scales == 1).item()
    module = Own(weight=mx.zeros(3, mx.uint32))
    initialize(module, {"*": "ones"}, seed=7, prefix="own")
    assert mx.all(module.weight == 1).item()


@pytest.fixture
def two_processes(monkeypatch):
    class Group:
        def size(self):
            return 2

        def rank(self):
            return 0

    monkeypatch.setattr(mx.distributed, "Group", Group)
    return Group()


@pytest.mark.parametrize("kind", ["AllToShardedLinear", "ShardedToAllLinear"])
def test_a_part_of_a_sharded_layer_is_refused(kind, two_processes):
    layer = getattr(nn, kind)(4, 6)
    initialize(layer, HE, seed=7, prefix="in")  # one process holds all of it
    layer.group = two_processes
    with pytest.raises(
        ArgumentError, match="in/bias: got a part of a sharded layer; initialize the model before"
    ):
        initialize(layer, {"*": "ones"}, seed=7, prefix="in")


@pytest.mark.skipif(not hasattr(nn, "FullyShardedModule"), reason="MLX has none yet")
def test_a_fully_sharded_module_is_refused_wherever_it_is():
    module = nn.Sequential(nn.Linear(3, 4), nn.FullyShardedModule(nn.Linear(4, 2)))
    with pytest.raises(ArgumentError, match="got a module within FullyShardedModule; initialize it before"):
        initialize(module, HE, seed=7)


@pytest.mark.parametrize("wrong", [None, {"weight": 1}, [nn.Linear(2, 3)], nn.Linear], ids=repr)
def test_what_is_no_module_is_refused(wrong):
    with pytest.raises(ArgumentError, match=r"got .* of type \w+; pass an mlx\.nn\.Module"):
        initialize(wrong, HE, seed=7)


def test_a_part_that_a_caller_tells_of_is_the_part_of_the_whole():
    module = nn.Linear(6, 2, bias=False)
    shard = {"in/weight": ((8, 6), (slice(2, 4), slice(None)))}
    initialize(module, {"*": "he_normal"}, seed=7, prefix="in", shard=shard)
    whole = drawn("he_normal", "in/weight", (6, 8)).T
    np.testing.assert_array_equal(as_numpy(module.weight), whole[2:4])


def test_progress_is_shown_where_it_is_asked_for(capsys):
    initialize(nn.Linear(2, 3), {"*": "ones"}, seed=7, prefix="in", progress=True)
    assert "in/bias" in capsys.readouterr().err


def test_what_mlx_has_not_computed_yet_is_never_computed():
    module = nn.Linear(2, 2, bias=False)
    module.weight = lazy = mx.random.normal((1 << 11, 1 << 11))[:2, :2]  # of 16 MiB
    mx.reset_peak_memory()
    begun = mx.get_active_memory()
    initialize(module, {"*": "ones"}, seed=7, prefix="in")
    assert mx.all(module.weight == 1).item()
    assert mx.get_peak_memory() < begun + (1 << 23)
    mx.eval(lazy)
    assert mx.get_peak_memory() > begun + (1 << 23)


HELD = []


class Watching(seedbed.Initializer):
    """Ones; notes how much memory MLX holds whenever they are drawn."""

    def check(self, shape, dtype=None):
        """Take every shape."""

    def __call__(self, shape, dtype=None):
        HELD.append(mx.get_active_memory())
        return np.ones(shape, dtype)


def test_an_array_is_freed_as_soon_as_it_is_replaced():
    module = nn.Sequential(*(nn.Linear(256, 256, bias=False) for _ in range(8)))
    mx.eval(module.parameters())
    gc.collect()
    begun = mx.get_active_memory()
    initialize(module, {"*": Watching()}, seed=7)
    assert len(HELD) == 8
    assert max(HELD) <= begun + 256 * 256 * 4
