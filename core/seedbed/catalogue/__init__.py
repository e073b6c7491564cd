"""Which initializers exist, who provides them, and which one a name means."""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from seedbed.on_demand import on_demand
from seedbed.unasked import Answer, find_with
from seedbed.unforked import UNFORKED

if TYPE_CHECKING:
    from seedbed.catalogue.catalogue import Catalogue
    from seedbed.catalogue.choice import Choice
    from seedbed.catalogue.chosen_engine import ENGINE_VARIABLE, NATIVE, wanted_engine
    from seedbed.catalogue.misses import refusal
    from seedbed.catalogue.scan import read_lock

__all__ = [
    "ENGINE_VARIABLE",
    "NATIVE",
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
        "NATIVE": "chosen_engine",
        "Catalogue": "catalogue",
        "Choice": "choice",
        "read_lock": "scan",
        "refusal": "misses",
        "wanted_engine": "chosen_engine",
    },
)


def _engine_unasked() -> Answer:
    if find_spec("seedbed_native") is None:  # as where it is not installed, which shall cost no import
        return None, True
    with UNFORKED:
        native = import_module(f"{__name__}.native")
    answer: Answer = native.engine_unasked()
    return answer


find_with(_engine_unasked)
