"""Compiling CUDA source without a device, to see whether it compiles: the tests' and CI's check."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from ...errors import NetwrightError, NotReadyError

ARCHITECTURES = ("sm_80", "sm_90")
"""``sm_…`` makes machine code; ``compute_…`` stops at PTX, which is quicker and checks the C++ as well."""
OPTIONS = ("--std=c++17", "--fmad=true")
"""What kernels are compiled with, here and on a device."""


def why_not() -> str:
    """Why NVRTC cannot be used (an empty text where it can)."""
    try:
        nvrtc = importlib.import_module("cuda.bindings.nvrtc")
        status, *_ = nvrtc.nvrtcVersion()
    except ImportError:
        return "NVRTC is not installed (pip install cuda-bindings nvidia-cuda-nvrtc)"
    except RuntimeError as error:  # the bindings are there, the library is not
        return f"NVRTC cannot be loaded: {str(error).splitlines()[0]}"
    return "" if int(status) == 0 else f"NVRTC says {status}"


def compile_for(source: str, architectures: Sequence[str] = ARCHITECTURES) -> dict[str, int]:
    """Bytes of what was made by architecture; raises NetwrightError with the compiler's words."""
    if reason := why_not():
        raise NotReadyError("CUDA source cannot be compiled here", got=reason)
    nvrtc = importlib.import_module("cuda.bindings.nvrtc")
    found = {}
    for architecture in architectures:
        _, program = nvrtc.nvrtcCreateProgram(source.encode(), b"netwright.cu", 0, [], [])
        options = [option.encode() for option in (f"--gpu-architecture={architecture}", *OPTIONS)]
        (status,) = nvrtc.nvrtcCompileProgram(program, len(options), options)
        if int(status) != 0:
            _, size = nvrtc.nvrtcGetProgramLogSize(program)
            log = b" " * size
            nvrtc.nvrtcGetProgramLog(program, log)
            raise NetwrightError("CUDA source does not compile", where=architecture, got=log.decode().strip("\0 \n"))
        size_of = nvrtc.nvrtcGetCUBINSize if architecture.startswith("sm_") else nvrtc.nvrtcGetPTXSize
        _, found[architecture] = size_of(program)
        nvrtc.nvrtcDestroyProgram(program)
    return found
