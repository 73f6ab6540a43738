"""Checks as objects that can be called, and suites of them for a benchmark or a strategy."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import inf
from typing import Any
from unittest import SkipTest

from nasbed.benchmarks import REGISTRY
from nasbed.check import answers, scores, searches, shared_weights, spaces
from nasbed.check.candidate import Candidate, Named
from nasbed.check.elsewhere import Broken
from nasbed.check.limits import ENDLESS, TIME_LIMIT, Overdue, limited, require_time_limit
from nasbed.check.subject import Subject
from nasbed.engines.in_process import InProcess
from nasbed.engines.opening import open_engine
from nasbed.errors import PASSING, WorkerDied
from nasbed.progress import Progress, silent
from nasbed.vocabulary import Benchmark
from nasbed.vocabulary.registry import call, where

BENCHMARK_RULES: tuple[Callable[[Subject], str | None], ...] = (
    *answers.RULES,
    *spaces.RULES,
    *scores.RULES,
    *shared_weights.RULES,
)
"""The checks of a benchmark, in the order in which they are run."""
STRATEGY_RULES: tuple[Callable[[Candidate], str | None], ...] = searches.STRATEGY_RULES
"""The checks of a strategy, in the order in which they are run, the most basic first."""
FUNCTION_RULES: tuple[Callable[[Candidate], str | None], ...] = searches.FUNCTION_RULES
"""The rules of a function that owns its own loop."""


@dataclass(frozen=True)
class Finding:
    """What one check found: ``problem`` is empty if its rule holds, and ``note`` says what it could not cover.

    If ``see`` names a more basic check, that check is broken, and this one could not say anything.
    """

    check: str
    subject: str
    rule: str
    problem: str = ""
    note: str = ""
    see: str = ""

    @property
    def holds(self) -> bool:
        """Whether the rule was checked and is kept."""
        return not self.problem and not self.see

    @property
    def verdict(self) -> str:
        """The finding in a word or two: ``holds``, ``BROKEN`` or ``not covered``."""
        return "BROKEN" if self.problem else "not covered" if self.see else "holds"

    def __str__(self) -> str:
        return f"{self.check} of {self.subject}: {self.problem or (self.see and f'not covered: see {self.see}') or 'holds'}"


@dataclass(frozen=True, eq=False)
class Check:
    """One rule, bound to the subject that it checks. Calling it raises ``AssertionError`` if the rule is broken.

    If a check in ``after`` is broken, this one cannot say anything; calling it then raises ``unittest.SkipTest``, which
    pytest reports as skipped. ``time_limit`` is in seconds.
    """

    rule: Callable[[Any], str | None]
    subject: Subject | Candidate
    time_limit: float = inf
    after: tuple[Check, ...] = ()

    @property
    def __name__(self) -> str:  # pytest names the test so
        return self.rule.__name__

    def __str__(self) -> str:
        return self.__name__

    def __call__(self) -> None:
        __tracebackhide__ = True
        finding = self.run()
        if finding.see:
            raise SkipTest(str(finding))
        if not finding.holds:
            raise AssertionError(str(finding))

    def run(self) -> Finding:
        """The finding, made once. An exception of the subject is a finding too, with the line that raised it."""
        return self._finding

    def broken(self, problem: str) -> Finding:
        """A finding of this check, which holds where there is no problem."""
        summary = " ".join((self.rule.__doc__ or "").split("\n\n")[0].split())
        return Finding(self.__name__, self.subject.label, summary, problem)

    @cached_property
    def _finding(self) -> Finding:
        found = self.broken("")
        for before in self.after:
            if not (finding := before.run()).holds:
                return replace(found, see=finding.see or finding.check)
        try:
            with limited(self.time_limit):
                return replace(found, note=self.rule(self.subject) or "")
        except Broken as broken:
            problem = str(broken)
        except Overdue as overdue:
            problem = f"{overdue.told('', self.subject.file)}; expected that the check ends. To mend it: {ENDLESS}."
        except PASSING:
            raise
        except BaseException as error:
            problem = f"it raised {where(error, self.subject.file)}; expected no exception here."
        return replace(found, problem=problem)


def benchmark_checks(use: str | type[Benchmark], /, **options: Any) -> list[Check]:
    """The conformance suite of a benchmark, for ``pytest.mark.parametrize``: call each check, or :meth:`Check.run` it.

    ``use`` is a name as in a study file, or a class at the top level of a module; ``options`` are those of a study's
    entry. The benchmark is made when the first check runs, and shared by all.

    Raises :class:`~nasbed.errors.OptionError` if another process could not make the benchmark from these arguments.

    >>> import nasbed
    >>> checks = nasbed.benchmark_checks("nasbench201", dataset="cifar100")
    >>> print(checks[0])
    declarations_are_complete
    >>> checks[0]()
    """
    subject = Subject(use, options)
    return [Check(rule, subject) for rule in BENCHMARK_RULES]


def check_benchmark(use: str | type[Benchmark], /, **options: Any) -> list[Finding]:
    """Run the conformance suite of a benchmark and return what each check found.

    Raises :class:`~nasbed.errors.NasbedError` where the benchmark cannot be made at all.

    >>> import nasbed
    >>> all(finding.holds for finding in nasbed.check_benchmark("nasbench201", dataset="cifar100"))
    True
    """
    subject = Subject(use, options)
    subject.benchmark  # noqa: B018  # what cannot be made has no findings
    return [Check(rule, subject).run() for rule in BENCHMARK_RULES]


def strategy_checks(use: Named, /, *, time_limit: float = TIME_LIMIT, **options: Any) -> list[Check]:
    """The conformance suite of a strategy, for ``pytest.mark.parametrize``: call each check, or :meth:`Check.run` it.

    ``use`` is a name as in a study file, or a class, or a function that owns its own loop, at the top level of a module;
    ``options`` are the strategy's. A function is held to fewer rules (``FUNCTION_RULES``). A check that takes more than
    ``time_limit`` seconds is broken; there is no limit outside of the main thread and on Windows.

    Raises :class:`~nasbed.errors.OptionError` if another process could not make the strategy from these arguments.

    >>> import nasbed
    >>> checks = nasbed.strategy_checks("regularized_evolution", population=5)
    >>> print(checks[0])
    options_say_what_they_mean
    >>> checks[0]()
    """
    return _suite(Candidate(use, options), time_limit)


def _suite(candidate: Candidate, time_limit: float) -> list[Check]:
    require_time_limit(time_limit)
    made: dict[searches.Rule, Check] = {}
    for rule in FUNCTION_RULES if candidate.of_function else STRATEGY_RULES:
        made[rule] = Check(rule, candidate, time_limit, tuple(_before(rule, made)))
    return list(made.values())


def _before(rule: searches.Rule, made: Mapping[searches.Rule, Check]) -> Iterator[Check]:
    """The checks that must hold first; in place of one that the suite lacks, those before it."""
    for one in searches.AFTER.get(rule, ()):
        if one in made:
            yield made[one]
        else:
            yield from _before(one, made)


def check_strategy(
    use: Named,
    /,
    *,
    time_limit: float = TIME_LIMIT,
    progress: Callable[[Check, Finding | None], None] | None = None,
    engine: str = "here",
    **options: Any,
) -> list[Finding]:
    """Run the conformance suite of a strategy and return what each check found (see :func:`strategy_checks`).

    ``progress`` is called with each check before it runs, and with its finding after. ``engine`` is ``here`` or ``local:1``, a
    supervised process, whose death is a finding. Raises :class:`~nasbed.errors.NasbedError` where the strategy cannot be made
    at all.

    >>> import nasbed
    >>> [finding.check for finding in nasbed.check_strategy("random_search") if not finding.holds]
    []
    """
    candidate = Candidate(use, options)
    checks = _suite(candidate, time_limit)
    candidate.searching  # noqa: B018  # what cannot be made has no findings
    findings: dict[Check, Finding] = {}
    with open_engine(engine) as executor:
        for place, check in enumerate(checks):
            if progress is not None:
                progress(check, None)
            broken = next((finding for one in check.after if not (finding := findings[one]).holds), None)
            if broken is not None:
                findings[check] = replace(check.broken(""), see=broken.see or broken.check)
            else:
                findings[check] = _found(
                    executor, check, (candidate.use, json.dumps(candidate.options), time_limit, place)
                )
            if progress is not None:
                progress(check, findings[check])
    return list(findings.values())


def _found(executor: Executor, check: Check, call: tuple[str, str, float, int]) -> Finding:
    """What a check finds, which may be that it ends its process."""
    if isinstance(executor, InProcess):
        return check.run()
    try:
        finding: Finding = executor.submit(found_by, *call).result()
    except WorkerDied as died:
        return check.broken(
            f"its process died: {died}. To mend it: leave the process, and what nasbed opened in it, alone."
        )
    return finding


def found_by(use: str, options: str, time_limit: float, place: int) -> Finding:
    """What the check at a place of a suite finds; called in a worker."""
    return _suite_of(use, options, time_limit)[place].run()


@lru_cache(maxsize=1)
def _suite_of(use: str, options: str, time_limit: float) -> list[Check]:
    return _suite(Candidate(use, json.loads(options)), time_limit)


def check_named(use: str, dataset: str | None = None, progress: Progress | None = None) -> dict[str, list[Finding]]:
    """The findings of a benchmark by label, on one data set or on all that it offers.

    ``progress`` is called with a label, the checks done and the checks in all. Raises
    :class:`~nasbed.errors.NasbedError` where the benchmark cannot be made on one of the data sets.
    """
    cls = REGISTRY.load(use)
    options: list[dict[str, Any]] = [{}] if dataset is None else [{"dataset": dataset}]
    if dataset is None and "dataset" in inspect.signature(cls).parameters:
        offered = call(f"datasets() of {use!r}", cls.datasets, {})
        options = [{"dataset": one} for one in offered] or options
    subjects = [Subject(use, chosen) for chosen in options]
    labels = [subject.benchmark.label for subject in subjects]
    progress = progress or silent
    total, done = len(BENCHMARK_RULES) * len(subjects), 0
    found: dict[str, list[Finding]] = {}
    for label, subject in zip(labels, subjects, strict=True):
        label = label if label not in found else f"{label}, {subject.options['dataset']}"
        found[label] = []
        for rule in BENCHMARK_RULES:
            progress(label, done, total)
            found[label].append(Check(rule, subject).run())
            done += 1
    return found
