"""The package whose engine draws unasked where it is installed: seedbed-native."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from seedbed.catalogue import default
from seedbed.catalogue.chosen_engine import ENGINE_VARIABLE, NATIVE
from seedbed.catalogue.scan import within_a_scan
from seedbed.discovery.named import declares
from seedbed.errors import PluginError, SeedbedError, described
from seedbed.foreign import Attempt
from seedbed.governance.policy import is_trial, policy_variables
from seedbed.unasked import Answer
from seedbed.unforked import UNFORKED
from seedbed.warning import warn

_MODULE: Final = "seedbed_native.plugin"
_HOOK: Final = "seedbed_engine"


def engine_unasked() -> Answer:
    """Return the engine of seedbed-native, if it is installed, allowed and sound.

    Without a policy that costs no scan. It gives the bits of NumPy's engine, so nobody needs to ask for it;
    its own test, which it makes when it is imported, stands for the trial of other engines.
    """
    if within_a_scan():
        return None, False  # which may yet say what the policy allows
    if os.environ.get(ENGINE_VARIABLE, "") not in ("", NATIVE):
        return None, True  # NumPy's, or one that a scan tries
    engine = None
    with Attempt() as attempt:
        engine = _offered() if _is_governed() else _of_module()
    if attempt.error is not None and not _is_of_the_policy(attempt.error):
        warn(
            f"{NATIVE} is installed and cannot draw: {described(attempt.error)}. NumPy's engine draws the "
            f"same values, more slowly; set {ENGINE_VARIABLE}=numpy to do so without this warning",
            RuntimeWarning,
        )
    return engine, True


def _is_of_the_policy(error: BaseException) -> bool:
    """Say whether look-ups raise an error, too: what is wrong with a policy, its lock or a variable."""
    return isinstance(error, SeedbedError) and not isinstance(error, PluginError)


def _is_governed() -> bool:
    return is_trial() or any(policy_variables().values())


def _of_module() -> Any:
    """Import the package's plugin, as a scan would, if a distribution of its name has it."""
    with UNFORKED:  # which no scan may do, as it may wait for a thread that forks
        found = find_spec(_MODULE.partition(".")[0])
        places = found.submodule_search_locations if found else None
        beside = os.path.dirname(next(iter(places or ("",))))
        if not declares(NATIVE, group="seedbed.plugins", value=_MODULE, beside=beside):
            return None  # the module is somebody else's
        return getattr(import_module(_MODULE), _HOOK)()


def _offered() -> Any:
    """Return what a scan found, which keeps to the policy and to its lock."""
    for plugin in default.CATALOGUE.plugins_of(NATIVE):
        if plugin.problems:
            raise PluginError(plugin.problems[0].what) from plugin.problems[0].cause
        if plugin.engines:
            return plugin.engines[0]
    return None
