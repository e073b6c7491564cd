"""Buffers on the meta device get their values, and those that seem to have none are named."""

import copy
import sys
import types

import pytest
from frameworks import framework

import seedbed
from seedbed.errors import ArgumentError, RulesError
from seedbed.rules import KEEP

torch = framework("torch")

from torch import nn  # noqa: E402

from seedbed_torch import initialize, plan  # noqa: E402

RULES = {"*bias": "zeros", "*": "random_normal"}
NAMED = "seem not to have the values that their modules give them, as after to_empty"


class Rotary(nn.Module):
    """A module whose buffer nothing but its constructor computes."""

    def __init__(self, size=8):
        super().__init__()
        self.register_buffer("inv_freq", self.computed(size), persistent=False)

    @staticmethod
    def computed(size=8):
        return 1.0 / (10_000 ** (torch.arange(0, size, 2).float() / size))


class Resetting(Rotary):
    """One with the method that FullyShardedDataParallel asks for."""

    def reset_parameters(self):
        self.inv_freq.copy_(self.computed())


class Titan(Rotary):
    """One as torchtitan has them; it replaces its buffer, and draws its weight."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4))

    def init_weights(self, buffer_device=None):
        nn.init.normal_(self.weight)
        with torch.device(buffer_device):
            self.inv_freq = self.computed()


class Transformers4(Rotary):
    """One as transformers 4 has them."""

    def __init__(self):
        super().__init__()
        self.config, self.original_inv_freq = 8, self.inv_freq

    def rope_init_fn(self, config, device):
        return self.computed(config).to(device), 1.0


WAYS = [Resetting, Titan, Transformers4]


def model_of(rotary, *, norm=False):
    parts = {"linear": nn.Linear(3, 4), "rotary": rotary()}
    return nn.ModuleDict({**parts, **({"norm": nn.BatchNorm1d(4)} if norm else {})})


def on_meta(rotary, *, norm=False):
    with torch.device("meta"):
        return model_of(rotary, norm=norm)


def emptied(model, value=0.0):
    """Return a model as `to_empty` leaves it, in memory of which all is `value`."""
    model = copy.deepcopy(model).to("meta").to_empty(device="cpu")
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.data.fill_(value)  # which PyTorch does not count
    return model


def fill(module):
    if isinstance(module, Rotary):
        module.inv_freq.copy_(module.computed())


class TestMeta:
    """Modules on the meta device."""

    @pytest.mark.parametrize("rotary", WAYS)
    def test_the_methods_of_modules_fill_their_buffers_and_change_nothing_else(self, rotary):
        model, real = on_meta(rotary, norm=True), model_of(rotary, norm=True)
        state = torch.get_rng_state()
        for made in (model, real):
            initialize(made, RULES, seed=7)
        assert torch.equal(torch.get_rng_state(), state)
        for made, wanted in zip(model.buffers(), real.buffers(), strict=True):
            assert torch.equal(made, wanted)
        for made, wanted in zip(model.parameters(), real.parameters(), strict=True):
            assert torch.equal(made, wanted)
        assert list(model.state_dict()) == list(real.state_dict())
        assert rotary is not Transformers4 or model["rotary"].original_inv_freq is model["rotary"].inv_freq

    def test_a_model_of_transformers_fills_those_of_its_modules(self, monkeypatch):
        class Pretrained(nn.Module):
            """As its models are."""

            def __init__(self):
                super().__init__()
                self.inner = nn.Sequential(Rotary(), nn.Linear(3, 4))
                self.register_buffer("position_ids", torch.arange(5)[None], persistent=False)

            def _init_weights(self, module):
                for parameter in module.parameters():
                    parameter.data.fill_(3.0)
                if isinstance(module, Rotary):
                    module.inv_freq.copy_(module.computed())
                if module is self:
                    self.position_ids.copy_(torch.arange(5))

        name = "transformers.modeling_utils"
        monkeypatch.setitem(sys.modules, name, types.SimpleNamespace(PreTrainedModel=Pretrained))
        with torch.device("meta"):
            model = nn.Sequential(Pretrained())
        model[0].inner[1] = nn.Linear(3, 4)  # which has memory
        kept = model[0].inner[1].weight
        initialize(model, {"*weight": "ones", "*bias": "zeros"}, seed=7)
        assert torch.equal(model[0].inner[0].inv_freq, Rotary.computed())
        assert model[0].position_ids.tolist() == [[0, 1, 2, 3, 4]]
        assert model[0].inner[1].weight is kept
        assert kept.min() == kept.max() == 1

    def test_a_method_changes_neither_parameters_nor_other_buffers_that_have_values(self):
        class Both(Resetting):
            def reset_parameters(self):
                super().reset_parameters()
                nn.init.normal_(self.weight)
                self.mask.zero_()

        module = Both().to("meta")
        module.weight = nn.Parameter(torch.ones(3))
        module.register_buffer("mask", torch.ones(3))
        weight, mask, state = module.weight, module.mask, torch.get_rng_state()
        initialize(module, {"*": KEEP}, seed=7, buffers="keep")
        assert module.weight is weight
        assert module.mask is mask
        assert weight.tolist() == mask.tolist() == [1.0] * 3
        assert torch.equal(torch.get_rng_state(), state)
        assert torch.equal(module.inv_freq, Rotary.computed())

    @pytest.mark.parametrize("is_shared", [False, True])
    def test_buffers_that_a_method_does_not_write_to_need_no_memory_for_a_copy(self, is_shared):
        seen = []

        class Around(Resetting):
            def reset_parameters(self):
                super().reset_parameters()
                own, written = self.within.table, self.within.written
                seen.append(own.untyped_storage()._cdata != table.untyped_storage()._cdata)
                seen.append(torch._C._is_cow_tensor(own))
                written.numpy()[:] = 7.0

        module = Around().to("meta")
        module.weight = nn.Parameter(torch.ones(3))
        module.within = nn.Module()
        table, written = torch.ones(1000), torch.ones(3)
        if is_shared:
            table.share_memory_()
        module.within.register_buffer("table", table)
        module.within.register_buffer("written", written)
        initialize(module, {"*": KEEP}, seed=7, buffers="keep")
        assert seen == [True, not is_shared]
        assert module.within.table is table
        assert written.tolist() == [1.0] * 3
        address = table.data_ptr()
        assert table.fill_(2.0).data_ptr() == address
        assert torch.equal(module.inv_freq, Rotary.computed())

    def test_a_function_is_called_with_each_module_that_has_buffers(self):
        model, seen = on_meta(Rotary, norm=True), []

        def function(module):
            seen.append(type(module))
            fill(module)

        initialize(model, RULES, seed=7, buffers=function)
        assert seen == [Rotary, nn.BatchNorm1d]
        assert torch.equal(model["rotary"].inv_freq, Rotary.computed())
        assert model["norm"].running_var.tolist() == [1.0] * 4

    def test_a_function_may_put_another_buffer_there(self):
        model = on_meta(Rotary)

        def function(module):
            module.inv_freq = Rotary.computed().double()

        initialize(model, RULES, seed=7, buffers=function)
        assert model["rotary"].inv_freq.dtype == torch.float64

    def test_modules_may_share_a_buffer(self):
        with torch.device("meta"):
            model = nn.Sequential(Resetting(), Resetting(), nn.Linear(3, 4))
        model[1].inv_freq = model[0].inv_freq
        initialize(model, RULES, seed=7)
        assert model[1].inv_freq is model[0].inv_freq

    @pytest.mark.parametrize("function", [initialize, plan])
    def test_without_a_way_it_is_refused_and_the_message_names_those_there_are(self, function):
        model = on_meta(Rotary)
        with pytest.raises(
            ArgumentError, match=r"meta device: rotary\.inv_freq; .*buffers=.*init_empty_weights"
        ):
            function(model, RULES, seed=7)
        assert model["linear"].weight.is_meta

    @pytest.mark.parametrize("partly", [False, True])
    def test_what_a_way_leaves_is_refused_and_nothing_has_changed(self, partly):
        model = on_meta(Rotary, norm=True)

        def function(module):
            if partly and isinstance(module, Rotary):
                module.inv_freq[:2] = 1.0

        with pytest.raises(
            ArgumentError, match=r"the buffers rotary\.inv_freq are without values, or some of"
        ):
            initialize(model, RULES, seed=7, buffers=function)
        assert all(tensor.is_meta for tensor in (*model.parameters(), *model.buffers()))

    def test_what_a_function_raises_leaves_all_as_it_was(self):
        model = on_meta(Rotary)
        with pytest.raises(ZeroDivisionError, match="division by zero"):
            initialize(model, RULES, seed=7, buffers=lambda module: 1 / 0)
        assert all(tensor.is_meta for tensor in (*model.parameters(), *model.buffers()))

    @pytest.mark.parametrize("dtype", [torch.bool, torch.int64, torch.bfloat16, torch.complex64])
    def test_every_dtype_is_known_to_be_filled_or_not(self, dtype):
        module = nn.Module()
        module.bias = nn.Parameter(torch.zeros(3))
        module.register_buffer("mask", torch.ones(3, dtype=dtype, device="meta"))
        with pytest.raises(ArgumentError, match="the buffers mask are without values"):
            initialize(module, {"*": "ones"}, seed=7, buffers=lambda module: None)
        initialize(module, {"*": "ones"}, seed=7, buffers=lambda module: module.mask.fill_(1))
        assert module.mask.tolist() == [1] * 3

    @pytest.mark.parametrize("wrong", ["none", 3, ["reset"]])
    def test_what_is_no_way_is_refused(self, wrong):
        with pytest.raises(
            ArgumentError, match=r"got buffers .*; pass a function of a module, 'reset' or 'keep'"
        ):
            initialize(nn.Linear(3, 4), RULES, seed=7, buffers=wrong, prefix="")


class TestEmptied:
    """Modules whose buffers have memory without values."""

    @pytest.mark.parametrize("function", [initialize, plan])
    def test_statistics_away_from_their_reset_are_named_where_weights_are_drawn(self, function):
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.BatchNorm1d(4))
        model[1].running_mean += 1.0
        with pytest.warns(UserWarning, match=rf"the buffers 1\.running_mean {NAMED}") as seen:
            function(model, RULES, seed=7)
        assert [record.filename for record in seen] == [__file__]
        before = model[0].weight.clone()
        with pytest.raises(RulesError, match=rf"the buffers 1\.running_mean {NAMED}"):
            function(model, RULES, seed=8, strict=True)
        assert torch.equal(model[0].weight, before)
        function(model, RULES, seed=7, strict=True, buffers="keep")
        function(model, [("1*", KEEP), *RULES.items()], seed=7, strict=True)

    def test_they_are_reset_where_that_is_asked_for(self):
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
        mean = model[1].running_mean
        mean += 1.0
        initialize(model, RULES, seed=7, strict=True, buffers="reset")
        assert model[1].running_mean is mean
        assert mean.tolist() == [0.0] * 4

    @pytest.mark.parametrize("rotary", [*WAYS, Rotary])
    @pytest.mark.parametrize("value", [0.0, float("nan"), 1e-41])
    def test_buffers_that_to_empty_left_without_values_are_named(self, rotary, value):
        model = emptied(model_of(rotary), value)
        with pytest.warns(UserWarning, match=rf"the buffers rotary\.inv_freq {NAMED}"):
            initialize(model, RULES, seed=7)

    @pytest.mark.filterwarnings("error")
    def test_nothing_is_run_and_nothing_said_of_a_module_that_has_its_values(self):
        class Features(nn.Module):
            def __init__(self):
                super().__init__()
                self.register_buffer("projection", torch.empty(4, 8))
                self.layer = nn.Linear(8, 2)
                self.reset_parameters()

            def reset_parameters(self):
                self.calls = getattr(self, "calls", 0) + 1
                nn.init.normal_(self.projection)

        loaded = Features()
        loaded.load_state_dict(
            {name: own.clone() for name, own in Features().state_dict().items()}, assign=True
        )
        before = torch.get_rng_state()
        for model in (copy.deepcopy(Features()), loaded):
            plan(model, RULES, seed=7, strict=True)
            initialize(model, RULES, seed=7, strict=True)
            assert model.calls == 1
        assert not torch.equal(before, torch.get_rng_state())  # by the second constructor, and no more
        torch.set_rng_state(before)
        plan(loaded, RULES, seed=7)
        assert torch.equal(before, torch.get_rng_state())

    @pytest.mark.filterwarnings("error")
    def test_weights_of_ones_own_that_are_zero_say_nothing_of_buffers(self):
        class Own(nn.Module):
            def __init__(self):
                super().__init__()
                self.w = nn.Parameter(torch.zeros(4, 4))
                self.register_buffer("cache", torch.zeros(8, 4))
                self.register_buffer("unset", torch.full((3,), float("nan")))

        initialize(Own(), {"*": "random_normal"}, seed=7, layouts={"w": "linear"}, strict=True)

    @pytest.mark.filterwarnings("error")
    @pytest.mark.parametrize("norm", [nn.BatchNorm2d, nn.InstanceNorm2d])
    def test_the_statistics_of_a_body_that_is_kept_are_meant(self, norm):
        norm = norm(2, affine=False, track_running_stats=True)
        model = nn.ModuleDict({"body": nn.Sequential(nn.Conv2d(1, 2, 3), norm), "head": nn.Linear(2, 2)})
        model["body"](torch.ones(4, 1, 5, 5))
        rules = {"head/bias": "zeros", "head/*": "he_normal", "*": KEEP}
        initialize(model, rules, seed=7, strict=True)
        with pytest.raises(RulesError, match=r"the buffers body\.1\.running_mean"):
            initialize(model, RULES, seed=7, strict=True)

    @pytest.mark.filterwarnings("error")
    def test_a_method_that_fails_is_not_heard_of_where_nobody_asked_for_it(self):
        class Failing(Rotary):
            def reset_parameters(self):
                raise ZeroDivisionError("division by zero")

        model = copy.deepcopy(model_of(Failing))
        initialize(model, RULES, seed=7)
        with pytest.raises(ZeroDivisionError, match="division by zero"):
            initialize(model, RULES, seed=7, buffers="reset")

    @pytest.mark.parametrize("rotary", WAYS)
    def test_a_reset_gives_them_the_values_of_their_modules(self, rotary):
        model = emptied(model_of(rotary))
        initialize(model, RULES, seed=7, strict=True, buffers="reset")
        assert torch.equal(model["rotary"].inv_freq, Rotary.computed())

    def test_a_reset_that_nothing_knows_is_refused(self):
        with pytest.raises(ArgumentError, match=r"got buffers to reset: rotary\.inv_freq; .*pass buffers="):
            initialize(emptied(model_of(Rotary)), RULES, seed=7, buffers="reset")

    def test_a_function_may_fill_them(self):
        model = emptied(model_of(Rotary))
        initialize(model, RULES, seed=7, strict=True, buffers=fill)
        assert torch.equal(model["rotary"].inv_freq, Rotary.computed())

    @pytest.mark.filterwarnings("error")
    @pytest.mark.parametrize("rotary", [*WAYS, Rotary])
    @pytest.mark.parametrize("made", [lambda model: model, copy.deepcopy, lambda model: model.double()])
    def test_models_that_have_values_are_left_alone(self, rotary, made):
        model = made(model_of(rotary, norm=True))
        model.register_buffer("cache", torch.zeros(3, 4))
        initialize(model, RULES, seed=7)
        initialize(made(model), RULES, seed=8)

    @pytest.mark.filterwarnings("error")
    def test_parameters_without_values_do_not_make_buffers_doubtful_that_have_them(self):
        model = nn.ModuleDict({"rotary": Rotary()})
        model.weight = nn.Parameter(torch.zeros(4))
        model.mix = nn.Parameter(torch.zeros(4, 4))
        initialize(model, {"*": "ones"}, seed=7)


def test_a_function_that_writes_to_parameters_is_refused():
    class Table(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(3))
            self.register_buffer("steps", torch.zeros(3, device="meta"))

    def fill(module):
        module.steps.zero_()
        module.weight.mul_(2)

    module = Table()
    with pytest.raises(
        ArgumentError, match="has written to parameters, such as weight, for which the rules are"
    ):
        initialize(module, {"*": "ones"}, seed=7, prefix="", buffers=fill)
    assert module.steps.is_meta
    initialize(module, {"*": "ones"}, seed=7, prefix="", buffers=lambda module: module.steps.zero_())
    assert module.steps.max() == 0


@pytest.mark.parametrize(
    "norm", [torch.nn.utils.parametrizations.spectral_norm, torch.nn.utils.spectral_norm]
)
def test_a_spectral_norm_is_that_of_the_weight_that_is_drawn(norm):
    module = norm(torch.nn.Linear(20, 30))
    rules = {"*bias": "zeros", "*": seedbed.get("random_normal", stddev=3.0)}
    initialize(module, rules, seed=7, prefix="head")
    module.eval()
    module(torch.zeros(1, 20))  # the older one computes the weight then
    assert torch.linalg.matrix_norm(module.weight, 2).item() == pytest.approx(1, abs=0.1)
    twin = norm(torch.nn.Linear(20, 30))
    initialize(twin, rules, seed=7, prefix="head")
    assert all(torch.equal(one, other) for one, other in zip(module.buffers(), twin.buffers(), strict=True))
