"""`Subject`: an initializer under test, and what all checks need to know of it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.constructor import construct, parameters
from seedbed.dtypes import ALL, COMPLEX, available_dtypes
from seedbed.errors import described
from seedbed.initializer import Initializer
from seedbed.shapes import Shape
from seedbed_testing.examples import example_arguments, example_shapes
from seedbed_testing.guesses import choices, others
from seedbed_testing.outcomes import outcome_of, same_bits, takes
from seedbed_testing.patience import LONGEST, EndlessError, in_time
from seedbed_testing.variant import Variant

SHAPES: Final[tuple[Shape, ...]] = (
    (6, 4),
    (4, 9),
    (5,),
    (8, 8),
    (3, 3, 4, 6),
    (2, 3, 2, 3, 4),
    (4, 2, 6),
    (1, 1),
)
"""Small shapes of every number of axes that layers have: of biases, dense layers and convolutions."""

EDGES: Final[tuple[Shape, ...]] = ((), (0,), (0, 4), (4, 0), (3, 0, 4, 6))
"""Shapes of a scalar, and of arrays without elements."""

LARGE: Final = 2**17
"""Elements of a large array: more than any block or buffer that code for large ones has."""

LONG: Final[tuple[Shape, ...]] = ((2**12, 2**5), (2**5, 2**12))
"""Shapes of layers with a long axis, of which what is worked out from places gives large numbers."""

WIDE: Final = 2**20
"""Elements of an array that several threads draw together: of fewer than 2^19 the engine starts no thread."""

SEED: Final = 20261123
"""Any number would do; it is always the same one, so that a check has one outcome."""

_WORK_DTYPES: Final = tuple(dict.fromkeys(("float32", "float64", *COMPLEX, "int32", *ALL)))
"""In what an initializer is asked for values where the dtype is not the question, the first that it takes."""


class NotApplicable(Exception):  # noqa: N818 - not an error: the clause says nothing about this initializer
    """Raised where there is nothing to check; the text says why."""


@dataclass(frozen=True, eq=False)
class Subject:
    """An initializer under test.

    Parameters
    ----------
    label
        What it is called in reports.
    initializer
        As its user would construct it.
    arguments
        What it was constructed with; ``None`` if only its config can tell.
    catalogue_name
        The full name of its entry, if it has been found by one.
    """

    label: str
    initializer: Initializer
    arguments: Mapping[str, Any] | None = None
    catalogue_name: str = ""

    @property
    def kind(self) -> type[Initializer]:
        """Its class."""
        return type(self.initializer)

    @property
    def takes_seed(self) -> bool:
        """Whether its constructor has an argument `seed`."""
        return "seed" in parameters(self.kind)

    @property
    def takes_shards(self) -> bool:
        """Whether its `shard` takes a shape, an index and a dtype; if not, check_shard alone says so."""
        return takes(self.initializer.shard, (), ..., None)

    @cached_property
    def keeps_no_seed(self) -> bool:
        """Whether its constructor takes a seed and lets it go, so that nothing can be made of it."""
        if not self.takes_seed or hasattr(self.initializer, "seed"):
            return False
        try:
            return "seed" not in self.initializer.get_config()
        except Exception:  # noqa: BLE001 - reported by check_config
            return True

    def remade(self, **changes: Any) -> Initializer:
        """Return another one, with some arguments changed.

        Raises
        ------
        NotApplicable
            If its arguments are not known, since its config cannot be read; or if a call with these has no
            end, which `endless` then tells.
        """
        guessed = {name: value for name, value in changes.items() if name != "seed"}
        if not guessed:
            return construct(self.kind, {**self.known_arguments, **changes})
        if guessed not in self.endless:
            try:
                return in_time(lambda: self._tried(changes), LONGEST)
            except EndlessError:
                self.endless.append(guessed)
        raise NotApplicable(f"a call with {guessed} has no end; see check_shape")

    def _tried(self, changes: Mapping[str, Any]) -> Initializer:
        """Return another one, which has made a small array."""
        made = construct(self.kind, {**self.known_arguments, **changes})
        with contextlib.suppress(Exception):  # it may suit other shapes alone
            self.draw(self.shapes[0], initializer=made)
        return made

    @cached_property
    def endless(self) -> list[Mapping[str, Any]]:
        """The arguments with which a call was given up, as far as they have been tried."""
        return []

    @cached_property
    def known_arguments(self) -> Mapping[str, Any]:
        """What it was constructed with, or else what its config says.

        Raises
        ------
        NotApplicable
            If neither is known, since its config cannot be read.
        """
        if self.arguments is not None:
            return self.arguments
        try:
            return self.initializer.get_config()
        except Exception as error:
            raise NotApplicable(
                f"its config cannot be read; see check_config ({described(error)})"
            ) from error

    @cached_property
    def fixed(self) -> Initializer:
        """Itself if it has a seed, or takes none; else the same with a seed, so that calls should repeat."""
        if not self.takes_seed or self.known_arguments.get("seed") is not None:
            return self.initializer
        try:
            return self.remade(seed=SEED)
        except Exception as error:
            raise NotApplicable(f"it does not take the seed {SEED}; see check_seeds") from error

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """`fixed`, and others that each have one argument changed to something the constructor takes."""
        found = [Variant(self.fixed, {})]
        seed = {"seed": SEED} if self.takes_seed else {}
        for changes in (*self.kind_examples, *self._changes):
            try:
                found.append(Variant(self.remade(**seed, **changes), changes))
            except Exception:  # noqa: BLE001, S112 - a guess of the kit's, which may be out of range
                continue
        return tuple(found)

    @cached_property
    def seeded(self) -> tuple[Variant, ...]:
        """The same with other seeds that it draws with: 0, a large one, a text, and a list."""
        found = []
        for seed in (0, 2**100 + 1, "text", [7, "encoder/0/kernel"]) if self.takes_seed else ():
            try:
                initializer = self.remade(seed=seed)
                self.repeated(self.shapes[0], initializer=initializer)
            except Exception:  # noqa: BLE001, S112 - reported by check_seeds and check_repeat
                continue
            found.append(Variant(initializer, {"seed": seed}))
        return tuple(found)

    @cached_property
    def drawing(self) -> tuple[tuple[Variant, Shape], ...]:
        """The variants that give arrays, each with the first shape for which it does."""
        return tuple(
            (variant, shape)
            for variant in self.variants
            if (shape := self._first_shape_of(variant)) is not None
        )

    def _first_shape_of(self, variant: Variant) -> Shape | None:
        for shape in self.shapes:
            values = outcome_of(variant.initializer, shape, self.dtype)
            if isinstance(values, np.ndarray) and (values.shape == shape or not self._is_guess(variant)):
                return shape
        return None

    def _is_guess(self, variant: Variant) -> bool:
        """Say whether it has an argument that is a guess of the kit's, and may mean nothing."""
        return any(map(self.is_optional, variant.changes))

    def is_optional(self, name: str) -> bool:
        """Say whether nothing is known of an argument but ``None``."""
        parameter = parameters(self.kind).get(name)
        known = None if parameter is None else self.known_arguments.get(name, parameter.default)
        return known is None and all(example.get(name) is None for example in self.kind_examples)

    @cached_property
    def cases(self) -> tuple[tuple[Shape, str], ...]:
        """Every shape in one dtype, scalars and empty arrays included, and one shape in every dtype."""
        shapes = [(shape, self.dtype) for shape in (*self.shapes, *self.edges)]
        return (*shapes, *((self.shapes[0], dtype) for dtype in self.dtypes[1:]))

    @cached_property
    def large(self) -> Shape:
        """The shape of a large array, or of the largest that it takes."""
        return self.shape_of(LARGE)

    @cached_property
    def wide(self) -> Shape:
        """The shape of an array that several threads draw together, or of the largest that it takes."""
        return self.shape_of(WIDE)

    @property
    def _changes(self) -> Iterator[dict[str, Any]]:
        for name, parameter in parameters(self.kind).items():
            if name != "seed":
                value = self.known_arguments.get(name, parameter.default)
                yield from ({name: other} for other in (*others(value), *choices(self.kind, name, value)))

    @property
    def kind_examples(self) -> tuple[Mapping[str, Any], ...]:
        """The arguments that the class gives as `example_arguments`."""
        return example_arguments(self.kind)

    @cached_property
    def candidates(self) -> tuple[Shape, ...]:
        """Shapes to try: the class's own `example_shapes`, and small ones of all kinds."""
        return (*example_shapes(self.kind), *SHAPES)

    @property
    def declared_dtypes(self) -> tuple[str, ...] | None:
        """The names of dtypes that it says it gives; ``None`` if it says nothing of its own."""
        says = any("dtypes" in vars(base) for base in self.kind.__mro__ if base is not Initializer)
        return self.fixed.dtypes if says else None

    @cached_property
    def dtype(self) -> str:
        """The dtype to ask for where dtypes are not the question.

        Raises
        ------
        NotApplicable
            If it gives no array of any shape and dtype.
        """
        for dtype in _WORK_DTYPES:
            if any(self.accepts(shape, dtype) for shape in self.candidates):
                return dtype
        raise NotApplicable("it gave no array of any shape and dtype tried; see check_shape")

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """Those of the candidates that it takes, never none."""
        return tuple(shape for shape in self.candidates if self.accepts(shape, self.dtype))

    @cached_property
    def edges(self) -> tuple[Shape, ...]:
        """The shapes of scalars and empty arrays that it takes, as far as they are no candidates anyway."""
        return tuple(
            shape for shape in EDGES if shape not in self.candidates and self.accepts(shape, self.dtype)
        )

    @cached_property
    def dtypes(self) -> tuple[str, ...]:
        """The dtypes that it gives, `dtype` first."""
        others = (dtype for dtype in available_dtypes() if dtype != self.dtype)
        return (self.dtype, *(dtype for dtype in others if self.accepts(self.shapes[0], dtype)))

    def accepts(self, shape: Shape, dtype: str) -> bool:
        """Say whether it gives an array of `shape` and `dtype` when asked for one."""
        try:
            values = self.fixed(shape, dtype)
        except NotApplicable:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, check_shape or check_dtypes reports it
            return False
        return isinstance(values, np.ndarray) and values.shape == shape and values.dtype.name == dtype

    def shape_of(self, elements: int, *, axes: int = 0) -> Shape:
        """Return a shape that it takes, of about `elements` elements and as many axes as asked for, if any.

        Raises
        ------
        NotApplicable
            If it takes none with so many axes.
        """
        side = math.isqrt(elements)
        usual = [_split(elements, ()), (elements,), (side, side)]
        usual += [_split(elements, kernel) for kernel in ((3, 3), (2, 2, 2), (3,))]
        own = [shape for shape in self.shapes if shape not in SHAPES]
        for shape in (*usual, *sorted(own, key=math.prod, reverse=True)):
            if len(shape) == (axes or len(shape)) and self.accepts(shape, self.dtype):
                return shape
        if axes:
            raise NotApplicable(f"it takes no shape with {axes} axes")
        return max(self.shapes, key=math.prod)

    def draw(self, shape: Shape, dtype: str = "", initializer: Initializer | None = None) -> npt.NDArray[Any]:
        """Return its values with the fixed seed, or those of another one made from it."""
        return (initializer or self.fixed)(shape, dtype or self.dtype)

    def repeated(
        self, shape: Shape, dtype: str = "", initializer: Initializer | None = None
    ) -> npt.NDArray[Any]:
        """Return its values, or those of another one, having seen that another call gives the same.

        Raises
        ------
        NotApplicable
            If it does not, so that no values can be compared bit for bit.
        """
        values = self.draw(shape, dtype, initializer).copy()
        if not same_bits(values, self.draw(shape, dtype, initializer)):
            reason = "see check_repeat" if self.takes_seed else "it takes no seed"
            raise NotApplicable(f"its calls give different values, so bits cannot be compared; {reason}")
        return values


def _split(elements: int, kernel: Shape) -> Shape:
    """Return the shape of a layer with a kernel, of about `elements` elements, and with more outputs.

    Were there as many inputs, fans that are the wrong way round would go unnoticed.
    """
    bits = (elements // math.prod(kernel)).bit_length() - 1
    outputs = bits // 2 + 1
    return (*kernel, 2 ** (bits - outputs), 2**outputs)
