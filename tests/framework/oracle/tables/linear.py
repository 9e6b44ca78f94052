"""Matrix products and linear algebra."""

from __future__ import annotations

from collections.abc import Iterator

from tests.framework.oracle.asking import Question, ask, definite, normal


def products() -> Iterator[Question]:
    """Matrix products and linear algebra."""
    for ta in (False, True):
        for tb in (False, True):
            yield ask(
                "dot",
                normal(*((3, 2) if ta else (2, 3))),
                normal(*((4, 3) if tb else (3, 4))),
                transpose_a=ta,
                transpose_b=tb,
            )
            yield ask(
                "batch_dot",
                normal(2, *((3, 2) if ta else (2, 3))),
                normal(2, *((4, 3) if tb else (3, 4))),
                transpose_a=ta,
                transpose_b=tb,
            )
            yield ask(
                "dot",
                normal(*((3, 2, 2) if ta else (2, 2, 3))),
                normal(*((4, 2, 3) if tb else (3, 2, 4))),
                transpose_a=ta,
                transpose_b=tb,
            )
            for gemm in ("_linalg_gemm", "_linalg_gemm2"):
                third = [normal(2, 2, 4)] if gemm == "_linalg_gemm" else []
                yield ask(
                    gemm,
                    normal(2, *((3, 2) if ta else (2, 3))),
                    normal(2, *((4, 3) if tb else (3, 4))),
                    *third,
                    transpose_a=ta,
                    transpose_b=tb,
                    alpha=1.5,
                    **({"beta": 0.5} if third else {}),
                )
    yield ask("_linalg_gemm2", normal(3, 2, 4), normal(4, 2, 5), axis=0) | {"grad": False}
    yield ask("dot", normal(3), normal(3))
    yield ask("dot", normal(2, 3), normal(3))
    yield ask("dot", normal(3), normal(3, 2))
    yield ask("_linalg_potrf", definite(2, 3, 3))
    yield ask("_linalg_potri", definite(3, 3))
    for transpose in (False, True):
        for rightside in (False, True):
            for lower in (False, True):
                for op in ("_linalg_trmm", "_linalg_trsm"):
                    other = (2, 4, 3) if rightside else (2, 3, 4)
                    yield ask(
                        op,
                        definite(2, 3, 3),
                        normal(*other),
                        transpose=transpose,
                        rightside=rightside,
                        lower=lower,
                        alpha=0.5,
                    )
        yield ask("_linalg_syrk", normal(2, 3, 4), transpose=transpose, alpha=0.5)
    yield ask("_linalg_gelqf", normal(2, 3, 4), grad=False)
    yield ask("_linalg_sumlogdiag", definite(2, 3, 3))
    yield ask("_linalg_det", normal(2, 3, 3))
    yield ask("_linalg_slogdet", definite(2, 3, 3))
    yield ask("_linalg_inverse", definite(2, 3, 3))
    for offset in (-1, 0, 1):
        yield ask("_linalg_extractdiag", normal(2, 3, 3), offset=offset)
        yield ask("_linalg_makediag", normal(2, 3), offset=offset)
        for lower in (False, True):
            yield ask("_linalg_extracttrian", normal(2, 3, 3), offset=offset, lower=lower)
            yield ask("_linalg_maketrian", normal(2, 6), lower=lower)
    for offset, count in ((1, 3), (-1, 3), (2, 1)):
        yield ask("_linalg_maketrian", normal(2, count), offset=offset, lower=offset < 0)
    for flatten in (True, False):
        yield ask(
            "FullyConnected", normal(2, 3, 4), normal(5, 12 if flatten else 4), normal(5), num_hidden=5, flatten=flatten
        )
        yield ask(
            "FullyConnected",
            normal(2, 3, 4),
            normal(5, 12 if flatten else 4),
            num_hidden=5,
            flatten=flatten,
            no_bias=True,
        )


FAMILIES = (products,)
