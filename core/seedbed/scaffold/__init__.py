"""A new package of initializers: what its author need not write."""

from seedbed.scaffold.author import Author
from seedbed.scaffold.files import render, write
from seedbed.scaffold.package import Package

__all__ = ["Author", "Package", "render", "write"]
