"""What HW-GPT-Bench recorded of a network, in the names and units that a search has, and what of it is of no use."""

from __future__ import annotations

from typing import Literal, NamedTuple

from nasbed.benchmarks.tables.options import costs
from nasbed.errors import OptionError, require_name, shown

GPUS = ("P100", "a100", "a40", "a6000", "h100", "rtx2080", "rtx3080", "v100")
CPUS = ("cpu_a6000", "cpu_alldlc", "cpu_meta", "cpu_mlgpu", "cpu_p100", "helix_cpu")
WEIGHED = ("a100", "rtx2080")
"""The devices on which memory was measured."""
FREE = ("parameters", "macs")
"""What follows from the architecture alone, so that it costs nothing to ask for."""
MEANINGS = {
    "dataset": "scale of the networks: s, m or l",
    "measures": f"{' and '.join(FREE)}, which a strategy may ask for at no cost",
}
"""What the options mean that all its benchmarks have."""
EPOCHS = 1
"""Stands for the schedule: what is scored was trained as a part of one supernet, never by itself."""
SPOILED = {
    "cpu_meta_latency": "its published times hold runs of 990 s beside others of 1 s, and at scale l larger networks are faster",
    "cpu_p100_energy": "every published value is 0",
}
"""Objectives that are refused, and why."""
JOULES = 3600.0
"""In a watt-hour. Published energies are watt-hours, also where the files call them KWh."""


class RecordedMetric(NamedTuple):
    """A number of a network: its unit, its direction, its split, and where it comes from."""

    unit: str
    direction: Literal["maximise", "minimise"]
    split: Literal["validation", "none"]
    origin: str


def _measured() -> dict[str, RecordedMetric]:
    found = {}
    for device in (*GPUS, *CPUS):
        gpu = device in GPUS
        times, unit = ("median of ten runs on the GPU", "ms") if gpu else ("median of ten runs on the processor", "s")
        energies = (
            "median of fifty readings, of which the first, a warm-up, is ten to thirty times the others"
            if gpu
            else "mean"
        )
        found[f"{device}_latency"] = RecordedMetric(unit, "minimise", "none", f"{times} {device}, of a batch")
        found[f"{device}_energy"] = RecordedMetric(
            "J", "minimise", "none", f"{energies}, of a batch on {device}, published in Wh"
        )
    found |= {
        f"{device}_memory": RecordedMetric("MB", "minimise", "none", f"memory on {device}, as published")
        for device in WEIGHED
    }
    return {name: one for name, one in found.items() if name not in SPOILED}


METRICS = {
    "perplexity": RecordedMetric("per token", "minimise", "validation",
        "OpenWebText, validation, with weights inherited from one supernet: one number of no training of its own"),
    "accuracy": RecordedMetric("%", "maximise", "validation",
        "of the next token, OpenWebText, validation, with weights inherited from one supernet"),
    "parameters": RecordedMetric("parameters", "minimise", "none", "computed from the architecture, and as recorded"),
    "macs": RecordedMetric("multiply-accumulates", "minimise", "none",
        "computed from the architecture, and as recorded: a forward pass of the batch on which devices were measured"),
    **_measured(),
}  # fmt: skip
"""What a network may be searched for."""


def require_sound(name: object) -> None:
    """Raises :class:`~nasbed.errors.OptionError` for an objective whose records are spoiled, with the reason, and
    :class:`~nasbed.errors.UnknownNameError` for a device or metric that nobody recorded.

    >>> require_sound("cpu_p100_energy")
    Traceback (most recent call last):
    nasbed.errors.OptionError: the objective cpu_p100_energy is refused: every published value is 0; ...
    """
    if isinstance(name, str) and name in SPOILED:
        raise OptionError(f"the objective {name} is refused: {SPOILED[name]}; name another device, as cpu_alldlc")
    require_name("objective", name, tuple(METRICS), "hw_gpt")


def free_measures(measures: object, owner: str) -> tuple[str, ...]:
    """The names of measures that cost nothing; raises :class:`~nasbed.errors.UnknownNameError` for another name, and
    :class:`~nasbed.errors.OptionError` for a cost.

    >>> free_measures(["parameters"], "hw_gpt")
    ('parameters',)
    """
    names = costs(measures)
    for name, seconds in names.items():
        require_name("measure", name, FREE, owner)
        if seconds:
            raise OptionError(
                f"measures: {name} = {shown(seconds)}; {name} is computed from the architecture and costs nothing"
            )
    return tuple(names)
