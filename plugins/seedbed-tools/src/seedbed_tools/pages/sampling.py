"""Values of an initializer for the usual layers, by which its page shows what they are like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed import Catalogue, Initializer
from seedbed.errors import SeedbedError, described
from seedbed.foreign import Attempt
from seedbed.shapes import Shape, as_shape
from seedbed.validation import check_result
from seedbed_tools.pages.description import Description, Parameter, represented

LAYERS: Final = {"dense": (256, 128), "convolution": (3, 3, 64, 128)}
"""Shapes by the name of the layer; the last axis but one is inputs, the last is outputs, as in Keras."""

SEED: Final = 7

_DTYPE: Final = np.dtype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What an initializer gives for one layer.

    Parameters
    ----------
    layer
        What the layer is called.
    shape
        The shape of its weights.
    values
        The values, in float32.
    source
        The initializer, as one would write it.
    """

    layer: str
    shape: Shape
    values: npt.NDArray[Any]
    source: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an initializer gives nothing for a layer, in its own words."""

    layer: str
    shape: Shape
    why: str


def samples(catalogue: Catalogue, found: Description) -> tuple[Sample | Refusal, ...]:
    """Return what comes for each of `LAYERS`, of `SEED` where there is a seed; nothing of a broken entry.

    A class that cannot do without arguments gives some as `example_arguments`, as for `seedbed_testing`, and
    one for other layers a shape as the first of its `example_shapes`.
    """
    if found.parameters is None:
        return ()
    initializer_class = catalogue.load(found.entry)
    arguments = _arguments(initializer_class, found.parameters)

    def sample(layer: str, shape: Shape) -> Sample | Refusal:
        # By the catalogue, where initializers among the arguments are looked up then.
        return _sample(lambda: catalogue.get(initializer_class, **arguments), layer, shape)

    usual = tuple(sample(layer, shape) for layer, shape in LAYERS.items())
    if any(isinstance(drawn, Sample) for drawn in usual):
        return usual
    shapes: list[Shape] = []
    with Attempt():  # the kit tells the author what is wrong with them
        shapes = [as_shape(shape) for shape in initializer_class.example_shapes[:1]]  # type: ignore[attr-defined]
    return (*usual, *(sample("example", shape) for shape in shapes))


def _sample(make: Callable[[], Initializer], layer: str, shape: Shape) -> Sample | Refusal:
    with Attempt() as attempt:
        initializer = make()
        values = check_result(initializer, initializer(shape, _DTYPE), shape, _DTYPE)
        return Sample(layer, shape, values, represented(initializer))
    error: Any = attempt.error
    return Refusal(layer, shape, str(error) if isinstance(error, SeedbedError) else described(error))


def _arguments(initializer_class: type[Initializer], parameters: Sequence[Parameter]) -> dict[str, Any]:
    seeded = {"seed": SEED} if any(parameter.name == "seed" for parameter in parameters) else {}
    lacking = any(parameter.required for parameter in parameters)
    examples: dict[str, Any] = {}
    if lacking:
        with Attempt():  # as above
            examples = dict(next(iter(initializer_class.example_arguments)))  # type: ignore[attr-defined]
    bound = {parameter.name: parameter.default for parameter in parameters if parameter.bound}
    return {**seeded, **examples, **bound}
