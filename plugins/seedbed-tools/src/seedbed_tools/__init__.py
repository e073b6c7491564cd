"""What people run at a desk: the command line, the doctor, pages of initializers, new packages, stubs."""
