"""`Device`: one GPU with the kernels loaded, which starts them on PyTorch's streams."""

from __future__ import annotations

import contextlib
import ctypes
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Final

import torch
from torch import Tensor

from seedbed.errors import PluginError
from seedbed.models.elements import Elements
from seedbed.random.laws import Law
from seedbed_torch.kernels.building import bindings, built
from seedbed_torch.kernels.tasks import KERNELS, Memory, Task, task_of

_THREADS: Final = 256
"""In a block: with some 40 registers each, six blocks are in a multiprocessor at a time."""

_BLOCKS: Final = 24
"""For each multiprocessor, at most; threads of longer tasks go on to the next counters."""

_MOST_TABLES: Final = 24
"""On the GPU at a time, of half a MiB, or a whole one."""


class Device:
    """A GPU that draws.

    Parameters
    ----------
    number
        Its number in this process.

    Raises
    ------
    MissingExtraError
        If what compiles or loads the kernels is not installed.
    PluginError
        If they cannot be compiled, or the driver refuses them.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._driver = bindings("driver")
        code = built(*torch.cuda.get_device_capability(number)).code
        self._most_blocks = torch.cuda.get_device_properties(number).multi_processor_count * _BLOCKS
        torch.cuda.synchronize(number)  # which makes PyTorch's context
        (device,) = self._called("cuDeviceGet", number)
        (self._context,) = self._called("cuDevicePrimaryCtxRetain", device)
        with self._current():
            (self._module,) = self._called("cuModuleLoadData", code)
            self._kernels = {
                name: self._called("cuModuleGetFunction", self._module, name.encode())[0] for name in KERNELS
            }
        # By the table's identity, which is not another's while it is kept beside its copy.
        self._tables: OrderedDict[int, tuple[Any, Tensor]] = OrderedDict()

    def draw(self, memory: Tensor, law: Law, elements: Elements) -> None:
        """Draw elements into memory on this GPU, in the order of PyTorch's current stream there."""
        stream = torch.cuda.current_stream(memory.device)
        tables = [self._table(table, memory.device) if len(table) else None for table in law.tables[1:]]
        places = [0 if table is None else table.data_ptr() for table in tables]
        task = task_of(law, elements, Memory(memory.shape, memory.stride(), memory.data_ptr()), places)
        with self._current():
            self._start(task, stream.cuda_stream)
        for table in tables:
            if table is not None:  # or its memory could be another's before this stream has read it
                table.record_stream(stream)

    def _start(self, task: Task, stream: int) -> None:
        packed = ctypes.create_string_buffer(task.packed, len(task.packed))
        arguments = (ctypes.c_void_p * 1)(ctypes.addressof(packed))
        blocks = min(-(-task.items // _THREADS), self._most_blocks)
        sizes = (blocks, 1, 1, _THREADS, 1, 1, 0)
        kernel = self._kernels[task.kernel]
        self._called("cuLaunchKernel", kernel, *sizes, stream, ctypes.addressof(arguments), 0)

    def _table(self, table: Any, device: torch.device) -> Tensor:
        """Return a table's copy on the GPU, which is there when this returns."""
        _, there = self._tables.get(id(table), (None, None))
        if there is None:
            there = torch.from_numpy(table.copy()).to(device)  # read-only arrays are no tensors
            self._tables[id(table)] = table, there
            while len(self._tables) > _MOST_TABLES:
                with contextlib.suppress(KeyError):  # another thread was first
                    self._tables.popitem(last=False)
        else:
            with contextlib.suppress(KeyError):
                self._tables.move_to_end(id(table))
        return there

    @contextlib.contextmanager
    def _current(self) -> Iterator[None]:
        """Have the driver work in PyTorch's context, which a thread need not have yet."""
        self._called("cuCtxPushCurrent", self._context)
        try:
            yield
        finally:
            self._called("cuCtxPopCurrent")

    def _called(self, function: str, *arguments: Any) -> tuple[Any, ...]:
        result, *values = getattr(self._driver, function)(*arguments)
        if result != self._driver.CUresult.CUDA_SUCCESS:
            raise PluginError(f"{function} failed on cuda:{self._number}: {result.name}")
        return tuple(values)
