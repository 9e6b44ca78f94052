"""The process that measures: reads an order from standard input, writes the seconds of each step, and ends."""

from __future__ import annotations

import os
import sys
from typing import Any

import orjson

from netwright.errors import NetwrightError
from netwright_studio.runs import guard


def main(order: dict[str, Any]) -> dict[str, Any]:
    """The measured seconds, or the error in words."""
    from netwright import graph
    from netwright.datasets import DatasetInfo
    from netwright.graph.measuring import measure_steps
    from netwright.scheduler import Strategy

    info = None if order["info"] is None else DatasetInfo.model_validate(order["info"])
    try:
        compiled = graph.compile_graph(
            order["graph"],
            data=info,
            batch_size=order["batch_size"],
            training=order["training"],
            strategy=Strategy.preset(order["strategy"]),
        )
        return measure_steps(compiled, limit=order["seconds"]).model_dump()
    except NetwrightError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": f"an allocation was refused ({order['memory_bytes'] // 2**20} MiB are allowed)"}


if __name__ == "__main__":
    pipe = os.dup(1)
    os.dup2(2, 1)  # whatever prints must not get into the answer
    given: dict[str, Any] = orjson.loads(sys.stdin.buffer.read())
    guard.limit_memory(given["memory_bytes"])
    with open(pipe, "wb") as out:
        out.write(orjson.dumps(main(given)))
