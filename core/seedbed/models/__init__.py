"""The weights of a model, in any framework: what each is drawn by, and how the values get in."""

from seedbed.models.framework import FrameworkInitializer
from seedbed.models.layout import Layout, LayoutLike, as_layout
from seedbed.models.preparing import Prepared, initialize, plan, prepare
from seedbed.models.values import Values
from seedbed.models.weight import Weight
from seedbed.rules import KINDS

__all__ = [
    "KINDS",
    "FrameworkInitializer",
    "Layout",
    "LayoutLike",
    "Prepared",
    "Values",
    "Weight",
    "as_layout",
    "initialize",
    "plan",
    "prepare",
]
