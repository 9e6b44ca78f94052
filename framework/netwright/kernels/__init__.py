"""What a plan runs besides NumPy and CuPy: kernels of our own."""
