"""The buffers of a module: values for those without memory, and a word on those that seem to have none."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Final, Literal, NamedTuple, TypeAlias

import torch
from torch import Tensor, nn

from seedbed.errors import ArgumentError, RulesError, shown
from seedbed.warning import warn
from seedbed_torch.distributed import class_of, local_part
from seedbed_torch.emptied import is_emptied, is_statistic, is_untouched, statistics_off
from seedbed_torch.layouts import own_parameters
from seedbed_torch.trees import Tree

Buffers: TypeAlias = Callable[[nn.Module], object] | Literal["keep", "reset"] | None

_METHODS: Final = ("reset_running_stats", "rope_init", "reset_parameters")
"""What gives a module's buffers their values: PyTorch's norms, torchtune's rotary modules, and what
`FullyShardedDataParallel` asks of modules on the meta device."""

_TITAN_METHODS: Final = ("init_weights", "init_states")
"""The same in torchtitan, where they take `buffer_device`."""

_UNWRITTEN: Final = 0xA7
"""The bytes of memory that a buffer is given: in float32 and bfloat16 a number that nobody means."""

_OTHERWISE: Final = (
    "pass buffers=, a function that is called with each module that has buffers and fills them, or make them "
    "on a real device, as accelerate.init_empty_weights() does for all buffers of a model"
)


class _Owned(NamedTuple):
    """A module with buffers of its own, the modules around it, the nearest first, and the buffers' names."""

    name: str
    module: nn.Module
    around: tuple[nn.Module, ...]
    keys: tuple[str, ...]

    def named(self, keys: Collection[str]) -> list[str]:
        """Return the full names of buffers."""
        return [f"{self.name}.{key}".lstrip(".") for key in keys]

    def buffer(self, key: str) -> Tensor:
        """Return one of its buffers."""
        return self.module.get_buffer(key)

    def wanted(self, buffers: Buffers) -> list[str]:
        """Return which buffers have to be given values."""
        return [key for key in self.keys if buffers == "reset" or self.buffer(key).is_meta]


def check_buffers(tree: Tree, buffers: Buffers, drawn: Collection[int], *, strict: bool) -> None:
    """Refuse a module with buffers whose values nobody knows, and warn of those that seem to have none.

    Parameters
    ----------
    tree
        The module.
    buffers, strict
        As for `initialize`.
    drawn
        The ids of the parameters that are drawn.

    Raises
    ------
    ArgumentError
        If `buffers` is something else, or one without memory, or to be reset, is of a module that says no
        way to fill it.
    RulesError
        If `strict`, and there are buffers that seem to have no values.
    """
    if not (
        buffers is None or (isinstance(buffers, str) and buffers in {"keep", "reset"}) or callable(buffers)
    ):
        raise ArgumentError(f"got buffers {shown(buffers)}; pass a function of a module, 'reset' or 'keep'")
    owners = list(_owners(tree))
    unknown = [] if callable(buffers) else [owned for owned in owners if not any(_ways(owned, None))]
    if lost := [name for owned in unknown for name in owned.named(owned.wanted(buffers))]:
        raise ArgumentError(
            f"got buffers {'to reset' if buffers == 'reset' else 'on the meta device'}: {', '.join(lost)}; "
            f"rules are for parameters, and the modules of these have no method that fills them; {_OTHERWISE}"
        )
    if buffers is None and (doubtful := _doubtful(tree, owners, drawn)):
        told = (
            f"the buffers {', '.join(doubtful)} seem not to have the values that their modules give them, as "
            "after to_empty(); pass buffers='reset' for those values, a function that is called with each "
            "module that has buffers, or buffers='keep' if they are meant. A module that stays on the meta "
            "device gets memory, and values for its buffers, from initialize"
        )
        if strict:
            raise RulesError(told)
        warn(told)


def lacks_memory(tree: Tree) -> bool:
    """Say whether a module has buffers on the meta device."""
    return any(owned.wanted(None) for owned in _owners(tree))


def fill_buffers(tree: Tree, buffers: Buffers, place_of: Callable[[nn.Module], torch.device]) -> None:
    """Give memory and values to the buffers on the meta device, and to all where `buffers` says so.

    Parameters
    ----------
    tree
        The module.
    buffers
        As for `initialize`.
    place_of
        Returns where the buffers of a module belong.

    Raises
    ------
    ArgumentError
        If there are any left without values; all are then what they were. If a function has written to
        parameters.
    """
    before = _versions(tree) if callable(buffers) else {}
    found = _filled([(owned, owned.wanted(buffers)) for owned in _owners(tree)], buffers, place_of)
    if written := [name for name, version in _versions(tree).items() if version != before.get(name, version)]:
        raise ArgumentError(
            f"the function given as buffers= has written to parameters, such as {written[0]}, for which the "
            "rules are; have it fill buffers alone"
        )
    if lost := [one.name for one in found if one.new is None]:
        raise ArgumentError(
            f"the buffers {', '.join(lost)} are without values, or some of their elements are, after what "
            f"fills them was called; {_OTHERWISE}"
        )
    for one in found:
        if one.old.is_meta:
            setattr(one.owner, one.key, one.new)
        else:
            with torch.no_grad():
                one.old.copy_(one.new)  # type: ignore[arg-type]


def _versions(tree: Tree) -> dict[str, tuple[int, int]]:
    """Return what changes of each parameter when it is written to, or another takes its place."""
    return {
        f"{name}.{key}".lstrip("."): (id(tensor), tensor._version)  # noqa: SLF001 - no public name for it
        for name, part in tree.places
        for key, tensor in own_parameters(part)
        if not tensor.is_inference()
    }


class _Filled(NamedTuple):
    """A buffer, and what it would be; ``None`` if it has, or its elements have, no values then."""

    owner: nn.Module
    key: str
    name: str
    old: Tensor
    new: Tensor | None


def _filled(
    wanted: Sequence[tuple[_Owned, list[str]]],
    buffers: Buffers,
    place_of: Callable[[nn.Module], torch.device],
) -> list[_Filled]:
    """Return what buffers would be; the modules are unchanged."""
    before = [
        _Filled(owned.module, key, owned.named([key])[0], owned.buffer(key), None)
        for owned, keys in wanted
        for key in keys
    ]
    fresh: dict[int, Tensor] = {}  # modules may share a buffer
    try:
        for owner, key, _, old, _ in before:
            place = place_of(owner) if old.is_meta else old.device
            setattr(owner, key, fresh.setdefault(id(old), _unwritten(old, place)))
        left = [set(owned.named(_fill(owned, keys, buffers))) for owned, keys in wanted]
        lost = set().union(*left)
        return [
            one._replace(new=None if one.name in lost else one.owner.get_buffer(one.key)) for one in before
        ]
    finally:
        for owner, key, _, old, _ in before:
            setattr(owner, key, old)


def _fill(owned: _Owned, keys: list[str], buffers: Buffers) -> list[str]:
    """Give values to buffers that have none, and return those that nothing has given any."""
    if callable(buffers):
        with torch.no_grad():
            buffers(owned.module)
    left = [key for key in keys if _is_unwritten(owned.buffer(key))]
    for way in _ways(owned, owned.buffer(left[0]).device) if left else ():
        with torch.no_grad(), _alone(owned, left):
            way()
        left = [key for key in left if _is_unwritten(owned.buffer(key))]
    return left


def _doubtful(tree: Tree, owners: Sequence[_Owned], drawn: Collection[int]) -> list[str]:
    """Return the names of buffers with memory that seem to have no values, as after `to_empty`.

    These are statistics that are not at their reset, of norms whose weights are drawn; and all buffers that
    nobody has written to of a module whose parameters have lost what PyTorch wrote.
    """
    if not owners:
        return []
    everything = {id(tensor) for part in tree.parts for _, tensor in own_parameters(part)}
    found = [
        name
        for owned in owners
        for name in owned.named(statistics_off(owned.module, drawn, all_drawn=everything <= {*drawn}))
    ]
    if not is_emptied(tree):
        return found
    others = (
        name
        for owned in owners
        for key, name in zip(owned.keys, owned.named(owned.keys), strict=True)
        if not is_statistic(owned.module, key) and is_untouched(owned.buffer(key))
    )
    return [*found, *others]


def _ways(owned: _Owned, place: torch.device | None) -> Iterator[Callable[[], object]]:
    """Yield what fills the buffers of a module, as its library has it."""
    module = owned.module
    pretrained = class_of("transformers.modeling_utils", "PreTrainedModel")
    for above in (module, *owned.around):
        if isinstance(above, pretrained):
            yield partial(above._init_weights, module)  # noqa: SLF001 - which models of one's own override
            break
    if hasattr(module, "rope_init_fn") and hasattr(module, "config"):
        yield partial(_fill_rotary, module, place)
    for name in _TITAN_METHODS:
        method = getattr(module, name, None)
        if callable(method) and "buffer_device" in inspect.signature(method).parameters:
            yield partial(method, buffer_device=place)
    for name in _METHODS:
        method = getattr(type(module), name, None)
        if method is not None and (name != "reset_parameters" or not method.__module__.startswith("torch.")):
            yield partial(method, module)


def _fill_rotary(module: nn.Module, place: torch.device | None) -> None:
    """Do what the constructor of a rotary module of transformers 4 does."""
    inverse, module.attention_scaling = module.rope_init_fn(module.config, place)  # type: ignore[operator]
    module.register_buffer("inv_freq", inverse, persistent=False)
    module.original_inv_freq = inverse


@contextmanager
def _alone(owned: _Owned, keys: Collection[str]) -> Iterator[None]:
    """Have a module change nothing but these buffers, whatever else its method writes to."""
    parts = [(part, dict(part._parameters), dict(part._buffers)) for part in owned.module.modules()]  # noqa: SLF001
    try:
        for part, parameters, others in parts:
            for name, tensor in parameters.items():
                if tensor is not None and not nn.parameter.is_lazy(tensor):
                    bare = torch.empty(tensor.shape, dtype=tensor.dtype, device="meta")
                    part._parameters[name] = nn.Parameter(bare, requires_grad=False)  # noqa: SLF001
            for name, buffer in others.items():
                if buffer is not None and (part is not owned.module or name not in keys):
                    part._buffers[name] = _apart(buffer)  # noqa: SLF001
        yield
    finally:
        for part, parameters, others in parts:
            found = {key: part._buffers[key] for key in keys if part is owned.module}  # noqa: SLF001
            part._parameters.update(parameters)  # noqa: SLF001
            part._buffers.update({**others, **found})  # noqa: SLF001


def _apart(buffer: Tensor) -> Tensor:
    """Return a copy, which needs memory only once it is written to, if PyTorch has such of this buffer.

    A method may write to any buffer of the modules within, and hardly one does.
    """
    try:
        return buffer._lazy_clone()  # noqa: SLF001 - no public name for it
    except RuntimeError:  # its memory is not PyTorch's own, but NumPy's or shared by processes
        return buffer.clone()


def _unwritten(like: Tensor, place: torch.device) -> Tensor:
    fresh = torch.empty_like(like, device=place, requires_grad=False)
    _bytes(fresh).fill_(_UNWRITTEN)
    return fresh


def _is_unwritten(buffer: Tensor) -> bool:
    """Say whether a buffer has no memory, or elements that nobody has written to since it was given."""
    if buffer.is_meta:
        return True
    size = buffer.element_size()
    memory = _bytes(buffer)
    left = (memory[: len(memory) // size * size] == _UNWRITTEN).view(-1, size).all(dim=1)
    return bool(left.numel() and (left.any() if size >= 4 else left.all()))  # one byte may be meant so


def _bytes(tensor: Tensor) -> Tensor:
    local = local_part(tensor)
    return torch.empty(0, dtype=torch.uint8, device=local.device).set_(local.untyped_storage())


def _owners(tree: Tree) -> Iterator[_Owned]:
    names = dict(tree.places)
    seen: set[int] = set()
    for name, owner in tree.places:
        if not owner._buffers or id(owner) in seen:  # noqa: SLF001 - to ask each takes long, and most have none
            continue
        seen.add(id(owner))
        keys = tuple(key for key, _ in nn.Module.named_buffers(owner, recurse=False, remove_duplicate=False))
        if keys:
            parts = name.split(".")
            around = tuple(names[".".join(parts[:end])] for end in range(len(parts) - 1, -1, -1) if name)
            yield _Owned(name, owner, around, keys)
