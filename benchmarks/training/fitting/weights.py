"""The initial weights of networks, as PyTorch draws them."""

from __future__ import annotations

import torch
from torch import Tensor


def uniform(shape: tuple[int, ...], fan_in: float, seed: int) -> Tensor:
    """PyTorch's default initial weights: uniform within 1 / sqrt(``fan_in``), drawn by 64 bits of a seed."""
    generator = torch.Generator().manual_seed(seed % 2**63)
    return (2.0 * torch.rand(shape, generator=generator) - 1.0) / fan_in**0.5
