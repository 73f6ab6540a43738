"""What the training of a supernet takes at least, estimated from a few steps, so that what cannot be paid is not begun."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.spaces.chain import ChainSpace
from nasbed.benchmarks.training.supernets.data import SupernetData
from nasbed.benchmarks.training.supernets.plan import SupernetPlan
from nasbed.benchmarks.training.supernets.training import SupernetTraining


def least_seconds(
    plan: SupernetPlan,
    space: NetworkShape | ChainSpace,
    data: Any,
    seed: int,
    device: str,
    clock: Callable[[], float],
) -> float:
    """The seconds, by a ``clock``, of the epochs that are trained in any case; their images and candidates are left out.

    The steps are those of supernets that are thrown away. All that is random in a training is drawn from streams that are made
    anew in each epoch, so that the training which follows is the same as without.
    """
    shared = SupernetData.of(data)
    turns, warm_up = plan.controller_steps or 1, plan.warm_up or 0
    short = replace(plan, controller_steps=1) if plan.controller_steps else plan

    def epoch(number: int) -> float:
        steps, after = SupernetTraining(short, space, shared, seed, device).tried(number, clock)
        return steps + turns * after

    searching = max(plan.certain_epochs - warm_up, 0)
    return (warm_up * epoch(0) if warm_up else 0.0) + (searching * epoch(warm_up) if searching else 0.0)
