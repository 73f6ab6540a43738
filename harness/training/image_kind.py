"""Images around a trained network: how they are read, asked, written and described."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nasbed.benchmarks.training.data.labels import class_values
from nasbed.benchmarks.training.images.classes import shaped
from nasbed.benchmarks.training.images.images import SPLITS, ImageData
from nasbed.benchmarks.training.images.networks.source import image_source
from nasbed.benchmarks.training.images.sources import load_images
from nasbed.benchmarks.training.plain import PlainNetwork
from nasbed.benchmarks.training.trained import exports
from nasbed.tables import escaping, numbers
from nasbed.training.described import listed, tested, used


class ImageKind:
    """Images; the inputs of a network are their pixels as they were stored, float32 (count, colours, height, width)."""

    one, many = "an image", "images"

    def options(self, source: Any, folder: Any, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options of a benchmark that say its data: a path or a name as text, or images that are read now."""
        read = isinstance(source, tuple) or folder is not None
        return {"data": load_images(source, folder) if read else str(source), **options}

    def class_values(self, source: Any, data: ImageData) -> np.ndarray:
        """The classes (count,) as their user wrote them, in the order of the data's names."""
        return class_values(source, data.classes)

    def inputs(self, examples: Any, data: ImageData) -> tuple[np.ndarray, ...]:
        """The pixels of images with their colours first, last, or, where there is one, not at all.

        Raises :class:`~nasbed.errors.DataError` for anything else.
        """
        return (shaped(examples, (data.colours, data.height, data.width)).astype(np.float32),)

    def stored(self, data: ImageData, split: str) -> tuple[np.ndarray, ...]:
        """The pixels of a split."""
        return (data.splits[split].images.astype(np.float32),)

    def logits(self, network: Any, inputs: tuple[np.ndarray, ...]) -> np.ndarray:
        """Logits (images, classes) of the network in a file."""
        return exports.logits_of(network, *inputs)

    def asked(self, network: Any, inputs: tuple[np.ndarray, ...]) -> np.ndarray:
        """Logits (images, classes) of the network in a file."""
        return exports.logits_of(network, *inputs)

    def source(self, plain: PlainNetwork, data: ImageData, architecture: str) -> str:
        """The Python module of a network: its class, ``load`` for its weights beside the file, and ``predict``."""
        return image_source(plain, data, architecture)

    def onnx(self, network: Any, data: ImageData) -> bytes:
        """The network as a file of ONNX; raises what :func:`~nasbed.benchmarks.training.trained.exports.onnx` does."""
        axes = {"images": ["count"], "logits": ["count"]}
        return exports.onnx(network, {"images": self.stored(data, "validation")[0]}, self.said(data), axes)

    def said(self, data: ImageData) -> dict[str, Sequence[str]]:
        """What the metadata of a file of weights say: the names of the classes."""
        return {"classes": data.classes}

    def argument(self, data: ImageData) -> str:
        """The name of the argument of ``predict``."""
        return "images"

    def title(self, data: ImageData) -> str:
        """What the network is, for the head of its card."""
        return f"An image classifier for {escaping.markdown(data.name)}"

    def use(self, data: ImageData, forms: Sequence[str]) -> list[str]:
        """How the network is used in each of the forms that it has been exported to, as paragraphs of markdown."""
        shape = f"(count, {data.colours}, {data.height}, {data.width})"
        pixels = data.splits["train"].images
        ends = ", ".join(numbers.recorded(float(one)) for one in (pixels.min(), pixels.max()))
        sizes = f"(2, {data.colours}, {data.height}, {data.width})"
        images = f'images = np.random.default_rng(0).uniform({ends}, {sizes}).astype("float32")  # {shape}'
        predict = "print(predict(images))  # the names of their classes"
        logits = '(logits,) = session.run(["logits"], {"images": images})'
        last = "print([classes[place] for place in logits.argmax(1)])"
        return [
            f"Images are of shape {shape}, with pixels as they were stored: the network normalises them itself.",
            *used(forms, images, predict, images, logits, last),
        ]

    def described(self, data: ImageData) -> str:
        """The images, their splits and classes, and how they are normalised, as markdown."""
        counts = ", ".join(f"{len(data.splits[split].labels):,} {split}" for split in SPLITS)
        pixels = data.splits["train"].images
        colours = f"{data.colours} colour{'s' if data.colours > 1 else ''}"
        names = ", ".join(escaping.markdown_code(name) for name in data.classes)
        least, most = (numbers.recorded(float(one)) for one in (pixels.min(), pixels.max()))
        return (
            f"{escaping.markdown(data.origin[:1].upper() + data.origin[1:])}\n\n"
            f"Images of {data.height} x {data.width} pixels in {colours}, from {least} to {most}: {counts}. Classes, in the order"
            f" of the logits: {names}. Normalised by the mean ({listed(data.mean)}) and standard deviation"
            f" ({listed(data.deviation)}) of the training split. Checksum {data.checksum[:16]}."
        )

    def trained_on(self, data: ImageData) -> str:
        """What was done to images in training, in a sentence."""
        return (
            f"Training images are augmented by: {', '.join(data.augmentation)}."
            if data.augmentation
            else "No augmentation."
        )

    def limits(self, data: ImageData, accuracy: float) -> list[str]:
        """What is not known of a network with an accuracy, in percent, on the test split, in sentences."""
        return [
            tested(data.splits["test"].labels, accuracy, self.many),
            "It gives each image one of its classes, also one that shows none of them; its probabilities are not calibrated.",
            "The spread over seeds is that of training on one split; another split would give other scores.",
        ]
