"""Every entry of the package keeps the contract."""

from frameworks import framework

import seedbed
from seedbed.testing import parametrize_checks

framework("torch")
NAMES = [entry.full_name for entry in seedbed.catalogue() if entry.provider == "seedbed-torch"]


def test_the_package_has_entries():
    assert "seedbed-torch:torch_dirac" in NAMES


@parametrize_checks(NAMES)
def test_the_contract_is_kept(check):
    check()
