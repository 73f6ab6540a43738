"""TransNAS-Bench-101, micro: 4,096 cells on seven tasks, one validation value each."""

from __future__ import annotations

from nasbed.benchmarks.convert import _transnas
from nasbed.benchmarks.spaces.transnas import TransNASMicroSpace

PART = _transnas.TransNASPart(
    name="transnas_micro",
    title="TransNAS-Bench-101, micro: 4,096 cells on seven tasks, validation only",
    space=TransNASMicroSpace(),
    highest={
        "class_scene": "54.936",
        "class_object": "45.586",
        "room_layout": "-0.601",
        "jigsaw": "95.372",
        "segmentsemantic": "94.613",
        "normal": "0.5873",
        "autoencoder": "0.5772",
    },
)

CONVERTER = _transnas.converter(PART)
