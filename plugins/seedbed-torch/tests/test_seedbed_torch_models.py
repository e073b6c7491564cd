"""`initialize` fills a module by rules: each parameter from its own stream, inputs before outputs."""

import io
import mmap
import re
import warnings
from contextlib import redirect_stderr
from pathlib import Path

import numpy as np
import pytest
from frameworks import framework
from torch_bits import same

import seedbed
from seedbed.errors import ArgumentError, DTypeError, RulesError, ShapeError
from seedbed.rules import KEEP

torch = framework("torch")

from torch import nn  # noqa: E402
from torch.nn.utils.parametrizations import weight_norm  # noqa: E402

from seedbed_torch import LayoutError, init_, initialize, plan  # noqa: E402

RULES = {"*.bias": "zeros", "*": "he_normal"}


class Tied(nn.Module):
    """A language model whose head is its embedding."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(7, 4)
        self.hidden = nn.Linear(4, 4)
        self.head = nn.Linear(4, 7, bias=False)
        self.head.weight = self.embedding.weight


def flags_of_memory(address):
    """Return what Linux notes on the mapping that an address lies in."""
    mappings = Path("/proc/self/smaps").read_text(encoding="utf-8")
    for mapping in re.split(r"\n(?=[0-9a-f]+-[0-9a-f]+ )", mappings):
        first, end = (int(bound, 16) for bound in mapping.split(maxsplit=1)[0].split("-"))
        if first <= address < end:
            return re.search(r"^VmFlags: (.*)$", mapping, re.MULTILINE)[1].split()
    raise AssertionError(f"no mapping holds {address:x}")


class Mixer(nn.Module):
    """A module with a parameter whose layout nobody knows."""

    def __init__(self):
        super().__init__()
        self.mix = nn.Parameter(torch.zeros(3, 4))


def test_each_parameter_draws_from_the_stream_of_its_path_inputs_first():
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 4))
    plan = initialize(model, RULES, seed=7)
    for path, layer in (("0/weight", model[0]), ("2/weight", model[2])):
        drawn = seedbed.get("he_normal", seed=7).fold_in(path)(tuple(layer.weight.shape)[::-1])
        assert same(layer.weight, drawn.T)
        assert not layer.bias.any()
    assert list(plan.initializers) == ["0/weight", "0/bias", "2/weight", "2/bias"]
    assert plan.faults == ()


def test_what_other_parameters_there_are_and_their_order_change_nothing():
    one = nn.ModuleDict({"a": nn.Linear(3, 4), "b": nn.Linear(4, 2)})
    other = nn.ModuleDict({"b": nn.Linear(4, 2), "c": nn.Linear(9, 9), "a": nn.Linear(3, 4)})
    for model in (one, other):
        initialize(model, RULES, seed=7)
    assert torch.equal(one["a"].weight, other["a"].weight)
    assert torch.equal(one["b"].weight, other["b"].weight)


def test_a_rule_file_is_read(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text(
        '[[rules]]\nmatch = "*.bias"\ninitializer = "ones"\n[[rules]]\nmatch = "*"\ninitializer = "zeros"'
    )
    model = nn.Linear(3, 4)
    initialize(nn.Sequential(model), path, seed=7, strict=True)
    assert model.bias.tolist() == [1.0] * 4
    assert not model.weight.any()


def test_init_with_the_module_as_layout_gives_the_same():
    model = nn.Sequential(nn.Conv2d(8, 4, 3, groups=2))
    initialize(model, RULES, seed=7)
    weight = model[0].weight.clone()
    init_(model[0].weight, "he_normal", seed=[7, "0/weight"], layout=model[0])
    assert torch.equal(model[0].weight, weight)


def test_what_is_left_over_is_warned_of_and_stays_as_it_is():
    model = nn.Sequential(nn.Linear(3, 4))
    before = model[0].weight.clone()
    with pytest.warns(
        UserWarning, match="(?s)left something over:.*0/weight: no rule.*rule nothing -> Ones"
    ) as seen:
        plan = initialize(model, [("*.bias", "zeros"), ("nothing", "ones")], seed=7)
    assert seen[0].filename == __file__
    assert torch.equal(model[0].weight, before)
    assert plan.unmatched == ("0/weight",)
    assert not model[0].bias.any()


@pytest.mark.parametrize("rules", [{"*.bias": "zeros"}, {"*": "zeros", "nothing": "ones"}])
def test_what_is_left_over_is_an_error_where_strict(rules):
    model = nn.Sequential(nn.Linear(3, 4))
    before = model[0].bias.clone()
    with pytest.raises(RulesError, match="do not fit each other"):
        initialize(model, rules, seed=7, strict=True)
    assert torch.equal(model[0].bias, before)


class TestTies:
    """A parameter that several modules share."""

    def test_it_is_filled_once_under_its_first_name(self):
        model = Tied()
        initialize(model, RULES, seed=7)
        assert model.head.weight is model.embedding.weight
        drawn = seedbed.get("he_normal", seed=7).fold_in("embedding/weight")((7, 4))
        assert same(model.head.weight, drawn)

    def test_parameters_that_have_the_very_same_memory_are_one(self):
        drawn = seedbed.get("he_normal", seed=7).fold_in("0/weight")((3, 3))
        for order in (0, 1):
            layers = [nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)]
            layers[order].weight.data = layers[1 - order].weight.data
            plan = initialize(nn.Sequential(*layers), {"*": "he_normal"}, seed=7)
            assert list(plan.initializers) == ["0/weight"]
            assert same(layers[1].weight, drawn.T)

    def test_empty_parameters_are_not_one(self):
        model = nn.ParameterList([torch.zeros(4, 4), torch.zeros(0), torch.zeros(0)])
        plan = initialize(model, {"*": "random_normal"}, seed=7, layouts={"0": "array"})
        assert list(plan.initializers) == ["0", "1", "2"]

    def test_any_owner_may_tell_its_layout(self):
        shared = nn.Parameter(torch.zeros(3, 4))
        mixer, linear = Mixer(), nn.Linear(4, 3, bias=False)
        mixer.mix = linear.weight = shared
        initialize(nn.Sequential(mixer, linear), {"*": "he_normal"}, seed=7)
        assert same(shared, seedbed.get("he_normal", seed=7).fold_in("0/mix")((4, 3)).T)

    def test_rules_may_name_it_as_they_like(self):
        model = Tied()
        plan = initialize(model, {"head.weight": "ones", "*": "zeros"}, seed=7, strict=True)
        assert model.embedding.weight.min() == 1
        assert list(plan.initializers) == ["embedding/weight", "hidden/weight", "hidden/bias"]

    def test_it_stays_shared_when_it_leaves_the_meta_device(self):
        with torch.device("meta"):
            model = Tied()
        initialize(model, RULES, seed=7)
        assert model.head.weight is model.embedding.weight
        real = Tied()
        initialize(real, RULES, seed=7)
        assert torch.equal(model.head.weight, real.head.weight)

    def test_a_module_that_occurs_twice_is_filled_once(self):
        shared = nn.Linear(3, 3)
        plan = initialize(nn.Sequential(shared, shared), RULES, seed=7)
        assert list(plan.initializers) == ["0/weight", "0/bias"]


class TestMeta:
    """Modules on the meta device are given memory."""

    def test_they_become_what_they_are_elsewhere(self):
        def make():
            return nn.Sequential(nn.Linear(3, 4, dtype=torch.bfloat16), nn.BatchNorm1d(4), nn.Linear(4, 4))

        with torch.device("meta"):
            model = make()
        model[0].weight.requires_grad_(requires_grad=False)
        model[2].weight.note = "kept"
        real = make()
        for module in (model, real):
            initialize(module, {"1.weight": "ones", **RULES}, seed=7)
        assert all(torch.equal(a, b) for a, b in zip(model.parameters(), real.parameters(), strict=True))
        assert list(model.state_dict()) == list(real.state_dict())
        assert not model[0].weight.requires_grad
        assert model[2].weight.requires_grad
        assert model[2].weight.note == "kept"
        assert all(type(parameter) is nn.Parameter and parameter.is_leaf for parameter in model.parameters())
        assert model[1].running_mean.tolist() == [0.0] * 4
        assert model[1].running_var.tolist() == [1.0] * 4

    def test_a_parameter_keeps_its_class(self):
        class Sharded(nn.Parameter):
            """As libraries of large models derive from it."""

        module = nn.Module()
        module.weight = Sharded(torch.zeros(3, 4, device="meta"), requires_grad=False)
        module.weight.axis = 1
        initialize(module, {"*": "random_normal"}, seed=7, prefix="", layouts={"weight": "array"})
        assert type(module.weight) is Sharded
        assert module.weight.axis == 1
        assert not module.weight.requires_grad
        assert same(module.weight, seedbed.get("random_normal", seed=7).fold_in("weight")((3, 4)))

    @pytest.mark.skipif(not hasattr(mmap, "MADV_HUGEPAGE"), reason="only Linux gives large pages when asked")
    def test_large_ones_ask_for_large_pages(self):
        with torch.device("meta"):
            module = nn.Linear(3000, 2000, bias=False)
        initialize(module, {"*": "he_normal"}, seed=7, prefix="")
        weight = module.weight
        assert same(weight, seedbed.get("he_normal", seed=7).fold_in("weight")((3000, 2000)).T)
        assert "hg" in flags_of_memory(weight.data_ptr() + weight.nbytes // 2)

    def test_buffers_that_have_values_keep_them(self):
        with torch.device("meta"):
            norm = nn.BatchNorm1d(4)
        norm.running_mean = torch.full((4,), 5.0)
        initialize(norm, {"*": "ones"}, seed=7, buffers="keep")
        assert norm.running_mean.tolist() == [5.0] * 4
        assert norm.running_var.tolist() == [1.0] * 4
        assert norm.num_batches_tracked.item() == 0

    def test_only_what_is_on_the_meta_device_moves(self):
        model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2, device="meta"))
        first = model[0].weight
        initialize(model, RULES, seed=7)
        assert model[0].weight is first
        assert model[1].weight.device.type == "cpu"

    def test_memory_is_not_sought_on_the_meta_device_itself(self):
        with torch.device("meta"):
            model = nn.Linear(3, 4)
            with pytest.raises(ArgumentError, match="got the meta device to give a module memory on"):
                initialize(model, {"*": "zeros"}, seed=7)

    @pytest.mark.parametrize(
        ("device", "match"),
        [
            ("gpu", "got device 'gpu'; pass a torch.device or its name, such as 'cpu'"),
            (7.5, "got device 7.5; pass a torch.device or its name, such as 'cpu'"),
            ("meta", "got the meta device to give a module memory on; pass another"),
        ],
    )
    def test_what_is_no_device_is_refused_even_if_nothing_needs_memory(self, device, match):
        with pytest.raises(ArgumentError, match=match):
            initialize(nn.Linear(3, 4), {"*": "zeros"}, seed=7, device=device)

    def test_a_parameter_without_a_rule_is_an_error(self):
        with torch.device("meta"):
            model = nn.Linear(3, 4)
        with pytest.raises(RulesError, match=r"no rule matches weight, which have no memory"):
            initialize(model, {"bias": "zeros"}, seed=7)
        assert model.bias.is_meta

    def test_a_buffer_whose_values_nobody_knows_is_an_error(self):
        with torch.device("meta"):
            model = nn.Sequential(nn.Linear(3, 4))
            model[0].register_buffer("mask", torch.ones(4))
        with pytest.raises(
            ArgumentError, match=r"buffers on the meta device: 0\.mask; rules are for parameters"
        ):
            initialize(model, RULES, seed=7)
        assert model[0].weight.is_meta


class TestLayouts:
    """Parameters of modules that PyTorch does not come with."""

    def test_fans_of_an_unknown_layout_are_not_guessed(self):
        model = nn.Sequential(Mixer())
        with pytest.raises(LayoutError, match=r"^0/mix: .*pass layouts=\{'0/mix': \.\.\.\}, or give"):
            initialize(model, RULES, seed=7)

    @pytest.mark.parametrize(("name", "shape"), [("linear", (4, 3)), ("array", (3, 4))])
    def test_the_caller_may_say_what_they_are(self, name, shape):
        model = nn.Sequential(Mixer())
        initialize(model, {"*": "he_normal"}, seed=7, layouts={"*.mix": name})
        drawn = seedbed.get("he_normal", seed=7).fold_in("0/mix")(shape)
        assert same(model[0].mix, drawn.T if name == "linear" else drawn)

    def test_the_original_of_an_orthogonal_matrix_is_refused(self):
        model = nn.Sequential(nn.utils.parametrizations.orthogonal(nn.Linear(5, 4, bias=False)))
        before = model[0].weight.clone()
        with pytest.raises(ArgumentError, match=r"^0/parametrizations/weight/original: got the original of"):
            initialize(model, {"*": "orthogonal"}, seed=7)
        assert torch.equal(model[0].weight, before)

    def test_the_axes_of_a_parametrization_of_ones_own_are_not_guessed(self):
        class Turned(nn.Module):
            def forward(self, original):
                return original.T

            def right_inverse(self, weight):
                return weight.T

        model = nn.Linear(4, 3, bias=False)
        nn.utils.parametrize.register_parametrization(model, "weight", Turned())
        with pytest.raises(LayoutError, match="needs fans"):
            initialize(model, {"*": "he_normal"}, seed=7)
        initialize(model, {"*": "he_normal"}, seed=7, layouts={"*": "array"})
        drawn = seedbed.get("he_normal", seed=7).fold_in("parametrizations/weight/original")((4, 3))
        assert same(model.weight, drawn.T)

    @pytest.mark.parametrize("initializer", ["he_normal", "random_normal"])
    @pytest.mark.parametrize(
        ("parametrization", "original"),
        [
            (nn.utils.parametrizations.spectral_norm, "original"),
            (nn.utils.parametrizations.weight_norm, "original1"),
        ],
    )
    def test_the_original_of_a_parametrization_has_that_of_the_weight(
        self, parametrization, original, initializer
    ):
        model = nn.Sequential(parametrization(nn.Linear(4, 3, bias=False)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # since spectral_norm has no lengths
            initialize(model, {"*original0": "ones", "*": initializer}, seed=7)
        path = f"0/parametrizations/weight/{original}"
        drawn = seedbed.get(initializer, seed=7).fold_in(path)((4, 3))
        assert same(getattr(model[0].parametrizations.weight, original), drawn.T)

    def test_other_originals_of_several_have_layouts_that_nobody_knows(self):
        class Product(nn.Module):
            """A weight of low rank."""

            def forward(self, one, other):
                return one @ other

            def right_inverse(self, weight):
                return weight[:, :1], weight[:1]

        linear = nn.Linear(4, 3, bias=False)
        nn.utils.parametrize.register_parametrization(linear, "weight", Product())
        with pytest.raises(LayoutError, match=r"original0: .* needs fans, which the shape"):
            initialize(linear, {"*": "he_normal"}, seed=7)

    def test_any_name_of_a_shared_parameter_may_be_given(self):
        one, other = Mixer(), Mixer()
        other.mix = one.mix
        model = nn.ModuleDict({"one": one, "other": other})
        initialize(model, {"*": "he_normal"}, seed=7, layouts={"other.*": "linear"})
        assert same(one.mix, seedbed.get("he_normal", seed=7).fold_in("one/mix")((4, 3)).T)

    def test_without_fans_they_are_drawn_as_they_are_with_a_warning(self):
        model = nn.Sequential(Mixer())
        with pytest.raises(
            LayoutError, match=r"axes of \*/mix \(3, 4\) are.* pass layouts=\{'\*/mix': \.\.\.\}"
        ):
            initialize(model, {"*": "random_normal"}, seed=7, strict=True)
        assert not model[0].mix.any()
        with pytest.warns(UserWarning, match="nothing tells what the axes of") as seen:
            initialize(model, {"*": "random_normal"}, seed=7)
        assert seen[0].filename == __file__
        assert same(model[0].mix, seedbed.get("random_normal", seed=7).fold_in("0/mix")((3, 4)))

    @pytest.mark.parametrize(
        ("layouts", "match"),
        [
            ({"*.mix": "dense"}, r"'\*\.mix' in layouts: got layout 'dense'; did you mean 'dense_"),
            ({"*.mix": ["linear"]}, r"'\*\.mix' in layouts: got layout \['linear'\]; a layout is"),
            ({3: "linear"}, r"got the pattern 3 in layouts; pass text such as '\*/mix'"),
            ("linear", r"got 'linear' as layouts; pass a dict from patterns of paths to layouts"),
            ({"*.mixx": "linear"}, r"got a layout for '\*\.mixx', which matches no weight"),
            ({"*.mix": "conv"}, r"0/mix: got shape \(3, 4\) with the layout 'conv', which has at least 3"),
        ],
    )
    def test_a_layout_that_does_not_fit_is_refused(self, layouts, match):
        with pytest.raises(LayoutError, match=match):
            initialize(nn.Sequential(Mixer()), {"*": "he_normal"}, seed=7, layouts=layouts)


@pytest.mark.parametrize("name", ["a/weight", "_orig_mod"])
def test_two_parameters_of_one_path_are_refused(name):
    module = nn.Module()
    module.a = nn.Linear(3, 4, bias=False)
    if name == "_orig_mod":
        module._orig_mod = nn.Module()
        module._orig_mod.a = nn.Linear(3, 4, bias=False)
    else:
        module.register_parameter(name, nn.Parameter(torch.zeros(4, 3)))
    before = module.a.weight.clone()
    with pytest.raises(
        RulesError, match="several parameters of the path 'a/weight', which would draw the sa"
    ):
        initialize(module, {"*": "random_normal"}, seed=7)
    assert torch.equal(module.a.weight, before)


def test_what_an_initializer_raises_while_it_draws_names_the_parameter():
    class Broken(seedbed.Initializer):
        """As a plugin's may be that computes no part alone."""

        def __call__(self, shape, dtype=None):
            raise ZeroDivisionError("division by zero")

    with pytest.raises(ZeroDivisionError, match="division by zero") as raised:
        initialize(nn.Sequential(nn.Linear(3, 4)), {"*": Broken()}, seed=7)
    assert raised.value.__notes__ == ["(while 0/weight was drawn)"]


@pytest.mark.parametrize(
    ("wrong", "error", "match"),
    [
        ({"1.bias": "identity"}, ShapeError, "1/bias: an identity matrix has exactly 2 axes"),
        ({"1.bias": "orthogonal"}, ShapeError, "1/bias: an orthogonal matrix needs at least 2 axes"),
        ({"1.bias": "torch_dirac"}, ShapeError, "1/bias: .*one axis of inputs and one of outputs are"),
        ({"1.bias": seedbed.get("torch_sparse", sparsity=0.5)}, ShapeError, "1/bias: .* have exactly 2 axes"),
        ({"1.weight": seedbed.get("random_normal", stddev=1e6)}, DTypeError, "1/weight: values may reach"),
        (
            {"1.weight": seedbed.get("torch_sparse", sparsity=0.5, stddev=1e6)},
            DTypeError,
            "1/weight: values may",
        ),
    ],
)
def test_nothing_changes_where_one_parameter_cannot_be_drawn(wrong, error, match):
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2, dtype=torch.float16))
    before = model[0].weight.clone()
    with pytest.raises(error, match=match):
        initialize(model, {**wrong, "*": "random_normal"}, seed=7)
    assert torch.equal(model[0].weight, before)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch's own, when it imports its compiler
def test_names_are_those_of_the_model_within_its_wrappers():
    from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper

    def make():
        return nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))

    plain, wrapped = make(), make()
    wrapped[1] = checkpoint_wrapper(wrapped[1])
    plan = initialize(torch.compile(wrapped), RULES, seed=7)
    assert plan == initialize(plain, RULES, seed=7)
    assert all(torch.equal(a, b) for a, b in zip(wrapped.parameters(), plain.parameters(), strict=True))


def test_a_lazy_module_is_refused_by_name():
    with pytest.raises(ArgumentError, match="0/bias: got a parameter that has no shape yet"):
        initialize(nn.Sequential(nn.LazyLinear(3)), RULES, seed=7)


def test_a_wrapper_that_renames_parameters_is_refused():
    model = nn.Sequential(nn.Linear(3, 4))
    before = model[0].weight.clone()
    wrapped = nn.DataParallel(model)
    with pytest.raises(ArgumentError, match=r"within DataParallel, .*; pass model.module, or initialize the"):
        initialize(wrapped, RULES, seed=7)
    with pytest.raises(ArgumentError, match=r"within DataParallel, .* values; initialize the module before"):
        initialize(nn.Sequential(wrapped), RULES, seed=7)
    assert torch.equal(model[0].weight.cpu(), before)  # where DataParallel moves it if there is a GPU


@pytest.mark.filterwarnings("ignore:`torch.jit.script`:DeprecationWarning")
def test_what_torch_jit_has_compiled_is_refused_where_a_rule_matches_it():
    model = nn.ModuleDict({"backbone": torch.jit.script(nn.Linear(3, 4)), "head": nn.Linear(3, 4)})
    before = model["backbone"].weight.clone()
    with pytest.raises(ArgumentError, match=r"^backbone/bias: got a parameter of a module that torch.jit"):
        initialize(model, RULES, seed=7)
    with pytest.warns(UserWarning, match="backbone/weight: no rule matches"):
        initialize(model, {"head/bias": "zeros", "head/*": "he_normal"}, seed=7)
    assert torch.equal(model["backbone"].weight, before)
    assert same(model["head"].weight, seedbed.get("he_normal", seed=7).fold_in("head/weight")((3, 4)).T)


def shared_storage(kind):
    """Return two parameters within one tensor: in common, in part, in turn, or one after the other."""
    flat = torch.zeros(6, 8)
    parts = {
        "transposed": (flat, flat.T),
        "in part": (flat[:4], flat[3:]),
        "in turn": (flat[:, :4], flat[:, 4:]),
        "one after the other": (flat[:3], flat[3:]),
    }
    return nn.ParameterDict({"a": parts[kind][0], "b": parts[kind][1]})


@pytest.mark.parametrize("kind", ["transposed", "in part"])
def test_parameters_that_share_some_of_their_memory_are_refused(kind):
    model = shared_storage(kind)
    with pytest.raises(ArgumentError, match="the parameters a and b share some of their memory"):
        initialize(model, {"*": "ones"}, seed=7)
    assert not model["a"].any()


@pytest.mark.parametrize("kind", ["in turn", "one after the other"])
def test_parameters_beside_one_another_are_filled(kind):
    model = shared_storage(kind)
    initialize(model, {"*": "random_normal"}, seed=7, layouts={"*": "array"})
    for name, parameter in model.items():
        assert same(parameter, seedbed.get("random_normal", seed=7).fold_in(name)(tuple(parameter.shape)))


def test_parameters_of_one_memory_are_one_on_the_meta_device_too():
    with torch.device("meta"):
        model = nn.ModuleDict({"a": nn.Linear(3, 3, bias=False), "b": nn.Linear(3, 3, bias=False)})
    model["b"].weight = nn.Parameter(model["a"].weight.detach())
    plan = initialize(model, {"*": "random_normal"}, seed=7, device="cpu")
    assert list(plan.initializers) == ["a/weight"]
    assert model["b"].weight is model["a"].weight


def test_a_parameter_whose_memory_has_been_freed_is_refused():
    model = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    for layer in model:
        layer.weight.untyped_storage().resize_(0)
    with pytest.raises(ArgumentError, match="0/weight: got a tensor whose memory has been freed"):
        initialize(model, {"*": "random_normal"}, seed=7)


def test_methods_that_a_module_overrides_are_not_asked():
    class Own(nn.Linear):
        """A layer whose methods take other arguments than PyTorch's."""

        def named_parameters(self, prefix="", recurse=True):
            return super().named_parameters(prefix, recurse)

        def named_buffers(self):
            return iter(())

    module = Own(3, 4)
    initialize(module, {"bias": "zeros", "*": "he_normal"}, seed=7, prefix="")
    weight = module.weight.clone()
    assert same(init_(module.weight, "he_normal", seed=[7, "weight"], layout=module), weight)


def test_what_is_no_module_is_refused():
    with pytest.raises(ArgumentError, match=r"of type dict; pass a torch\.nn\.Module"):
        initialize({}, RULES, seed=7)


def test_a_progress_bar_shows_where_it_is_asked_for():
    for progress, shown in ((True, True), (False, False), (None, False)):
        with redirect_stderr(io.StringIO()) as stderr:
            initialize(nn.Linear(3, 4), {"*": "zeros"}, seed=7, progress=progress)
        assert ("100%|##########| 16.0/16.0" in stderr.getvalue()) is shown


class Terminal(io.StringIO):
    """What stderr is for someone who looks at it."""

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stderr", "worth", "shown"), [(Terminal, 16, True), (Terminal, 17, False), (io.StringIO, 16, False)]
)
def test_a_progress_bar_shows_for_large_modules_on_a_terminal(monkeypatch, stderr, worth, shown):
    monkeypatch.setattr("seedbed.models.progress._WORTH_A_BAR", worth)
    with redirect_stderr(stderr()) as written:
        initialize(nn.Linear(3, 4), {"*": "zeros"}, seed=7)
    assert ("16.0/16.0" in written.getvalue()) is shown


def test_every_dtype_of_a_model_is_drawn_at_once():
    model = nn.ModuleDict(
        {str(kind)[6:].upper(): nn.Linear(5, 3, dtype=kind) for kind in (torch.float16, torch.bfloat16)}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        initialize(model, RULES, seed=7)
    for name, layer in model.items():
        drawn = seedbed.get("he_normal", seed=7).fold_in(f"{name}/weight")((5, 3), name.lower())
        assert same(layer.weight, np.ascontiguousarray(drawn.T))


@pytest.mark.parametrize("names", [("table", "head"), ("head", "table")])
def test_a_row_of_padding_is_zero_whichever_module_has_the_table_first(names):
    layers = {"table": nn.Embedding(6, 4, padding_idx=2), "head": nn.Linear(4, 6, bias=False)}
    layers["head"].weight = layers["table"].weight
    model = nn.ModuleDict({name: layers[name] for name in names})
    initialize(model, {"*": "ones"}, seed=7)
    assert layers["table"].weight.tolist() == [[1] * 4] * 2 + [[0] * 4] + [[1] * 4] * 3


def test_a_plan_changes_nothing():
    model = nn.Sequential(nn.Linear(3, 4))
    before = model[0].weight.clone()
    found = plan(model, {"*bias": "zeros", "*": "he_normal"}, seed=7)
    assert torch.equal(model[0].weight, before)
    assert found == initialize(model, {"*bias": "zeros", "*": "he_normal"}, seed=7)


def test_the_original_of_a_parametrization_has_no_row_of_zeros():
    table = weight_norm(nn.Embedding(6, 4, padding_idx=2))
    initialize(nn.ModuleDict({"table": table}), {"*": "random_normal"}, seed=7)
    assert torch.isfinite(table.weight).all()


@pytest.mark.parametrize("progress", ["yes", 1])
def test_a_wrong_word_on_progress_leaves_a_module_without_memory_as_it_was(progress):
    with torch.device("meta"):
        module = nn.Sequential(nn.Linear(3, 4))
    with pytest.raises(ArgumentError, match="progress must be True or False"):
        initialize(module, {"*": "ones"}, seed=7, progress=progress)
    assert module[0].weight.is_meta


@pytest.mark.parametrize("rules", [{"a": "ones", "b": KEEP}, {"a": "ones"}])
@pytest.mark.filterwarnings("ignore:the rules left something over")
def test_what_stays_as_it_is_is_not_drawn_over(rules):
    memory = torch.zeros(4, 3)
    module = nn.Module()
    module.a, module.b = nn.Parameter(memory[:3]), nn.Parameter(memory[1:])
    with pytest.raises(ArgumentError, match="the parameters a and b share some of their memory"):
        initialize(module, rules, seed=7)
    assert not memory.any()
