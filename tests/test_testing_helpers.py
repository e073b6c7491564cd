"""Strategies for hypothesis, and catalogues for tests."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import find, given
from hypothesis import strategies as st

import seedbed
from seedbed.errors import AmbiguousNameError, UnknownNameError
from seedbed.random import as_seed
from seedbed.shapes import as_shape, check_index
from seedbed.testing import FakeDistribution, fresh_catalogue, installed_catalogue
from seedbed.testing.strategies import dtypes, indices, paths, seeds, shapes, shards

CLASS = """
import numpy as np, seedbed

class Sevens(seedbed.Initializer):
    def __call__(self, shape, dtype=None):
        return np.full(shape, {value}, dtype)
"""
SEVENS = FakeDistribution(
    "acme-inits", initializers={"sevens": "acme.inits:Sevens"}, modules={"acme.inits": CLASS.format(value=7)}
)


class Nil(seedbed.Initializer):
    def __call__(self, shape, dtype=None):
        return np.zeros(shape, dtype)


@given(shapes())
def test_shapes_are_shapes(shape):
    assert as_shape(shape) == shape


@given(shards())
def test_shards_fit_their_shapes(shard):
    shape, index = shard
    check_index(shape, index)


@given(st.data())
def test_indices_fit_any_shape(data):
    shape = data.draw(shapes(min_axes=1, max_axes=3))
    check_index(shape, data.draw(indices(shape)))


@given(seeds(), paths())
def test_seeds_and_paths_are_taken(seed, path):
    as_seed(seed)
    seedbed.get("he_normal", seed=seed).fold_in(path)


@given(dtypes())
def test_dtypes_are_drawn(dtype):
    assert seedbed.get("he_normal")((2, 2), dtype).dtype.name == dtype


@pytest.mark.parametrize(
    ("strategy", "wanted"),
    [
        (shapes(), lambda shape: shape == ()),
        (shapes(), lambda shape: len(shape) == 5),
        (indices((4, 3)), lambda index: index is ...),
        (indices((4, 3)), lambda index: isinstance(index, tuple) and ... in index[1:]),
        (
            indices((4,)),
            lambda index: isinstance(index, tuple) and isinstance(index[0], slice) and index[0].step == -1,
        ),
        (indices((4,)), lambda index: index == (-1,)),
        (seeds(), lambda seed: isinstance(seed, list) and len(seed) > 2),
        (seeds(), lambda seed: isinstance(seed, int) and seed < 0),
        (seeds(), lambda seed: isinstance(seed, str) and "/" in seed),
    ],
)
def test_strategies_reach_every_kind(strategy, wanted):
    find(strategy, wanted)


def test_an_installed_catalogue_is_that_of_the_process_until_the_end():
    with installed_catalogue(SEVENS) as catalogue:
        assert seedbed.catalogue() is catalogue
        np.testing.assert_array_equal(seedbed.get("sevens")(2), [7, 7])
        assert seedbed.catalogue().entry("sevens").source == "acme-inits==1.0"
        assert "he_normal" in seedbed.catalogue()
        assert "acme.inits" in sys.modules
    assert "sevens" not in seedbed.catalogue()
    assert not {"acme", "acme.inits"} & sys.modules.keys()


def test_another_version_of_a_package_is_imported_anew():
    for value in (1, 2):
        changed = FakeDistribution(
            "acme-inits",
            version=f"{value}.0",
            initializers=SEVENS.initializers,
            modules={"acme.inits": CLASS.format(value=value)},
        )
        with installed_catalogue(changed):
            assert seedbed.get("sevens")(1) == value


def test_another_version_of_an_installed_package_takes_its_place_until_the_end():
    genuine = sys.modules[type(seedbed.get("seedbed-example:small_init")).__module__]
    upgrade = FakeDistribution(
        "seedbed-example",
        version="9.0",
        initializers={"small_init": "seedbed_example.small:Sevens"},
        modules={"seedbed_example.__init__": "", "seedbed_example.small": CLASS.format(value=9)},
    )
    with installed_catalogue(upgrade) as catalogue:
        assert catalogue.entry("small_init").source == "seedbed-example==9.0"
        np.testing.assert_array_equal(seedbed.get("small_init")(2), [9, 9])
    assert sys.modules["seedbed_example.small"] is genuine
    assert type(seedbed.get("small_init")).__name__ == "SmallInit"


def test_two_packages_clash_as_if_they_were_installed():
    other = FakeDistribution("other-inits", initializers={"sevens": "seedbed.standard.constants:Ones"})
    with installed_catalogue(SEVENS, other), pytest.raises(AmbiguousNameError, match="other-inits:sevens"):
        seedbed.get("sevens")


def test_a_plugin_module_and_a_policy_are_heeded():
    hooks = """
        import seedbed

        @seedbed.hookimpl
        def seedbed_initializers():
            return [seedbed.Entry("ones_too", preset_of="ones")]
        """
    plugin = FakeDistribution("acme-inits", plugins={"acme": "acme_hooks"}, modules={"acme_hooks": hooks})
    with installed_catalogue(plugin):
        assert seedbed.get("ones_too")(1) == 1
    denied = {"mode": "open", "deny": [{"distribution": "acme-inits"}]}
    with installed_catalogue(plugin, policy=denied), pytest.raises(UnknownNameError, match="ones_too"):
        seedbed.get("ones_too")


def test_an_exception_leaves_nothing_behind():
    before = seedbed.catalogue(), list(sys.path)
    with pytest.raises(KeyError, match="inside"), installed_catalogue(SEVENS):
        raise KeyError("inside")
    assert (seedbed.catalogue(), list(sys.path)) == before


def test_what_is_registered_in_a_fresh_catalogue_is_gone_after_it():
    with fresh_catalogue(scan=False) as catalogue:
        seedbed.register(Nil, "nil")
        assert "nil" in catalogue
    assert "nil" not in seedbed.catalogue()


@pytest.mark.parametrize(
    ("library", "needs"),
    [
        ("pytest", "testing.parametrize_checks(['zeros'])"),
        ("hypothesis", "import seedbed.testing.strategies"),
    ],
)
def test_the_kit_works_without_testing_libraries_and_says_what_needs_them(library, needs):
    code = f"""
import sys
sys.modules[{library!r}] = None
from seedbed.errors import MissingExtraError
from seedbed import testing
assert testing.run_checks("zeros").ok
try:
    {needs}
except MissingExtraError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install ./plugins/seedbed-testing pytest hypothesis in a clone of Seedbed" in done.stdout
    assert 'pip install "seedbed[testing]" from an index that has it' in done.stdout


def test_the_kit_imports_no_testing_library():
    code = "import sys, seedbed.testing\nprint(sorted({'pytest', 'hypothesis'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
