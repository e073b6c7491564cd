"""Seedbed's initializers in PyTorch, for whole models and for sharded ones."""
