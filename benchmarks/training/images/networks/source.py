"""A classifier of images as a Python module that stands alone: normalisation and names of classes are inside."""

from __future__ import annotations

import textwrap

from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.plain import PlainNetwork, literal


def image_source(network: PlainNetwork, data: ImageData, architecture: str) -> str:
    """The Python module of a network: its class, ``load`` for its weights beside the file, and ``predict``."""
    channels, height, width = data.colours, data.height, data.width
    classes = f"{network.classes}\n\n" if network.classes else ""
    return f'''"""An image classifier, written by nasbed: PyTorch alone is needed, and safetensors for its weights.

Use it where this file and weights.safetensors lie:

    from network import predict
    predict(images)  # images (count, {channels}, {height}, {width}), pixels as they were stored; the names of their classes
"""

from pathlib import Path

import torch
from torch import nn

ARCHITECTURE = {literal(architecture)}
CLASSES = {literal(data.classes)}
"""The names of the classes, in the order of the logits."""
SHAPE = ({channels}, {height}, {width})
"""Colours, height and width of an image."""
MEAN = {literal(data.mean)}
DEVIATION = {literal(data.deviation)}
"""Of each colour over the images that were trained on, in the unit of their pixels."""


{classes}class Network(nn.Module):
    """Logits (count, classes) of images (count, colours, height, width), whose pixels are as they were stored."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(DEVIATION)[:, None, None], persistent=False)
        self.layers = {textwrap.indent(network.code, "        ").lstrip()}

    def forward(self, images):
        return self.layers((images.float() - self.mean) / self.deviation)


def load(path=Path(__file__).with_name("weights.safetensors")):
    """The trained network, in evaluation mode."""
    from safetensors.torch import load_file

    network = Network()
    network.load_state_dict(load_file(path))
    return network.eval()


def predict(images, network=None):
    """The names of the classes of images (count, colours, height, width)."""
    images = torch.as_tensor(images)
    if images.shape[1:] != SHAPE:
        raise ValueError(f"images are of shape {{tuple(images.shape)}}; expected (count, {{', '.join(map(str, SHAPE))}})")
    network = load() if network is None else network
    with torch.no_grad():
        return [CLASSES[place] for place in network(images).argmax(1).tolist()]
'''
