"""Benchmarks, one a module. ``REGISTRY`` finds them by name; their classes can be imported from here.

>>> from nasbed.benchmarks import NASBench201
>>> NASBench201("cifar100").label
'nasbench201/cifar100'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nasbed.vocabulary import Benchmark
from nasbed.vocabulary.registry import Registry

if TYPE_CHECKING:
    from nasbed.benchmarks.cells import Cells as Cells
    from nasbed.benchmarks.chain import Chain as Chain
    from nasbed.benchmarks.channel_bench_mobilenet import ChannelBenchMobileNet as ChannelBenchMobileNet
    from nasbed.benchmarks.channel_bench_resnet import ChannelBenchResNet as ChannelBenchResNet
    from nasbed.benchmarks.digits201 import Digits201 as Digits201
    from nasbed.benchmarks.fcnet import FCNet as FCNet
    from nasbed.benchmarks.hpobench_mlp import HPOBenchMLP as HPOBenchMLP
    from nasbed.benchmarks.hw_gpt import HWGPT as HWGPT
    from nasbed.benchmarks.hw_gpt_surrogate import HWGPTSurrogate as HWGPTSurrogate
    from nasbed.benchmarks.hw_nasbench360 import HWNASBench360 as HWNASBench360
    from nasbed.benchmarks.hw_nasbench360_darcy import HWNASBench360Darcy as HWNASBench360Darcy
    from nasbed.benchmarks.lcbench import LCBench as LCBench
    from nasbed.benchmarks.nasbench101 import NASBench101 as NASBench101
    from nasbed.benchmarks.nasbench201 import NASBench201 as NASBench201
    from nasbed.benchmarks.nasbench201_official import NASBench201Official as NASBench201Official
    from nasbed.benchmarks.nasbench_graph import NASBenchGraph as NASBenchGraph
    from nasbed.benchmarks.nasbench_graph_proteins import NASBenchGraphProteins as NASBenchGraphProteins
    from nasbed.benchmarks.nasbench_macro import NASBenchMacro as NASBenchMacro
    from nasbed.benchmarks.nasbench_nlp import NASBenchNLP as NASBenchNLP
    from nasbed.benchmarks.nats_size import NATSSize as NATSSize
    from nasbed.benchmarks.nats_topology import NATSTopology as NATSTopology
    from nasbed.benchmarks.sequence import Sequence as Sequence
    from nasbed.benchmarks.sizes import Sizes as Sizes
    from nasbed.benchmarks.synthetic import Synthetic as Synthetic
    from nasbed.benchmarks.transnas_macro import TransNASMacro as TransNASMacro
    from nasbed.benchmarks.transnas_micro import TransNASMicro as TransNASMicro
    from nasbed.benchmarks.vowels import Vowels as Vowels

REGISTRY: Registry[Benchmark] = Registry(
    "benchmark", __name__, "nasbed.benchmarks", "nasbed.vocabulary:Benchmark", "nasbed.benchmarks.tables.own"
)

__getattr__ = REGISTRY.attribute
