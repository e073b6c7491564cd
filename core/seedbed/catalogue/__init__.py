"""Which initializers exist, who provides them, and which one a name means."""

from typing import TYPE_CHECKING

from seedbed.on_demand import on_demand

if TYPE_CHECKING:
    from seedbed.catalogue.catalogue import Catalogue
    from seedbed.catalogue.choice import Choice
    from seedbed.catalogue.chosen_engine import ENGINE_VARIABLE, wanted_engine
    from seedbed.catalogue.misses import refusal
    from seedbed.catalogue.scan import read_lock

__all__ = [
    "ENGINE_VARIABLE",
    "Catalogue",
    "Choice",
    "read_lock",
    "refusal",
    "wanted_engine",
]

__getattr__ = on_demand(
    __name__,
    {
        "ENGINE_VARIABLE": "chosen_engine",
        "Catalogue": "catalogue",
        "Choice": "choice",
        "read_lock": "scan",
        "refusal": "misses",
        "wanted_engine": "chosen_engine",
    },
)
