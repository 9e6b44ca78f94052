"""CUDA kernels: generated for fused groups, and of our own where CuPy is slow.

All of it is source text that NVRTC compiles on the user's machine. ``common.cuh`` makes the same text a C++ program, so
that the tests run the kernels' own code, threads and barriers included, where there is no device.
"""
