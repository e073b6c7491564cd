"""`Holders`, who has the values of which stream, for a warning where a second weight gets the same."""

from __future__ import annotations

import gc
from collections.abc import Hashable
from typing import Any
from weakref import WeakValueDictionary


class Holders:
    """The first holder of each stream's values, such as a layer, for as long as it is there.

    Examples
    --------
    >>> class Layer:
    ...     pass
    >>> holders, one, two = Holders(), Layer(), Layer()
    >>> [holders.repeats("a stream", layer) for layer in (one, one, two)]
    [False, False, True]
    >>> del one
    >>> holders.repeats("a stream", two)
    False
    """

    def __init__(self) -> None:
        self._first: WeakValueDictionary[Hashable, Any] = WeakValueDictionary()
        self._told: WeakValueDictionary[Hashable, Any] = WeakValueDictionary()
        self._sure: set[Hashable] = set()
        """Streams whose holders were there when garbage was last collected, and were not asked of since."""

    def __len__(self) -> int:
        return len(self._first)

    def repeats(self, stream: Hashable, holder: Any, *, about: Hashable = None, tells: bool = True) -> bool:
        """Note who holds the values of a stream; say whether that is news to tell.

        Parameters
        ----------
        stream
            What makes the values.
        holder
            Who gets them: something that can be referred to weakly, and is there as long as the values.
        about
            What is told of once, as long as the holder that was told of is there; ``None`` for the stream.
        tells
            Whether to be told of at all. If not, nobody looks whether the first holder is still there.

        Returns
        -------
        repeats
            Whether another holder got them before and is still there, and `about` has not been told of.
        """
        about = stream if about is None else about
        if self._is_first(stream, holder) or not tells:
            return False
        if stream in self._sure:
            self._sure.discard(stream)
        else:
            gc.collect()  # a model that nobody has any more may be there until then
            # Of a second model all weights repeat. Garbage is collected again only for those of a third.
            self._sure = {*self._first} - {stream}
        if self._is_first(stream, holder) or about in self._told:
            return False
        self._told[about] = holder
        return True

    def _is_first(self, stream: Hashable, holder: Any) -> bool:
        before = self._first.get(stream)
        if before is None:
            self._sure.discard(stream)
            self._first[stream] = holder
        return before is None or before is holder
