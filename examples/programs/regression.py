"""Predict how a disease progresses, from ten measurements of a patient, by Module and a declared graph.

Data: the diabetes study of 442 patients (Efron et al. 2004) that scikit-learn ships.
"""

from __future__ import annotations

import argparse
import logging

import numpy as np

import netwright as mx
from netwright import datasets


def build_symbol() -> mx.sym.Symbol:
    """One hidden layer and a linear output, with the squared error's gradient."""
    data = mx.sym.Variable("data")
    hidden = mx.sym.FullyConnected(data, num_hidden=16, name="hidden")
    hidden = mx.sym.Activation(hidden, act_type="tanh", name="tanh")
    output = mx.sym.FullyConnected(hidden, num_hidden=1, name="output")
    return mx.sym.LinearRegressionOutput(output, mx.sym.Variable("label"), name="prediction")


def main(epochs: int = 60, seed: int = 0) -> dict[str, float]:
    """Train, and compare the test error with that of always saying the mean and of least squares."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    mx.random.seed(seed)
    np.random.seed(seed)  # the order of the batches
    diabetes = datasets.get("diabetes")
    (x, y), (x_test, y_test) = diabetes.arrays("train"), diabetes.arrays("test")
    train = mx.io.NDArrayIter(x, y, batch_size=32, shuffle=True, label_name="label", last_batch_handle="roll_over")
    test = mx.io.NDArrayIter(x_test, y_test, batch_size=32, label_name="label")

    module = mx.mod.Module(build_symbol(), data_names=["data"], label_names=["label"])
    module.fit(
        train,
        eval_data=test,
        eval_metric="mse",
        optimizer="adam",
        optimizer_params={"learning_rate": 0.003, "wd": 0.01},
        initializer=mx.init.Xavier(),
        num_epoch=epochs,
    )
    predicted = module.predict(test).asnumpy()
    error = float(np.mean((predicted.ravel() - y_test.ravel()) ** 2))
    mean = float(np.mean((y.mean() - y_test) ** 2))
    with_ones = np.hstack([x, np.ones((len(x), 1), x.dtype)])
    weights = np.linalg.lstsq(with_ones, y.ravel(), rcond=None)[0]
    linear = float(np.mean((x_test @ weights[:-1] + weights[-1] - y_test.ravel()) ** 2))
    print(f"mean squared error {error:.3f} (always the mean: {mean:.3f}, least squares: {linear:.3f})")
    return {"error": error, "mean_error": mean, "linear_error": linear}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    main(**vars(parser.parse_args()))
