"""Where kernels meet data: every pair of positions once, whatever the padding, and nothing allocated for padding."""

from __future__ import annotations

import tracemalloc

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from netwright import nd
from netwright.ops.windows import Windows, taps

SMALL = st.integers(1, 5)


@given(st.integers(1, 6), st.integers(1, 40), SMALL, SMALL, st.integers(0, 30), st.integers(1, 8))
def test_taps_are_all_meetings(size: int, kernel: int, stride: int, dilate: int, pad: int, out: int) -> None:
    windows = Windows((size,), (out,), (kernel,), (stride,), (dilate,), (pad,))
    found = []
    for tap in taps(windows):
        outs, data = range(out)[tap.out[0]], range(size)[tap.data[0]]
        assert len(outs) == len(data) > 0
        found += [(tap.kernel[0], o, x) for o, x in zip(outs, data, strict=True)]
    wanted = [
        (k, o, o * stride - pad + k * dilate)
        for k in range(kernel)
        for o in range(out)
        if 0 <= o * stride - pad + k * dilate < size
    ]
    assert found == wanted


@given(st.integers(1, 5), st.integers(1, 3), st.integers(1, 9), st.integers(0, 400))
@settings(deadline=None)
def test_much_padding_gives_what_little_gives(size: int, kernel: int, stride: int, pad: int) -> None:
    """Convolution by columns and by shifted sums agree, whichever way the padding is laid."""
    rng = np.random.default_rng(size)
    x, w = rng.standard_normal((2, 3, size)), rng.standard_normal((4, 3, kernel))
    if size + 2 * pad < kernel:
        return
    y = nd.Convolution(
        nd.array(x, dtype="float64"),
        nd.array(w, dtype="float64"),
        kernel=(kernel,),
        stride=(stride,),
        pad=(pad,),
        num_filter=4,
        no_bias=True,
    ).asnumpy()
    wide = np.pad(x, ((0, 0), (0, 0), (pad, pad)))
    for o in range(y.shape[2]):
        part = wide[:, :, o * stride : o * stride + kernel]
        np.testing.assert_allclose(y[:, :, o], np.tensordot(part, w, ((1, 2), (1, 2))), atol=1e-12)


def test_padding_costs_no_memory() -> None:
    x = nd.ones((1, 1, 4))
    huge = {"pad": (10**9,), "stride": (10**9,)}
    tracemalloc.start()
    y = nd.Convolution(x, nd.ones((1, 1, 3)), kernel=(3,), num_filter=1, no_bias=True, **huge)
    z = nd.Pooling(x, kernel=(2 * 10**9,), pool_type="sum", **huge)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert y.asnumpy().tolist() == [[[0.0, 3.0, 0.0]]]
    assert z.asnumpy().tolist() == [[[4.0]]]
    assert peak < 1 << 20
