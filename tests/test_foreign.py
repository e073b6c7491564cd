"""`Attempt`: what foreign code raises is kept, and no more than that."""

import pytest

from seedbed.foreign import Attempt


class StrikingError(Exception):
    def __bool__(self):
        raise SystemExit("struck")

    __eq__ = __str__ = __bool__


class LyingError(Exception):
    __class__ = KeyboardInterrupt


class EvasiveError(Exception):
    __class__ = property(lambda self: 1 / 0)


@pytest.mark.parametrize(
    "kind",
    [ValueError, SystemExit, GeneratorExit, BaseException, StrikingError, LyingError, EvasiveError],
)
def test_what_is_raised_is_kept_and_goes_no_further(kind):
    error = kind("no")
    with Attempt() as attempt:
        raise error
    assert attempt.error is error


def test_nothing_is_kept_of_what_raises_nothing():
    with Attempt() as attempt:
        pass
    assert attempt.error is None


def test_an_interrupt_is_the_users():
    class Interrupt(KeyboardInterrupt):
        pass

    for kind in (KeyboardInterrupt, Interrupt):
        with pytest.raises(kind), Attempt():
            raise kind
