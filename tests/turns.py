"""Parameters of which the fast tests take a part, where each takes long and tells nearly the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest


def one_in(count: int, cases: Mapping[str, Any] | Iterable[Any]) -> list[Any]:
    """Return parameters of which every `count`-th is tried by the fast tests; all have their ids.

    Parameters
    ----------
    count
        How many there are for each that is tried, the first one.
    cases
        The parameters, or a dict from ids to them. A tuple has several arguments.
    """
    named = [*cases.items()] if isinstance(cases, Mapping) else [(None, case) for case in cases]
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)),
            id=name,
            marks=[pytest.mark.slow] if place % count else [],
        )
        for place, (name, case) in enumerate(named)
    ]
