"""Benchmarks of which one declaration or one kind of answer is wrong."""

from __future__ import annotations

import math
from typing import Any

from breaking import breaks
from sound_benchmarks import Failing, Fine, HeldOut, Letters

from nasbed.errors import DataError
from nasbed.streams import Stream
from nasbed.vocabulary import Arch, Objective, Oracle


@breaks("declarations_are_complete", "cost_model is ''", "a text")
class Priceless(Fine):
    cost_model = ""


@breaks("declarations_are_complete", "checksum is None", "a text")
class Anonymous(Fine):
    checksum = None  # type: ignore[assignment]


class Unlabelled(Fine):
    def __init__(self, dataset: str = "one") -> None:
        super().__init__(dataset)
        self.label = "fine"


@breaks("declarations_are_complete", "judged_on is 'accuracy'", "'test' or 'held-out runs'")
class Vague(Fine):
    judged_on = "accuracy"


@breaks("declarations_are_complete", "resumable is 1", "True or False")
class Numeric(Fine):
    resumable = 1  # type: ignore[assignment]


@breaks("declarations_are_complete", "runs is 3.0", "a whole number", also="...")
class Fractional(Fine):
    runs = 3.0  # type: ignore[assignment]


@breaks("declarations_are_complete", "objectives is [", "a tuple of nasbed.Objective")
class Listing(Fine):
    def __init__(self, dataset: str = "one") -> None:
        super().__init__(dataset)
        self.objectives = list(Fine.objectives)  # type: ignore[assignment]


@breaks("declarations_are_complete", "objectives are named latency, latency", "distinct names")
class Twice(Fine):
    objectives = (Objective("latency", "ms"), Objective("latency", "ms"))


@breaks("epochs_ascend", "epochs is (3, 1)", "ascending", also="...")
class Descending(Fine):
    epochs = (3, 1)


@breaks("epochs_ascend", "epochs is [1, 3, 9]", "a tuple of positive whole numbers")
class Listed(Fine):
    def __init__(self, dataset: str = "one") -> None:
        super().__init__(dataset)
        self.epochs = [1, 3, 9]  # type: ignore[assignment]


@breaks("an_unknown_data_set_is_refused", "gives fine/one", "raise nasbed.errors.unknown('data set'")
class Obliging(Fine):
    def __init__(self, dataset: str = "one") -> None:
        super().__init__()


@breaks("an_unknown_data_set_is_refused", "gives KeyError: 'no such data set'", "broken_answers.py, line")
class Cryptic(Fine):
    def __init__(self, dataset: str = "one") -> None:
        super().__init__({"one": "one", "two": "two"}[dataset])


@breaks("an_unknown_data_set_is_refused", "datasets() gives ('one', 'two')", "a list of names")
class Tupled(Fine):
    @classmethod
    def datasets(cls) -> list[str]:
        return ("one", "two")  # type: ignore[return-value]


@breaks("an_unknown_noise_is_refused", "oracle('run:3') is answered, with 3 runs", "what was not recorded")
class Wrapping(Fine):
    def oracle(self, noise: str = "draw") -> Oracle:
        return super().oracle("run:0" if noise == "run:3" else noise)


@breaks("an_unknown_noise_is_refused", "oracle('no such noise') is answered", "nasbed.vocabulary.noise.recorded_run")
class Lax(Fine):
    def oracle(self, noise: str = "draw") -> Oracle:
        return super().oracle("draw" if noise == "no such noise" else noise)


@breaks("an_unknown_noise_is_refused", "oracle('mean') is answered", "the mean, which sees the runs that are held out")
class Averaging(HeldOut):
    def oracle(self, noise: str = "draw") -> Oracle:
        return super().oracle("run:0" if noise == "mean" else noise)


@breaks(
    "answers_are_one_float_an_objective",
    "architecture 0 (a-a-a) after 1 epochs",
    "a tuple of 2 (accuracy, latency)",
    also="searches_run",
)
class Talkative(Fine):
    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return (*values, 0.0), cost


@breaks("answers_are_one_float_an_objective", "architecture 7 (a-b-d)", "-inf", "floats, finite or nan")
class Infinite(Fine):
    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return (values[0], -math.inf if index == 7 else values[1]), cost


@breaks("answers_are_one_float_an_objective", ", 1) under 'draw'", "use float(value)")
class Whole(Fine):
    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return (values[0], 1), cost


@breaks("costs_are_positive", "architecture 7 (a-b-d) after 1 epochs costs 0.0 under 'draw'", "more than 0", also="...")
class Free(Fine):
    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return values, 0.0 if (index, epochs) == (7, 1) else cost


@breaks("costs_are_positive", "architecture 7 (a-b-d) after 9 epochs costs nan", "of a failed one too", also="...")
class Unmeasured(Fine):
    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return values, math.nan if (index, epochs) == (7, 9) else cost


@breaks("costs_grow_with_epochs", " epochs of the same training ", "more after more epochs", "since the training began")
class Flat(Fine):
    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return values, cost / epochs

    def typical(self) -> float:
        return float(self.seconds.mean())


@breaks("costs_grow_with_epochs", "resumable with epochs (9,)", "two fidelities or more")
class Lonely(Fine):
    epochs = (9,)


@breaks(
    "cheapest_and_typical_are_of_the_answers", "cheapest() is nan and the cheapest answer costs", "runs that were made"
)
class NoMinimum(Fine):
    def cheapest(self) -> float:
        return math.nan


@breaks("cheapest_and_typical_are_of_the_answers", "cheapest() is 0.5", "the same")
class TooCheap(Fine):
    def cheapest(self) -> float:
        return 0.5


@breaks("cheapest_and_typical_are_of_the_answers", "cheapest() is", "the same")
class TooDear(Fine):
    def cheapest(self) -> float:
        return 2 * super().cheapest()


@breaks(
    "cheapest_and_typical_are_of_the_answers", "typical() is", "the answers after 9 epochs cost", "highest fidelity"
)
class Atypical(Fine):
    def typical(self) -> float:
        return float(self.seconds.mean())


@breaks(
    "the_same_question_has_the_same_answer", "the answers under 'draw' differ in another order", "first [", also="..."
)
class Counting(Fine):
    count = 0

    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        self.count += noise == "draw"
        return (values[0], values[1] - self.count), cost


@breaks("the_same_question_has_the_same_answer", "the checksums differ when the benchmark is made anew")
class Changeable(Fine):
    @property
    def checksum(self) -> str:  # type: ignore[override]
        return str(id(self))


@breaks(
    "searches_run", "the outcomes of regularized_evolution are StrategyError", "refused", also="mutants_are_neighbours"
)
class Immutable(Letters):
    def mutate(self, arch: Arch, rng: Stream) -> Arch:
        raise RuntimeError("refused")


@breaks("words_reach_every_recorded_run", "after 9 epochs is answered by", "at most 3, the number of runs", also="...")
class Jittery(Fine):
    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return (values[0] + (word % 5 if noise == "draw" and (index, epochs) == (4, 9) else 0), values[1]), cost


@breaks("words_reach_every_recorded_run", "architecture 4 (a-b-a)", "what 'run:2' answers among it", "the whole word")
class Forgetful(Fine):
    def answer(self, noise: str, index: int, epochs: int, word: int) -> Any:
        return super().answer(noise, index, epochs, word % 2 if index == 4 else word)


@breaks("words_reach_every_recorded_run", "is answered by", "take the cost from the same run", also="...")
class Mixing(Fine):
    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return values, cost if noise != "draw" else float(self.seconds[index].mean() * epochs)


@breaks(
    "words_reach_every_recorded_run",
    "what a recorded run answers, not (",
    "read one record",
    also="the_winner_is_among_the_answers",
)
class Inventive(Fine):
    runs = 4

    def runs_of(self, noise: str) -> Any:
        return super().runs_of("run:2" if noise == "run:3" else noise)

    def answer(self, noise: str, index: int, epochs: int, word: int) -> Any:
        if noise == "draw" and index == 4 and word % 4 == 3:
            return (1.0, self.negative[index]), float(self.seconds[index, 0] * epochs)
        if noise == "mean":
            runs = [super(Inventive, self).answer(f"run:{run}", index, epochs, 0)[0][0] for run in range(4)]
            return (sum(runs) / 4, self.negative[index]), float(self.seconds[index].mean() * epochs)
        return super().answer(noise, index, epochs, word)


@breaks(
    "only_draw_reads_the_word",
    "under 'run:1' architecture 4 (a-b-a) after 1 epochs is answered by",
    "under 'draw' only",
)
class Noisy(Fine):
    def answer(self, noise: str, index: int, epochs: int, word: int) -> Any:
        return super().answer(
            "draw" if noise == "run:1" and index == 4 and word > 1 else noise, index, epochs, word or 1
        )


@breaks("the_mean_is_that_of_the_runs", "under 'mean' accuracy of architecture 0 (a-a-a) after 1 epochs is", "their mean",
        also="the_winner_is_among_the_answers")  # fmt: skip
class Meaningless(Fine):
    def answer(self, noise: str, index: int, epochs: int, word: int) -> Any:
        return super().answer("run:1" if noise == "mean" else noise, index, epochs, word)


@breaks("the_mean_is_that_of_the_runs", "architecture 0 (a-a-a) after 1 epochs is nan", "failed ones left out")
class Strict(Failing):
    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return (math.nan if noise == "mean" and index == 0 else values[0], values[1]), cost


@breaks("the_mean_is_that_of_the_runs", "accuracy of architecture", "each run once")
class Weighing(Fine):
    """Its third run cannot be asked for by number, so the mean is judged by what is drawn."""

    def oracle(self, noise: str = "draw") -> Oracle:
        if noise == "run:2":
            raise DataError("not for all")
        return super().oracle(noise)

    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return (values[0] + 0.01 * (noise == "mean" and index == 4), values[1]), cost
