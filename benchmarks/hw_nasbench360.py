"""NAS-Bench-201's cells on NinaPro, and on CIFAR-100, with latency and energy on three devices (HW-NAS-Bench-360)."""

from __future__ import annotations

from nasbed.benchmarks.tables.measured_cells import MeasuredCells


class HWNASBench360(MeasuredCells):
    """15,625 cells trained on NinaPro (NAS-Bench-360) or CIFAR-100, measured on a Raspberry Pi 5, a Jetson Nano and a Pixel 6a.

    The file holds one test accuracy of each cell, in percent, and no other split: a search sees it, and is scored on it. No
    training times were recorded, so budgets count evaluations. Further ``objectives`` are latencies (ms) and energies (mJ), such as
    ``pi5_litert_latency``; a cell that was not measured is infeasible there.
    """

    known = ("ninapro", "cifar100")
