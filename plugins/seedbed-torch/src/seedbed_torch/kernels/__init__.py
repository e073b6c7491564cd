"""Kernels that draw on a GPU: their source, which CPUs can run too, and how they are built and started."""
