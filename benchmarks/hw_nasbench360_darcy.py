"""NAS-Bench-201's cells on Darcy Flow, with latency and energy on three devices (HW-NAS-Bench-360)."""

from __future__ import annotations

from nasbed.benchmarks.tables.measured_cells import MeasuredCells


class HWNASBench360Darcy(MeasuredCells):
    """15,625 cells trained to solve Darcy Flow (NAS-Bench-360), measured on a Raspberry Pi 5, a Jetson Nano and a Pixel 6a.

    The objective ``relative_l2_error`` is minimised. It is an error on test, and there is no other split: a search sees it, and is
    scored on it. No training times were recorded, so budgets count evaluations. Further ``objectives`` are those of
    :class:`HWNASBench360`.
    """

    known = ("darcy",)
    metric = "relative_l2_error"
