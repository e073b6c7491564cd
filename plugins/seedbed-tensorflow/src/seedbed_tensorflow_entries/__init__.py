"""TensorFlow's and Sonnet's own names of initializers; nothing in here imports either."""
