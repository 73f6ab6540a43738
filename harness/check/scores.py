"""Checks of what a search must not see, of what it is judged on, and of what else a benchmark offers."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence, Sized
from typing import Any

import numpy as np

from nasbed.check.elsewhere import Broken, short
from nasbed.check.leaks import a_search_opens_no_test_column, a_task_tells_nothing_of_test
from nasbed.check.subject import ALL, MANY, SAMPLE, Subject, close, ends
from nasbed.errors import ArchitectureError
from nasbed.searches.feasibility import violations_of
from nasbed.streams import words
from nasbed.vocabulary import HELD_OUT, VALIDATED, Benchmark, Exhaustive, Recorded, Refereed, is_enumerable
from nasbed.vocabulary.registry import where

NO_REFEREE = "it has no referee: a search is judged on what it saw"


def scores_are_not_what_a_search_sees(subject: Subject) -> str | None:
    """Test values differ from what a search is answered: one column served for both turns luck into accuracy. Where there is
    no clean test, ``judged_on`` says so.
    """
    benchmark, chosen = subject.benchmark, subject.indices(MANY)
    if not isinstance(benchmark, Refereed):
        return NO_REFEREE
    if benchmark.judged_on == HELD_OUT:
        return "it is judged on held-out runs"
    name = benchmark.objectives[0].name
    rows = benchmark.lookup(benchmark.space.at(0)) if isinstance(benchmark, Recorded) else []
    if {row.get("split") for row in rows if row.get("metric") == name} == {"none"}:
        return f"its first objective, {name}, is of no split"
    referee, index = benchmark.referee(), np.array(chosen)
    if benchmark.judged_on == VALIDATED:
        if not np.isnan(referee.test(index)).all():
            raise Broken(
                f"judged_on is {VALIDATED!r}, and there are test values",
                "nan alone",
                "declare a test split, or answer nan: what no test gave is not shown as one",
            )
        return "no test value was recorded"
    test = np.asarray(referee.test(index), dtype=float)
    seen = {"the referee's validation": np.asarray(referee.validation(index), dtype=float)}
    for noise, epochs in itertools.product(subject.oracles, ends(benchmark.epochs)):
        seen[f"the answers under {noise!r} after {epochs} epochs"] = np.array(
            subject.first_values(noise, epochs, chosen)
        )
    for what, values in seen.items():
        both = np.isfinite(test) & np.isfinite(values)
        share = np.isclose(test[both], values[both], rtol=1e-9, atol=1e-12).mean() if both.any() else 0.0
        if share > 0.9:
            raise Broken(
                f"of {both.sum():,} architectures {share:.0%} have the same number as test value and in {what}",
                "another split's",
                f"read the test split in referee(); where there is none, set judged_on = {HELD_OUT!r} or {VALIDATED!r}",
            )
    return None


def scores_have_the_shape_of_their_indices(subject: Subject) -> str | None:
    """``validation``, ``test`` and ``distinct`` answer an array of indices with an array of its shape: of floats, finite or
    ``nan``, or of integers.
    """
    benchmark = subject.benchmark
    if not isinstance(benchmark, Refereed):
        return NO_REFEREE
    referee = benchmark.referee()
    index = np.resize(np.array(subject.indices(SAMPLE)), (7, 11))
    seen = np.array(subject.first_values("draw", benchmark.epochs[-1], index.ravel().tolist())).reshape(index.shape)
    found = {
        "validation(index)": referee.validation(index),
        "test(index)": referee.test(index),
        "test(index, seen)": referee.test(index, seen),
        "distinct(index)": referee.distinct(index),
    }
    for name, values in found.items():
        kind = "integers" if name == "distinct(index)" else "floats"
        kinds = (
            "iO" if index.dtype.kind == "O" and kind == "integers" else kind[0]
        )  # numbers that no machine word holds
        if not isinstance(values, np.ndarray) or values.shape != index.shape or values.dtype.kind not in kinds:
            raise Broken(
                f"{name} of indices of shape {index.shape} is {short(values)}",
                f"an array of {kind} of that shape",
                "use np.take(values, index)",
            )
        if values.dtype.kind == "f" and np.isinf(values).any():
            raise Broken(f"{name} has infinite values", "finite ones, or nan", "mark what is missing by nan")
    return None


def validation_ranks_as_the_answers_do(subject: Subject) -> str | None:
    """``validation`` is what a search maximises, free of noise, higher is better: the mean of the answers at the highest
    fidelity or, where scores are those of a longer training, ranked like it.
    """
    benchmark, chosen, top = subject.benchmark, subject.indices(5 * SAMPLE), subject.benchmark.epochs[-1]
    if not isinstance(benchmark, Refereed):
        return NO_REFEREE
    answers = np.array(subject.first_values("mean" if "mean" in subject.oracles else "draw", top, chosen))
    validation = np.asarray(benchmark.referee().validation(np.array(chosen)), dtype=float)
    both = np.isfinite(answers) & np.isfinite(validation)
    if np.allclose(answers[both], validation[both], rtol=1e-6, atol=1e-9):
        return None
    if both.sum() < 20:
        return "too few architectures to compare ranks"
    ranks = [values[both].argsort(kind="stable").argsort(kind="stable") for values in (answers, validation)]
    correlation = float(np.corrcoef(*ranks)[0, 1])
    if not correlation > 0.1:
        raise Broken(
            f"validation and the answers after {top} epochs have a rank correlation of {correlation:.2f}",
            "more than 0.1: the same metric of the same architectures",
            "index both in the order of the space, and turn the sign of what is minimised in both",
        )
    return f"scores are not the means of the answers, but ranked like them (correlation {correlation:.2f})"


def the_best_is_attained(subject: Subject) -> str | None:
    """``best()`` is the highest validation and the highest test value of the space, under constraints of what keeps to them, or of
    the whole of which it is declared to be a part: regrets start from them.
    """
    benchmark, chosen = subject.benchmark, subject.indices(ALL)
    if not isinstance(benchmark, Refereed):
        return NO_REFEREE
    referee = benchmark.referee()
    if math.isnan(referee.best()[0]):
        return "no best is known: scores are absolute"
    note = subject.asked_of(chosen)
    scores = {"validation": referee.validation, "test": referee.test}
    if benchmark.judged_on == VALIDATED:
        del scores["test"]
    for best, (name, score) in zip(referee.best(), scores.items(), strict=False):
        values = np.asarray(score(np.array(chosen)), dtype=float)
        highest = float(np.max(values, initial=-math.inf, where=np.isfinite(values) & _feasible(benchmark, chosen)))
        if not close(best, highest) and not (best > highest and (note is not None or subject.benchmark.is_subspace)):
            raise Broken(
                f"best() gives {best!r} for {name}, of which {highest!r} is the highest value",
                "the same",
                "return the greatest of the values that are not nan",
            )
    return note


def _feasible(benchmark: Benchmark, chosen: Sequence[int]) -> np.ndarray:
    """Which architectures keep to the constraints of a benchmark: all where there are none."""
    violations = violations_of(benchmark, np.array(chosen))
    return np.ones(len(chosen), dtype=bool) if violations is None else violations == 0


def representatives_are_their_own(subject: Subject) -> str | None:
    """``distinct`` gives the smallest index of the same network, so that of a representative is itself: different networks
    are counted by it.
    """
    if not isinstance(subject.benchmark, Refereed):
        return NO_REFEREE
    index, referee = np.array(subject.indices(ALL)), subject.benchmark.referee()
    first = np.asarray(referee.distinct(index))
    wrong = (first < 0) | (first > index)
    if not wrong.any():
        wrong = np.asarray(referee.distinct(first)) != first
    if wrong.any():
        place = int(wrong.argmax())
        raise Broken(
            f"distinct gives {first[place]} for {subject.at(int(index[place]))}",
            "the smallest index of the same network, which stands for itself",
            "map each class to its smallest index; where no two are the same, return the index itself",
        )
    return None


def the_winner_is_among_the_answers(subject: Subject) -> str | None:
    """``winner`` gives what exhaustive search may return, with probabilities that sum to 1 and values that it can have seen:
    the floor of the regret comes from it.
    """
    benchmark, top = subject.benchmark, subject.benchmark.epochs[-1]
    if not isinstance(benchmark, Refereed):
        return NO_REFEREE
    referee = benchmark.referee()
    if not isinstance(referee, Exhaustive):
        return "its referee does not know what exhaustive search may return, so there is no floor"
    size, word = benchmark.space.size, words(0, benchmark.label)
    mend = "observe each architecture once under the noise, and give the probability that it is the highest"
    for noise, oracle in subject.oracles.items():
        index, seen, chance = map(np.asarray, referee.winner(noise))
        found = f"winner({noise!r})"
        if not index.shape == seen.shape == chance.shape == (len(index),) or index.dtype.kind != "i":
            shapes = f"{found} gives arrays of shapes {index.shape}, {seen.shape} and {chance.shape}"
            raise Broken(shapes, "architectures, values and probabilities, as many of each", mend)
        if index.min() < 0 or index.max() >= size:
            raise Broken(f"{found} gives indices {index.min()} .. {index.max()}", f"0 .. {size - 1}", mend)
        if not (chance >= 0).all() or not math.isclose(chance.sum(), 1.0, abs_tol=1e-6):
            sums = f"the probabilities of {found} sum to {chance.sum():.6g} and the least is {chance.min():.6g}"
            raise Broken(sums, "1, and none below 0", mend)
        for place in np.argsort(-chance, kind="stable")[:10].tolist():
            i = int(index[place])
            answers = {
                oracle(i, top, word(i, top, n))[0][0] for n in range(32 * benchmark.runs if noise == "draw" else 1)
            }
            if not any(close(float(seen[place]), answer) for answer in answers):
                given = f"{found} has seen {float(seen[place])!r} of {subject.at(i, top)}"
                raise Broken(given, f"an answer, as {min(answers)!r}", mend)
        if noise != "draw":
            chosen = subject.indices(ALL)
            values = np.array(subject.first_values(noise, top, chosen))
            kept = np.isfinite(values) & _feasible(benchmark, chosen)
            highest = float(np.max(values, initial=-math.inf, where=kept))
            if (least := float(seen[chance > 0].min())) < highest and not close(least, highest):
                raise Broken(
                    f"{found} may have seen {least!r}, and the highest answer is {highest!r}", "the highest", mend
                )
    return None


def held_out_runs_are_the_others(subject: Subject) -> str | None:
    """Where there is no clean test, the test value is the mean over the runs other than the one that the search saw."""
    benchmark, top = subject.benchmark, subject.benchmark.epochs[-1]
    if not isinstance(benchmark, Refereed):
        return NO_REFEREE
    if benchmark.judged_on != HELD_OUT:
        return "no test value was recorded" if benchmark.judged_on == VALIDATED else "it has a test split"
    if benchmark.runs < 2:
        raise Broken("1 run was recorded", "two or more where some are held out", "declare a test split, or more runs")
    if not subject.all_fixed:
        return f"{len(subject.fixed)} of {benchmark.runs} runs can be asked for by number"
    referee = benchmark.referee()
    for index in subject.indices(SAMPLE):
        runs = [oracle(index, top, 0)[0][0] for oracle in subject.fixed.values()]
        for seen in [value for value in runs if value == value]:
            expected = (math.fsum(value for value in runs if value == value) - seen) / (
                sum(v == v for v in runs) - 1 or math.nan
            )
            found = float(referee.test(np.array([index]), np.array([seen]))[0])
            if not close(found, expected):
                raise Broken(
                    f"of {subject.at(index)}, with the runs {runs}, the search saw {seen!r} and the test value is {found!r}",
                    f"the mean of the others, {expected!r}",
                    "leave the run that was seen out of the mean",
                )
    return None


def measures_are_values_and_seconds(subject: Subject) -> str | None:
    """A measure has a float for every architecture, finite or ``nan`` (unsupported there), and finite seconds of a query, 0 or
    more.
    """
    benchmark, offered = subject.benchmark, subject.benchmark.measurements()
    if not isinstance(benchmark.measures, tuple) or set(offered) != set(benchmark.measures):
        raise Broken(
            f"measures is {benchmark.measures!r} and measurements() has {list(offered)}", "the same", "declare each"
        )
    for name, (values, seconds) in offered.items():
        listed = is_enumerable(benchmark.space)
        if listed and isinstance(values, Sized) and len(values) != benchmark.space.size:
            raise Broken(
                f"{name} has {len(values)} values", f"{benchmark.space.size}", "list one an architecture, by index"
            )
        for index in range(benchmark.space.size) if listed else subject.indices(SAMPLE):
            value = values[index]
            if not isinstance(value, float) or math.isinf(value):
                raise Broken(
                    f"{name} of {subject.at(index)} is {value!r}", "a float, finite or nan", "use float(value)"
                )
        if not isinstance(seconds, (int, float)) or not 0 <= seconds < math.inf:
            raise Broken(f"a query of {name} costs {seconds!r} s", "finite seconds, 0 or more", "declare what it costs")
    return None if offered else "it offers none"


def a_lookup_is_plain_data(subject: Subject) -> str | None:
    """``lookup`` gives a row for each metric and split, of texts and numbers that ``nasbed query`` prints; outside the space it
    raises ``ArchitectureError``.
    """
    benchmark = subject.benchmark
    if not isinstance(benchmark, Recorded):
        return "it has no lookup"
    keys = ("metric", "split", "epochs", "unit", "value", "runs", "origin")
    for arch in subject.archs(3):
        for row in benchmark.lookup(arch):
            at = f"lookup of {subject.shown(arch)} has the row {short(row)}"
            if not isinstance(row, dict) or not all(key in row for key in keys):
                raise Broken(at, f"the keys {', '.join(keys)}", "add the others, None where there is nothing to say")
            values = [row["value"], *row["runs"].values()]
            if not all(isinstance(value, float) for value in values if value is not row["value"] or value is not None):
                raise Broken(at, "floats by run, and a float or None as value", "use float(value)")
            try:
                json.dumps(row)
            except TypeError as error:
                raise Broken(f"{at}: {error}", "what JSON can write", "use str(), int() and float()") from None
    wrong: Any = (-1,) * len(benchmark.space.choices)
    try:
        found = short(benchmark.lookup(wrong))
    except ArchitectureError:
        return None
    except Exception as error:
        found = where(error, subject.file)
    raise Broken(f"lookup({wrong}) gives {found}", "ArchitectureError", "call self.space.require(arch) first")


RULES = (
    a_task_tells_nothing_of_test,
    a_search_opens_no_test_column,
    scores_are_not_what_a_search_sees,
    scores_have_the_shape_of_their_indices,
    validation_ranks_as_the_answers_do,
    the_best_is_attained,
    representatives_are_their_own,
    the_winner_is_among_the_answers,
    held_out_runs_are_the_others,
    measures_are_values_and_seconds,
    a_lookup_is_plain_data,
)
