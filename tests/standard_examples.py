"""An example of every standard initializer, also of those that cannot be made without arguments."""

from __future__ import annotations

import seedbed

CATALOGUE = seedbed.Catalogue(scan=False)
CLASSES = {entry.name: CATALOGUE.load(entry) for entry in CATALOGUE}
COMBINATORS = [name for name, cls in CLASSES.items() if cls.__name__ in seedbed.combinators.__all__]
ARGUMENTS = {name: dict(getattr(cls, "example_arguments", ({},))[0]) for name, cls in CLASSES.items()}
"""What each is given here, by its name: nothing, where nothing is needed."""


def example(name, **more):
    """Return the example of an initializer, with further arguments."""
    return CLASSES[name](**{**ARGUMENTS[name], **more})
