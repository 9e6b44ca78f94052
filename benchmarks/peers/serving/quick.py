"""FastAPI and ONNX Runtime as well as they can be written: no models in between, one thread, batches, raw bytes.

Routes are Starlette's, which skip FastAPI's validation; what arrives in one turn of the event loop runs as one batch.
"""

from __future__ import annotations

import asyncio
import os

import numpy as np
import onnxruntime
import orjson
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(os.environ["NETWORK"], options, providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
app = FastAPI(openapi_url=None)
waiting: list[tuple[np.ndarray, asyncio.Future[np.ndarray]]] = []
MOST = 64


def run_batch() -> None:
    """Answer what waits."""
    batch = waiting[:MOST]
    del waiting[:MOST]
    if waiting:
        asyncio.get_running_loop().call_soon(run_batch)
    (answers,) = session.run(None, {name: np.concatenate([rows for rows, _ in batch])})
    start = 0
    for rows, future in batch:
        future.set_result(answers[start : start + len(rows)])
        start += len(rows)


async def infer(rows: np.ndarray) -> np.ndarray:
    """Answer with whoever else asks."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[np.ndarray] = loop.create_future()
    waiting.append((rows, future))
    if len(waiting) == 1:
        loop.call_soon(run_batch)
    return await future


async def predict(request: Request) -> Response:
    """JSON in and out."""
    rows = np.array(orjson.loads(await request.body())["inputs"], dtype=np.float32)
    answer = orjson.dumps({"outputs": await infer(rows)}, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(answer, media_type="application/json")


async def predict_raw(request: Request) -> Response:
    """Raw bytes in and out."""
    rows = np.frombuffer(await request.body(), np.float32).reshape(-1, 784)
    return Response((await infer(rows)).tobytes(), media_type="application/octet-stream")


app.add_route("/predict", predict, methods=["POST"])
app.add_route("/raw", predict_raw, methods=["POST"])
