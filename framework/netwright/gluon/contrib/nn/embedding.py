"""An embedding whose table is itself sparse."""

from __future__ import annotations

from typing import Any

import numpy as np

from .... import ndarray as nd
from ...block import Block


class SparseEmbedding(Block):
    """Rows of a trained table by index, for tables of very many rows: (…) → (…, output_dim).

    Table and gradient are row sparse. The table is kept in the Trainer's store, from which each call brings the rows it
    needs; so a Trainer has to be made first.
    """

    def __init__(
        self, input_dim: int, output_dim: int, dtype: Any = "float32", weight_initializer: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._kwargs = {"input_dim": input_dim, "output_dim": output_dim, "dtype": dtype, "sparse_grad": True}
        self.weight = self.params.get(
            "weight",
            shape=(input_dim, output_dim),
            init=weight_initializer,
            dtype=dtype,
            grad_stype="row_sparse",
            stype="row_sparse",
        )

    def forward(self, x: Any) -> Any:
        """Look up."""
        return nd.Embedding(x, self.weight.row_sparse_data(x), **self._kwargs)

    def __repr__(self) -> str:
        k = self._kwargs
        return f"SparseEmbedding({k['input_dim']} -> {k['output_dim']}, {np.dtype(k['dtype']).name})"
