"""Initializers for language models, as an example of a Seedbed plugin."""
