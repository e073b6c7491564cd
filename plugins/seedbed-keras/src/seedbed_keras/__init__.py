"""Seedbed's initializers in Keras, for every backend."""
