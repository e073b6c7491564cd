"""What a process of its own does with one package: load its plugins and all of its entries, and tell of each.

A package that hangs, ends the process or prints does so here, and not in the process that asks.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from seedbed.catalogue.catalogue import Catalogue
from seedbed.errors import EntryLoadError


def main(provider: str) -> None:
    """Write a line of JSON to standard output before each step, and after each that fails."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as channel:
        os.dup2(2, 1)  # what the package prints is not to come between

        def tell(**line: Any) -> None:
            channel.write(json.dumps(line) + "\n")
            channel.flush()

        tell(step="its plugins are imported")
        catalogue = Catalogue()
        for entry in catalogue:
            if entry.provider == provider:
                tell(step=f"{entry.full_name} is loaded", entry=entry.full_name)
                try:
                    catalogue.load(entry)
                except EntryLoadError as error:
                    tell(broken=entry.full_name, what=str(error))
        tell(done=True)


if __name__ == "__main__":
    main(sys.argv[1])
