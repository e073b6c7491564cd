"""Engines that packages offer: used only where the environment names them, and only with our bits."""

import numpy as np
import pytest

import seedbed
from seedbed.errors import PluginError
from seedbed.random import engine, use_engine

RIGHT = """
    import seedbed
    from seedbed.random import NumPyEngine

    class Fast(NumPyEngine):
        name = "fast"
        drawn = 0

        def draw(self, *arguments, **options):
            Fast.drawn += 1
            super().draw(*arguments, **options)

    @seedbed.hookimpl
    def seedbed_engine():
        return Fast()
"""

WRONG = RIGHT.replace("super().draw(*arguments, **options)", "arguments[3][...] = 0")


@pytest.fixture(autouse=True)
def _engine_afterwards():
    yield
    use_engine(None)


def offer(site, source):
    site.add("fast-draws", plugins={"fast": "fast_draws"}, modules={"fast_draws": source})


def test_an_engine_that_is_only_installed_does_not_draw(site, monkeypatch):
    monkeypatch.delenv("SEEDBED_ENGINE", raising=False)
    offer(site, RIGHT)
    assert len(seedbed.Catalogue()) > 0
    assert engine() == "numpy"


def test_the_engine_that_the_environment_names_draws_the_same_bits(site, monkeypatch):
    expected = seedbed.get("he_normal", seed=7)((16, 16))
    offer(site, RIGHT)
    monkeypatch.setenv("SEEDBED_ENGINE", "fast-draws")
    initializer = seedbed.Catalogue().get("he_normal", seed=7)  # a core name, which scans nothing otherwise
    assert engine() == "fast"
    import fast_draws

    before = fast_draws.Fast.drawn
    np.testing.assert_array_equal(initializer((16, 16)), expected)
    assert fast_draws.Fast.drawn == before + 1


def test_an_engine_with_other_bits_is_refused(site, monkeypatch):
    offer(site, WRONG)
    monkeypatch.setenv("SEEDBED_ENGINE", "fast-draws")
    with pytest.raises(PluginError, match="engine 'fast' gives other bits than the specified stream"):
        seedbed.Catalogue().get("he_normal")
    assert engine() == "numpy"


def test_an_engine_that_nobody_offers_is_named(site, monkeypatch):
    offer(site, RIGHT)
    monkeypatch.setenv("SEEDBED_ENGINE", "faster-draws")
    with pytest.raises(PluginError, match=r"'faster-draws'; engines are offered by numpy, fast-draws"):
        seedbed.Catalogue().get("he_normal")


def test_numpys_engine_can_be_named_too(monkeypatch):
    monkeypatch.setenv("SEEDBED_ENGINE", "numpy")
    assert seedbed.Catalogue().get("he_normal") == seedbed.get("he_normal")
