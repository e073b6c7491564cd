"""Initializers for language models, as an example of a Seedbed plugin."""

from seedbed_example.small import SmallInit

__all__ = ["SmallInit"]
