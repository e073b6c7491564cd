"""`initialize`, which fills all parameters of a module by rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Final

import torch
from torch import nn
from tqdm import tqdm

from seedbed import Initializer
from seedbed.errors import ArgumentError, RulesError, SeedbedError, prefixed, shown
from seedbed.random import SeedLike
from seedbed.rules import Plan, RulesLike, as_path, as_rules
from seedbed_torch.arrays import check_apart, check_writable
from seedbed_torch.compiling import uncompiled
from seedbed_torch.filling import fill, prepared
from seedbed_torch.layouts import ARRAY, LAYOUTS, Layout, LayoutError, layout_of, needs_axes, unknown
from seedbed_torch.parameters import (
    Owned,
    check_buffers,
    check_owners,
    check_wrappers,
    materialize,
    parameters_of,
    reshard,
)

_WORTH_A_BAR: Final = 10**8
"""Elements that take about a second."""


@uncompiled
def initialize(
    module: nn.Module,
    rules: RulesLike,
    *,
    seed: SeedLike,
    strict: bool = False,
    layouts: Mapping[str, str] | None = None,
    device: torch.device | str | None = None,
    progress: bool | None = None,
) -> Plan:
    """Fill the parameters of a module in place, each with what the first rule that matches it draws.

    Every parameter draws from a stream of its own, which `seed` and its path give: neither the order of the
    parameters, nor the device, nor the number of processes that a `DTensor` is sharded over has an influence.
    A weight is drawn with inputs before outputs and space first, and transposed where PyTorch stores it
    otherwise. Modules that share a parameter share its values, which are those of its first path.

    Parameters
    ----------
    module
        Any module. Parameters on the meta device are given memory.
    rules
        The path of a TOML file, a mapping from patterns to initializers, a list of such pairs, or
        `seedbed.rules.Rules`. Patterns match paths such as ``h/0/attn/qkv/weight``; dots do for slashes.
    seed
        An int, a string, or a list of those; the same in all processes.
    strict
        Whether parameters without a rule and rules without a parameter are an error. Without, they are
        warned of, and such parameters stay as they are.
    layouts
        For weights of modules that PyTorch does not come with: patterns of their paths, and the names of
        their layouts, as `init_` has them.
    device
        Where parameters on the meta device get memory; ``None`` is PyTorch's default device, for a `DTensor`
        that of its mesh, as for the statistics of norms beside it.
    progress
        Whether to show a progress bar on stderr; ``None`` shows one for large modules on a terminal.

    Returns
    -------
    seedbed.rules.Plan
        What each parameter was drawn by, and what was left over; as text, a report.

    Raises
    ------
    RulesError
        If a rule is wrong, a parameter on the meta device has no rule, two parameters have one path or, where
        `strict`, anything is left over.
    LayoutError
        If a parameter's initializer needs fans and its layout is unknown, or the two do not fit.
    ArgumentError, ShapeError, DTypeError
        If a parameter cannot be drawn. The message names it, and nothing has been changed, unless the
        initializer has no `shard` of its own and so says only when it draws that it cannot.

    Warns
    -----
    UserWarning
        If anything is left over.

    Examples
    --------
    >>> import torch
    >>> with torch.device("meta"):
    ...     module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 2))
    >>> print(initialize(module, {"*.bias": "zeros", "*": "he_normal"}, seed=7))
    0/weight: HeNormal(seed=[7, '0/weight'])
    0/bias: Zeros()
    1/weight: HeNormal(seed=[7, '1/weight'])
    1/bias: Zeros()
    >>> module(torch.ones(3)).shape
    torch.Size([2])
    """
    if not isinstance(module, nn.Module):
        raise ArgumentError(f"got {shown(module)} of type {type(module).__name__}; pass a torch.nn.Module")
    place = _as_device(device)
    check_wrappers(module)
    reshard(module)
    parameters = parameters_of(module)
    plan = as_rules(rules).plan({owned.path: owned.others for owned in parameters}, seed=seed, strict=strict)
    _check_meta(parameters, plan)
    check_buffers(module)
    work = _prepared(parameters, plan, _named_layouts(layouts, parameters))
    plan.warn_of_faults()
    materialize(module, parameters, place)
    _fill_all(work, progress=progress)
    return plan


def _as_device(given: torch.device | str | None) -> torch.device | None:
    try:
        place = None if given is None else torch.device(given)
    except (RuntimeError, TypeError) as error:
        raise ArgumentError(
            f"got device {shown(given)}; pass a torch.device or its name, such as 'cpu' or 'cuda:0' ({error})"
        ) from error
    if place is not None and place.type == "meta":
        raise ArgumentError(
            "got the meta device to give a module memory on; pass another device=, such as 'cpu'"
        )
    return place


def _check_meta(parameters: Sequence[Owned], plan: Plan) -> None:
    lost = [owned.path for owned in parameters if owned.tensor.is_meta and owned.path in plan.unmatched]
    if lost:
        raise RulesError(
            f"no rule matches {', '.join(lost)}, which are on the meta device and so have no values to keep; "
            "add a rule for them, such as a last one for '*'"
        )


def _named_layouts(given: Mapping[str, str] | None, parameters: Sequence[Owned]) -> dict[str, Layout]:
    """Return the layouts that the caller gives, by the paths of the parameters."""
    found: dict[str, Layout] = {}
    if not isinstance(given, Mapping | None):
        raise LayoutError(
            f"got {shown(given)} as layouts; pass a dict from patterns of paths to names, such as "
            "{'*.mix': 'linear'}"
        )
    for pattern, name in (given or {}).items():
        if not isinstance(pattern, str):
            raise LayoutError(f"got the pattern {shown(pattern)} in layouts; pass text such as '*.mix'")
        if not isinstance(name, str) or name not in LAYOUTS:
            raise LayoutError(f"got layout {shown(name)} for {pattern!r}; allowed are {', '.join(LAYOUTS)}")
        paths = [
            owned.path
            for owned in parameters
            if any(fnmatchcase(path, as_path(pattern)) for path in (owned.path, *owned.others))
        ]
        if not paths:
            raise LayoutError(f"got a layout for {pattern!r}, which matches no parameter")
        for path in paths:
            found.setdefault(path, LAYOUTS[name])
    return found


def _prepared(
    parameters: Sequence[Owned], plan: Plan, named: Mapping[str, Layout]
) -> list[tuple[Owned, Initializer, Layout]]:
    work = []
    for owned in parameters:
        if owned.path not in plan.initializers:
            continue
        initializer = plan.initializers[owned.path]
        with _naming(owned.path):
            check_owners(owned)
            check_writable(owned.tensor)
            layout = named.get(owned.path) or _own_layout(owned, initializer)
            work.append((owned, prepared(owned.tensor, initializer, layout), layout))
    check_apart({owned.path: owned.tensor for owned, _, _ in work})
    return work


def _own_layout(owned: Owned, initializer: Initializer) -> Layout:
    found = next(filter(None, (layout_of(*layer) for layer in owned.layers)), None)
    if found is None and owned.tensor.ndim > 1 and needs_axes(initializer):
        remedy = f"pass layouts={{{owned.path!r}: ...}}"
        raise unknown(initializer, tuple(owned.tensor.shape), remedy)
    return found or ARRAY


class _Bar(tqdm):  # type: ignore[misc] # which has no types
    """A bar without a thread that watches it, which warns where it cannot start."""

    monitor_interval = 0


def _fill_all(work: Sequence[tuple[Owned, Initializer, Layout]], *, progress: bool | None) -> None:
    total = sum(owned.tensor.numel() for owned, _, _ in work)
    # None hides the bar where stderr is no terminal.
    is_hidden = (None if total >= _WORTH_A_BAR else True) if progress is None else not progress
    with _Bar(total=total, unit=" elements", unit_scale=True, disable=is_hidden) as bar:
        for owned, initializer, layout in work:
            bar.set_description(owned.path, refresh=False)
            with _naming(owned.path):
                fill(owned.tensor, initializer, layout)
            bar.update(owned.tensor.numel())


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Have errors say which parameter they are of."""
    try:
        yield
    except LayoutError as error:
        raise LayoutError(f"{path}: {error}") from error
    except SeedbedError as error:
        raise prefixed(error, path) from error
    except Exception as error:
        error.add_note(f"(while {path} was drawn)")
        raise
