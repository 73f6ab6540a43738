"""Recurrent layers of several networks at once: one product for the inputs of all steps, then a loop over the steps."""

from __future__ import annotations

import torch
from torch import Tensor


def recurrence(
    kind: str, inputs: Tensor, weight_ih: Tensor, weight_hh: Tensor, bias_ih: Tensor, bias_hh: Tensor
) -> Tensor:
    """The states (networks, steps, sequences, units) of a plain recurrent layer, GRU or LSTM, which begins with zeros, for inputs
    (networks, steps, sequences, width); weights are as in PyTorch's modules, with the networks before their dimensions.
    """
    count, length, sequences, width = inputs.shape
    units = weight_hh.shape[2]
    flat = torch.baddbmm(bias_ih[:, None], inputs.reshape(count, -1, width), weight_ih.transpose(1, 2))
    given = flat.view(count, length, sequences, -1).unbind(1)
    state = inputs.new_zeros(count, sequences, units)
    cell, onward, bias, states = state, weight_hh.transpose(1, 2), bias_hh[:, None], []
    for step in given:
        recurrent = torch.baddbmm(bias, state, onward)
        if kind == "recurrent":
            state = torch.tanh(step + recurrent)
        elif kind == "gru":
            reset, update = torch.sigmoid(step[..., : 2 * units] + recurrent[..., : 2 * units]).chunk(2, 2)
            new = torch.tanh(step[..., 2 * units :] + reset * recurrent[..., 2 * units :])
            state = new + update * (state - new)
        else:
            entry, forget, new, out = (step + recurrent).chunk(4, 2)
            cell = torch.sigmoid(forget) * cell + torch.sigmoid(entry) * torch.tanh(new)
            state = torch.sigmoid(out) * torch.tanh(cell)
        states.append(state)
    return torch.stack(states, 1)
