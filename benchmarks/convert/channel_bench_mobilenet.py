"""Channel-Bench-Macro, widths of MobileNets, from the file that its authors publish."""

from __future__ import annotations

from functools import partial

from nasbed.benchmarks.convert import _channels
from nasbed.benchmarks.convert._source import Converter
from nasbed.benchmarks.spaces.channels import MOBILENET

CONVERTER = Converter(
    name="channel_bench_mobilenet",
    title="Channel-Bench-Macro: 16,384 widths of a small MobileNet on CIFAR-10, test accuracy only",
    licence=_channels.LICENCE,
    sources=(),
    convert=partial(_channels.convert, MOBILENET, "Results_MobileNet.json"),
)
