"""Which packages may serve which names: policies, lock files, and what they keep from being imported."""

from typing import TYPE_CHECKING

from seedbed.on_demand import on_demand

if TYPE_CHECKING:
    from seedbed.governance.lock import Lock
    from seedbed.governance.lock_rows import (
        LockedEntry,
        LockedHomonym,
        LockedProvider,
        LockedTombstone,
        as_table,
    )
    from seedbed.governance.policy import (
        OPEN,
        PLUGINS_VARIABLE,
        Policy,
        Rule,
        leave_on,
        policy_variables,
        read_variables_again,
    )
    from seedbed.governance.policy_file import PolicyLike, policy_in_force

__all__ = [
    "OPEN",
    "PLUGINS_VARIABLE",
    "Lock",
    "LockedEntry",
    "LockedHomonym",
    "LockedProvider",
    "LockedTombstone",
    "Policy",
    "PolicyLike",
    "Rule",
    "as_table",
    "leave_on",
    "policy_in_force",
    "policy_variables",
    "read_variables_again",
]

__getattr__ = on_demand(
    __name__,
    {
        "OPEN": "policy",
        "PLUGINS_VARIABLE": "policy",
        "Lock": "lock",
        "LockedEntry": "lock_rows",
        "LockedHomonym": "lock_rows",
        "LockedProvider": "lock_rows",
        "LockedTombstone": "lock_rows",
        "Policy": "policy",
        "PolicyLike": "policy_file",
        "Rule": "policy",
        "as_table": "lock_rows",
        "leave_on": "policy",
        "policy_in_force": "policy_file",
        "policy_variables": "policy",
        "read_variables_again": "policy",
    },
)
