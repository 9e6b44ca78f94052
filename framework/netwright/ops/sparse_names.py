"""Operators that MXNet also lists under ``nd.sparse`` and ``sym.sparse`` (registered there as ``_sparse_X``)."""

from __future__ import annotations

SPARSE_NAMES = """
Embedding FullyConnected LinearRegressionOutput LogisticRegressionOutput MAERegressionOutput abs adam_update add_n
arccos arccosh arcsin arcsinh arctan arctanh broadcast_add broadcast_div broadcast_minus broadcast_mul broadcast_plus
broadcast_sub cast_storage cbrt ceil clip concat cos cosh degrees elemwise_add elemwise_div elemwise_mul elemwise_sub
exp expm1 fix floor ftrl_update gamma gammaln log log10 log1p log2 make_loss negative radians relu rint round rsqrt
sgd_mom_update sgd_update sigmoid sign sin sinh slice sqrt square stop_gradient tan tanh trunc where zeros_like
"""
"""Those whose class does not name the alias itself."""
