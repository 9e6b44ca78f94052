"""The ONNX standard's own node cases against the importer: each passes, or stands here with its reason."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from netwright.onnx.coverage import main, node_cases, operators_of, run_case
from netwright.onnx.table import ROWS

LEFT_OUT: dict[str, tuple[str, ...]] = {
    "bfloat16 is computed in float32 here and rounded after each operator; the case rounds inside the operator too, "
    "and allows no more than 1e-3": (
        "test_attention_3d_causal_bf16",
        "test_attention_4d_attn_mask_causal_bf16",
        "test_attention_4d_causal_bf16",
        "test_attention_4d_causal_padded_kv_bf16",
        "test_attention_4d_padded_kv_bf16",
    ),
    "elements are dropped at random: the case expects those of the reference's own generator": (
        "test_training_dropout",
        "test_training_dropout_default",
        "test_training_dropout_default_mask",
        "test_training_dropout_mask",
    ),
    "ROIAlign here is the mean of a bin's points, as MXNet's; the case wants their maximum": (
        "test_roialign_mode_max",
    ),
    "the case expects the rounding errors of its own transform (1e-6) where 0 is exact, and allows 1e-7": (
        "test_dft_inverse",
        "test_dft_inverse_opset19",
    ),
}
"""Cases of supported operators that do not pass. A name stands for its ``_expanded`` form too."""

UNSUPPORTED: dict[str, str] = {
    "ai.onnx.ml:ArrayFeatureExtractor": "classical learning (domain ai.onnx.ml) has no counterpart here",
    "ai.onnx.ml:Binarizer": "classical learning (domain ai.onnx.ml) has no counterpart here",
    "ai.onnx.ml:LabelEncoder": "classical learning (domain ai.onnx.ml) has no counterpart here",
    "ai.onnx.ml:TreeEnsemble": "classical learning (domain ai.onnx.ml) has no counterpart here",
    "Bernoulli": "it draws: the case is compared with the reference's own generator",
    "RandomUniformLike": "it draws: the case is compared with the reference's own generator",
    "ImageDecoder": "pictures are decoded when data are read (datasets, image), not inside a network",
    "MelWeightMatrix": "a matrix of filters for sounds, which a program makes once by NumPy",
    "RegexFullMatch": "texts are no tensors here",
    "StringConcat": "texts are no tensors here",
    "StringNormalizer": "texts are no tensors here",
    "StringSplit": "texts are no tensors here",
    "TfIdfVectorizer": "counting n-grams is a step of reading data, not of a network",
}
"""Operators without a row that the standard does not define by others, with the reason."""

CASES = list(node_cases())


def why(case: Any) -> str | None:
    """The reason that a case is left out, or None."""
    name = case.name.removesuffix("_expanded")
    for reason, names in LEFT_OUT.items():
        if name in names:
            return reason
    return next((UNSUPPORTED[op] for op in sorted(operators_of(case.model)) if op in UNSUPPORTED), None)


@pytest.mark.parametrize("start", range(0, len(CASES), 100))
def test_cases_pass_or_have_a_reason(start: int) -> None:
    cases = [case for case in CASES[start : start + 100] if why(case) is None]
    problems = {case.name: problem for case in cases if (problem := run_case(case)) is not None}
    print(f"{len(cases) - len(problems)} of {len(CASES[start : start + 100])} passed")
    assert not problems


def test_what_is_left_out_would_not_pass() -> None:
    passing = [case.name for case in CASES if why(case) is not None and run_case(case) is None]
    assert not passing, "take these off the lists above"


def test_reasons_belong_to_cases_and_operators() -> None:
    names = {case.name for case in CASES}
    assert {name for listed in LEFT_OUT.values() for name in listed} <= names
    used = {op for case in CASES for op in operators_of(case.model)}
    assert used >= UNSUPPORTED.keys()
    assert not ROWS.keys() & UNSUPPORTED.keys()


def test_most_of_the_standard_is_covered() -> None:
    left_out = Counter(why(case) for case in CASES)
    assert left_out[None] >= 1815
    operators = {op for case in CASES if why(case) is None for op in operators_of(case.model)}
    assert {"Attention", "LayerNormalization", "SoftmaxCrossEntropyLoss", "Cast", "ReduceLogSumExp"} <= operators
    assert {"GatherND", "ScatterElements", "LSTM", "GRU", "If", "Loop", "Scan", "Resize", "GridSample"} <= operators


def test_every_operator_is_listed_with_what_becomes_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--operators"])
    lines = capsys.readouterr().out.splitlines()
    for name in ROWS:
        assert any(line.startswith(f"| {name} | ") and len(line) > len(name) + 12 for line in lines), name
    written = [line for line in lines if line.startswith("| _linalg_syevd | ")]
    assert written == ["| _linalg_syevd | (not) it cannot be written as ONNX: the standard has no eigenvalues |"]
