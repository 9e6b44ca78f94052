"""Runs CUDA kernels as C++ on the CPU: real threads, real barriers, one block after the other.

It shows that a kernel's own text computes what it should. It shows nothing of a GPU's speed, and not what its
compiler makes of the text: for that it is compiled by NVRTC too.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

COMPILER = shutil.which("g++") or shutil.which("clang++") or ""

HOST = r"""
#include <barrier>
#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>
#define __device__
#define __global__
#define __forceinline__ inline
#define __restrict__ __restrict
#define __shared__ static
#define __launch_bounds__(n)
#define NW_INF std::numeric_limits<float>::infinity()
#define NW_NAN std::numeric_limits<float>::quiet_NaN()
typedef unsigned short nw_bits;
struct nw_index { int x; };
static thread_local nw_index threadIdx, blockIdx;
static nw_index blockDim, gridDim;
static std::barrier<>* nw_everyone;
static inline void __syncthreads() { nw_everyone->arrive_and_wait(); }
static std::mutex nw_one;
template <typename T> static inline T atomicAdd(T* p, T v) {
    std::lock_guard<std::mutex> hold(nw_one);
    const T before = *p; *p += v; return before;
}
static void nw_launch(void (*kernel)(void**), int blocks, int threads, void** a) {
    std::barrier<> everyone(threads);
    nw_everyone = &everyone; blockDim.x = threads; gridDim.x = blocks;
    for (int block = 0; block < blocks; block++) {
        auto one = [=](int me) { threadIdx.x = me; blockIdx.x = block; kernel(a); };
        if (threads == 1) { one(0); continue; }
        std::vector<std::thread> all;
        for (int me = 0; me < threads; me++) all.emplace_back(one, me);
        for (auto& t : all) t.join();
    }
}
static inline unsigned nw_as_bits(float f) { unsigned u; memcpy(&u, &f, 4); return u; }
static inline float nw_as_float(unsigned u) { float f; memcpy(&f, &u, 4); return f; }
static inline float nw_from_half(nw_bits h) {
    const unsigned sign = (h & 0x8000u) << 16, exponent = (h >> 10) & 31u, rest = h & 1023u;
    if (exponent == 31) return nw_as_float(sign | 0x7f800000u | (rest << 13));
    if (exponent == 0) { const float f = rest * 0x1p-24f; return sign ? -f : f; }
    return nw_as_float(sign | ((exponent + 112u) << 23) | (rest << 13));
}
static inline nw_bits nw_to_half(float f) {
    const unsigned u = nw_as_bits(f), sign = (u >> 16) & 0x8000u, size = u & 0x7fffffffu;
    if (size > 0x7f800000u) return (nw_bits)(sign | 0x7e00u);
    if (size >= 0x477ff000u) return (nw_bits)(sign | 0x7c00u);
    if (size < 0x38800000u) return (nw_bits)(sign | (unsigned)rintf(nw_as_float(size) * 0x1p24f));
    return (nw_bits)(sign | ((size - 0x38000000u + 0xfffu + ((size >> 13) & 1u)) >> 13));
}
static inline float erfinvf(float x) {  // two steps of Newton's from Giles's start
    const float w = -logf((1 - x) * (1 + x)), v = w < 5 ? w - 2.5f : sqrtf(w) - 3;
    double y = w < 5 ? (1.50140941f + 0.246640727f * v) * x : (2.83297682f + 1.00167406f * v) * x;
    for (int i = 0; i < 4; i++) y -= (std::erf(y) - x) * std::exp(y * y) * 0.8862269254527580;
    return (float)y;
}
static inline double erfinv(double x) {
    double y = erfinvf((float)x);
    for (int i = 0; i < 3; i++) y -= (std::erf(y) - x) * std::exp(y * y) * 0.8862269254527580;
    return y;
}
"""

LAUNCH = """
extern "C" void run_{name}(int blocks, int threads, void** a) {{
    nw_launch([](void** a) {{ {name}({arguments}); }}, blocks, threads, a);
}}
"""


class Host:
    """Kernels compiled as C++: ``common`` once, then the kernels' own texts."""

    def __init__(self, folder: Path, common: str, kernels: Sequence[str]) -> None:
        texts = list(dict.fromkeys(kernels))
        source = [HOST, common]
        for text in texts:
            source += [text, *(LAUNCH.format(name=name, arguments=given) for name, given in signatures(text))]
        path, library = folder / "kernels.cpp", folder / "kernels.so"
        path.write_text("\n".join(source))
        flags = ["-std=c++20", "-O0", "-w", "-shared", "-fPIC", "-pthread", "-ffp-contract=off"]
        done = subprocess.run(
            [COMPILER, *flags, "-o", str(library), str(path)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[:4000]
        self._library = ctypes.CDLL(str(library))

    def run(self, name: str, arguments: Sequence[Any], blocks: int = 2, threads: int = 1) -> None:
        """Launch a kernel on NumPy arrays and numbers (whole ones are long long, others double)."""
        held: list[Any] = []
        for value in arguments:
            if isinstance(value, np.ndarray):
                held.append(ctypes.c_void_p(value.ctypes.data))
            elif isinstance(value, float):
                held.append(ctypes.c_double(value))
            else:
                held.append(ctypes.c_longlong(value))
        addresses = (ctypes.c_void_p * max(1, len(held)))(*(ctypes.addressof(h) for h in held))
        getattr(self._library, f"run_{name}")(blocks, threads, addresses)


def signatures(text: str) -> list[tuple[str, str]]:
    """(kernel, how its arguments are taken from a list of addresses) of each kernel in a text."""
    found = []
    for part in text.split('extern "C" __global__ void ')[1:]:
        name, _, rest = part.partition("(")
        given = []
        for i, parameter in enumerate(rest.partition(")")[0].split(",")):
            kind = " ".join(parameter.replace("__restrict__", "").split()[:-1])
            given.append(f"*({kind}*)a[{i}]")
        found.append((name, ", ".join(given)))
    return found
