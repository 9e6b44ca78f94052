"""The kernels by family, each with the rules that turn nodes into calls of them; every module here is loaded."""
