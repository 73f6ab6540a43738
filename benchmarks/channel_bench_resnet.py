"""Channel-Bench-Macro, widths of ResNets, which users import: ``nasbed data import channel_bench_resnet PATH``."""

from __future__ import annotations

from nasbed.benchmarks.spaces.channels import RESNET
from nasbed.benchmarks.tables.channels import ChannelTable


class ChannelBenchResNet(ChannelTable):
    """16,384 widths of a small ResNet on CIFAR-10, trained three times each (Su et al., Channel-Bench-Macro).

    The file holds test accuracies only, in percent, each the highest of its training: a search sees one of the three trainings, and
    is scored on the other two. No times were recorded, so budgets count evaluations. ``objectives`` beside ``accuracy`` are
    ``parameters`` and ``flops``.
    """

    table = "channel_bench_resnet"
    network = RESNET
