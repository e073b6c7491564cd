"""The check of what a class says of itself, in the words that the contract and this kit read."""

from __future__ import annotations

import inspect
from typing import Final

from seedbed.arguments import suggestion
from seedbed.constructor import parameters
from seedbed.dtypes import ALL
from seedbed.errors import shown
from seedbed_testing.clause import broken, clause
from seedbed_testing.outcomes import takes
from seedbed_testing.subject import Subject

_PROMISES: Final = ("exact", "numerical", "undeclared")
_METHODS: Final = ("expected_mean", "expected_stddev", "expected_bounds")
_WORDS: Final = ("example_arguments", "example_shapes", *_METHODS)
_ALIKE: Final = 0.86  # expected_std is so much like expected_stddev, and expected_norm is not


@clause("what is misspelt is read by nobody, and nobody hears that it is not")
def check_declarations(subject: Subject) -> None:
    """Check that what the class declares has the names and the values that the kit looks for."""
    promise = subject.initializer.reproducibility
    if promise not in _PROMISES:
        broken(
            expected=f"reproducibility to be one of {', '.join(map(repr, _PROMISES))}",
            got=f"{shown(promise)}{suggestion(promise, _PROMISES)}",
            fix="write one of these, 'exact' if one seed gives the same bits everywhere",
        )
    dtypes = subject.initializer.dtypes
    for name in dtypes if isinstance(dtypes, tuple) else ():  # or else see check_shape
        if name not in ALL:
            broken(
                expected=f"the names of dtypes in dtypes: {', '.join(ALL)}",
                got=f"{shown(name)}{suggestion(name, ALL)}",
                fix="write the name of a dtype that it gives, or leave it out",
            )
    for name in _METHODS:
        if not callable(found := getattr(subject.kind, name, None)) and found is not None:
            broken(
                expected=f"a method {name}(self, shape)",
                got=f"a {type(found).__name__}",
                fix=f"define it as def {name}(self, shape), without a decorator",
            )
        elif found is not None and not takes(getattr(subject.initializer, name), (1,)):
            broken(
                expected=f"a method {name}(self, shape)",
                got=f"{name}{inspect.signature(getattr(subject.initializer, name))}",
                fix=f"define it as def {name}(self, shape)",
            )
    bases = (base for base in subject.kind.__mro__ if not base.__module__.startswith("seedbed."))
    own = {name for base in bases for name in vars(base)}
    for name in sorted(own - parameters(subject.kind).keys() - {*_WORDS}):
        if meant := suggestion(name, _WORDS, cutoff=_ALIKE):
            broken(
                expected=f"names of which something is looked for: {', '.join(_WORDS)}",
                got=f"{name}{meant}",
                fix="call it so; or by a word of your own if it is something else",
            )
