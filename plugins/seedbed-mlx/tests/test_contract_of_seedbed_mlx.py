"""Every entry of the package keeps the contract."""

from frameworks import framework

import seedbed
from seedbed.testing import parametrize_checks

framework("mlx.core", plugin="seedbed_mlx")
NAMES = [entry.full_name for entry in seedbed.catalogue() if entry.provider == "seedbed-mlx"]


def test_the_package_has_entries():
    assert "seedbed-mlx:mlx_he_normal" in NAMES


@parametrize_checks(NAMES)
def test_the_contract_is_kept(check):
    check()
