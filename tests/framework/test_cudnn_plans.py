"""cuDNN itself plans what we ask of it, without a device; skipped where its library (gigabytes) is not installed.

``pip install nvidia-cudnn-frontend nvidia-cudnn-cu13`` brings it.
"""

from __future__ import annotations

import functools
import importlib.util
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.framework import cuda_stand_in
from tests.framework.operator_cases import CASES
from tests.framework.test_cudnn_attention import drawn, forms, specs

from netwright.kernels.cuda import cudnn, cudnn_attention, cudnn_convolution
from netwright.ops import get
from netwright.ops.operator import TensorSpec

CAPABILITIES = (80, 90, 100)


def settings() -> Iterator[tuple[str, str, cudnn.Describe]]:
    """(name, dtype, what writes it) of every form of attention and of every convolution of the operators' samples."""
    for number, (name, params, inputs) in enumerate(forms()):
        op = get(name)
        p = op.make_params(params)
        gradient = {"MultiHeadAttention": "_attention_grad", "_attention_step": "_attention_step_grad"}[name]
        outputs = list(op.infer(p, specs(inputs)))
        given = [*specs(drawn(outputs[0].shape)), *specs(inputs), *outputs]
        for which, shown in ((name, specs(inputs)), (gradient, given)):
            found = cudnn_attention.setting_of(which, p, shown)
            assert found is not None
            yield f"{which} {number}", "float16", functools.partial(cudnn_attention.describe, found)
    for case, dtype in itertools.product(CASES, cudnn.DTYPES):
        if case.op.name in cudnn_convolution.KINDS and case.dtype == "float32":
            given = tuple(TensorSpec(spec.shape, np.dtype(dtype)) for spec in case.specs())
            told = cudnn_convolution.setting_of(case.op.name, case.p, given, case.op.infer(case.p, given)[0])
            if told is not None:
                yield f"{case.id} in {dtype}", dtype, functools.partial(cudnn_convolution.describe, told)


def main() -> None:
    """Plan everything for each device; print what cuDNN refuses, and how many plans were made."""
    module, reason = cudnn.module()
    assert module is not None, reason
    for capability in CAPABILITIES:
        device = module.create_device_properties(cuda_stand_in.properties(capability))
        made = 0
        for name, dtype, describe in settings():
            try:
                cudnn.build(module, dtype, describe, device_property=device)
                made += 1
            except cudnn.refusals(module) as error:
                print(f"refused {capability} {name}: {str(error).splitlines()[0]}")
        print(f"planned {capability} {made}")


@pytest.mark.skipif(importlib.util.find_spec("cudnn") is None, reason="cuDNN is not installed")
def test_cudnn_plans_what_we_ask_of_it(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "tests.framework.test_cudnn_plans"],
        env={**os.environ, **cuda_stand_in.build(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert found.returncode == 0, found.stderr[-2000:]
    lines = found.stdout.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("planned")] == [str(c) for c in CAPABILITIES]
    assert not [line for line in lines if line.startswith("refused")]


if __name__ == "__main__":
    main()
