"""The process-wide catalogue, made when this module is first imported, which happens once in any case."""

from typing import Final

from seedbed.catalogue.catalogue import Catalogue

CATALOGUE: Final = Catalogue()
