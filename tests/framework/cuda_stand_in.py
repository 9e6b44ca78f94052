"""Stand-ins for CUDA's driver and runtime, so that cuDNN plans its graphs where there is no device.

cuDNN plans for a device whose properties it is told, yet it wants both libraries to be there, and a kernel to load. The
functions do nothing and say that all went well; nothing can run on them. Needs a C compiler.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

DRIVER = """
cuCtxGetCurrent cuCtxGetLimit cuCtxPopCurrent cuCtxPushCurrent cuDeviceGet cuDeviceGetCount cuGetErrorName
cuGetErrorString cuKernelGetAttribute cuKernelSetAttribute cuLaunchCooperativeKernel cuLaunchKernel cuLaunchKernelEx
cuLibraryUnload cuLinkAddData cuLinkComplete cuLinkCreate cuLinkDestroy cuModuleUnload
cuOccupancyMaxPotentialClusterSize cuStreamGetCtx cuTensorMapEncodeIm2col cuTensorMapEncodeTiled
"""
LOADERS = """
cuKernelGetFunction cuLibraryGetKernel cuLibraryLoadData cuLibraryLoadFromFile cuModuleGetFunction cuModuleLoadData
cuModuleLoadDataEx
"""
"""Of the driver too: what they load must not be nothing."""
RUNTIME = """
cudaDeviceSynchronize cudaEventCreate cudaEventDestroy cudaEventRecord cudaEventSynchronize cudaFree cudaGetLastError
cudaGetDriverEntryPointByVersion cudaLaunchKernel cudaLibraryGetKernel cudaLibraryLoadData cudaLibraryUnload cudaMalloc
cudaMemcpyAsync cudaMemsetAsync cudaPointerGetAttributes cudaStreamCreate cudaStreamDestroy cudaStreamSynchronize
"""
SPECIAL = """
#include <stdlib.h>
int cuInit(unsigned flags) { return 100; } /* no device */
int cuDriverGetVersion(int *version) { *version = 13000; return 0; }
int cudaRuntimeGetVersion(int *version) { *version = 13000; return 0; }
int cudaGetDevice(int *device) { *device = 0; return 0; }
int cudaGetDeviceCount(int *count) { *count = 1; return 0; }
int cudaDeviceGetAttribute(int *value, int attribute, int device) {
    const char *capability = getenv("STAND_IN_CAPABILITY"); /* of the compute: 80, 90, 100 */
    int number = capability ? atoi(capability) : 90;
    *value = attribute == 75 ? number / 10 : attribute == 76 ? number % 10 : attribute == 16 ? 132 : 0;
    return 0;
}
const char *cudaGetErrorString(int error) { return "a stand-in"; }
"""

HOPPER = {
    "deviceName": "NVIDIA H100 80GB HBM3",
    "cudaDeviceId": 0,
    "deviceVer": 900,
    "driverVer": 13000,
    "multiProcessorCount": 132,
    "warpSize": 32,
    "maxGridSize": [2147483647, 65535, 65535],
    "maxBlockSize": [1024, 1024, 64],
    "maxThreadsPerBlock": 1024,
    "maxThreadsPerSM": 2048,
    "maxCtasPerSM": 32,
    "regsPerBlock": 65536,
    "maxRegistersPerSM": 65536,
    "maxSharedMemoryPerBlock": 49152,
    "maxSharedMemoryPerBlockOptin": 232448,
    "reservedSharedMemoryPerBlock": 1024,
    "oversizedSharedMemoryPerBlock": 0,
    "smClockRateKHz": 1980000,
    "memClockRateKHz": 2619000,
    "memoryBusWidth": 5120,
    "l2CacheSize": 52428800,
    "totalGlobalMem": 85899345920,
    "isTccDriver": 0,
    "supportCoopLaunch": 1,
    "pciDeviceId": 0,
}


def properties(capability: int) -> str:
    """What cuDNN is told of the device: an H100, or one of another compute capability (80, 90, 100) like it."""
    os.environ["STAND_IN_CAPABILITY"] = str(capability)
    return json.dumps({**HOPPER, "deviceVer": capability * 10})


def build(folder: Path) -> dict[str, str]:
    """Compile both libraries into the folder; the environment variables of a process that is to find them."""
    lines = [f"int {name}() {{ return 0; }}" for name in f"{DRIVER} {RUNTIME}".split()]
    lines += [f"int {name}(void **found) {{ *found = (void *)16; return 0; }}" for name in LOADERS.split()]
    source = folder / "stand_in.c"
    source.write_text("\n".join([SPECIAL, *lines]))
    for name in ("libcuda.so.1", "libcudart.so.13"):
        command = ["gcc", "-w", "-shared", "-fPIC", f"-Wl,-soname,{name}", "-o", str(folder / name), str(source)]
        subprocess.run(command, check=True, capture_output=True)
    return {"LD_LIBRARY_PATH": str(folder), "CUDNN_FRONTEND_CUDART_LIB_NAME": str(folder / "libcudart.so.13")}
