"""What seedbed-jax adds to the catalogue, in NumPy: it is there without JAX, too."""
