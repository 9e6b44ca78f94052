"""Which operators compute in which precision under AMP (the names are those of MXNet 1.9's lists)."""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


HALF = _names("Convolution Deconvolution FullyConnected RNN")
"""Computed in float16: their inputs are cast to it."""

PRODUCTS = _names(
    """
    MultiHeadAttention _contrib_interleaved_matmul_encdec_qk _contrib_interleaved_matmul_encdec_valatt
    _contrib_interleaved_matmul_selfatt_qk _contrib_interleaved_matmul_selfatt_valatt _linalg_gemm2 batch_dot dot
    """
)
"""Further matrix products, whose inputs are rounded for bfloat16."""

SINGLE = _names(
    """
    CTCLoss Custom GroupNorm IdentityAttachKLSparseReg InstanceNorm L2Normalization LRN LayerNorm
    LinearRegressionOutput LogisticRegressionOutput MAERegressionOutput MakeLoss SVMOutput SoftmaxActivation
    SoftmaxOutput _contrib_SyncBatchNorm _hypot _hypot_scalar _linalg_det _linalg_extractdiag _linalg_extracttrian
    _linalg_gelqf _linalg_gemm _linalg_gemm2 _linalg_inverse _linalg_makediag _linalg_maketrian _linalg_potrf
    _linalg_potri _linalg_slogdet _linalg_sumlogdiag _linalg_syevd _linalg_syrk _linalg_trmm _linalg_trsm _power
    _power_scalar _rdiv_scalar _rpower_scalar _square_sum arccos arcsin arctanh argsort broadcast_hypot
    broadcast_power cosh erfinv exp expm1 gamma gammaln khatri_rao log log10 log1p log2 log_softmax make_loss mean
    moments nanprod nansum norm prod rcbrt reciprocal rsqrt sinh smooth_l1 softmax softmax_cross_entropy softmin
    square sum tan topk
    """
)
"""Computed in float32, for range or exactness."""

WIDEST = _names(
    """
    Concat Correlation _contrib_interleaved_matmul_encdec_qk _contrib_interleaved_matmul_encdec_valatt
    _contrib_interleaved_matmul_selfatt_qk _contrib_interleaved_matmul_selfatt_valatt _equal _greater _greater_equal
    _lesser _lesser_equal _logical_and _logical_or _logical_xor _maximum _minimum _mod _not_equal add_n batch_dot
    broadcast_add broadcast_div broadcast_equal broadcast_greater broadcast_greater_equal broadcast_lesser
    broadcast_lesser_equal broadcast_logical_and broadcast_logical_or broadcast_logical_xor broadcast_maximum
    broadcast_minimum broadcast_mod broadcast_mul broadcast_not_equal broadcast_sub dot elemwise_add elemwise_div
    elemwise_mul elemwise_sub stack where
    """
)
"""Several inputs are cast to the widest type among them."""

CONDITIONAL = (("Activation", "act_type", ("softrelu",)), ("LeakyReLU", "act_type", ("elu", "selu")))
"""(operator, parameter, values for which it is computed in float32)."""
