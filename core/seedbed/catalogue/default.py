"""The process-wide catalogue, made when this module is first imported, which happens once in any case."""

from typing import Final

from seedbed.catalogue.active import active_catalogue
from seedbed.catalogue.catalogue import Catalogue

CATALOGUE: Final = Catalogue()


def current() -> Catalogue:
    """Return the catalogue that is making an initializer right now, or else the process-wide one."""
    active = active_catalogue()
    return CATALOGUE if active is None else active
