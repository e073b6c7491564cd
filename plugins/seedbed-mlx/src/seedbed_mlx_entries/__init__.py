"""MLX's own names of initializers; nothing in here imports MLX."""
