"""A new package of initializers, or for a framework: what its author need not write."""

from seedbed_tools.scaffold.author import Author
from seedbed_tools.scaffold.files import render, write
from seedbed_tools.scaffold.package import Package

__all__ = ["Author", "Package", "render", "write"]
