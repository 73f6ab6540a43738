"""Checks of what a benchmark answers a search."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence

import numpy as np

from nasbed.check.benchmark_declarations import (
    an_unknown_data_set_is_refused,
    an_unknown_noise_is_refused,
    declarations_are_complete,
    epochs_ascend,
)
from nasbed.check.elsewhere import Broken, left_behind
from nasbed.check.subject import ALL, FEW, SAMPLE, Subject, close, comparable, ends, signature, told
from nasbed.streams import words
from nasbed.vocabulary import HELD_OUT, Priced, seconds_in


def answers_are_one_float_an_objective(subject: Subject) -> None:
    """An answer holds one float for each objective, finite or ``nan`` (a failed training), since infinities rank."""
    objectives = ", ".join(objective.name for objective in subject.benchmark.objectives)
    count = len(subject.benchmark.objectives)
    for noise, oracle in subject.oracles.items():
        for index, epochs, word in subject.questions(SAMPLE):
            values = oracle(index, epochs, word)[0]
            if not isinstance(values, tuple) or len(values) != count:
                expected, mend = f"a tuple of {count} ({objectives})", "answer (values, cost)"
            elif not all(isinstance(value, float) and not math.isinf(value) for value in values):
                expected, mend = "floats, finite or nan", "use float(value), and nan where a training failed"
            else:
                continue
            raise Broken(f"{subject.at(index, epochs)} is answered by {values!r} under {noise!r}", expected, mend)


def costs_are_positive(subject: Subject) -> None:
    """A cost is a finite float of seconds, more than 0: with costs of 0 a budget of seconds would never be spent. Where further
    costs are named, it is a tuple of them all, seconds first, and none is below 0.
    """
    names = subject.benchmark.cost_names
    for noise, oracle in subject.oracles.items():
        for index, epochs, word in subject.questions(SAMPLE):
            cost = oracle(index, epochs, word)[1]
            costs = cost if len(names) > 1 and isinstance(cost, tuple) else (cost,)
            floats = len(costs) == len(names) and all(isinstance(one, float) and 0 <= one < math.inf for one in costs)
            if not floats or costs[0] == 0:
                raise Broken(
                    f"{subject.at(index, epochs)} costs {cost!r} under {noise!r}",
                    "a float, finite and more than 0"
                    if len(names) == 1
                    else f"a tuple of floats, finite and not negative, seconds more than 0: {', '.join(names)}",
                    "answer with the simulated seconds of the training, of a failed one too",
                )


def costs_grow_with_epochs(subject: Subject) -> str | None:
    """Where a training can be resumed its cost is cumulative, and grows with epochs, since the increment is charged."""
    benchmark, word = subject.benchmark, words(0, subject.benchmark.label)
    if not benchmark.resumable:
        return "its trainings are not resumable" if len(benchmark.epochs) > 1 else "it is asked for one fidelity alone"
    if len(benchmark.epochs) < 2:
        raise Broken(f"resumable with epochs {benchmark.epochs}", "two fidelities or more", "set resumable = False")
    if subject.trains:
        return "its costs are seconds of real time, which nobody can hold to an order"
    for noise, oracle in subject.oracles.items():
        for index in subject.indices(SAMPLE if noise == "draw" else FEW):
            costs = [seconds_in(oracle(index, epochs, word(index, 0, 0))[1]) for epochs in benchmark.epochs]
            for place, (low, high) in enumerate(itertools.pairwise(costs)):
                if not low < high:
                    raise Broken(
                        f"{subject.at(index, benchmark.epochs[place])} costs {low!r} s and after"
                        f" {benchmark.epochs[place + 1]} epochs of the same training {high!r} s, under {noise!r}",
                        "more after more epochs",
                        "answer with the cost since the training began, not since the last fidelity; or set resumable = False",
                    )
    return None


def cheapest_and_typical_are_of_the_answers(subject: Subject) -> str | None:
    """``cheapest()`` is the lowest cost and ``typical()`` the mean cost at the highest fidelity: budgets are checked by them."""
    benchmark, top, chosen = subject.benchmark, subject.benchmark.epochs[-1], subject.indices(ALL)
    if not isinstance(benchmark, Priced):
        return "it has no cheapest() and no typical(): budgets in seconds are not checked beforehand"
    note, oracle, word = subject.asked_of(chosen), subject.oracles["draw"], words(0, subject.benchmark.label)
    fidelities = ends(benchmark.epochs) if benchmark.resumable else benchmark.epochs
    costs = {(i, epochs): seconds_in(oracle(i, epochs, word(i, epochs, 0))[1]) for epochs in fidelities for i in chosen}
    visits = 32 * benchmark.runs
    candidates = sorted(costs, key=costs.__getitem__)[: max(20, 100_000 // visits)]
    again = {key: {seconds_in(oracle(*key, word(*key, visit))[1]) for visit in range(visits)} for key in candidates}
    lowest = min(min(seconds) for seconds in again.values())
    by_run = any(len(seconds) > 1 for seconds in again.values())
    rounding = 1 - 1e-9 if not by_run or len(again) == len(costs) else 0.8  # the cheapest run may not have been drawn
    least = lowest * rounding if note is None else 0.0
    cheapest, typical = benchmark.cheapest(), benchmark.typical()
    if not isinstance(cheapest, float) or not 0 < cheapest <= lowest * (1 + 1e-9) or cheapest < least:
        raise Broken(
            f"cheapest() is {cheapest!r} and the cheapest answer costs {lowest!r} s",
            "the same" if note is None else "no more than that, and more than 0",
            "return the least over architectures, fidelities and the runs that were made, as a float",
        )
    full = np.array([costs[i, top] for i in chosen])
    mean = float(full.mean())
    sampled = by_run or note is not None
    error = 0.01 * mean + (6 * float(full.std()) / math.sqrt(len(full)) if sampled else 0.0)
    if not isinstance(typical, float) or not abs(typical - mean) <= error:
        raise Broken(
            f"typical() is {typical!r} and the answers after {top} epochs cost {mean:.6g} s on average",
            f"that, within {error:.3g}",
            "return the mean over architectures and runs at the highest fidelity, as a float",
        )
    return note


def the_same_question_has_the_same_answer(subject: Subject) -> None:
    """Asked again, in another order, or of a benchmark made anew, a question has the same answer: a search can be repeated,
    and strategies that ask the same see the same noise.
    """
    subject.require_same(signature(subject.benchmark, backwards=True), "in another order")
    subject.require_same(signature(subject.fresh()), "when the benchmark is made anew")


def another_process_gives_the_same_answers(subject: Subject) -> str | None:
    """Another process, in which texts hash otherwise, makes the same benchmark from its name and options: workers do so, and
    results must not depend on which worker ran what.
    """
    subject.require_same(subject.elsewhere["signature"], "in another process")
    return left_behind(subject.elsewhere)


def searches_run(subject: Subject) -> None:
    """Random search, evolution and local search run on it: they take all of the protocol that most strategies use."""
    for name, text in subject.signature.items():
        found = json.loads(text) if name.startswith("the outcomes of") else [...]
        if isinstance(found, str) or not found:
            raise Broken(f"{name} are {found or 'none'}", "outcomes", "see what was raised, and the other findings")


def words_reach_every_recorded_run(subject: Subject) -> str | None:
    """``draw`` answers with recorded runs only and with each of them, values and cost of the same run."""
    benchmark = subject.benchmark
    if subject.trains:
        return "it trains for every evaluation, and has no recorded runs"
    for index, epochs, drawn in subject.drawn():
        at = f"under 'draw' {subject.at(index, epochs)} is answered by {told(drawn)}"
        if len(drawn) > benchmark.runs:
            raise Broken(
                at,
                f"at most {benchmark.runs}, the number of runs",
                "reduce the word modulo the architecture's own runs",
            )
        recorded = {comparable(oracle(index, epochs, 0)): run for run, oracle in subject.fixed.items()}
        if unreached := recorded.keys() - drawn:
            expected = f"what 'run:{recorded[min(unreached, key=repr)]}' answers among it, {told(unreached)}"
            raise Broken(
                at, expected, "reduce the whole word modulo the number of runs; take the cost from the same run"
            )
        if subject.all_fixed and (foreign := drawn - recorded.keys()):
            raise Broken(
                at, f"what a recorded run answers, not {told(foreign)}", "let 'draw' and 'run:K' read one record"
            )
    return None if subject.all_fixed else f"{len(subject.fixed)} of {benchmark.runs} runs can be asked for by number"


def only_draw_reads_the_word(subject: Subject) -> str | None:
    """``run:K`` answers with one recorded training and ``mean`` with one mean, whatever the word: they have no noise."""
    for noise, oracle in subject.oracles.items():
        for index in subject.indices(SAMPLE) if noise != "draw" else []:
            for epochs in ends(subject.benchmark.epochs):
                found = {comparable(oracle(index, epochs, word)) for word in (0, 1, 2, 3 << 40, 2**64 - 1)}
                if len(found) > 1:
                    raise Broken(
                        f"under {noise!r} {subject.at(index, epochs)} is answered by {told(found)}",
                        "one answer whatever the word",
                        "read the word under 'draw' only",
                    )
    return None if len(subject.oracles) > 1 else "it offers 'draw' only"


def the_mean_is_that_of_the_runs(subject: Subject) -> str | None:
    """``mean`` answers with the mean over the recorded runs: no other number may be called free of noise."""
    benchmark = subject.benchmark
    if benchmark.judged_on == HELD_OUT:
        return "it is judged on held-out runs: no search may see the mean"
    if "mean" not in subject.oracles:
        return "it offers no mean"
    for index, epochs, drawn in subject.drawn():
        answer = subject.oracles["mean"](index, epochs, 0)[0]
        for place, objective in enumerate(benchmark.objectives):
            if subject.all_fixed:
                runs = [oracle(index, epochs, 0)[0][place] for oracle in subject.fixed.values()]
                made = [value for value in runs if value == value]
                good = close(answer[place], sum(made) / len(made) if made else math.nan)
            else:
                good = _may_be_mean(
                    answer[place], sorted({values[place] for values, _ in drawn} - {"nan"}), benchmark.runs
                )
            if not good:
                raise Broken(
                    f"under 'mean' {objective.name} of {subject.at(index, epochs)} is {answer[place]!r}, and the runs are"
                    f" {told(drawn)}",
                    "their mean",
                    "average what 'draw' draws from, each run once and failed ones left out",
                )
    return None


def _may_be_mean(mean: float, values: Sequence[float], runs: int) -> bool:
    """Whether at most so many runs, which differ in these values only and have each of them, may have a mean.

    >>> [_may_be_mean(mean, [1.0, 4.0], 3) for mean in (2.0, 2.5, 3.0, 3.5)]
    [True, True, True, False]
    """
    if not values:
        return mean != mean
    more = range(max(1, runs - len(values) + 1))
    if sum(math.comb(len(values) + extra - 1, extra) for extra in more) > 10_000:
        return values[0] <= mean <= values[-1]
    return any(
        close(mean, sum((*values, *added)) / (len(values) + extra))
        for extra in more
        for added in itertools.combinations_with_replacement(values, extra)
    )


RULES = (
    declarations_are_complete,
    epochs_ascend,
    an_unknown_data_set_is_refused,
    an_unknown_noise_is_refused,
    answers_are_one_float_an_objective,
    costs_are_positive,
    costs_grow_with_epochs,
    cheapest_and_typical_are_of_the_answers,
    the_same_question_has_the_same_answer,
    another_process_gives_the_same_answers,
    searches_run,
    words_reach_every_recorded_run,
    only_draw_reads_the_word,
    the_mean_is_that_of_the_runs,
)
