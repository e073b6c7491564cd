"""What seedbed-torch adds to the catalogue, in NumPy alone, so that it works without PyTorch."""
