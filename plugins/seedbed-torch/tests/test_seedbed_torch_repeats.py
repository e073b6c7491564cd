"""`init_` warns where a second tensor gets the values that another one has, unless a path is given."""

import gc
import threading
import warnings

import pytest
from frameworks import framework

from seedbed.errors import ArgumentError

torch = framework("torch")

from torch import nn  # noqa: E402

from seedbed_torch import init_, initialize  # noqa: E402
from seedbed_torch.repeats import Filled  # noqa: E402

SAID = r"init_ has filled two tensors of shape \(4, 3\) .* give path='its/name'"


def filled(seed, tensor=None, **arguments):
    return init_(torch.empty(4, 3) if tensor is None else tensor, "random_normal", seed=seed, **arguments)


def test_a_second_living_tensor_of_one_stream_is_told_at_the_callers_line():
    one = filled("second")
    with pytest.warns(UserWarning, match=SAID) as seen:
        other = filled("second")
    assert torch.equal(one, other)
    assert seen[0].filename == __file__


def test_all_layers_that_apply_fills_are_told_once_whatever_alias_is_filled():
    model = nn.Sequential(*(nn.Linear(3, 4) for _ in range(5)))
    with pytest.warns(UserWarning, match=SAID) as seen:
        model.apply(lambda part: filled("apply", part.weight.data) if isinstance(part, nn.Linear) else None)
    assert len(seen) == 1


def test_parts_of_one_memory_are_two():
    memory = torch.empty(8, 3)
    filled("parts", memory[:4])
    with pytest.warns(UserWarning, match=SAID):
        filled("parts", memory[4:])


@pytest.mark.filterwarnings("error")
class TestSilence:
    """What is no mistake."""

    def test_the_same_tensor_again(self):
        one = nn.Parameter(torch.empty(4, 3))
        filled("again", one)
        filled("again", one)
        filled("again", one.data)

    def test_a_tensor_that_is_gone(self):
        for _ in range(3):
            filled("gone")
        model = nn.Linear(3, 4)
        model.itself = [model]
        filled("a cycle", model.weight)
        del model
        gc.disable()
        try:
            filled("a cycle")
        finally:
            gc.enable()

    def test_a_tensor_that_has_other_values_by_now(self):
        one, other = filled("before"), torch.empty(4, 3)
        filled("after", one)
        filled("before", other)

    def test_another_shape_dtype_seed_initializer_or_layout(self):
        kept = [filled("others"), filled("another"), filled("others", torch.empty(4, 3, dtype=torch.float64))]
        kept.append(filled("others", torch.empty(3, 4)))
        kept.append(filled("others", layout="linear"))
        kept.append(init_(torch.empty(4, 3), "random_uniform", seed="others"))
        assert len(kept) == 6

    def test_fresh_values_and_constants(self):
        kept = [init_(torch.empty(4, 3), name) for name in ("random_normal", "ones") for _ in range(2)]
        assert not torch.equal(*kept[:2])

    def test_a_path_even_an_empty_one_says_that_it_is_meant(self):
        one, other = filled("meant", path=""), filled("meant", path="")
        assert torch.equal(one, other)
        one, other = (filled("meant", path=path) for path in ("a.weight", "a/weight"))
        assert torch.equal(one, other)

    def test_other_parts_of_one_whole(self):
        kept = [filled("whole", shard=((8, 3), (slice(at, at + 4),))) for at in (0, 4)]
        assert not torch.equal(*kept)


def test_a_path_gives_the_stream_that_initialize_draws():
    model = nn.Sequential(nn.Linear(3, 4))
    initialize(model, {"*": "random_normal"}, seed=7)
    assert torch.equal(filled(7, path="0.weight", layout="linear"), model[0].weight)


@pytest.mark.parametrize(
    ("path", "match"),
    [("a", r"got the path 'a' for RandomNormal\(\), which has no seed"), (3, "name must be text|got 3")],
)
def test_a_path_without_a_seed_or_that_is_none_is_refused(path, match):
    with pytest.raises(ArgumentError, match=match):
        init_(torch.empty(3), "random_normal", path=path, seed=None if path == "a" else 7)


def test_a_part_is_a_part_of_the_whole_with_its_fans():
    whole = init_(torch.empty(8, 3), "he_normal", seed=7, layout="linear")
    part = init_(torch.empty(2, 3), "he_normal", seed=7, layout="linear", shard=((8, 3), (slice(2, 4),)))
    assert torch.equal(whole[2:4], part)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"shard": ((8, 3), (slice(0, 2),))}, r"shard says that it is a part of shape \(2, 3\) of \(8, 3\)"),
        ({"shard": (8, 3)}, "shape"),
        ({"shard": ((8, 3), (slice(0, 4),)), "seed": None}, r"which has no seed; give the same seed= to all"),
    ],
)
def test_what_is_no_part_is_refused(arguments, match):
    with pytest.raises(Exception, match=match):
        init_(torch.empty(4, 3), "random_normal", **{"seed": 7, **arguments})


def test_nothing_is_remembered_of_memory_that_is_gone():
    known, tensor = Filled(), torch.empty(3)
    for stream in range(5000):
        known.note(tensor, stream)
        known.note(torch.empty(3), -1 - stream)
    assert len(known._places) + len(known._streams) < 2100


def test_threads_are_told_once():
    known, tensors = Filled(), [torch.empty(3) for _ in range(8)]
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        threads = [threading.Thread(target=known.note, args=(tensor, 7)) for tensor in tensors]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(seen) == 1
