"""Write a list of draws for `draw_file.c`, and the checksum that each must have.

    python draw_lists.py LIST SUMS

The draws are those behind the golden digests, and those that an engine is tried on. While they are made by
NumPy's engine, each is noted; so the checksums are NumPy's, and the digests say that these are right.
"""

from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from seedbed.random import NumPyEngine, use_engine
from seedbed.random.laws import law_of
from seedbed.random.trial_cases import quick_cases, thorough_cases

sys.path.insert(0, str(Path(__file__).parents[3] / "tests" / "golden"))
import make  # the golden digests' own script, which is no package

LAW = struct.Struct("=4i9d")


class Noting(NumPyEngine):
    """NumPy's engine, which notes what it draws."""

    name = "noting"

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[int, np.ndarray[Any, np.dtype[np.float64]]] = {}
        self.draws: list[bytes] = []
        self.sums: list[int] = []

    def draw(self, distribution, key, region, out, *, limits, threads):
        super().draw(distribution, key, region, out, limits=limits, threads=threads)
        law = law_of(distribution, out.dtype, limits)
        if law is None or not out.dtype.isnative:
            return
        kind, form, flags, parts, *reals = LAW.unpack(law.tables[0])
        needed = [self._number(table) for table in law.tables[1:]]
        axes = [number for pair in zip(region.counts, region.strides, strict=True) for number in pair]
        place = [
            key % 2**64,
            key >> 64,
            region.base,
            region.run,
            region.step,
            len(region.counts),
            *axes,
            out.size,
        ]
        self.draws.append(
            struct.pack(f"<4Q9d7Q{len(place)}Q", kind, form, flags, parts, *reals, *needed, *place)
        )
        raw = out.view(f"u{out.itemsize // parts}")
        self.sums.append(zlib.crc32(raw.astype(raw.dtype.newbyteorder("<"))))

    def _number(self, table: Any) -> int:
        """Return the table's number in the list, from 1 on, or 0 for none."""
        if not len(table):
            return 0
        self.tables.setdefault(id(table), table)
        return list(self.tables).index(id(table)) + 1


def main(listed: str, sums: str) -> None:
    """Write both files."""
    noting = Noting()
    use_engine(noting)
    noting.draws, noting.sums = [], []  # without those of the trial
    if wrong := list(make.differences(make.read(), make.make())):
        sys.exit(f"NumPy's engine itself gives other digests: {wrong}")
    for case in (*quick_cases(), *thorough_cases()):
        out = np.empty(case.region.size, case.dtype)
        noting.draw(case.distribution, case.key, case.region, out, limits=case.limits, threads=1)
    tables = [
        struct.pack("<Q", len(table)) + table.astype("<f8").tobytes() for table in noting.tables.values()
    ]
    content = struct.pack("<Q", len(tables)) + b"".join(tables)
    Path(listed).write_bytes(content + struct.pack("<Q", len(noting.draws)) + b"".join(noting.draws))
    Path(sums).write_text("".join(f"{value:08x}\n" for value in noting.sums), encoding="ascii")


if __name__ == "__main__":
    main(*sys.argv[1:])
