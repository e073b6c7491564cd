"""Locks made of what is installed, and compared with it and with each other."""

from seedbed.governance import Lock
from seedbed.locking.differences import differences, unseen
from seedbed.locking.survey import Survey, lock, survey, verify

__all__ = ["Lock", "Survey", "differences", "lock", "survey", "unseen", "verify"]
