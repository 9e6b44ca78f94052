"""Planned memory beside MXNet's planner: less than it printed, and true."""

from __future__ import annotations

import pytest
from benchmarks import memory, memory_nets


def test_plans_are_compared_with_the_printed_ones() -> None:
    lines = memory.rows(memory_nets.NETS["lenet"], measure=True, native=False)  # kernels may still be compiled
    assert [line.split(" | ")[1] for line in lines] == ["balanced", "low_memory"]
    for line in lines:
        _, _, both, theirs, predicted, measured = line.strip("| ").split(" | ")
        assert theirs == "4 / 12"
        assert all(float(ours) < float(mxnet) for ours, mxnet in zip(both.split(" / "), (4, 12), strict=True))
        assert float(predicted) == pytest.approx(float(measured), rel=0.1)


@pytest.mark.parametrize("name", ["alexnet", "vgg16", "resnet18", "resnet50"])
def test_large_networks_are_planned_in_less_than_mxnet_takes(name: str) -> None:
    net = memory_nets.NETS[name]
    for train, theirs in ((False, net.mxnet_inference), (True, net.mxnet_training)):
        assert theirs is not None
        assert memory.planned(memory.compiled(net, "balanced", train)) / memory.MIB < theirs
    low = memory.planned(memory.compiled(net, "low_memory", True))
    assert low / memory.MIB < 0.7 * (net.mxnet_training or 0)
