"""Initializers that are made of others. They are looked up by name, as everybody's are."""

from seedbed.combinators.arithmetic import Scaled, Shifted, SumOf
from seedbed.combinators.layout import Blocked, Stacked, Transposed
from seedbed.combinators.repeated import Repeated
from seedbed.combinators.zeroed import Masked, Padded

__all__ = ["Blocked", "Masked", "Padded", "Repeated", "Scaled", "Shifted", "Stacked", "SumOf", "Transposed"]
