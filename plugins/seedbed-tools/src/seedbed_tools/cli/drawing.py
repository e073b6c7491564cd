"""``seedbed draw``: one array of an initializer, and what it is like."""

from __future__ import annotations

import math
import os
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from traceback import walk_tb
from typing import Any

import numpy as np
import numpy.typing as npt

import seedbed
from seedbed import Catalogue, Entry, Initializer
from seedbed.dtypes import ALL, as_dtype
from seedbed.errors import SeedbedError, described
from seedbed.foreign import Attempt
from seedbed.shapes import Shape
from seedbed_tools.cli import hidden
from seedbed_tools.cli.errors import CommandError, one_line
from seedbed_tools.cli.page import Page, print_lines
from seedbed_tools.cli.streams import prints_to_stderr
from seedbed_tools.cli.values import parse_arguments, parse_shape
from seedbed_tools.pages import histogram
from seedbed_tools.pages.description import represented
from seedbed_tools.pages.moments import Moments, measure

_LONGEST_REPR = 300
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")


@dataclass(frozen=True, slots=True)
class Drawn:
    """An array, and where it comes from."""

    entry: Entry
    initializer: str
    values: npt.NDArray[Any]
    written_to: str | None


def run(options: Namespace) -> int:
    """Draw an array and print what it is like."""
    catalogue = seedbed.catalogue()
    with prints_to_stderr():
        drawn = draw(
            catalogue,
            options.name,
            shape=parse_shape(options.shape),
            dtype=options.dtype,
            arguments=parse_arguments(options.settings, options.seed),
            out=options.out,
            force=options.force,
        )
    _print(Page.of_stdout(), drawn)
    hidden.tell(catalogue)
    return 0


def draw(
    catalogue: Catalogue,
    name: str,
    *,
    shape: Shape,
    dtype: str,
    arguments: Mapping[str, Any],
    out: str | None = None,
    force: bool = False,
) -> Drawn:
    """Check all input, draw an array, and write it to `out`.

    Raises
    ------
    CommandError
        If memory is too small, `out` cannot be written, or the initializer refuses or breaks its contract.
    SeedbedError
        If the name, an argument or the dtype is wrong.
    """
    wanted = as_dtype(dtype)
    if force and out is None:
        raise CommandError("--force is for --out, which is missing; add --out w.npy or leave out --force")
    write = None
    if out is not None:
        from seedbed_tools.cli import npy  # noqa: PLC0415 - only `--out` needs it

        write = npy.writer(out, wanted, force=force)
    entry = catalogue.entry(name)
    initializer = catalogue.get(name, **arguments)
    _check_memory(shape, wanted)
    values = _call(entry, initializer, shape, wanted)
    if write:
        write(values)
    return Drawn(entry, represented(initializer), values, out)


def _print(page: Page, drawn: Drawn) -> None:
    values = drawn.values
    found = measure(values)
    shown = one_line(drawn.initializer)
    if len(shown) > _LONGEST_REPR:
        shown = f"{shown[:_LONGEST_REPR]}..."
    source = f"{drawn.entry.full_name} {drawn.entry.version}".rstrip()
    print_lines(f"{page.paint(shown, 'bold')}  {page.paint(source, 'dim')}", "")
    print_lines(*(f"  {line}" for line in page.fields(_rows(values, found))), "")
    print_lines(*_chart(page, values, found))
    if drawn.written_to is not None:
        print_lines("", one_line(f"wrote {drawn.written_to}"))


def _call(entry: Entry, initializer: Initializer, shape: Shape, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    who = f"{entry.full_name} ({entry.source})"
    values = np.empty(0)
    with Attempt() as attempt:
        values = np.asarray(initializer(shape, dtype))
    if isinstance(attempt.error, SeedbedError | MemoryError):
        raise attempt.error
    if attempt.error is not None:
        what = f"{described(attempt.error)}{_place(attempt.error)}"
        raise CommandError(f"{who} does not give shape {shape} in {dtype}: {what}") from attempt.error
    if values.dtype.name not in ALL:
        raise CommandError(
            f"{who} gave values of dtype {values.dtype}, which are not numbers; tell its author"
        )
    if values.shape != shape or values.dtype != dtype:
        raise CommandError(
            f"{who} gave shape {values.shape} in {values.dtype} when asked for {shape} in {dtype}; "
            "tell its author"
        )
    return values


def _place(error: BaseException) -> str:
    """Return where an exception was raised, for the author of the code."""
    frames = list(walk_tb(error.__traceback__))
    frame, line = frames[-1]
    return f" ({frame.f_code.co_filename}, line {line})"


def _check_memory(shape: Shape, dtype: np.dtype[Any]) -> None:
    needed, present = math.prod(shape) * dtype.itemsize, _physical_memory()
    if present is not None and needed > present:
        raise CommandError(
            f"shape {shape} in {dtype} needs {_size(needed)}, and this machine has {_size(present)} of "
            "memory; draw a smaller shape"
        )


def _physical_memory() -> int | None:
    """Return the machine's memory in bytes; ``None`` where the system does not say, as on Windows."""
    try:
        pages, page_size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
    return pages * page_size if pages > 0 and page_size > 0 else None


def _size(count: int) -> str:
    power = min((max(count, 1).bit_length() - 1) // 10, len(_UNITS) - 1)
    number = f"{count:,}" if power == 0 else f"{count / 1024**power:,.3g}"
    return f"{number} {_UNITS[power]}"


def _rows(values: npt.NDArray[Any], found: Moments) -> list[tuple[str, str]]:
    count = "1 value" if values.size == 1 else f"{values.size:,} values"
    rows = [
        ("shape", f"{values.shape}: {count} in {_size(values.nbytes)}"),
        ("dtype", str(values.dtype)),
    ]
    if found.minimum is not None and found.maximum is not None:
        rows += [
            ("mean", _number(found.mean)),
            ("stddev", _number(found.stddev)),
            ("min", _extreme(values, found.minimum, least=True)),
            ("max", _extreme(values, found.maximum, least=False)),
        ]
    if found.nans or found.infinities:
        rows.append(("not finite", f"{found.nans:,} nan, {found.infinities:,} inf, left out of the rest"))
    return rows


def _only(values: npt.NDArray[Any], found: Moments) -> str:
    return str(int(values.flat[0])) if values.dtype.kind in "biu" else _number(found.mean)


def _extreme(values: npt.NDArray[Any], extreme: float, *, least: bool) -> str:
    if values.dtype.kind in "biu":  # exact, where float64 need not be
        return str(int(values.min() if least else values.max()))
    return _number(extreme) + (" (of real and imaginary parts)" if values.dtype.kind == "c" else "")


def _number(value: complex) -> str:
    if isinstance(value, complex):
        return f"{value.real:.6g}{value.imag:+.6g}j"
    return f"{value:.6g}"


def _chart(page: Page, values: npt.NDArray[Any], found: Moments) -> list[str]:
    if values.size == 0:
        return ["  No values: the shape has an axis of length 0."]
    if found.minimum is None or found.maximum is None:
        return ["  No histogram: no value is finite."]
    if not found.counts:
        what = "The value is" if values.size == 1 else "Every value is"
        if found.nans or found.infinities:
            what = "Every finite value is"
        return [f"  {what} {_only(values, found)}."]
    whole = values.dtype.kind in "biu"
    left, right = (found.minimum, found.maximum) if whole else (found.left, found.right)
    lines = histogram.chart(found.counts, left, right, apart=whole, plain=not page.has_blocks)
    if values.dtype.kind == "c":
        lines.append("real and imaginary parts together".center(histogram.WIDTH).rstrip())
    bars = [page.paint(line, "cyan") for line in lines[: histogram.HEIGHT]]
    return [f"  {line}" for line in bars + lines[histogram.HEIGHT :]]
