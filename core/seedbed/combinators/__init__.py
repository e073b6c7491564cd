"""Initializers that combine others. The catalogue finds them by name, like all initializers."""

from seedbed.combinators.arithmetic import Scaled, Shifted, SumOf
from seedbed.combinators.layout import Blocked, Stacked, Transposed
from seedbed.combinators.repeated import Repeated
from seedbed.combinators.zeroed import Masked, Padded

__all__ = ["Blocked", "Masked", "Padded", "Repeated", "Scaled", "Shifted", "Stacked", "SumOf", "Transposed"]
