"""Convolution, pooling, resizing and sampling."""

from __future__ import annotations

from collections.abc import Iterator

from tests.framework.oracle.asking import Question, apart, ask, between, given, normal


def convolutions() -> Iterator[Question]:
    """Every rank with strides, dilation, padding, groups; pooling with every convention."""
    for rank, size in ((1, (7,)), (2, (6, 7)), (3, (4, 5, 6))):
        kernel, two, one = (3, 2, 2)[:rank], (2,) * rank, (1,) * rank
        for more in (
            {},
            {"stride": two},
            {"dilate": two},
            {"pad": one, "stride": two},
            {"num_group": 2},
            {"no_bias": True},
        ):
            groups = more.get("num_group", 1)
            bias = [] if more.get("no_bias") else [normal(4)]
            yield ask(
                "Convolution",
                normal(2, 4, *size),
                normal(4, 4 // groups, *kernel),
                *bias,
                kernel=kernel,
                num_filter=4,
                **more,
            )
            if rank < 3:
                bias = [] if not bias else [normal(4)]
                yield ask(
                    "Deconvolution",
                    normal(2, 4, *size),
                    normal(4, 4 // groups, *kernel),
                    *bias,
                    kernel=kernel,
                    num_filter=4,
                    **({"no_bias": False} | more),
                )
        if rank < 3:
            yield ask(
                "Deconvolution",
                normal(1, 2, *size),
                normal(2, 3, *kernel),
                kernel=kernel,
                num_filter=3,
                stride=two,
                adj=one,
            )
        for kind in ("max", "avg", "sum", "lp"):
            for convention in ("valid", "full"):
                for more in ({}, {"stride": two}, {"stride": two, "pad": one}):
                    if kind == "lp":
                        more = more | {"p_value": 2}
                    yield ask(
                        "Pooling",
                        apart(1, 2, *size),
                        kernel=kernel,
                        pool_type=kind,
                        pooling_convention=convention,
                        **more,
                    )
        for counted in (True, False):
            yield ask(
                "Pooling", normal(1, 2, *size), kernel=kernel, pool_type="avg", pad=one, count_include_pad=counted
            )
            yield ask(
                "Pooling",
                normal(1, 2, *size),
                kernel=kernel,
                pool_type="avg",
                pad=one,
                stride=two,
                count_include_pad=counted,
                pooling_convention="full",
            )
        yield ask("Pooling", apart(1, 2, *size), global_pool=True, pool_type="avg", kernel=kernel)
        yield ask("Pooling", apart(1, 2, *size), global_pool=True, pool_type="max")
    yield ask("Pooling", apart(1, 5, 4, 2), kernel=(2, 2), layout="NHWC", pool_type="max", stride=(2, 2))
    for same in ({"kernel": (3, 2)}, {"kernel": (3, 2), "stride": (2, 2)}):
        yield ask("Pooling", apart(1, 2, 6, 7), pooling_convention="same", **same)
    yield ask("Pooling_v1", apart(1, 2, 6, 7), kernel=(3, 2), stride=(2, 2), pooling_convention="full")
    yield ask("Pooling_v1", apart(1, 2, 6, 7), kernel=(3, 2), stride=(2, 2), pad=(1, 1), pool_type="avg")
    yield ask(
        "Deconvolution",
        normal(1, 2, 3, 4),
        normal(2, 3, 4, 4),
        kernel=(4, 4),
        num_filter=3,
        stride=(2, 2),
        target_shape=(6, 8),
    )
    yield ask("_contrib_AdaptiveAvgPooling2D", normal(1, 2, 5, 7), output_size=(2, 3))
    yield ask("_contrib_AdaptiveAvgPooling2D", normal(1, 2, 5, 7))
    yield ask("_contrib_AdaptiveAvgPooling2D", normal(1, 2, 5, 7), output_size=3)
    for mode in ({"height": 7, "width": 4}, {"scale_height": 2.0, "scale_width": 0.5, "mode": "odd_scale"}):
        yield ask("_contrib_BilinearResize2D", normal(1, 2, 4, 6), **mode)
    for mode in ("to_even_down", "to_even_up", "to_odd_down", "to_odd_up"):
        yield ask("_contrib_BilinearResize2D", normal(1, 2, 4, 5), mode=mode)
    for aligned in (True, False):
        yield ask("_contrib_BilinearResize2D", normal(1, 2, 4, 5), height=8, width=3, align_corners=aligned)
    yield ask("UpSampling", normal(1, 2, 3, 4), scale=3, sample_type="nearest")
    yield ask("UpSampling", normal(1, 2, 3, 4), normal(2, 1, 4, 4), scale=2, sample_type="bilinear", num_filter=2)
    yield ask(
        "UpSampling", normal(1, 2, 3, 4), normal(1, 2, 3, 4), scale=2, sample_type="nearest", multi_input_mode="sum"
    )
    yield ask("GridGenerator", normal(2, 6), transform_type="affine", target_shape=(3, 4))
    yield ask("GridGenerator", normal(2, 2, 3, 4), transform_type="warp")
    yield ask("BilinearSampler", normal(2, 3, 4, 5), between((2, 2, 3, 3), -1.4, 1.4))
    yield ask(
        "SpatialTransformer",
        normal(2, 3, 4, 5),
        normal(2, 6),
        target_shape=(3, 4),
        transform_type="affine",
        sampler_type="bilinear",
    )
    yield ask(
        "ROIPooling",
        apart(2, 3, 8, 8),
        given([[0, 1, 1, 6, 6], [1, 0, 2, 7, 5]]),
        pooled_size=(2, 3),
        spatial_scale=1.0,
        grad=False,
    )
    yield ask("Correlation", normal(1, 2, 6, 6), normal(1, 2, 6, 6), kernel_size=1, max_displacement=2, pad_size=2)
    yield ask(
        "Correlation",
        normal(1, 2, 6, 6),
        normal(1, 2, 6, 6),
        kernel_size=3,
        max_displacement=1,
        pad_size=2,
        is_multiply=False,
    )


FAMILIES = (convolutions,)
