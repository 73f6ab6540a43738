"""What a benchmark supplies if its evaluations take real time, and what a trainer is asked and answers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from math import isfinite, nan
from time import perf_counter
from typing import Any, NamedTuple, Protocol

from nasbed.errors import BenchmarkError, OptionError, shown
from nasbed.numeric import real
from nasbed.vocabulary.benchmarks import Benchmark, Oracle
from nasbed.vocabulary.proposals import Arch


class Training(NamedTuple):
    """One evaluation that takes real time.

    ``seed`` is 64 random bits that depend on the seed of the run, the architecture, the epochs and how often these were asked for
    before. ``trial`` is its number within the search. ``resume`` is the trial whose training goes on, with the same seed, after
    ``reached`` epochs. ``folder`` is where a trainer may keep what resumed trainings need, such as checkpoints: all workers of a
    search see it, and it is kept as long as the record of the search.

    ``incumbents`` are for trainers with ``wants_incumbents``. The last entry is architecture, epochs and seed of the incumbent (the
    highest single observation at the highest fidelity) at the moment when this training first began. Before it are the incumbents
    of that one's own training, and so on, the oldest first. It is empty before anything has been evaluated.

    >>> asked = Training((3, 0, 1), epochs=9, seed=17, trial=4, resume=1, reached=3)
    >>> range(asked.reached, asked.epochs)  # the epochs that are to be trained
    range(3, 9)
    """

    arch: Arch
    epochs: int
    seed: int
    trial: int
    resume: int | None = None
    reached: int = 0
    folder: str = ""
    incumbents: tuple[tuple[Arch, int, int], ...] = ()


class Trained(NamedTuple):
    """The result of an evaluation: the value of each objective, and its costs beside seconds, by name. ``seconds`` may be among the
    costs if they are known better than by the clock, as for a training that was looked up.

    >>> Trained([93.5], {"joules": 812.0}).values
    [93.5]
    """

    values: Sequence[float]
    costs: Mapping[str, float]


class Trainer(Protocol):
    """What a worker calls to train an architecture; if workers are processes, it is sent to them by pickle. If it has a method
    ``prepare``, without arguments, each worker calls that before the clock of the search begins. If it has an attribute
    ``wants_incumbents`` that is true, a training is told its incumbents.
    """

    def __call__(self, training: Training, /) -> Sequence[float] | Trained:
        """The value of each objective on validation data, higher is better; ``nan`` says that the training failed. Seconds are
        measured; if the benchmark names further costs, the answer is a :class:`Trained` that gives them.
        """


class TrainedBenchmark(Benchmark):
    """A benchmark whose evaluations take real time: :func:`nasbed.search` has them made by an executor and reads the clock.

    It supplies ``name``, ``label``, ``space``, ``epochs``, ``objectives``, ``checksum`` (of data and recipe) and a trainer. If it
    is ``supervised``, the trainings of a study run in processes of their own, and a training whose process dies has failed; else
    they run in threads of the process that searches.

    >>> import nasbed
    >>> from nasbed.benchmarks.spaces.digits import DigitSpace
    >>> class Bits(nasbed.TrainedBenchmark):
    ...     name = label = "bits"
    ...     space = DigitSpace("bits", (2,) * 6)
    ...     epochs = (1,)
    ...     objectives = (nasbed.Objective("accuracy", "%"),)
    ...     checksum = "bits 1"
    ...     def trainer(self):
    ...         return lambda training: (100.0 * sum(training.arch) / 6,)
    >>> nasbed.search("random_search", Bits(), budget={"evaluations": 8}).incumbent.value >= 50
    True
    """

    supervised = False
    cost_model = "seconds of real time that each evaluation took"

    @abstractmethod
    def trainer(self) -> Trainer:
        """The trainer that evaluates an architecture of this benchmark."""

    def oracle(self, noise: str = "draw") -> Oracle:
        """Trains at once, in this process, whatever the trial; the cost is what was measured.

        Raises :class:`~nasbed.errors.OptionError` for a noise protocol other than ``draw``: nothing is recorded.
        """
        if noise != "draw":
            raise OptionError(
                f"noise = {shown(noise)}: {self.label} trains for every evaluation and has no recorded runs; use 'draw'"
            )
        train, at, costs = self.trainer(), self.space.at, self.cost_names[1:]

        def evaluate(index: int, epochs: int, word: int) -> tuple[tuple[float, ...], Any]:
            began = perf_counter()
            answer = train(Training(at(index), epochs, word, -1))
            values, spent = trained(answer, costs, perf_counter() - began)
            return values, spent if costs else spent[0]

        return evaluate


def trained(
    answer: Sequence[float] | Trained, costs: Sequence[str], seconds: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """A trainer's answer as values, ``nan`` where one is not finite, and costs: the ``seconds`` that were measured, unless the
    trainer knows better, then the further ``costs`` in their order.

    Raises :class:`~nasbed.errors.BenchmarkError` for a cost that is missing, and for one that is not finite or below 0.
    """
    values, given = answer if isinstance(answer, Trained) else (answer, {})
    names = ("seconds", *costs)
    found = [real({"seconds": seconds, **given}.get(name)) for name in names]
    for name, cost in zip(names, found, strict=True):
        if cost is None or cost < 0:
            raise BenchmarkError(
                f"its trainer gave the costs {shown(dict(given))}; expected nasbed.Trained(values, {{{name!r}: ...}}) with a number"
                " that is finite and at least 0"
            )
    numbers = [float(value + 0.0) for value in values]  # a text is no number, and float() would make it one
    return tuple(value if isfinite(value) else nan for value in numbers), tuple(
        cost for cost in found if cost is not None
    )
