"""Which distributions are installed, and what they declare for Seedbed; a broken one harms no other."""

from typing import TYPE_CHECKING

from seedbed.on_demand import on_demand

if TYPE_CHECKING:
    from seedbed.discovery.installed import discover
    from seedbed.discovery.packaging_rules import is_name, normalise
    from seedbed.discovery.providers import CORE

__all__ = ["CORE", "discover", "is_name", "normalise"]

__getattr__ = on_demand(
    __name__,
    {
        "CORE": "providers",
        "discover": "installed",
        "is_name": "packaging_rules",
        "normalise": "packaging_rules",
    },
)
