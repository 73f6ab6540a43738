"""TransNAS-Bench-101, macro: 3,256 networks of four to six modules on seven tasks, one validation value each."""

from __future__ import annotations

from nasbed.benchmarks.convert import _transnas
from nasbed.benchmarks.spaces.transnas import TransNASMacroSpace

PART = _transnas.TransNASPart(
    name="transnas_macro",
    title="TransNAS-Bench-101, macro: 3,256 networks of modules on seven tasks, validation only",
    space=TransNASMacroSpace(),
    highest={
        "class_scene": "57.414",
        "class_object": "47.422",
        "room_layout": "-0.5822",
        "jigsaw": "97.019",
        "segmentsemantic": "94.859",
        "normal": "0.6435",
        "autoencoder": "0.7488",
    },
)

CONVERTER = _transnas.converter(PART)
