"""Laws are kept by the hundred, and their tables by the dozen."""

import gc
import weakref

import numpy as np

from seedbed.random import TruncatedNormal
from seedbed.random.laws import law_of


def test_a_law_that_is_kept_does_not_keep_its_table():
    def law(number):
        found = law_of(TruncatedNormal(0.0, 1.0, -number / 40, 2.0, (-1.0, 1.0)), np.dtype("float32"), None)
        assert found is not None
        return found

    first = law(1)
    table = weakref.ref(first.tables[1])
    for number in range(2, 18):
        assert len(law(number).tables[1])
    gc.collect()
    assert law(1) is first
    assert table() is None
