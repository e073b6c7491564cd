"""Every entry of the package keeps the contract."""

from __future__ import annotations

from frameworks import framework

import seedbed
from seedbed.testing import parametrize_checks

framework("seedbed_tensorflow_entries")

NAMES = [entry.full_name for entry in seedbed.catalogue() if entry.provider == "seedbed-tensorflow"]


@parametrize_checks(NAMES)
def test_the_contract_is_kept(check):
    check()
