"""One recorded training, with the methods of the official class."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan, nan
from typing import Any, ClassVar

from nasbed.benchmarks.compat._info import Info
from nasbed.benchmarks.compat._records import CLASSES, SPLITS, RecordedSeries, Records
from nasbed.benchmarks.compat._refusals import (
    READ_ONLY,
    STATES,
    TOP_FIVE,
    WEIGHTS,
    NotAllowed,
    NotKnown,
    NotRecorded,
    Partial,
)
from nasbed.errors import unknown

CELL = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"
"""The one cell of the size space."""

Metrics = Info
"""``iepoch``, ``loss``, ``accuracy`` (%), ``cur_time`` and ``all_time`` (seconds of one epoch or pass, and of all so far)."""


class ResultsCount(Partial):
    """One training: architecture ``index`` on ``dataset`` with one seed, for ``epochs`` epochs.

    Epochs are counted from 0, as in the official package: ``iepoch`` = 11 is after twelve.
    """

    withheld: ClassVar = {
        **dict.fromkeys(("get_net_param", "net_state_dict"), WEIGHTS),
        **dict.fromkeys(("update_train_info", "update_latency", "update_eval", "update_OLD_eval"), READ_ONLY),
        **dict.fromkeys(("reset_eval", "reset_pseudo_train_times", "reset_pseudo_eval_times"), READ_ONLY),
        **dict.fromkeys(("state_dict", "load_state_dict", "create_from_state_dict"), STATES),
        "train_acc5es": TOP_FIVE,
    }

    def __init__(self, records: Records, arch_str: str, index: int, dataset: str, epochs: int, run: int) -> None:
        self._records = records
        self._index = index
        self._run = run
        self._arch_str = arch_str
        self.name = dataset
        self.epochs = epochs
        self.seed = records.seeds[run]

    def _value(self, series: RecordedSeries | None, iepoch: int | None = None) -> float:
        epoch = self.epochs if iepoch is None else iepoch + 1
        return nan if series is None else series.value(self._index, self._run, epoch)

    def metrics(self, name: str, iepoch: int) -> dict[str, Any]:
        """Metrics on ``train`` or an evaluation set after epoch ``iepoch``; ``None`` where there is no number."""
        track = self._records.track(self.name, self.epochs, name)
        accuracy = self._value(track.accuracy, iepoch)
        loss = None if isnan(accuracy) or track.loss is None else self._value(track.loss, iepoch)
        current, total = self._training(iepoch) if name == "train" else self._passes(track.seconds, iepoch)
        return {
            "iepoch": iepoch,
            "loss": loss,
            "accuracy": None if isnan(accuracy) else accuracy,
            "cur_time": current,
            "all_time": total,
        }

    def _passes(self, one: RecordedSeries | None, iepoch: int) -> tuple[float | None, float | None]:
        seconds = self._value(one)
        return (None, None) if isnan(seconds) else (seconds, seconds * (iepoch + 1))

    def _training(self, iepoch: int) -> tuple[float | None, float | None]:
        series = self._records.series(self.name, self.epochs, "training_time")
        if series is None or not series.column.at:
            whole = self._value(series)
            return (None, None) if isnan(whole) else (whole / self.epochs, whole * (iepoch + 1) / self.epochs)
        until, before = self._value(series, iepoch), self._value(series, iepoch - 1) if iepoch else 0.0
        return None if isnan(until - before) else until - before, None if isnan(until) else until

    def get_train(self, iepoch: int | None = None) -> Metrics:
        """Metrics on the training images; raises :class:`NotRecorded`."""
        return self._required("train", self.checked(iepoch))

    def get_eval(self, name: str, iepoch: int | None = None) -> Metrics:
        """Metrics on an evaluation set, ``valid`` being ``x-valid``; raises :class:`NotRecorded`."""
        name = "x-valid" if name == "valid" else name
        if name not in SPLITS[self.name]:
            raise NotKnown(str(unknown("evaluation set", name, ["train", *SPLITS[self.name]], self.name)))
        return self._required(name, self.checked(iepoch))

    def checked(self, iepoch: int | None) -> int:
        """``iepoch``, or the last for ``None``; raises :class:`NotAllowed` outside the schedule."""
        if iepoch is None:
            return self.epochs - 1
        self.judge_valid(iepoch)
        return int(iepoch)

    def judge_valid(self, iepoch: int) -> None:
        """Raises :class:`NotAllowed` for an epoch outside the schedule."""
        if not 0 <= iepoch < self.epochs:
            raise NotAllowed(f"iepoch = {iepoch}; expected 0 .. {self.epochs - 1}, or None for the last")

    def _required(self, name: str, iepoch: int) -> Metrics:
        """What was recorded: of an evaluation set at least the accuracy, of training at least that or the time."""
        metrics = self.metrics(name, iepoch)
        where = f"{name} on {self.name}, seed {self.seed}, after {iepoch + 1} of {self.epochs} epochs"
        if metrics["accuracy"] is None and (name != "train" or metrics["all_time"] is None):
            raise NotRecorded(
                f"the table {self._records.manifest.name!r} holds no accuracy of {where}; {self._held(name)}{self._records.remedy}"
            )
        known = {key: value for key, value in metrics.items() if key not in ("accuracy", "loss") or value is not None}
        return Info(known, f"{where} in {self._records.told}")

    def _held(self, name: str) -> str:
        accuracy = self._records.track(self.name, self.epochs, name).accuracy
        if accuracy is None:
            return f"accuracy by run: {', '.join(self.eval_names) or 'none'}"
        if len(accuracy.places) == 1:
            return f"it is recorded after {max(accuracy.places)} only"
        return f"{len(accuracy.places)} epochs are recorded, the last after {max(accuracy.places)}"

    @property
    def arch_config(self) -> dict[str, Any]:
        """How the network was built, with the keys of the official package."""
        if self._records.manifest.space == "nats_size":
            names = {"name": "infer.shape.tiny", "channels": self._arch_str, "arch_str": self._arch_str}
            return {**names, "genotype": CELL, "class_num": CLASSES[self.name]}
        return {"channel": 16, "num_cells": 5, "arch_str": self._arch_str, "class_num": CLASSES[self.name]}

    def get_config(self, str2structure: Callable[[str], Any] | None) -> dict[str, Any]:
        """What builds the network; ``str2structure`` is applied to the cell's string."""
        config = self.arch_config
        if "name" in config:
            cell = config["genotype"] if str2structure is None else str2structure(config["genotype"])
            named = {"name": "infer.shape.tiny", "channels": config["channels"], "genotype": cell}
            return {**named, "num_classes": config["class_num"]}
        cell = {"arch_str": self._arch_str} if str2structure is None else {"genotype": str2structure(self._arch_str)}
        return {"name": "infer.tiny", "C": 16, "N": 5, **cell, "num_classes": config["class_num"]}

    @property
    def eval_names(self) -> list[str]:
        """The evaluation sets of this training."""
        held = self._records.sets(self.name, self.epochs)
        return [name for name in held if self.metrics(name, self.epochs - 1)["accuracy"] is not None]

    @property
    def flop(self) -> float:
        """Millions of multiply-accumulates on one image, computed from the architecture."""
        return float(self._records.counts(self.name)[0][self._index])

    @property
    def params(self) -> float:
        """Millions of trainable parameters, computed from the architecture."""
        return float(self._records.counts(self.name)[1][self._index])

    @property
    def latency(self) -> list[float] | None:
        """The mean of the recorded latencies (s), as a list of one; ``None`` where none was recorded."""
        seconds = self._value(self._records.series(self.name, self.epochs, "latency"))
        return None if isnan(seconds) else [seconds]

    @property
    def train_acc1es(self) -> dict[int, float]:
        """Training accuracy in percent, by epoch from 0; only epochs that are recorded."""
        return self._along("train", "accuracy")

    @property
    def train_losses(self) -> dict[int, float]:
        """Training loss, by epoch from 0; only epochs that are recorded."""
        return self._along("train", "loss")

    @property
    def train_times(self) -> dict[int, float]:
        """Seconds of each epoch of training, by epoch from 0; only epochs that are recorded."""
        return self._along("train", "cur_time")

    @property
    def eval_acc1es(self) -> dict[str, float]:
        """Accuracy (%) by evaluation set and epoch, as in ``"x-valid@11"``."""
        return self._evaluated("accuracy")

    @property
    def eval_losses(self) -> dict[str, float]:
        """Loss by evaluation set and epoch."""
        return self._evaluated("loss")

    @property
    def eval_times(self) -> dict[str, float]:
        """Seconds of a pass by evaluation set and epoch."""
        return self._evaluated("cur_time")

    def _along(self, name: str, key: str) -> dict[int, float]:
        values = {iepoch: self.metrics(name, iepoch)[key] for iepoch in range(self.epochs)}
        return {iepoch: value for iepoch, value in values.items() if value is not None}

    def _evaluated(self, key: str) -> dict[str, float]:
        return {f"{name}@{i}": value for name in self.eval_names for i, value in self._along(name, key).items()}

    def get_latency(self) -> float:
        """Seconds of a batch, -1 where none was recorded."""
        return self.latency[0] if self.latency else -1.0

    def get_total_epoch(self) -> int:
        """The number of epochs of the schedule."""
        return self.epochs

    def get_times(self) -> dict[str, float | None]:
        """Seconds of an epoch of training and of a pass over each evaluation set, and of all epochs."""
        times: dict[str, float | None] = {}
        for name in ("train", *self.eval_names):
            total = self.metrics(name, self.epochs - 1)["all_time"]
            times[f"T-{name}@epoch"] = None if total is None else total / self.epochs
            times[f"T-{name}@total"] = total
        return times

    def get_eval_set(self) -> list[str]:
        """The evaluation sets of this training."""
        return self.eval_names

    def __repr__(self) -> str:
        names = self.eval_names
        return (
            f"ResultsCount({self.name}, arch={self._arch_str}, FLOP={self.flop:.2f}M, Param={self.params:.3f}MB,"
            f" seed={self.seed:04d}, {len(names)} eval-sets: [{', '.join(names)}])"
        )
