"""A warning where `init_` gives a second tensor the values that another one has, as both have one stream."""

from __future__ import annotations

import gc
import threading
from typing import Final, TypeAlias

from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef

from seedbed.warning import warn
from seedbed_torch.arrays import ADDRESSED
from seedbed_torch.distributed import local_part

_FEW: Final = 1 << 10
"""Entries among which nobody looks for those whose memory is gone."""

_Place: TypeAlias = tuple[int, int]
"""A storage, and where in it a tensor begins."""


class Filled:
    """Which stream is in the memory of which tensor, as far as that is still there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._streams: dict[_Place, tuple[StorageWeakRef, int]] = {}
        self._places: dict[int, _Place] = {}
        self._told: set[int] = set()
        self._most = _FEW
        self._is_sure = False

    def note(self, tensor: Tensor, stream: int) -> None:
        """Warn, once, if a stream is in the memory of another tensor, while that is still there.

        Parameters
        ----------
        tensor
            What has been filled.
        stream
            The hash of what makes the values; to hold the things themselves, and to compare them, takes long.
        """
        memory = local_part(tensor)
        if memory.device.type not in ADDRESSED or not memory.numel():
            return
        storage = StorageWeakRef(memory.untyped_storage())  # type: ignore[no-untyped-call]
        place = storage.cdata, int(memory.storage_offset())
        if self._is_elsewhere(stream, place) and not self._is_sure:
            gc.collect()  # a module that nobody has any more is there until then
        with self._lock:
            is_news = self._is_elsewhere(stream, place)
            self._is_sure = is_news  # so that a second model of many tensors is not looked for at each
            if is_news:
                self._told.add(stream)
            self._streams[place] = storage, stream
            self._places[stream] = place
            if len(self._streams) + len(self._places) > self._most:
                self._forget()
        if is_news:
            warn(
                f"init_ has filled two tensors of shape {tuple(tensor.shape)} by one initializer with one "
                "seed, so that they get the same values. That is as it should be if the second is of the "
                "same model, made again, which path='' says; else give path='its/name', which makes a stream "
                "of its own of the seed"
            )

    def _is_elsewhere(self, stream: int, place: _Place) -> bool:
        other = self._places.get(stream, place)
        storage, last = self._streams.get(other, (None, None))
        is_there = storage is not None and last == stream and not _is_gone(storage)
        return is_there and other != place and stream not in self._told

    def _forget(self) -> None:
        """Drop what is of memory that is gone, or has had other values since."""
        self._streams = {place: of for place, of in self._streams.items() if not _is_gone(of[0])}
        streams = {stream: place for place, (_, stream) in self._streams.items()}
        self._places = {stream: place for stream, place in self._places.items() if stream in streams}
        self._told &= streams.keys()
        self._most = max(_FEW, 2 * (len(self._streams) + len(self._places)))


def _is_gone(storage: StorageWeakRef) -> bool:
    return bool(storage.expired())  # type: ignore[no-untyped-call]
