"""How a supernet is trained, without torch: the method and its options, whose defaults were published for NAS-Bench-201."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

from nasbed.benchmarks.spaces.nasbench201 import OPERATIONS
from nasbed.errors import OptionError, require_name, shown, unknown
from nasbed.numeric import real, require_whole

VERSION = 1
"""Changes when the same training of a supernet would give other numbers."""
METHODS = ("uniform", "fair", "enas", "darts", "gdas", "pc_darts", "dr_nas", "setn")
"""Random single paths (``uniform``: Li and Talwalkar, UAI 2019; Guo et al., ECCV 2020), strictly fair single paths (``fair``: Chu
et al., ICCV 2021), and the methods of the modules of the same name.
"""

_WEIGHTS: dict[str, Any] = {
    "epochs": 250,
    "batch": 64,
    "rate": 0.025,
    "rate_min": 0.001,
    "momentum": 0.9,
    "decay": 5e-4,
    "clip": 5.0,
    "halves": False,
    "operations": OPERATIONS,
    "score_batch": 512,
}
"""SGD with Nesterov momentum, as in the scripts of NAS-Bench-201 (Dong and Yang, ICLR 2020, appendix; AutoDL-Projects)."""
_ARCHITECTURE: dict[str, Any] = {"arch_rate": 3e-4, "arch_decay": 1e-3, "arch_betas": (0.5, 0.999), "read_none": True}
"""Adam on the architecture's weights: the same scripts, after Liu et al., ICLR 2019, section 3.1.1."""
_CHOSEN: dict[str, Any] = {"candidates": 100}
"""RSPS, SETN and ENAS end in the best of 100 architectures, each scored on one batch: the same scripts."""

_DEFAULTS: dict[str, dict[str, Any]] = {
    "uniform": _WEIGHTS | _CHOSEN,
    "fair": _WEIGHTS | _CHOSEN,
    "enas": _WEIGHTS
    | _CHOSEN
    | {"batch": 128, "rate": 0.05, "rate_min": 0.0005, "decay": 2.5e-4}
    | {"controller_rate": 1e-3, "controller_steps": 50, "aggregate": 20, "entropy": 1e-4, "baseline": 0.99},
    "darts": _WEIGHTS
    | _ARCHITECTURE
    | {"epochs": 50, "order": 1, "warm_up": 0}
    | {"stop_at_eigenvalue": None, "eigenvalue_window": 5, "auxiliary_skip": False, "shrink_to": None},
    "gdas": _WEIGHTS | _ARCHITECTURE | {"temperature": (10.0, 0.1)},
    "pc_darts": _WEIGHTS
    | _ARCHITECTURE
    | {"epochs": 50, "arch_rate": 6e-4, "warm_up": 15, "parts": 4, "edge_normalisation": True},
    "dr_nas": _WEIGHTS | _ARCHITECTURE | {"epochs": 100, "decay": 3e-4},
    "setn": _WEIGHTS | _ARCHITECTURE | _CHOSEN | {"clip": 0.0},
}
"""The options of each method. PC-DARTS: Xu et al., ICLR 2020, section 4.2 (the rest as of NAS-Bench-201, on which the paper reports
nothing); DrNAS: the authors' script for NAS-Bench-201 (Chen et al., ICLR 2021).
"""
_WHOLE = {
    "epochs": (1, 10_000),
    "batch": (2, 10_000),
    "score_batch": (2, 1_000_000),
    "order": (1, 2),
    "warm_up": (0, 10_000),
    "eigenvalue_window": (1, 1_000),
    "parts": (1, 64),
    "candidates": (1, 1_000_000),
    "controller_steps": (1, 10_000),
    "aggregate": (1, 10_000),
}
_REAL: dict[str, tuple[float, float, str]] = {
    "rate": (1e-9, 10, "a learning rate from 1e-09 to 10, such as 0.025"),
    "rate_min": (0, 10, "the last learning rate, from 0 to 10, such as 0.001"),
    "momentum": (0, 0.9999, "a number from 0 to 0.9999, such as 0.9"),
    "decay": (0, 1, "a weight decay from 0 to 1, such as 0.0005"),
    "clip": (0, 1e6, "the largest norm of the gradient, such as 5, or 0 for no limit"),
    "arch_rate": (1e-9, 10, "a learning rate from 1e-09 to 10, such as 0.0003"),
    "arch_decay": (0, 1, "a weight decay from 0 to 1, such as 0.001"),
    "controller_rate": (1e-9, 10, "a learning rate from 1e-09 to 10, such as 0.001"),
    "entropy": (0, 10, "the weight of the policy's entropy, from 0 to 10, such as 0.0001"),
    "baseline": (0, 0.999999, "the decay of a moving average, from 0 to 0.999999, such as 0.99"),
}
_FLAGS = ("halves", "read_none", "auxiliary_skip", "edge_normalisation")
_UNSAID: Any = None


@dataclass(frozen=True)
class SupernetPlan:
    """How a supernet is trained: a ``method`` and its options. What is not said, or ``None``, is as published for NAS-Bench-201.

    The weights are trained by SGD with Nesterov momentum for ``epochs`` on batches of ``batch`` images; the learning rate falls
    by a cosine from ``rate`` to ``rate_min``, set once an epoch; ``decay`` is of all weights, and a gradient longer than ``clip``
    is shortened to it. They see the training split and the architecture's weights the validation split (Dong and Yang, ICLR
    2020), or with ``halves`` one half of the training split each (Liu et al., ICLR 2019). ``operations`` are those of the cell
    that the supernet has. An architecture is scored on the validation split in batches of at most ``score_batch`` images, whose
    statistics normalise.

    The architecture's weights are trained by Adam (``arch_rate``, ``arch_decay``, ``arch_betas``), and with ``read_none`` the
    operation ``none`` may be read out of them. ``order`` is that of DARTS; in the first ``warm_up`` epochs only weights are
    trained. ``stop_at_eigenvalue`` (0.75 in the paper) ends the search when the dominant eigenvalue of the Hessian has grown so
    much within ``eigenvalue_window`` epochs (RobustDARTS: Zela et al., ICLR 2020, section 4.3), ``auxiliary_skip`` adds a skip
    that fades (DARTS-: Chu et al., ICLR 2021), and with ``shrink_to`` each edge keeps only so many operations in each further
    stage, the epochs being divided into stages evenly (P-DARTS: Chen et al., ICCV 2019). ``temperature`` falls linearly (GDAS).
    One of ``parts`` parts of the channels is searched, with ``edge_normalisation`` (PC-DARTS). The last epoch is what counts, and
    never the best one; ``uniform``, ``fair``, ``setn`` and ``enas`` end in the best of ``candidates`` architectures, each scored
    on one batch.

    Raises :class:`~nasbed.errors.OptionError` for a value out of range and for an option of another method, and
    :class:`~nasbed.errors.UnknownNameError` for an unknown method or operation.

    >>> plan = SupernetPlan("darts", epochs=20)
    >>> plan.epochs, plan.batch, plan.arch_rate, plan.candidates
    (20, 64, 0.0003, None)
    >>> SupernetPlan("darts", candidates=10)
    Traceback (most recent call last):
    nasbed.errors.OptionError: candidates = 10 is no option of darts, but of uniform, fair, enas, setn; leave it out
    """

    method: str
    epochs: int = _UNSAID
    batch: int = _UNSAID
    rate: float = _UNSAID
    rate_min: float = _UNSAID
    momentum: float = _UNSAID
    decay: float = _UNSAID
    clip: float = _UNSAID
    halves: bool = _UNSAID
    operations: tuple[str, ...] = _UNSAID
    score_batch: int = _UNSAID
    arch_rate: float = _UNSAID
    arch_decay: float = _UNSAID
    arch_betas: tuple[float, float] = _UNSAID
    read_none: bool = _UNSAID
    order: int = _UNSAID
    warm_up: int = _UNSAID
    stop_at_eigenvalue: float | None = _UNSAID
    eigenvalue_window: int = _UNSAID
    auxiliary_skip: bool = _UNSAID
    shrink_to: tuple[int, ...] | None = _UNSAID
    temperature: tuple[float, float] = _UNSAID
    parts: int = _UNSAID
    edge_normalisation: bool = _UNSAID
    candidates: int = _UNSAID
    controller_rate: float = _UNSAID
    controller_steps: int = _UNSAID
    aggregate: int = _UNSAID
    entropy: float = _UNSAID
    baseline: float = _UNSAID

    def __post_init__(self) -> None:
        require_name("method of a supernet", self.method, METHODS)
        defaults = _DEFAULTS[self.method]
        for field in fields(self)[1:]:
            given = getattr(self, field.name)
            if field.name not in defaults:
                if given is not None:
                    owners = ", ".join(method for method in METHODS if field.name in _DEFAULTS[method])
                    raise OptionError(
                        f"{field.name} = {shown(given)} is no option of {self.method}, but of {owners}; leave it out"
                    )
                continue
            value = defaults[field.name] if given is None else given
            object.__setattr__(self, field.name, None if value is None else _checked(field.name, value))
        if self.rate_min > self.rate:
            raise OptionError(
                f"rate_min = {self.rate_min:g} is above rate = {self.rate:g}; expected the learning rate to fall"
            )
        if self.warm_up is not None and self.warm_up >= self.epochs:
            raise OptionError(
                f"warm_up = {self.warm_up} leaves none of {self.epochs} epochs to search in; expected fewer, such as"
                f" warm_up = {self.epochs // 3}"
            )
        if self.shrink_to is not None:
            self._require_stages(self.shrink_to)

    def _require_stages(self, counts: tuple[int, ...]) -> None:
        if counts[0] >= len(self.operations):
            raise OptionError(
                f"shrink_to = {shown(list(counts))} begins with no fewer than the {len(self.operations)} operations that there are;"
                " expected fewer"
            )
        if self.epochs <= len(counts):
            raise OptionError(
                f"shrink_to = {shown(list(counts))} makes {len(counts) + 1} stages of {self.epochs} epochs; expected at least one"
                " epoch in each"
            )

    @staticmethod
    def defaults(method: str) -> Mapping[str, Any]:
        """The options of a method, with what was published; raises :class:`~nasbed.errors.UnknownNameError` for what is none."""
        require_name("method of a supernet", method, METHODS)
        return dict(_DEFAULTS[method])

    def described(self) -> dict[str, Any]:
        """The method and all of its options as plain data, which identify it."""
        options = {name: getattr(self, name) for name in _DEFAULTS[self.method]}
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in options.items()}
        return {"method": self.method, **plain}

    @property
    def codes(self) -> tuple[int, ...]:
        """The numbers of the operations that the supernet has, in their order."""
        return tuple(OPERATIONS.index(name) for name in self.operations)

    @property
    def certain_epochs(self) -> int:
        """The epochs that are trained in any case: all, or where the search may end early those that it watches before."""
        return min(self.epochs, 2 * self.eigenvalue_window) if self.stop_at_eigenvalue else self.epochs

    def rate_of(self, epoch: int) -> float:
        """The learning rate of the weights in an epoch, counted from 0."""
        return self.rate_min + (self.rate - self.rate_min) * (1 + math.cos(math.pi * epoch / self.epochs)) / 2

    def temperature_of(self, epoch: int) -> float:
        """The temperature of an epoch, counted from 0: linear from the first of the two to the last."""
        first, last = self.temperature
        return first - (first - last) * epoch / max(self.epochs - 1, 1)

    def auxiliary_of(self, epoch: int) -> float:
        """The weight of the auxiliary skip in an epoch, counted from 0: from 1 linearly to 0 after the last; 0 without one."""
        return 1 - epoch / self.epochs if self.auxiliary_skip else 0.0

    def kept_after(self, epoch: int) -> int | None:
        """How many operations each edge keeps when so many epochs are over, where a further stage begins; else ``None``."""
        stages = self.shrink_to or ()
        begins = [self.epochs * stage // (len(stages) + 1) for stage in range(1, len(stages) + 1)]
        return stages[begins.index(epoch)] if epoch in begins else None


def _checked(name: str, value: Any) -> Any:
    """The value of an option as it is held; raises :class:`~nasbed.errors.OptionError` where it is out of range."""
    if name in _WHOLE:
        return require_whole(name, value, *_WHOLE[name])
    if name in _REAL:
        low, high, expected = _REAL[name]
        number = real(value)
        if number is None or not low <= number <= high:
            raise OptionError(f"{name} = {shown(value)}; expected {expected}")
        return float(number)
    if name in _FLAGS:
        if not isinstance(value, bool):
            raise OptionError(f"{name} = {shown(value)}; expected true or false")
        return value
    if name == "operations":
        return _operations(value)
    if name == "shrink_to":
        return _falling(name, value)
    if name == "stop_at_eigenvalue":
        number = real(value)
        if number is None or not 0 < number <= 1:
            raise OptionError(
                f"{name} = {shown(value)}; expected a ratio above 0 and at most 1, such as 0.75; leave it out to train every epoch"
            )
        return float(number)
    return _pair(name, value)


def _operations(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, (list, tuple)) or len(value) < 2:
        raise OptionError(f"operations = {shown(value)}; expected at least two of {', '.join(OPERATIONS)}")
    for name in value:
        if name not in OPERATIONS:
            raise unknown("operation", name, OPERATIONS)
    if len(set(value)) < len(value):
        raise OptionError(f"operations = {shown(value)}; expected each at most once")
    return tuple(name for name in OPERATIONS if name in value)


def _falling(name: str, value: Any) -> tuple[int, ...]:
    """The numbers of operations in one stage after the other."""
    counts = value if isinstance(value, (list, tuple)) and value else [None]
    whole = all(isinstance(one, int) and not isinstance(one, bool) and one >= 2 for one in counts)
    if not whole or any(first <= later for first, later in pairwise(counts)):
        raise OptionError(
            f"{name} = {shown(value)}; expected numbers of operations that fall, at least 2, such as [3, 2]"
        )
    return tuple(counts)


def _pair(name: str, value: Any) -> tuple[float, float]:
    """The two numbers of an option: Adam's betas, or the first and the last temperature."""
    numbers = [real(one) for one in value] if isinstance(value, (list, tuple)) else []
    first, last = numbers if len(numbers) == 2 else (None, None)
    fits = first is not None and last is not None
    if name == "arch_betas":
        if not fits or not (0 <= first < 1 and 0 <= last < 1):  # type: ignore[operator]
            raise OptionError(f"{name} = {shown(value)}; expected two numbers from 0 to below 1, such as [0.5, 0.999]")
    elif not fits or not 1e-6 <= last <= first <= 1e6:  # type: ignore[operator]
        raise OptionError(f"{name} = {shown(value)}; expected the first and the last temperature, such as [10, 0.1]")
    return float(first), float(last)  # type: ignore[arg-type]
