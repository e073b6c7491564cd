"""Every entry of the package keeps the contract."""

import seedbed
from seedbed.testing import parametrize_checks

NAMES = [entry.full_name for entry in seedbed.catalogue() if entry.provider == "seedbed-acme-example"]


@parametrize_checks(NAMES)
def test_the_contract_is_kept(check):
    check()
