"""How a search is run and judged: the choices that every caption has to state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from nasbed.errors import require_name
from nasbed.numeric import require_whole
from nasbed.searches.loop import Repeats
from nasbed.searches.stages import Stage, described
from nasbed.vocabulary import Benchmark, Budget, Recordings, TrainedBenchmark
from nasbed.vocabulary.noise import recorded_run

Incumbent = Literal["best", "mean"]
WORKERS = 2**16
"""Most simulated workers: a search with a budget in seconds asks for so many proposals before the first answer, and holds them."""


@dataclass(frozen=True)
class Rules:
    """Budget, noise protocol, repeats, incumbent rule, number of simulated workers and stages of a search."""

    budget: Budget
    noise: str = "draw"
    repeats: Repeats = "charge"
    incumbent: Incumbent = "best"
    workers: int = 1
    stages: tuple[Stage, ...] = ()

    def __post_init__(self) -> None:
        recorded_run(self.noise)
        require_name("rule for repeats", self.repeats, get_args(Repeats))
        require_name("incumbent rule", self.incumbent, get_args(Incumbent))
        object.__setattr__(self, "workers", require_whole("workers", self.workers, 1, WORKERS))

    def sentences(self, benchmark: Benchmark | None = None) -> list[str]:
        """The rules in words, for captions; of a search on ``benchmark``, what that has to draw from."""
        held = {epochs: benchmark.recordings(epochs) for epochs in benchmark.epochs} if benchmark else {}
        real = isinstance(benchmark, TrainedBenchmark)
        if benchmark and benchmark.surrogate:
            noise = "Noise: none, each evaluation gives the one answer of the surrogate"
        else:
            noise = "Noise: every evaluation is a training of its own" if real else f"Noise: {_noise(self.noise, held)}"
        repeats = {
            "charge": "repeated evaluations are charged",
            "free": "repeated evaluations are free and give the recorded answer",
            "refuse": "repeated evaluations are refused",
        }[self.repeats]
        incumbent = {
            "best": "Incumbent: highest single observation at the highest fidelity seen",
            "mean": "Incumbent: highest mean over repeated observations at the highest fidelity seen",
        }[self.incumbent]
        workers = f"{self.workers} {'' if real else 'simulated '}worker{'s' if self.workers > 1 else ''}"
        budget = self.budget.in_words(simulated=not real)
        stages = [f"Stages: {'; '.join(described(self.stages))}."] if self.stages else []
        return [f"{noise}; {repeats}.", f"{incumbent}.", f"Budget: {budget}, {workers}.", *stages]


def _noise(noise: str, held: Mapping[int, Recordings]) -> str:
    """What an evaluation answers, by fidelity where they differ: nothing is drawn, and no mean made, of one answer."""
    run = recorded_run(noise)
    several = {
        "draw": "each evaluation replays one recorded training drawn at random (common to all methods)",
        "mean": "none, an evaluation answers with the mean over recorded trainings",
    }.get(noise, f"none, every evaluation replays recorded training {run}")
    fidelities: dict[str, list[str]] = {}
    for epochs, found in held.items():
        words = several if found.most > 1 else f"none, each evaluation gives {found.one}"
        fidelities.setdefault(words, []).append(str(epochs))
    if len(fidelities) < 2:
        return next(iter(fidelities), several)
    return "; ".join(f"after {', '.join(epochs)} epochs {words}" for words, epochs in fidelities.items())


def grouped(texts: Iterable[tuple[str, str]]) -> list[str]:
    """Sentences of several searches, as (label, text), each once: one that is not of all begins with the labels that it is of.

    >>> grouped([("a", "Short."), ("b", "Long."), ("c", "Short.")]), grouped([("a", "Short."), ("b", "Short.")])
    (['a, c: Short.', 'b: Long.'], ['Short.'])
    """
    labels: dict[str, dict[str, None]] = {}
    for label, text in texts:
        labels.setdefault(text, {})[label] = None
    return [text if len(labels) == 1 else f"{', '.join(of)}: {text}" for text, of in labels.items()]
