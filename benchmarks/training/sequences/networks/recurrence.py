"""Recurrent layers of several networks at once: one product for the inputs of all steps, then a loop over the steps."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_FUSED: dict[str, Any] = {"recurrent": torch.rnn_tanh, "gru": torch.gru, "lstm": torch.lstm}


def recurrence(
    kind: str, inputs: Tensor, weight_ih: Tensor, weight_hh: Tensor, bias_ih: Tensor, bias_hh: Tensor
) -> Tensor:
    """The states (networks, steps, sequences, units) of a plain recurrent layer, GRU or LSTM, which begins with zeros, for inputs
    (networks, steps, sequences, width); weights are as in PyTorch's modules, with the networks before their dimensions.

    What is faster differs (docs/performance.md): on a CPU PyTorch's kernel for an LSTM, one network after another, and
    all networks together for the others.
    """
    weights = (weight_ih, weight_hh, bias_ih, bias_hh)
    if kind == "lstm" or inputs.device.type != "cpu":
        return torch.stack([_alone(kind, *one) for one in zip(inputs, *weights, strict=True)])
    return _gru(inputs, *weights) if kind == "gru" else _plain(inputs, *weights)


def _alone(kind: str, inputs: Tensor, *weights: Tensor) -> Tensor:
    """The states (steps, sequences, units) of one network, by PyTorch's own layer."""
    first = inputs.new_zeros(1, inputs.shape[1], weights[1].shape[1])
    given = (first, first) if kind == "lstm" else first
    return _FUSED[kind](inputs, given, weights, True, 1, 0.0, torch.is_grad_enabled(), False, False)[0]


def _given(inputs: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """What the inputs give to each step, (networks, steps, sequences, gates * units)."""
    flat = inputs.reshape(len(inputs), -1, inputs.shape[3])
    return torch.baddbmm(bias[:, None], flat, weight.transpose(1, 2)).view(*inputs.shape[:3], -1)


def _plain(inputs: Tensor, weight_ih: Tensor, weight_hh: Tensor, bias_ih: Tensor, bias_hh: Tensor) -> Tensor:
    onward = weight_hh.transpose(1, 2)
    first, *others = _given(inputs, weight_ih, bias_ih + bias_hh).unbind(1)
    states = [torch.tanh(first)]
    for given in others:
        states.append(torch.tanh(torch.baddbmm(given, states[-1], onward)))
    return torch.stack(states, 1)


def _gru(inputs: Tensor, weight_ih: Tensor, weight_hh: Tensor, bias_ih: Tensor, bias_hh: Tensor) -> Tensor:
    units = weight_hh.shape[2]
    gates, new = bias_hh.split([2 * units, units], 1)
    bias = bias_ih + torch.cat([gates, torch.zeros_like(new)], 1)
    states: Tensor = _Gated.apply(_given(inputs, weight_ih, bias), weight_hh.transpose(1, 2), new)
    return states


class _Gated(torch.autograd.Function):
    """The states of a GRU, whose gradient is written out: autograd would add one of the weights for each step.

    A step is r, z = sigmoid(given + h W), n = tanh(given + r * i) with i = h W + b, and h' = n + z (h - n) (Cho et al., EMNLP
    2014, as PyTorch has it).
    """

    @staticmethod
    def forward(ctx: Any, given: Tensor, onward: Tensor, bias: Tensor) -> Tensor:
        count, steps, sequences, width = given.shape
        units = width // 3
        of_gates, of_new = onward.split([2 * units, units], 2)
        gates, new = given.new_empty(count, steps, sequences, 2 * units), given.new_empty(*given.shape[:3], units)
        inner, states = torch.empty_like(new), torch.empty_like(new)
        state = given.new_zeros(count, sequences, units)
        reset, update = gates.split(units, 3)
        parts = (*given.split([2 * units, units], 3), gates, reset, update, inner, new, states)
        for given_gates, given_new, both, r, z, i, n, after in zip(*(one.unbind(1) for one in parts), strict=True):
            torch.baddbmm(given_gates, state, of_gates, out=both).sigmoid_()
            torch.baddbmm(bias[:, None], state, of_new, out=i)
            torch.addcmul(given_new, r, i, out=n).tanh_()
            state = torch.lerp(n, state, z, out=after)
        ctx.save_for_backward(gates, new, inner, states, onward)
        return states

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        gates, new, inner, states, onward = ctx.saved_tensors
        count, steps, sequences, units = new.shape
        back = onward.transpose(1, 2)
        reset, update = gates.chunk(2, 3)
        before = torch.cat([torch.zeros_like(states[:, :1]), states[:, :-1]], 1)
        of_new = (1 - update) * (1 - new * new)
        # What a gradient of a state is multiplied by to become that of r, z and i before their nonlinearities.
        slopes = new.new_empty(count, steps, sequences, 3, units)
        torch.mul(of_new, inner * reset * (1 - reset), out=slopes[:, :, :, 0])
        torch.mul(before - new, update * (1 - update), out=slopes[:, :, :, 1])
        torch.mul(of_new, reset, out=slopes[:, :, :, 2])
        made, of_states = torch.empty_like(slopes), torch.empty_like(new)
        later, last, kept = None, gradient.new_zeros(()), gradient.new_zeros(())
        parts = (gradient, slopes, made, of_states, update)
        for given, slope, one, total, z in list(zip(*(part.unbind(1) for part in parts), strict=True))[::-1]:
            torch.addcmul(given, last, kept, out=total)
            if later is not None:
                total.baddbmm_(later, back)
            torch.mul(slope, total[:, :, None], out=one)
            later, last, kept = one.flatten(2), total, z
        flat = made.flatten(3)
        of_weights = before.flatten(1, 2).transpose(1, 2) @ flat.flatten(1, 2)
        of_bias = made[:, :, :, 2].sum((1, 2))
        torch.mul(of_states, of_new, out=made[:, :, :, 2])
        return flat, of_weights, of_bias
