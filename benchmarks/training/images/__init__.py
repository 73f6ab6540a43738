"""Images to train on: in fixed, named, stratified splits that share no image."""

from nasbed.benchmarks.training.images.images import SPLITS, ImageData, ImageSplit
from nasbed.benchmarks.training.images.sources import NAMES, load_images

__all__ = ["NAMES", "SPLITS", "ImageData", "ImageSplit", "load_images"]
