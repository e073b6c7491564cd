"""The random states that belong to everybody in a process, and what to draw from instead."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np

from seedbed.initializer import Initializer
from seedbed_testing.subject import SEED, NotApplicable, Subject

OWN_GENERATOR: Final = (
    "store seedbed.random.as_seed(seed) as self.seed in __init__, and draw all values, in each call, from "
    "np.random.Generator(np.random.Philox(key=seedbed.random.key_of(self.seed))) or by the functions of "
    "seedbed.random"
)


def global_states() -> dict[str, object]:
    """Return the random states that belong to the process, by their modules."""
    kind, keys, *rest = np.random.get_state(legacy=True)
    states: dict[str, object] = {
        "random": random.getstate(),
        "numpy.random": (kind, np.asarray(keys).tobytes(), *rest),
    }
    if "torch" in sys.modules:
        states["torch"] = sys.modules["torch"].random.get_rng_state().numpy().tobytes()
    return states


@contextmanager
def global_states_of(seed: int) -> Iterator[None]:
    """Let the global random states be those of a seed: who seeds them again and again leaves them alike."""
    torch = sys.modules.get("torch")
    states = random.getstate(), np.random.get_state(), torch and torch.random.get_rng_state()
    try:
        random.seed(SEED + seed)
        np.random.seed(SEED + seed)
        if torch:
            torch.random.manual_seed(SEED + seed)
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        if torch:
            torch.random.set_rng_state(states[2])


def leave_to_check_global_state(subject: Subject, initializer: Initializer | None = None) -> None:
    """Say nothing of what comes from a global random state: one mistake is told once."""
    with global_states_of(0):
        before = global_states()
        subject.draw(subject.shapes[0], initializer=initializer)
        is_changed = global_states() != before
    if is_changed:
        raise NotApplicable("its values come from a global random state; see check_global_state")
