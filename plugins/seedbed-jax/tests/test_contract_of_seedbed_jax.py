"""Every entry of the package keeps the contract."""

from frameworks import framework

import seedbed
from seedbed.testing import parametrize_checks

framework("seedbed_jax_entries", plugin="seedbed_jax")

NAMES = [entry.full_name for entry in seedbed.catalogue() if entry.provider == "seedbed-jax"]


@parametrize_checks(NAMES)
def test_the_contract_is_kept(check):
    check()
