"""Normalization, losses, recurrence and optimizer steps."""

from __future__ import annotations

from collections.abc import Iterator

from tests.framework.oracle.asking import Question, ask, between, given, ints, normal

NAN, INF = float("nan"), float("inf")


def normalizations() -> Iterator[Question]:
    """Batch, layer, group and instance normalisation, in both modes."""
    for axis, count in ((1, 3), (-1, 4), (0, 2)):
        for fixed in (True, False):
            for train in (True, False):
                for use in (False, True):
                    gamma = given([1.0] * count) if fixed else normal(count)
                    yield ask(
                        "BatchNorm",
                        normal(2, 3, 4),
                        gamma,
                        normal(count),
                        normal(count),
                        between((count,), 0.5, 2),
                        axis=axis,
                        fix_gamma=fixed,
                        use_global_stats=use,
                        train=train,
                    )
    yield ask(
        "BatchNorm",
        normal(2, 3, 2, 2),
        normal(3),
        normal(3),
        normal(3),
        between((3,), 0.5, 2),
        fix_gamma=False,
        output_mean_var=True,
        momentum=0.7,
        eps=1e-2,
        grad=False,
    )
    for axis in (-1, 1, 0):
        count = (2, 3, 4)[axis]
        yield ask("LayerNorm", normal(2, 3, 4), normal(count), normal(count), axis=axis, eps=1e-3)
    yield ask("LayerNorm", normal(2, 4), normal(4), normal(4), output_mean_var=True, grad=False)
    yield ask("InstanceNorm", normal(2, 3, 4), normal(3), normal(3), eps=0.1)
    yield ask("GroupNorm", normal(2, 4, 3), normal(2), normal(2), num_groups=2)
    yield ask("LRN", normal(2, 6, 3, 3), nsize=5, alpha=0.1, beta=0.5, knorm=1.5)
    for axis in (-1, 0, 1):
        for name in ("softmax", "log_softmax", "softmin"):
            yield ask(name, normal(2, 3, 4), axis=axis)
            yield ask(name, normal(2, 3, 4), axis=axis, temperature=2.5)
    yield ask("softmax", normal(2, 3, 4), given([[4, 2, 1], [3, 1, 2]], "int32"), use_length=True, axis=-1)
    yield ask("softmax", normal(2, 3, 4), given([[3, 2, 1, 1], [3, 1, 2, 3]], "int32"), use_length=True, axis=1)
    yield ask("softmax", given([[INF, 1.0], [-INF, 1.0], [1000.0, -1000.0]]))
    yield ask("softmax", normal(2, 3), dtype="float16") | {"params": {"dtype": "float32"}}
    yield ask("log_softmax", given([[1000.0, -1000.0]]))
    yield ask("SoftmaxActivation", normal(2, 3, 4), mode="channel")
    yield ask("SoftmaxActivation", normal(2, 3, 4))


def losses() -> Iterator[Question]:
    """The heads that start a backward pass."""
    for more in (
        {},
        {"grad_scale": 0.5},
        {"normalization": "batch"},
        {"use_ignore": True, "ignore_label": 1},
        {"use_ignore": True, "ignore_label": 1, "normalization": "valid"},
        {"smooth_alpha": 0.1},
        {"out_grad": True},
    ):
        yield ask("SoftmaxOutput", normal(4, 3), given([0, 1, 2, 1]), **more)
        multi = more | {"multi_output": True}
        yield ask("SoftmaxOutput", normal(2, 3, 4), ints((2, 4), 0, 3), **multi)
        kept = more | {"preserve_shape": True}
        if "smooth_alpha" not in more:
            yield ask("SoftmaxOutput", normal(2, 4, 3), ints((2, 4), 0, 3), **kept)
    yield ask("SoftmaxOutput", normal(2, 3), between((2, 3), 0, 1))
    yield ask("SoftmaxOutput", normal(2, 3, 4), ints((2,), 0, 12))
    for name in ("LinearRegressionOutput", "MAERegressionOutput", "LogisticRegressionOutput"):
        yield ask(name, normal(4, 3), between((4, 3), 0, 1))
        yield ask(name, normal(4, 3), between((4, 3), 0, 1), grad_scale=2.0)
        yield ask(name, normal(4), between((4,), 0, 1))
        yield ask(name, normal(4, 1), between((4,), 0, 1))
        yield ask(name, normal(2, 3, 4), between((2, 3, 4), 0, 1))
    for more in ({}, {"use_linear": True}, {"margin": 0.5, "regularization_coefficient": 0.3}):
        yield ask("SVMOutput", normal(4, 3), given([0, 2, 1, 1]), **more)
    for more in ({}, {"grad_scale": 3.0}, {"normalization": "batch"}, {"normalization": "valid", "valid_thresh": 0.2}):
        yield ask("MakeLoss", normal(3, 4), **more)
    yield ask("make_loss", normal(3, 4))
    yield ask("softmax_cross_entropy", normal(4, 3), given([0, 2, 1, 1]), grad=False)
    yield ask("CTCLoss", normal(6, 2, 5), given([[1, 2, 0], [3, 3, 4]]))
    yield ask("CTCLoss", normal(6, 2, 5), given([[0, 2, -1], [3, 3, 1]]), blank_label="last")
    yield ask(
        "CTCLoss",
        normal(6, 2, 5),
        given([[1, 2, 2], [3, 3, 4]]),
        given([5, 6]),
        given([2, 3]),
        use_data_lengths=True,
        use_label_lengths=True,
    )
    yield ask("CTCLoss", normal(6, 2, 5), given([[1, 2, 2], [3, 3, 4]]), given([2, 1]), use_label_lengths=True) | {
        "grad": False
    }


def recurrent() -> Iterator[Question]:
    """RNN in every mode."""
    gates = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}
    for mode, count in gates.items():
        for layers in (1, 2):
            for both in (False, True):
                ways, hidden, features = 1 + both, 3, 2
                weights = sum(
                    ways * count * hidden * ((features if layer == 0 else ways * hidden) + hidden + 2)
                    for layer in range(layers)
                )
                states = [between((layers * ways, 2, hidden), -1, 1)] * (2 if mode == "lstm" else 1)
                for out in (False, True):
                    yield ask(
                        "RNN",
                        normal(4, 2, features),
                        between((weights,), -0.5, 0.5),
                        *states,
                        mode=mode,
                        state_size=hidden,
                        num_layers=layers,
                        bidirectional=both,
                        state_outputs=out,
                    )


def updates() -> Iterator[Question]:
    """Optimizer steps with clipping, decay and rescaling."""
    w, g, s, positive = normal(3, 4), normal(3, 4), normal(3, 4), between((3, 4), 0.1, 1)
    usual = {"lr": 0.1, "wd": 0.03, "rescale_grad": 0.5, "clip_gradient": 0.4}
    yield ask("sgd_update", w, g, grad=False, **usual)
    yield ask("sgd_mom_update", w, g, s, grad=False, momentum=0.9, **usual)
    yield ask("nag_mom_update", w, g, s, grad=False, momentum=0.9, **usual)
    yield ask("signsgd_update", w, g, grad=False, **usual)
    yield ask("signum_update", w, g, s, grad=False, momentum=0.9, wd_lh=0.01, **usual)
    yield ask("adam_update", w, g, s, positive, grad=False, beta1=0.8, beta2=0.9, epsilon=1e-3, **usual)
    yield ask("ftrl_update", w, g, s, positive, grad=False, lamda1=0.2, beta=0.5, **usual)
    yield ask("rmsprop_update", w, g, positive, grad=False, gamma1=0.8, clip_weights=0.5, **usual)
    yield ask("rmspropalex_update", w, g, between((3, 4), 2, 3), s, s, grad=False, gamma1=0.8, gamma2=0.7, **usual)
    yield ask("mp_sgd_update", w | {"dtype": "float16"}, g | {"dtype": "float16"}, w, grad=False, **usual)
    yield ask(
        "mp_sgd_mom_update", w | {"dtype": "float16"}, g | {"dtype": "float16"}, s, w, grad=False, momentum=0.9, **usual
    )


FAMILIES = (
    normalizations,
    losses,
    recurrent,
    updates,
)
