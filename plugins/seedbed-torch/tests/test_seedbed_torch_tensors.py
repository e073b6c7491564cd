"""`init_` fills one tensor, whatever its dtype, strides and kind, with the values that NumPy draws."""

import tracemalloc

import numpy as np
import pytest
from frameworks import framework
from torch_bits import same

import seedbed
from seedbed.errors import ArgumentError, DTypeError, IdentifierError, ShapeError

torch = framework("torch")

import ml_dtypes  # noqa: E402 - which seedbed-torch needs, and so is there from here on
from torch._subclasses.fake_tensor import FakeTensorMode  # noqa: E402
from torch.testing._internal.two_tensor import TwoTensor  # noqa: E402

from seedbed_torch import LayoutError, init, init_, initialize  # noqa: E402

DTYPES = {
    torch.float16: np.float16,
    torch.bfloat16: ml_dtypes.bfloat16,
    torch.float32: np.float32,
    torch.float64: np.float64,
    torch.complex64: np.complex64,
    torch.complex128: np.complex128,
}
NORMAL = seedbed.get("random_normal", seed=7)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (5,), (3, 4), (2, 3, 4), (0, 3)])
def test_values_are_those_of_numpy(dtype, shape):
    tensor = torch.full(shape, 9, dtype=dtype)
    assert init_(tensor, NORMAL) is tensor
    assert same(tensor, NORMAL(shape, DTYPES[dtype]))


@pytest.mark.parametrize(
    "dtype", [torch.int8, torch.int16, torch.int64, torch.uint8, torch.uint16, torch.bool]
)
def test_integers_get_what_makes_sense_in_them(dtype):
    assert init_(torch.zeros(2, 3, dtype=dtype), "ones").to(torch.int64).tolist() == [[1] * 3] * 2
    with pytest.raises(DTypeError, match="allowed here are float16"):
        init_(torch.zeros(2, 3, dtype=dtype), NORMAL)


def test_a_dtype_that_seedbed_lacks_is_refused_with_those_it_has():
    with pytest.raises(
        DTypeError, match=r"got a tensor of torch.float8_e4m3fn; allowed are float32, bfloat16"
    ):
        init_(torch.zeros(2, 3, dtype=torch.float8_e4m3fn), "zeros")


def test_memory_is_filled_in_place_without_a_second_array(monkeypatch):
    monkeypatch.setenv("SEEDBED_THREADS", "2")  # each takes some memory to work in
    tensor = torch.zeros(2048, 2048)
    address = tensor.data_ptr()
    tracemalloc.start()
    try:
        init_(tensor, NORMAL)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert tensor.data_ptr() == address
    assert peak < 2048 * 2048 * 4 // 2


@pytest.mark.parametrize("name", ["random_normal", "zeros"])
def test_a_transposed_tensor_takes_a_bounded_part_more(name):
    linear = torch.nn.Linear(4096, 4096, bias=False)
    tracemalloc.start()
    try:
        init_(linear.weight, name, layout=linear)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40 << 20  # of 64 MiB


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_tensor_of_any_strides_is_filled_in_the_order_of_its_elements(dtype):
    memory = torch.zeros(6, 9, 10, dtype=dtype)
    tensor = memory[1:5, ::2, 1:].permute(2, 0, 1)
    init_(tensor, NORMAL)
    assert same(tensor, NORMAL((9, 4, 5), DTYPES[dtype]))
    untouched = torch.ones_like(memory, dtype=torch.bool)
    untouched[1:5, ::2, 1:] = False
    assert not memory[untouched].any()


def test_large_tensors_of_any_strides_are_what_small_blocks_make_of_them(monkeypatch):
    monkeypatch.setattr("seedbed.models.blocks._BLOCK_BYTES", 4 * 100)
    for shape in [(7, 33), (33, 7), (3, 5, 2, 11), (1, 1000), (1000, 1), (2, 0, 3)]:
        backwards = tuple(range(len(shape)))[::-1]
        tensor = torch.zeros(shape[::-1]).permute(backwards)
        init_(tensor, NORMAL)
        assert same(tensor, NORMAL(shape))


def test_what_comes_of_a_whole_array_is_computed_once_however_large(monkeypatch):
    shapes = []
    normals = seedbed.standard.orthogonal.draw
    monkeypatch.setattr(
        "seedbed.standard.orthogonal.draw", lambda *args: shapes.append(args[2]) or normals(*args)
    )
    monkeypatch.setattr("seedbed.models.blocks._BLOCK_BYTES", 4 * 100)
    weight = init_(torch.zeros(30, 40), "orthogonal", seed=7, layout="linear")
    assert len(shapes) == 1
    assert same(weight, seedbed.get("orthogonal", seed=7)((40, 30)).T)


@pytest.mark.parametrize("outer", [None, "scaled"])
def test_without_a_seed_blocks_are_of_one_matrix(monkeypatch, outer):
    monkeypatch.setattr("seedbed.models.blocks._BLOCK_BYTES", 4 * 100)
    orthogonal = seedbed.get("orthogonal")
    if outer:
        orthogonal = seedbed.get(outer, initializer=orthogonal, factor=1.0)
    rows = init_(torch.zeros(30, 40), orthogonal, layout="linear")
    torch.testing.assert_close(rows @ rows.T, torch.eye(30))


def test_parameters_that_require_gradients_stay_leaves_and_autograd_notices():
    linear = torch.nn.Linear(3, 2)
    product = linear(torch.ones(3, requires_grad=True))
    before = linear.weight._version
    init_(linear.weight, "random_normal", seed=7)
    assert linear.weight.is_leaf
    assert linear.weight.requires_grad
    assert linear.weight._version > before
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        product.sum().backward()


def test_inference_tensors_are_filled_in_and_out_of_inference_mode():
    with torch.inference_mode():
        tensor = torch.zeros(3, 4, dtype=torch.bfloat16)
        normal = torch.nn.Linear(4, 3)
        init_(normal.weight, NORMAL)
        init_(tensor, NORMAL)
        assert same(tensor, NORMAL((3, 4), "bfloat16"))
        tensor.zero_()
    init_(tensor, NORMAL)
    assert same(tensor, NORMAL((3, 4), "bfloat16"))
    assert same(normal.weight, NORMAL((3, 4)))


def test_a_conjugate_view_gets_the_values_themselves():
    tensor = torch.zeros(3, 4, dtype=torch.complex64).conj()
    init_(tensor, NORMAL)
    assert same(tensor.resolve_conj(), NORMAL((3, 4), "complex64"))


def test_a_negative_view_gets_the_values_themselves():
    tensor = torch.zeros(3, 4, dtype=torch.complex64)
    view = tensor.conj().imag
    assert view.is_neg()
    init_(view, NORMAL)
    assert same(view.resolve_neg(), NORMAL((3, 4)))
    assert same(tensor.imag.contiguous(), -NORMAL((3, 4)))


def test_a_tensor_that_is_computed_at_each_access_is_refused():
    layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(4, 3))
    with pytest.raises(ArgumentError, match="got a tensor that was computed from others"):
        init_(layer.weight, NORMAL)


def test_an_inference_tensor_whose_memory_numpy_cannot_reach_is_filled():
    with torch.inference_mode():
        tensor = torch.zeros(700, 900, dtype=torch.complex64).conj()
    init_(tensor, NORMAL)
    assert same(tensor.resolve_conj(), NORMAL((700, 900), "complex64"))


@pytest.mark.parametrize(
    ("tensor", "match"),
    [
        (lambda: np.zeros(3), r"got array\(.*of type ndarray; pass a torch\.Tensor"),
        (lambda: torch.zeros(3, 1).expand(3, 4), "elements along axis 1 share memory, by its strides"),
        (
            lambda: torch.zeros(3, 4, device="meta"),
            "on the meta device, which has no memory; leave its module",
        ),
        (lambda: torch.zeros(3, 4).to_sparse(), "only strided tensors have values to draw"),
        (lambda: torch.nn.LazyLinear(3).weight, "a parameter that has no shape yet; run the module once"),
        (lambda: [0.5] * 999, r"got \[0\.5, .{,40}\.\.\.\] of type list; pass a torch\.Tensor"),
        (lambda: torch.zeros(10).unfold(0, 3, 1), r"along axis 1 share memory, by its strides \(1, 1\)"),
        (lambda: torch.nested.nested_tensor([torch.zeros(2)]), "got a nested tensor; only ordinary strided"),
        (lambda: TwoTensor(torch.zeros(3), torch.zeros(3)), "got a TwoTensor, a kind of tensor without mem"),
        (lambda: FakeTensorMode().from_tensor(torch.zeros(3)), "got a FakeTensor, a kind of tensor without"),
    ],
)
@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning")
def test_what_has_no_memory_of_its_own_is_refused(tensor, match):
    with pytest.raises(ArgumentError, match=match):
        init_(tensor(), "zeros")


def test_strides_that_only_look_as_if_elements_shared_memory_are_filled():
    tensor = torch.zeros(10).as_strided((3, 2), (2, 3))
    assert same(init_(tensor, NORMAL), NORMAL((3, 2)))


def test_strides_of_many_elements_are_refused_where_sharing_is_possible():
    with pytest.raises(ArgumentError, match="elements along axis 0 share memory"):
        init_(torch.zeros(300_000).as_strided((2, 100_000), (3, 2)), "zeros")


def test_while_nothing_is_computed_nothing_is_filled():
    tensor, linear = torch.zeros(3), torch.nn.Linear(3, 4)
    with FakeTensorMode():
        for fill in (
            lambda: init_(tensor, "random_normal"),
            lambda: init.normal_(tensor),
            lambda: initialize(linear, {"*": "zeros"}, seed=7),
        ):
            with pytest.raises(
                ArgumentError, match="while FakeTensorMode or another mode of its kind is active"
            ):
                fill()


def test_within_vmap_there_is_nothing_to_fill():
    with pytest.raises(ArgumentError, match=r"a tensor without memory, as there are within torch\.vmap"):
        torch.vmap(lambda tensor: init_(tensor, "zeros"))(torch.zeros(2, 3))


@pytest.mark.parametrize("given", [np.zeros, torch.nn.init.normal_, None, int, 3])
@pytest.mark.parametrize("seed", [None, 7])
def test_what_is_no_initializer_is_refused(given, seed):
    with pytest.raises(IdentifierError, match=r"got .* of type .*; pass the name, the config or an instance"):
        init_(torch.zeros(3), given, seed=seed)


def test_a_seed_is_that_of_the_initializer():
    expected = seedbed.get("random_uniform", seed=[7, "a"])((3,))
    assert same(init_(torch.zeros(3), "random_uniform", seed=[7, "a"]), expected)
    one, other = (init_(torch.zeros(8), "random_uniform") for _ in range(2))
    assert not torch.equal(one, other)


def test_nothing_changes_where_an_initializer_refuses():
    tensor = torch.full((3,), 5.0)
    with pytest.raises(ShapeError, match="exactly 2 axes"):
        init_(tensor, "identity")
    assert tensor.tolist() == [5.0] * 3


LAYERS = [
    (torch.nn.Linear(6, 4), "linear", (6, 4), (1, 0), None),
    (torch.nn.Conv1d(6, 4, 3), "conv", (3, 6, 4), (2, 1, 0), None),
    (torch.nn.Conv2d(6, 4, (3, 5)), "conv", (3, 5, 6, 4), (3, 2, 0, 1), None),
    (torch.nn.Conv3d(2, 4, (3, 5, 2)), "conv", (3, 5, 2, 2, 4), (4, 3, 0, 1, 2), None),
    (torch.nn.ConvTranspose2d(6, 4, (3, 5)), "conv_transpose", (3, 5, 6, 4), (2, 3, 0, 1), None),
    (torch.nn.Embedding(6, 4), "embedding", (6, 4), (0, 1), None),
    (
        torch.nn.Bilinear(3, 5, 4),
        "bilinear",
        (3, 5, 4),
        (2, 0, 1),
        {"in": [-3, -2], "out": [-1]},
    ),
]


class TestLayouts:
    """Where the fans come from, and what is transposed."""

    @pytest.mark.parametrize(
        ("layer", "name", "shape", "permutation", "axes"), LAYERS, ids=lambda x: str(x)[:30]
    )
    @pytest.mark.parametrize("initializer", ["he_normal", "glorot_uniform", "random_normal"])
    def test_weights_are_drawn_inputs_first_and_transposed(  # noqa: PLR0917
        self, initializer, layer, name, shape, permutation, axes
    ):
        arguments = {"axes": axes} if axes and initializer != "random_normal" else {}
        expected = seedbed.get(initializer, seed=7, **arguments)(shape).transpose(permutation)
        for layout in (layer, name):
            layer.weight.data.zero_()
            init_(layer.weight, initializer, seed=7, layout=layout)
            assert same(layer.weight, expected)

    @pytest.mark.parametrize(
        ("layer", "preset"),
        [
            (torch.nn.Conv2d(8, 64, 3, groups=4), "conv_oihw"),
            (torch.nn.Conv2d(32, 32, 3, groups=32), "conv_oihw"),
            (torch.nn.ConvTranspose2d(16, 64, 4, groups=4), "transposed_iohw"),
        ],
        ids=str,
    )
    def test_grouped_convolutions_have_the_fans_of_one_group(self, layer, preset):
        axes = {"preset": preset, "groups": layer.groups}
        for mode in ("fan_in", "fan_out"):
            scaled = seedbed.get("variance_scaling", mode=mode, distribution="uniform", seed=7)
            init_(layer.weight, scaled, layout=layer)
            bound = seedbed.get(scaled, axes=axes).expected_bounds(tuple(layer.weight.shape))[1]
            assert 0.9 * bound < layer.weight.abs().max() <= bound

    def test_packed_and_recurrent_weights_are_linear_ones(self):
        attention = torch.nn.MultiheadAttention(4, 2)
        init_(attention.in_proj_weight, "he_normal", seed=7, layout=attention)
        assert same(attention.in_proj_weight, seedbed.get("he_normal", seed=7)((4, 12)).T)
        lstm = torch.nn.LSTM(3, 5)
        init_(lstm.weight_ih_l0, "he_normal", seed=7, layout=lstm)
        assert same(lstm.weight_ih_l0, seedbed.get("he_normal", seed=7)((3, 20)).T)

    def test_a_bias_is_drawn_as_it_is(self):
        linear = torch.nn.Linear(6, 4)
        init_(linear.bias, "he_normal", seed=7, layout=linear)
        assert same(linear.bias, seedbed.get("he_normal", seed=7)((4,)))

    @pytest.mark.parametrize(
        "initializer",
        ["he_normal", {"class_name": "Scaled", "config": {"initializer": "he_normal", "factor": 0.5}}],
    )
    def test_fans_are_not_guessed_from_a_bare_tensor(self, initializer):
        tensor = torch.zeros(3, 4)
        with pytest.raises(LayoutError, match=r"shape \(3, 4\) alone does not tell; pass layout=.*'linear"):
            init_(tensor, initializer, seed=7)
        assert not tensor.any()

    def test_a_bare_tensor_can_have_axes_of_its_own(self):
        he_normal = seedbed.get("he_normal", axes="conv_oihw", seed=7)
        assert same(init_(torch.zeros(4, 6, 3, 3), he_normal), he_normal((4, 6, 3, 3)))
        with pytest.raises(
            LayoutError,
            match=r"drawn with inputs and outputs last.*leave axes out, or give the layout 'array'",
        ):
            init_(torch.zeros(4, 6, 3, 3), he_normal, layout="conv")

    @pytest.mark.parametrize(
        "outer",
        [
            {"class_name": "scaled", "config": {"factor": 2.0}},
            {"class_name": "masked", "config": {"mask": "lower_triangle"}},
            {"class_name": "blocked", "config": {}},
        ],
        ids=lambda outer: outer["class_name"],
    )
    def test_axes_within_another_initializer_are_held_against_the_layout_too(self, outer):
        def wrapped(axes):
            inner = seedbed.to_config(seedbed.get("he_normal", axes=axes))
            of_several = outer["class_name"] == "blocked"
            parts = {"initializers": [inner] * 2} if of_several else {"initializer": inner}
            return seedbed.get({**outer, "config": {**outer["config"], **parts}}, seed=7)

        layer = torch.nn.Linear(30, 40)
        before = layer.weight.clone()
        with pytest.raises(LayoutError, match="got axes 'dense_oi' for a weight that is drawn"):
            init_(layer.weight, wrapped("dense_oi"), layout=layer)
        assert torch.equal(layer.weight, before)
        init_(layer.weight, wrapped("dense_io"), layout=layer)
        assert same(layer.weight, wrapped(None)((30, 40)).T)

    def test_axes_within_a_transposed_initializer_are_its_own(self):
        layer = torch.nn.Linear(30, 40)
        turned = seedbed.get("transposed", initializer=seedbed.get("he_normal", axes="dense_oi"), seed=7)
        init_(layer.weight, turned, layout=layer)
        assert same(layer.weight, seedbed.get("he_normal", axes="dense_oi", seed=7)((40, 30)))

    def test_axes_that_say_the_same_as_the_layout_are_allowed(self):
        layer = torch.nn.Conv2d(8, 4, 3, groups=2)
        axes = {"in": 2, "out": 3, "groups": 2}
        one = init_(layer.weight, "he_normal", seed=7, layout=layer).clone()
        other = init_(layer.weight, seedbed.get("he_normal", axes=axes, seed=7), layout=layer)
        assert torch.equal(one, other)

    def test_groups_reach_an_initializer_within_another(self):
        layer = torch.nn.Conv2d(8, 4, 3, groups=2)
        halved = seedbed.get("scaled", initializer="he_normal", factor=0.5, seed=7)
        init_(layer.weight, halved, layout=layer)
        told = seedbed.get("he_normal", axes={"preset": "conv_hwio", "groups": 2})
        told = seedbed.get("scaled", initializer=told, factor=0.5, seed=7)
        assert same(layer.weight, told((3, 3, 4, 4)).transpose(3, 2, 0, 1))

    def test_groups_that_cannot_reach_an_initializer_within_another_are_refused(self):
        layer = torch.nn.Conv2d(8, 4, 3, groups=2)
        turned = seedbed.get("transposed", initializer="he_normal", seed=7)
        with pytest.raises(LayoutError, match=r"give that one axes=.*'groups': 2"):
            init_(layer.weight, turned, layout=layer)

    def test_a_transposed_convolution_without_groups_takes_initializers_within_others(self):
        layer = torch.nn.ConvTranspose2d(8, 4, 3)
        halved = seedbed.get("scaled", initializer="he_normal", factor=0.5, seed=7)
        init_(layer.weight, halved, layout=layer)
        assert same(layer.weight, halved((3, 3, 8, 4)).transpose(2, 3, 0, 1))

    @pytest.mark.parametrize(
        ("layout", "match"),
        [
            ("dense", "got layout 'dense'; did you mean 'dense_"),
            (3, "got layout 3; a layout is 'linear'"),
            (torch.nn.Linear(4, 3), "got a Linear as layout that does not own the tensor"),
            ("conv", r"got shape \(3, 4\) with the layout 'conv', which has at least 3 axes"),
            ("bilinear", r"got shape \(3, 4\) with the layout 'bilinear', which has 3 axes"),
        ],
    )
    def test_a_layout_that_does_not_fit_is_refused(self, layout, match):
        with pytest.raises(LayoutError, match=match):
            init_(torch.zeros(3, 4), "he_normal", layout=layout)

    def test_a_module_that_nobody_knows_does_not_tell_its_layout(self):
        class Mixer(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.mix = torch.nn.Parameter(torch.zeros(3, 4))

        mixer = Mixer()
        with pytest.raises(LayoutError, match=r"it is not known what the axes of Mixer\.mix are"):
            init_(mixer.mix, "he_normal", layout=mixer)
