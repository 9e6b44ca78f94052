"""What cuDNN would be asked for convolutions, and what happens where it is not there; its module is made up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.framework.made_up_cudnn import Module, made_up
from tests.framework.operator_cases import CASES, Case

from netwright.kernels.cuda import cudnn, cudnn_convolution


def forward(case: Case, told: list[str]) -> Any:
    return cudnn_convolution.forward_of(case.op.name, case.p, case.specs(), case_output(case), told.append)


def case_output(case: Case) -> Any:
    return case.op.infer(case.p, case.specs())[0]


CONVOLUTIONS = [case for case in CASES if case.op.name in cudnn_convolution.KINDS and case.dtype == "float32"]


def test_convolutions_and_their_gradients_are_told_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cudnn, "module", lambda: (made_up(), ""))
    taken = set()
    for case in CONVOLUTIONS:
        found = forward(case, [])
        if found is None:
            continue
        taken.add(case.op.name)
        arrays = case.arrays()
        want = case.forward(*arrays)[0]
        np.testing.assert_allclose(found(Module(), case.p, *arrays), want, rtol=1e-5, atol=1e-6, err_msg=case.id)
        out = np.empty_like(want)
        assert found(Module(), case.p, *arrays, out=out) is out
        np.testing.assert_allclose(out, want, rtol=1e-5, atol=1e-6)
    assert taken == set(cudnn_convolution.KINDS)


def test_what_is_not_cudnns_stays_with_the_array_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cudnn, "module", lambda: (made_up(), ""))
    left = [case for case in CONVOLUTIONS if forward(case, []) is None]
    assert any(case.p.num_group > 1 for case in left)  # type: ignore[attr-defined]
    assert any(len(case.p.kernel) == 1 for case in left)  # type: ignore[attr-defined]
    wide = next(c for c in CASES if c.op.name == "Convolution" and c.dtype == "float64")
    assert forward(wide, []) is None


def test_where_cudnn_is_not_there_a_note_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cudnn, "module", lambda: (None, "it is not installed"))
    told: list[str] = []
    case = next(c for c in CONVOLUTIONS if len(c.p.kernel) == 2 and c.p.num_group == 1)  # type: ignore[attr-defined]
    assert forward(case, told) is None
    assert told == ["convolutions by the array module: it is not installed"]


def test_what_cudnn_refuses_the_operator_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**facts: Any) -> Any:
        raise RuntimeError("no engine")

    monkeypatch.setattr(cudnn, "module", lambda: (made_up(pygraph=refuse), ""))
    told: list[str] = []
    case = next(c for c in CONVOLUTIONS if len(c.p.kernel) == 2 and c.p.num_group == 1)  # type: ignore[attr-defined]
    found = forward(case, told)
    for _ in range(2):
        np.testing.assert_array_equal(found(np, case.p, *case.arrays()), case.forward(*case.arrays())[0])
    assert len(told) == 1
    assert "no engine" in told[0]


def test_the_reason_is_told_without_the_package() -> None:
    found, reason = cudnn.module()
    assert (found is None) == bool(reason)


@pytest.mark.gpu
def test_a_device_computes_what_the_host_does() -> None:
    from netwright.device import gpu

    xp = gpu(0).xp
    if cudnn.module()[0] is None:
        pytest.skip(cudnn.module()[1])
    for case in CONVOLUTIONS:
        found = forward(case, [])
        if found is not None:
            got = found(xp, case.p, *map(xp.asarray, case.arrays())).get()
            np.testing.assert_allclose(got, case.forward(*case.arrays())[0], rtol=1e-3, atol=1e-4, err_msg=case.id)
