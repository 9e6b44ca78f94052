"""The half of the oracle that runs under MXNet's own interpreter: answers questions, needs NumPy and MXNet only.

``python mxnet_side.py questions.json answers-folder first`` answers the questions from number ``first`` on, one file
each, so that a crash inside MXNet costs one answer; ``make`` starts it again after the one that crashed.
"""

import ctypes
import json
import signal
import sys
from pathlib import Path

import numpy as np

np.bool, np.object = bool, object  # MXNet 1.9.1 names them
import mxnet as mx  # noqa: E402
from mxnet._ctypes.ndarray import _imperative_invoke  # noqa: E402
from mxnet.base import _LIB, c_str, check_call  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))
from drawing import draw, heads  # noqa: E402


def find(name):
    """(handle, names of all arguments, the name of the one that counts inputs) of an operator."""
    handle = ctypes.c_void_p()
    check_call(_LIB.NNGetOpHandle(c_str(name), ctypes.byref(handle)))
    texts = [ctypes.c_char_p() for _ in range(4)]
    count = ctypes.c_uint()
    lists = [ctypes.POINTER(ctypes.c_char_p)() for _ in range(3)]
    check_call(
        _LIB.MXSymbolGetAtomicSymbolInfo(
            handle, *map(ctypes.byref, texts[:2]), ctypes.byref(count), *map(ctypes.byref, (*lists, *texts[2:]))
        )
    )
    return handle, [lists[0][i].decode() for i in range(count.value)], (texts[2].value or b"").decode()


def call(question, arrays):
    """The visible outputs."""
    handle, names, counter = find(question["op"])
    params = dict(question["params"])
    counter = counter or question.get("counter", "")
    if counter and (counter in names or counter == "num_args"):
        params[counter] = len(arrays)
    found = _imperative_invoke(
        handle.value, arrays, list(params), [str(v) for v in params.values()], None, False, False
    )
    return found if isinstance(found, (list, tuple)) else [found]


def first_line(error):
    """What an error says, without the stack that MXNet prints first."""
    lines = [line.strip() for line in str(error).split("\n")]
    told = [line for line in lines if "Error" in line or "Check failed" in line or "error" in line] or lines
    return told[0][-200:]


def answer(question):
    """Outputs, gradients and changed inputs, or the first line of MXNet's refusal."""
    if any(0 in i.get("shape", [1]) for i in question["inputs"]):
        mx.util.set_np_shape(True)
    else:
        mx.util.set_np_shape(False)
    given = [draw(i, question["dtype"], question["seed"] + n) for n, i in enumerate(question["inputs"])]
    arrays = [mx.nd.array(a, dtype=a.dtype) for a in given]
    found = {}
    try:
        with_gradients = question["grad"]
        if with_gradients:
            for n, (a, g) in enumerate(zip(arrays, given, strict=True)):
                if g.dtype.kind == "f" and n in (question.get("of") or range(len(arrays))):
                    a.attach_grad()
            with mx.autograd.record(train_mode=question["train"]):
                outputs = call(question, arrays)
        else:
            with mx.autograd._RecordingStateScope(False, question["train"]):
                outputs = call(question, arrays)
        for n, o in enumerate(outputs):
            found[f"output{n}"] = o.asnumpy()
    except Exception as error:
        return {"refused": np.array(first_line(error))}
    if with_gradients:
        try:
            weights = heads([o.shape for o in outputs], [o.dtype for o in outputs], question["seed"])
            floats = [
                (o, mx.nd.array(w, dtype=w.dtype)) for o, w in zip(outputs, weights, strict=True) if w is not None
            ]
            mx.autograd.backward([o for o, _ in floats], [w for _, w in floats], train_mode=question["train"])
            for n, a in enumerate(arrays):
                if a.grad is not None:
                    found[f"gradient{n}"] = a.grad.asnumpy()
        except Exception as error:
            found["no_gradient"] = np.array(first_line(error))
    for n, (a, g) in enumerate(zip(arrays, given, strict=True)):
        after = a.asnumpy()
        if not np.array_equal(after, g, equal_nan=g.dtype.kind == "f"):
            found[f"changed{n}"] = after
    return found


def main():
    """Answer one question after the other."""
    questions = json.loads(Path(sys.argv[1]).read_text())
    for number in range(int(sys.argv[3]), len(questions)):
        print(number, flush=True)
        signal.alarm(15)  # a hang ends like a crash
        np.savez(Path(sys.argv[2]) / f"{number}.npz", **answer(questions[number]))


main()
