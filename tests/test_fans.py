import copy
import json
import os
import pickle
from math import prod
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.errors import ArgumentError, ShapeError
from seedbed.fans import PRESETS, Axes, Fans, as_axes, axes_config, axes_of_einsum, fans

os.environ.setdefault("KERAS_BACKEND", "jax")  # Keras reads it when it is first imported

SIZES = st.integers(0, 9)
SHAPES = st.lists(SIZES, max_size=5).map(tuple)


@st.composite
def weights(draw):
    """Return a shape and roles that fit it: each axis has one role, and the groups divide."""
    roles = draw(st.lists(st.sampled_from(["in", "out", "batch", "rest"]), max_size=6))
    shape = tuple(draw(st.lists(SIZES, min_size=len(roles), max_size=len(roles))))
    named = {
        role: [axis - draw(st.sampled_from([0, len(roles)])) for axis, at in enumerate(roles) if at == role]
        for role in ("in", "out", "batch")
    }
    grouped = draw(st.sampled_from(["out", "in"]))
    channels = prod(shape[axis] for axis in named[grouped])
    groups = draw(st.sampled_from([n for n in range(1, 10) if channels % n == 0]))
    rest = draw(st.sampled_from(["receptive", "batch"]))
    return shape, Axes(
        tuple(named["in"]),
        tuple(named["out"]),
        batch=tuple(named["batch"]),
        groups=groups,
        grouped=grouped,
        rest=rest,
    )


def keras_fans(shape, *axes):
    from keras.src.initializers.random_initializers import compute_fans

    return compute_fans(shape, *axes)


def jax_fan(shape, mode, **axes):
    """Return the fan that JAX divides by: the squared ratio to values of the same key and a fan of 1."""
    import jax

    def values(**axes):
        initializer = jax.nn.initializers.variance_scaling(1.0, mode, "uniform", **axes)
        return initializer(jax.random.key(0), shape).max()

    every_axis_batch = {"in_axis": (), "out_axis": (), "batch_axis": range(len(shape))}
    return float((values(**every_axis_batch) / values(**axes)) ** 2)


def connections(operation, input_shape):
    """Count, for a linear map whose weights are all 1, the inputs of one output and the outputs of one input.

    Only an inner element has all its connections, hence the largest count.
    """
    import jax
    import jax.numpy as jnp

    outputs, pull_back = jax.vjp(operation, jnp.ones(input_shape))
    (per_input,) = pull_back(jnp.ones_like(outputs))
    return Fans(int(outputs.max()), int(per_input.max()))


def convolution(kernel, layout, groups=1):
    import jax

    def operation(x):
        return jax.lax.conv_general_dilated(
            x, kernel, (1, 1), "SAME", feature_group_count=groups, dimension_numbers=("NHWC", layout, "NHWC")
        )

    return operation


def transposed(operation, input_shape, output_shape):
    import jax
    import jax.numpy as jnp

    back = jax.linear_transpose(operation, jnp.ones(input_shape))
    return connections(lambda y: back(y)[0], output_shape)


class TestDefaultRule:
    @pytest.mark.parametrize(
        ("shape", "expected"),
        [
            ((), (1, 1)),
            ((7,), (7, 7)),
            (7, (7, 7)),
            (np.array(7), (7, 7)),
            ((100, 50), (100, 50)),
            ((3, 16, 32), (48, 96)),
            ((3, 3, 16, 32), (144, 288)),
            ((3, 3, 3, 16, 32), (432, 864)),
            ((0, 4), (0, 4)),
            ((0,), (0, 0)),
        ],
    )
    def test_gives_the_documented_fans(self, shape, expected):
        assert fans(shape) == expected

    @pytest.mark.slow
    @settings(deadline=None)  # the first example imports Keras
    @given(SHAPES)
    def test_equals_that_of_keras(self, shape):
        assert fans(shape) == keras_fans(shape)

    def test_fans_are_exact_python_ints_with_names(self):
        result = fans(np.array([3, 3, 1 << 20, (1 << 20) + 1]))
        assert result.fan_in == 9 << 20
        assert result.fan_out == (9 << 20) + 9
        assert [type(fan) for fan in result] == [int, int]

    def test_refuses_a_shape_that_is_none(self):
        with pytest.raises(ShapeError, match=r"got the negative size -1 in shape \(-1, 2\)"):
            fans((-1, 2))


class TestPresets:
    @pytest.mark.parametrize(
        ("axes", "shape", "expected"),
        [
            ("dense_io", (100, 50), (100, 50)),
            ("dense_oi", (50, 100), (100, 50)),
            ("conv_hwio", (5, 16, 32), (80, 160)),
            ("conv_hwio", (3, 3, 16, 32), (144, 288)),
            ("conv_hwio", (2, 3, 3, 16, 32), (288, 576)),
            ("conv_oihw", (32, 16, 5), (80, 160)),
            ("conv_oihw", (32, 16, 3, 3), (144, 288)),
            ("conv_oihw", (32, 16, 2, 3, 3), (288, 576)),
            ("conv_ohwi", (32, 5, 16), (80, 160)),
            ("conv_ohwi", (32, 3, 3, 16), (144, 288)),
            ("conv_ohwi", (32, 2, 3, 3, 16), (288, 576)),
            ("depthwise_hwio", (3, 3, 32, 1), (9, 9)),
            ("depthwise_hwio", (3, 3, 32, 2), (9, 18)),
            ("depthwise_hwio", (5, 32, 2), (5, 10)),
            ("transposed_hwoi", (4, 4, 64, 16), (256, 1024)),
            ("transposed_iohw", (16, 64, 4, 4), (256, 1024)),
            ("attention_query", (64, 8, 4), (64, 32)),
            ("attention_query", (3, 64, 8, 4), (64, 32)),
            ("attention_output", (8, 4, 64), (32, 64)),
            ("attention_output", (12, 8, 4, 64), (32, 64)),
            ("experts_io", (8, 64, 32), (64, 32)),
            ("experts_io", (12, 8, 64, 32), (64, 32)),
            ("experts_oi", (8, 32, 64), (64, 32)),
        ],
    )
    def test_gives_the_fans_of_its_layout(self, axes, shape, expected):
        assert fans(shape, axes) == expected

    def test_every_one_is_in_the_table_above(self):
        (mark,) = self.test_gives_the_fans_of_its_layout.pytestmark
        assert {axes for axes, *_ in mark.args[1]} == set(PRESETS)

    def test_are_read_only(self):
        with pytest.raises(TypeError, match="does not support item assignment"):
            PRESETS["dense_io"] = PRESETS["dense_oi"]

    @pytest.mark.parametrize(
        ("axes", "shape", "expected"),
        [
            ({"preset": "conv_oihw", "groups": 4}, (64, 8, 3, 3), (72, 144)),
            ({"preset": "conv_hwio", "groups": 4}, (3, 3, 8, 64), (72, 144)),
            ({"preset": "conv_ohwi", "groups": 4}, (64, 3, 3, 8), (72, 144)),
            ({"preset": "conv_oihw", "groups": 32}, (64, 1, 3, 3), (9, 18)),
            ({"preset": "transposed_iohw", "groups": 4}, (16, 16, 4, 4), (64, 256)),
        ],
    )
    def test_take_groups(self, axes, shape, expected):
        assert fans(shape, axes) == expected


class TestAgainstTheConnectionsOfTheLayer:
    """The definition itself: run the layer on ones and count what reaches one output and leaves one input."""

    @pytest.mark.parametrize(
        ("axes", "kernel", "layout", "groups"),
        [
            ("conv_hwio", (3, 3, 16, 32), "HWIO", 1),
            ("conv_oihw", (32, 16, 3, 3), "OIHW", 1),
            ("conv_ohwi", (32, 3, 3, 16), "OHWI", 1),
            ("conv_hwio", (3, 3, 4, 8), "HWIO", 4),
            ("conv_oihw", (8, 4, 3, 3), "OIHW", 4),
            ("conv_oihw", (64, 1, 3, 3), "OIHW", 32),
        ],
    )
    def test_convolutions(self, axes, kernel, layout, groups):
        channels = kernel[layout.index("I")] * groups
        counted = connections(convolution(np.ones(kernel, "f"), layout, groups), (1, 9, 9, channels))
        assert fans(kernel, {"preset": axes, "groups": groups}) == counted

    def test_a_depthwise_convolution(self):
        # Keras's (h, w, channels, multiplier) as the grouped convolution that it is run as.
        kernel = np.ones((3, 3, 8, 2), "f").reshape(3, 3, 1, 16)
        assert fans((3, 3, 8, 2), "depthwise_hwio") == connections(
            convolution(kernel, "HWIO", 8), (1, 9, 9, 8)
        )

    @pytest.mark.parametrize(
        ("axes", "kernel", "layout", "groups"),
        [
            # A transposed convolution's kernel is that of the convolution whose gradient it is.
            ("transposed_hwoi", (3, 3, 12, 16), "HWIO", 1),
            ("transposed_iohw", (16, 12, 3, 3), "OIHW", 1),
            ("transposed_iohw", (16, 3, 3, 3), "OIHW", 4),
        ],
    )
    def test_transposed_convolutions_of_stride_one(self, axes, kernel, layout, groups):
        operation = convolution(np.ones(kernel, "f"), layout, groups)
        counted = transposed(operation, (1, 9, 9, 12), (1, 9, 9, 16))
        assert fans(kernel, {"preset": axes, "groups": groups}) == counted

    @pytest.mark.parametrize(
        ("axes", "kernel", "equation", "inputs"),
        [
            ("dense_io", (7, 5), "i,io->o", (7,)),
            ("dense_oi", (5, 7), "i,oi->o", (7,)),
            ("attention_query", (6, 4, 3), "m,mhd->hd", (6,)),
            ("attention_output", (4, 3, 6), "hd,hdm->m", (4, 3)),
            ("experts_io", (8, 6, 5), "ei,eio->eo", (8, 6)),
            ("experts_oi", (8, 5, 6), "ei,eoi->eo", (8, 6)),
        ],
    )
    def test_products(self, axes, kernel, equation, inputs):
        import jax.numpy as jnp

        counted = connections(lambda x: jnp.einsum(equation, x, np.ones(kernel, "f")), inputs)
        assert fans(kernel, axes) == counted


class TestPeers:
    """What others make of the same weight; that ours is right is shown by the count of connections above."""

    @pytest.mark.parametrize(
        ("shape", "axes", "right", "keras"),
        [
            pytest.param((3, 3, 32, 1), "depthwise_hwio", (9, 9), (288, 9), id="depthwise"),
            pytest.param(
                (3, 3, 8, 64), {"preset": "conv_hwio", "groups": 4}, (72, 144), (72, 576), id="grouped"
            ),
            pytest.param((64, 8, 8), "attention_query", (64, 64), (512, 512), id="attention query"),
            pytest.param((8, 8, 64), "attention_output", (64, 64), (64, 512), id="attention output"),
            pytest.param((32, 16, 3, 3), "conv_oihw", (144, 288), (1536, 1536), id="OIHW read as HWIO"),
            pytest.param((4, 4, 64, 16), "transposed_hwoi", (256, 1024), (1024, 256), id="transposed"),
            pytest.param((8, 64, 32), "experts_io", (64, 32), (512, 256), id="experts"),
        ],
    )
    def test_the_default_rule_of_keras_is_wrong_for(self, shape, axes, right, keras):
        assert keras_fans(shape) == keras
        assert fans(shape, axes) == right != keras

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("shape", "axes", "right", "jax"),
        [
            pytest.param((3, 3, 32, 1), "depthwise_hwio", (9, 9), (288, 9), id="depthwise"),
            pytest.param(
                (3, 3, 8, 64), {"preset": "conv_hwio", "groups": 4}, (72, 144), (72, 576), id="grouped"
            ),
            pytest.param((64, 8, 8), "attention_query", (64, 64), (512, 512), id="attention query"),
            pytest.param((32, 16, 3, 3), "conv_oihw", (144, 288), (1536, 1536), id="OIHW read as HWIO"),
        ],
    )
    def test_the_default_axes_of_jax_are_wrong_for(self, shape, axes, right, jax):
        measured = tuple(jax_fan(shape, mode) for mode in ("fan_in", "fan_out"))
        assert measured == pytest.approx(jax)
        assert fans(shape, axes) == right != jax

    def test_the_axes_of_jax_agree_where_they_are_named(self):
        ours = fans((64, 8, 8), {"in": 0, "out": [1, 2]})
        measured = jax_fan((64, 8, 8), "fan_in", in_axis=0, out_axis=(1, 2))
        assert measured == pytest.approx(ours.fan_in)

    @settings(deadline=None)  # the first example may import Keras
    @given(weights())
    def test_the_axes_of_keras_3_are_those_with_rest_batch(self, weight):
        shape, axes = weight
        named = {"in": axes.inputs, "out": axes.outputs, "rest": "batch"}
        assert fans(shape, named) == keras_fans(shape, axes.inputs, axes.outputs)

    def test_the_axes_of_keras_3_cannot_say_that_there_is_a_receptive_field(self):
        assert keras_fans((32, 16, 3, 3), [1], [0]) == (16, 32)
        assert fans((32, 16, 3, 3), {"in": 1, "out": 0}) == (144, 288)


class TestRoles:
    @given(weights(), st.randoms(use_true_random=False))
    def test_fans_do_not_depend_on_the_order_of_the_axes(self, weight, random):
        shape, axes = weight
        order = random.sample(range(len(shape)), len(shape))  # axis n of the new shape is order[n] of the old
        moved = {
            role: tuple(order.index(axis % len(shape)) for axis in getattr(axes, role))
            for role in ("inputs", "outputs", "batch")
        }
        permuted = Axes(**moved, groups=axes.groups, grouped=axes.grouped, rest=axes.rest)
        assert fans([shape[axis] for axis in order], permuted) == fans(shape, axes)

    @given(weights())
    def test_fans_are_the_products_that_the_formula_names(self, weight):
        shape, axes = weight
        at = {
            role: {axis % len(shape) for axis in getattr(axes, role)}
            for role in ("inputs", "outputs", "batch")
        }
        rest = set(range(len(shape))) - at["inputs"] - at["outputs"] - at["batch"]
        field = prod(shape[axis] for axis in rest) if axes.rest == "receptive" else 1
        fan_in = prod(shape[axis] for axis in at["inputs"]) * field
        fan_out = prod(shape[axis] for axis in at["outputs"]) * field
        if axes.grouped == "out":
            fan_out //= axes.groups
        else:
            fan_in //= axes.groups
        assert fans(shape, axes) == (fan_in, fan_out)

    def test_batch_axes_count_in_neither_fan(self):
        assert fans((8, 3, 3, 16, 32), {"in": -2, "out": -1, "batch": 0}) == (144, 288)

    def test_groups_divide_the_side_that_is_grouped(self):
        assert fans((16, 16), {"in": 0, "out": 1, "groups": 4}) == (16, 4)
        assert fans((16, 16), {"in": 0, "out": 1, "groups": 4, "grouped": "in"}) == (4, 16)

    def test_without_any_role_everything_is_receptive(self):
        assert fans((3, 5), Axes((), ())) == (15, 15)

    def test_a_scalar_has_fans_of_one(self):
        assert fans((), Axes((), ())) == (1, 1)

    @pytest.mark.parametrize("axis", [2, -3])
    def test_refuses_an_axis_that_the_shape_lacks(self, axis):
        with pytest.raises(
            ShapeError, match=rf"shape \(4, 5\), which has no axis {axis} for the role 'batch'"
        ):
            fans((4, 5), {"in": 0, "out": 1, "batch": axis})

    def test_refuses_a_bias_and_says_what_to_do(self):
        with pytest.raises(ShapeError, match=r"no axis -2 for the role 'in' .* or None for the default rule"):
            fans((5,), "dense_io")

    def test_refuses_one_axis_with_two_roles(self):
        with pytest.raises(ShapeError, match=r"axis 1 of shape \(4, 5\) is 'in' and 'out' .* with one role"):
            fans((4, 5), {"in": 1, "out": -1})

    def test_refuses_one_axis_named_twice_in_one_role(self):
        with pytest.raises(ShapeError, match=r"axis 0 of shape \(4, 5\) is 'in' and 'in'"):
            fans((4, 5), {"in": [0, -2], "out": []})

    def test_refuses_groups_that_do_not_divide(self):
        with pytest.raises(
            ShapeError, match=r"groups=3 does not divide the 64 channels that the 'out' axes of shape"
        ):
            fans((64, 8, 3, 3), {"preset": "conv_oihw", "groups": 3})


class TestAsAxes:
    def test_none_stays_none(self):
        assert as_axes(None) is None

    def test_axes_stay_the_same_object(self):
        axes = Axes((0,), (1,))
        assert as_axes(axes) is axes

    def test_reads_every_explicit_role(self):
        spec = {"in": -2, "out": [-1], "batch": (0,), "groups": 4, "grouped": "in", "rest": "batch"}
        assert as_axes(spec) == Axes((-2,), (-1,), batch=(0,), groups=4, grouped="in", rest="batch")

    def test_a_preset_keeps_its_own_grouped_side(self):
        axes = as_axes({"preset": "transposed_iohw", "groups": 2})
        assert axes == Axes((0,), (1,), groups=2, grouped="in")

    def test_numpy_ints_become_ints(self):
        axes = as_axes({"in": np.int64(-2), "out": [np.int32(-1)], "groups": np.uint8(2)})
        assert axes == Axes((-2,), (-1,), groups=2)
        assert {type(axes.inputs[0]), type(axes.outputs[0]), type(axes.groups)} == {int}

    def test_reads_any_mapping(self):
        assert as_axes(MappingProxyType({"preset": "dense_oi"})) == PRESETS["dense_oi"]

    @pytest.mark.parametrize(
        ("spec", "message"),
        [
            (True, "got axes True of type bool; allowed are None, the name of a preset, an Axes, or a dict"),
            (3, "got axes 3 of type int"),
            ([0, 1], r"got axes \[0, 1\] of type list"),
            ("conv_oiwh", "got the axes preset 'conv_oiwh'; allowed are .* did you mean 'conv_oihw'"),
            ("Dense_IO", "did you mean 'dense_io'"),
            ("zzz", "got the axes preset 'zzz'; allowed are .*transposed_iohw$"),
            ({"preset": 3}, "got the axes preset 3; allowed are attention_output"),
            ({"preset": ["conv_oihw"]}, r"got the axes preset \['conv_oihw'\]; allowed"),
            ({"preset": "conv_oihw", "in": 1}, "with the key 'in'; allowed are preset, groups"),
            ({"in": 0, "out": 1, "group": 2}, "with the key 'group'; allowed are in, out, .* mean 'groups'"),
            ({"inputs": 0, "outputs": 1}, "with the key 'inputs'; allowed are in, out, .* did you mean"),
            ({"in": 0, "out": 1, 2: 3}, "with the key 2; allowed"),
            ({"in": 0}, "without 'out'; name both"),
            ({"batch": 0}, "without 'in' and 'out'; name both"),
            ({}, "without 'in' and 'out'"),
            ({"in": True, "out": 1}, "got True for the inputs axes; allowed are an int or a list of ints"),
            ({"in": 0, "out": [1.0]}, r"got \[1.0\] for the outputs axes"),
            ({"in": 0, "out": 1, "batch": "2"}, "got '2' for the batch axes"),
            ({"in": 0, "out": 1, "batch": ""}, "got '' for the batch axes"),
            ({"in": 0, "out": 1, "batch": b"2"}, "got b'2' for the batch axes"),
            ({"in": 0, "out": 1, "batch": None}, "got None for the batch axes"),
            ({"in": [0, 0], "out": 1}, r"got axis 0 twice in Axes\(inputs=\(0, 0\).*with one role"),
            ({"in": [0, 2], "out": [1, 2]}, "got axis 2 twice in"),
            ({"in": 0, "out": 1, "groups": 0}, "got groups=0; allowed is an int of at least 1"),
            ({"in": 0, "out": 1, "groups": True}, "got groups=True; allowed is an int"),
            ({"in": 0, "out": 1, "groups": 2.0}, "got groups=2.0; allowed is an int"),
            ({"preset": "conv_oihw", "groups": None}, "got groups=None; allowed is an int"),
            (
                {"preset": "depthwise_hwio", "groups": 2},
                "got groups=2 with the axes preset 'depthwise_hwio', .* leave groups out",
            ),
            (
                {"in": 0, "out": 1, "grouped": "output"},
                "got grouped 'output'; allowed are out, in; did you mean",
            ),
            ({"in": 0, "out": 1, "rest": None}, "got rest None; allowed are receptive, batch$"),
        ],
    )
    def test_refuses(self, spec, message):
        with pytest.raises(ArgumentError, match=message):
            as_axes(spec)

    @pytest.mark.parametrize(
        ("axes", "message"),
        [
            (
                {"preset": "conv_oihw", "groups": 10**400},
                r"groups=10*\.\.\.0*; allowed is an int of at least 1",
            ),
            ({"in": 0, "out": 1, "groups": 2**63}, "groups=9223372036854775808; allowed is .* below 2"),
            ({"in": 10**400, "out": 1}, r"got axis 10*\.\.\.0* in .*; no array has more than 64 axes"),
            ({"in": 0, "out": [1, 64]}, "got axis 64 in .*; no array has more than 64 axes"),
            ({"in": 0, "out": 1, "batch": -65}, "got axis -65 in .*; no array has more than 64 axes"),
        ],
    )
    def test_refuses_numbers_that_no_array_has_use_for_without_writing_them_out(self, axes, message):
        with pytest.raises(ArgumentError, match=message) as caught:
            as_axes(axes)
        assert len(str(caught.value)) < 800

    def test_allows_every_axis_and_number_of_groups_that_an_array_may_have(self):
        axes = {"in": -64, "out": 63, "groups": 2**63 - 1}
        assert axes_config(axes) == {"in": [-64], "out": [63], "groups": 2**63 - 1}


class TestAxes:
    def test_lists_and_ints_become_tuples(self):
        assert Axes([-3, -2], -1) == Axes((-3, -2), (-1,))
        assert hash(Axes([0], [1])) == hash(Axes((0,), (1,)))

    def test_cannot_be_changed(self):
        with pytest.raises(AttributeError, match="cannot assign to field 'groups'"):
            Axes((0,), (1,)).groups = 2

    def test_copies_and_pickles_are_equal(self):
        axes = Axes((0,), (1,), groups=2)
        assert pickle.loads(pickle.dumps(axes)) == copy.deepcopy(axes) == axes


class TestAxesConfig:
    @pytest.mark.parametrize(
        ("spec", "config"),
        [
            (None, None),
            ("conv_oihw", "conv_oihw"),
            (Axes((-2,), (-1,)), {"in": [-2], "out": [-1]}),
            (PRESETS["transposed_iohw"], {"in": [0], "out": [1], "grouped": "in"}),
            (
                Axes((1, 2), (), batch=(0,), groups=2, grouped="in", rest="batch"),
                {"in": [1, 2], "out": [], "batch": [0], "groups": 2, "grouped": "in", "rest": "batch"},
            ),
            ({"preset": "conv_oihw", "groups": np.int64(4)}, {"preset": "conv_oihw", "groups": 4}),
            ({"in": 0, "out": (1,), "groups": 1}, {"in": [0], "out": [1]}),
        ],
    )
    def test_is_plain_data_without_defaults(self, spec, config):
        assert axes_config(spec) == config
        assert json.loads(json.dumps(axes_config(spec))) == config

    @given(
        st.none()
        | st.sampled_from(sorted(PRESETS))
        | st.builds(
            lambda name, groups: {"preset": name, "groups": groups},
            st.sampled_from(sorted(PRESETS.keys() - {"depthwise_hwio"})),
            st.integers(1, 99),
        )
        | weights().map(lambda weight: weight[1])
        | weights().map(lambda weight: axes_config(weight[1]))
    )
    def test_is_read_back_to_the_same_roles(self, spec):
        through_json = json.loads(json.dumps(axes_config(spec)))
        assert as_axes(through_json) == as_axes(spec)
        assert axes_config(through_json) == axes_config(spec)

    @pytest.mark.parametrize(
        "spec",
        [{"in": [0], "out": [1]}, {"preset": "conv_oihw", "groups": 2}, {"in": 0, "out": 1, "groups": 1}],
    )
    def test_neither_changes_nor_shares_the_dict_it_is_given(self, spec):
        before = copy.deepcopy(spec)
        as_axes(spec)
        config = axes_config(spec)
        config["groups"] = 99
        if "in" in config:
            config["in"].append(99)
        assert spec == before

    def test_refuses_what_could_not_be_read_back(self):
        with pytest.raises(ArgumentError, match="got the axes preset 'conv'"):
            axes_config("conv")


class TestAxesOfEinsum:
    @pytest.mark.parametrize(
        ("equation", "axes"),
        [
            ("ab,bc->ac", Axes((0,), (1,))),
            ("ab,cb->ac", Axes((1,), (0,))),
            ("btd,dnh->btnh", Axes((0,), (1, 2))),
            ("bthd,hdx->btx", Axes((0, 1), (2,))),
            ("...x,hxy->...hy", Axes((1,), (0, 2))),
            ("lbx,lxy->lby", Axes((1,), (2,), batch=(0,))),
            (" aB , Bc -> ac ", Axes((0,), (1,))),
            ("ab,c->abc", Axes((), (0,))),
            ("ab,->ab", Axes((), ())),
        ],
    )
    def test_an_axis_has_a_role_by_where_its_letter_is(self, equation, axes):
        assert axes_of_einsum(equation) == axes

    @pytest.mark.parametrize(
        "equation",
        [
            *("ab,bc", "ab->ab", "ab,bc,cd->ad", "ab,bc->ac->a", "", None, b"ab,bc->ac"),
            *("ab,bb->ab", "ab,...bc->...ac", "ab,bc->a", "ab,b1->a1"),
        ],
    )
    def test_an_equation_that_gives_an_axis_of_the_kernel_no_one_role_is_refused(self, equation):
        with pytest.raises(ArgumentError, match=r"got the einsum equation .*; give one of an input and"):
            axes_of_einsum(equation)
