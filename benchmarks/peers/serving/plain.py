"""FastAPI and ONNX Runtime as they are usually written: a pydantic model in, a dictionary out."""

from __future__ import annotations

import os

import numpy as np
import onnxruntime
from fastapi import FastAPI
from pydantic import BaseModel

session = onnxruntime.InferenceSession(os.environ["NETWORK"], providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
app = FastAPI()


class Rows(BaseModel):
    """What comes in."""

    inputs: list[list[float]]


@app.post("/predict")
def predict(rows: Rows) -> dict[str, list[list[float]]]:
    """Answer."""
    (answer,) = session.run(None, {name: np.array(rows.inputs, dtype=np.float32)})
    return {"outputs": answer.tolist()}
