"""ReLUs whose backward pass lets positive gradients through alone, in any network as it is.

Springenberg et al. 2015, "Striving for simplicity: the all convolutional net", figure 1. Hooks on
modules, as captum has them, miss ReLUs that are called as functions and those clipped at 6; here
calls are replaced on their way to torch, and the graph of the pass shows whether any other
nonlinearity was left.
"""

import re
from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any

import torch
from torch.nn import functional

from neuroloop.explain.attribution.forward_pass import graph_nodes
from neuroloop.explain.attribution.not_applicable import NotApplicable

#: Nonlinearities as autograd names their nodes: what a ReLU becomes that was not replaced, and what
#: the rule of guided back-propagation is not defined for. Pooling by the maximum is no such thing.
NONLINEAR = re.compile(
    "(Abs|Celu|Clamp|ClampMax|ClampMin|Elu|Erf|Exp|Gelu|Glu|Hardshrink|Hardsigmoid|Hardswish"
    "|Hardtanh|LeakyRelu|LogSigmoid|LogSoftmax|Maximum|Minimum|Mish|PreluKernel|Relu|RreluWithNoise"
    "|ScaledDotProduct.*|Sigmoid|Silu|Softmax|Softplus|Softshrink|Tanh|Threshold|Where)"
    r"Backward\d*"
)


def refuse_other_nonlinearities(scores: torch.Tensor) -> None:
    """See to it that guided ReLUs are the only nonlinearities behind scores.

    Normalisation, attention by other means than softmax, and a ReLU that is written as arithmetic,
    x * (x > 0), are not seen.

    Parameters
    ----------
    scores : Tensor
        Computed within `Replacing(GUIDED)`, of images that require gradients and parameters that do
        not.

    Raises
    ------
    NotApplicable
        Naming what else there is.
    """
    others = sorted({name for node in graph_nodes(scores) if (name := _other_nonlinearity(node))})
    if others:
        raise NotApplicable(
            f"guided_backprop does not apply to a network with {', '.join(others)}: its rule is "
            "for ReLU and ReLU6 alone; take another method for this network"
        )


class _GuidedRelu(torch.autograd.Function):
    """Clip to [0, highest]; backward, positive gradients at values strictly between."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, highest: float, inplace: bool) -> torch.Tensor:
        ctx.save_for_backward((x > 0) & (x < highest))
        if not inplace:
            return x.clamp(0, highest)
        ctx.mark_dirty(x)
        return x.clamp_(0, highest)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (active,) = ctx.saved_tensors
        return gradient.clamp(min=0) * active, None, None


# Parameters are named as torch names them, since callers may.
def _relu(input: torch.Tensor, inplace: bool = False) -> torch.Tensor:
    return _GuidedRelu.apply(input, inf, inplace)  # type: ignore[no-untyped-call]


def _relu6(input: torch.Tensor, inplace: bool = False) -> torch.Tensor:
    return _GuidedRelu.apply(input, 6.0, inplace)  # type: ignore[no-untyped-call]


def _hardtanh(
    input: torch.Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> torch.Tensor:
    if min_val == 0 < max_val:
        return _GuidedRelu.apply(input, max_val, inplace)  # type: ignore[no-untyped-call]
    return functional.hardtanh(input, min_val, max_val, inplace)


#: For `forward_pass.Replacing`, within which every ReLU is a guided one: `relu`, `relu6` and
#: `hardtanh` from 0 on; modules, functions and methods, in place or not, used once or many times.
GUIDED: dict[Callable[..., Any], Callable[..., torch.Tensor]] = {
    functional.relu: _relu,
    torch.relu: _relu,
    torch.Tensor.relu: _relu,
    torch.relu_: partial(_relu, inplace=True),
    torch.Tensor.relu_: partial(_relu, inplace=True),
    functional.relu6: _relu6,
    functional.hardtanh: _hardtanh,
    functional.hardtanh_: partial(_hardtanh, inplace=True),
}


def _other_nonlinearity(node: Any) -> str | None:
    """Name of the operation that a node of a graph stands for, if guided ReLUs exclude it."""
    if isinstance(node, torch.autograd.function.BackwardCFunction):
        function = type(node)._forward_cls  # type: ignore[attr-defined]
        own = function.__module__ == __name__
        return None if own else f"the custom function {function.__name__}"
    name = node.name()
    if "DifferentiableGraph" in name:
        return "scripted parts"
    found = NONLINEAR.fullmatch(name)
    return re.sub("(?<=[a-z])(?=[A-Z])", "_", found[1]).lower() if found else None
