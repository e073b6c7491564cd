"""The catalogue without code, as it is installed."""

import numpy as np
import pytest

import seedbed
from seedbed.errors import DeprecatedNameWarning, RemovedNameError

PROVIDER = "seedbed-acme-example"
NAMES = [entry.full_name for entry in seedbed.catalogue() if entry.provider == PROVIDER]


def test_its_entries_are_those_of_the_file_and_nothing_is_wrong_with_it():
    assert [name.partition(":")[2] for name in NAMES] == [
        "embedding_normal",
        "residual_normal",
        "residual_small",
    ]
    assert [problem for problem in seedbed.catalogue().problems if problem.provider == PROVIDER] == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore::seedbed.errors.DeprecatedNameWarning")
def test_every_entry_draws_and_its_config_round_trips(name):
    initializer = seedbed.get(name, seed=7)
    assert np.isfinite(initializer((16, 8))).all()
    assert seedbed.from_config(seedbed.to_config(initializer)) == initializer


def test_a_preset_binds_its_arguments_under_every_name():
    wanted = seedbed.get("truncated_normal", stddev=0.02, seed=7)
    for name in ("embedding_normal", "EmbeddingNormal", "token_normal"):
        assert seedbed.get(name, seed=7) == wanted


def test_the_deprecated_name_warns_and_gives_the_same():
    with pytest.warns(DeprecatedNameWarning, match=r"will be removed in 3\.0; use 'residual_normal' instead"):
        former = seedbed.get("residual_small", seed=7)
    assert former == seedbed.get("residual_normal", seed=7)


@pytest.mark.parametrize("name", ["embedding_uniform", "EmbeddingUniform", f"{PROVIDER}:embedding_uniform"])
def test_the_name_that_is_gone_says_what_replaced_it(name):
    with pytest.raises(RemovedNameError, match=r"removed in 2\.0; use 'embedding_normal' instead"):
        seedbed.get(name)
    assert name not in seedbed.catalogue()
