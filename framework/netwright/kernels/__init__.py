"""What plans run on devices: ``cpu`` (kernels by Numba, products by BLAS) and ``cuda`` (sources for NVIDIA GPUs)."""
