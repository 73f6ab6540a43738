"""Checks of what a benchmark declares, and that it refuses data sets and noise protocols that it does not have."""

from __future__ import annotations

import inspect
import itertools
from functools import partial

from nasbed.benchmarks import REGISTRY
from nasbed.check.elsewhere import Broken
from nasbed.check.subject import Subject, is_whole
from nasbed.errors import NasbedError
from nasbed.searches.loading import load_benchmark
from nasbed.vocabulary import HELD_OUT, UNJUDGED, VALIDATED, Objective, Refereed
from nasbed.vocabulary.registry import where


def declarations_are_complete(subject: Subject) -> None:
    """Names, objectives, runs, cost model, report rule and checksum are declared, since captions and records state them, and the
    label names the data set.
    """
    benchmark = subject.benchmark
    for name in ("name", "label", "cost_model", "checksum"):
        text = getattr(benchmark, name)
        if not isinstance(text, str) or not text:
            raise Broken(f"{name} is {text!r}", "a text", f"declare {name}")
    if (dataset := subject.options.get("dataset")) and str(dataset) not in benchmark.label:
        raise Broken(
            f"label is {benchmark.label!r} on the data set {dataset!r}",
            "a label that names it, since noise and tables go by labels",
            'set self.label = f"{self.name}/{dataset}"',
        )
    judged = isinstance(benchmark, Refereed)
    rules = ("test", HELD_OUT, VALIDATED) if judged else (UNJUDGED,)
    if benchmark.judged_on not in rules:
        raise Broken(
            f"judged_on is {benchmark.judged_on!r} with {'a' if judged else 'no'} referee",
            " or ".join(map(repr, rules)),
            "declare what a search is judged on",
        )
    if not is_whole(benchmark.runs) or benchmark.runs < 1:
        raise Broken(f"runs is {benchmark.runs!r}", "a whole number, at least 1", "declare how many runs were recorded")
    if not isinstance(benchmark.resumable, bool):
        raise Broken(f"resumable is {benchmark.resumable!r}", "True or False", "declare if trainings can be continued")
    objectives = benchmark.objectives
    if not isinstance(objectives, tuple) or not objectives or not all(isinstance(o, Objective) for o in objectives):
        raise Broken(f"objectives is {objectives!r}", "a tuple of nasbed.Objective", "declare name, unit and direction")
    names = [objective.name for objective in objectives]
    if len(set(names)) < len(names):
        raise Broken(f"objectives are named {', '.join(names)}", "distinct names", "name each objective once")


def epochs_ascend(subject: Subject) -> None:
    """``epochs`` are distinct positive whole numbers, lowest first: incumbents are compared at the highest one seen."""
    epochs = subject.benchmark.epochs
    good = isinstance(epochs, tuple) and bool(epochs) and all(is_whole(number) and number > 0 for number in epochs)
    if not good or any(low >= high for low, high in itertools.pairwise(epochs)):
        raise Broken(
            f"epochs is {epochs!r}", "a tuple of positive whole numbers, ascending", "use tuple(sorted(set(epochs)))"
        )


def an_unknown_data_set_is_refused(subject: Subject) -> str | None:
    """A data set that is not there is refused by an error of nasbed's that lists those there are, never replaced by another."""
    cls = REGISTRY.load(subject.use)
    if "dataset" not in inspect.signature(cls).parameters:
        return "it has no option dataset"
    offered, chosen = cls.datasets(), subject.options.get("dataset")
    texts = isinstance(offered, list) and bool(offered) and all(isinstance(one, str) for one in offered)
    chosen = None if chosen in dict(subject.options.get("fallback", {})).get("data", {}) else chosen
    if not texts or (chosen is not None and chosen not in offered):
        expected = "a list of names" if chosen is None else f"a list of names, {chosen!r} among them"
        raise Broken(f"datasets() gives {offered!r}", expected, "list what the option dataset accepts")
    wrong = "no such data set"
    mend = "raise nasbed.errors.unknown('data set', dataset, self.datasets(), self.name)"
    try:
        wrapped = {"fallback", "constraints"} & subject.options.keys()  # which are no options of the class
        make = partial(load_benchmark, subject.use) if wrapped else cls
        made = make(**{**subject.options, "dataset": wrong})
    except NasbedError as error:
        if wrong in str(error) and any(name in str(error) for name in offered):
            return None
        found = f"the error {str(error)!r}"
    except Exception as error:
        found = where(error, subject.file)
    else:
        found = str(made.label)
    raise Broken(
        f"the data set {wrong!r} gives {found}", "an error of nasbed's that names it and those there are", mend
    )


def an_unknown_noise_is_refused(subject: Subject) -> None:
    """A noise protocol that does not exist, or a run that was not recorded, is refused, never answered by another."""
    benchmark = subject.benchmark
    for noise in (
        "no such noise",
        "run:x",
        f"run:{benchmark.runs}",
        *(["mean"] if benchmark.judged_on == HELD_OUT else []),
    ):
        try:
            benchmark.oracle(noise)
        except NasbedError:
            continue
        what = "the mean, which sees the runs that are held out" if noise == "mean" else "what was not recorded"
        raise Broken(
            f"oracle({noise!r}) is answered, with {benchmark.runs} runs recorded and judged on {benchmark.judged_on}",
            "an error of nasbed's",
            f"read the noise with nasbed.vocabulary.noise.recorded_run, and refuse {what}",
        )
