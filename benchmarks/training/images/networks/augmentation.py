"""What may be done to images before each epoch of training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


def augmented(images: Tensor, what: Sequence[str], rng: np.random.Generator) -> Tensor:
    """The images (count, colours, height, width), each changed by draws of its own: ``flip`` mirrors half of them, ``crop`` moves
    them by up to an eighth of their side in each direction, with zeros coming in (He et al., CVPR 2016, section 4.2: 4 pixels
    of 32).
    """
    count, _, height, width = images.shape
    if "flip" in what:
        mirrored = torch.from_numpy(rng.random(count) < 0.5).to(images.device)
        images = torch.where(mirrored[:, None, None, None], images.flip(3), images)
    if "crop" in what:
        padding = max(height, width) // 8
        moves = torch.from_numpy(rng.integers(0, 2 * padding + 1, (count, 2))).to(images.device)
        rows = moves[:, 0, None] + torch.arange(height, device=images.device)
        columns = moves[:, 1, None] + torch.arange(width, device=images.device)
        padded = functional.pad(images, (padding,) * 4).permute(0, 2, 3, 1)
        which = torch.arange(count, device=images.device)[:, None, None]
        images = padded[which, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
    return images
