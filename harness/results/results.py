"""Results of a study: stored records, judged after the search, as frames, tables and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pandas as pd

from nasbed.errors import OptionError, shown, unknown
from nasbed.notebooks import ShownInNotebook
from nasbed.results import curves as curves_
from nasbed.results.frames import series_of_frame
from nasbed.results.joining import clashing, joined, told_apart
from nasbed.results.judge import floor
from nasbed.results.known import followed_on_test
from nasbed.results.looks import Identity, Look, looks_of
from nasbed.results.series import METRICS, SeriesResult
from nasbed.results.stored import Stored, read_stored
from nasbed.results.summary import LEAST, summarised
from nasbed.searches.referees import refereed
from nasbed.searches.rules import Rules
from nasbed.statistics.comparisons import contrasts
from nasbed.studies.appearance import LABEL, Appearance, Appearing, is_label, renamed
from nasbed.studies.order import crossed, in_order
from nasbed.vocabulary import Benchmark, Budget, JudgedAnew

CURVES = ["benchmark", "strategy", "metric", "axis", "x", "mean", "low", "high"]
"""The columns of :meth:`Results.curves`."""

SCORES = (*METRICS, "optimism")
"""What :meth:`Results.scores` knows; lower is better."""


class Results(ShownInNotebook):
    """The results of a study.

    ``load`` reads a results folder, ``from_frame`` takes records made elsewhere. Regrets are in the unit of the
    objective, lower is better; ``reference`` is the strategy that the others are compared with; ``bounds`` are the scales and
    reference points of several objectives that the manifest fixes. ``series``, ``benchmarks`` and ``strategies`` are in the order
    of the study (:mod:`nasbed.studies.order`), or in the order given to :meth:`appearing`. ``looks`` are the colours, dashes and
    markers of all strategies of the study, by their labels; ``names`` maps the labels of the study to the labels here.
    """

    notebook_page = "of_results"

    def __init__(
        self,
        all_series: Sequence[SeriesResult],
        reference: str,
        title: str,
        warnings: Sequence[str] = (),
        bounds: Mapping[str, Any] | None = None,
        looks: Mapping[str, Look] | None = None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self.series = in_order(all_series, lambda series: (series.benchmark, series.strategy))
        self.benchmarks = {series.benchmark: series.scored for series in self.series}
        self.reference = reference
        self.title = title
        self.warnings = list(warnings)
        self.bounds = dict(bounds or {})
        self._floors: dict[str, tuple[float, float]] = {}
        self._curves: pd.DataFrame | None = None
        self.strategies = list(dict.fromkeys(series.strategy for series in self.series))
        self.looks = dict(looks) if looks is not None else looks_of(self._identities())
        self.names = dict(names or {})

    def __repr__(self) -> str:
        return f"<Results: {self.title}, {', '.join(self.strategies)} on {', '.join(self.benchmarks)}>"

    @classmethod
    def load(cls, folder: Path | str) -> Results:
        """Read a results folder; raises :class:`~nasbed.errors.StoreError`.

        ``warnings`` says if the code, data or options have changed since the results were made.
        """
        return cls.of_stored(read_stored(folder))

    @classmethod
    def of_stored(cls, found: Stored, *, plain: bool = False) -> Results:
        """The results of the records read from a folder, with the study's ``[appearance]``, or without it if ``plain``."""
        made = cls(found.all_series, found.study.reference, found.study.title, found.warnings, found.bounds)
        return made if plain else made._appearing(found.study.appearance)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        benchmarks: Mapping[str, Benchmark] | Benchmark,
        budget: Budget | Mapping[str, Any],
        *,
        reference: str | None = None,
        title: str = "imported results",
        noise: str = "draw",
        repeats: Any = "charge",
        incumbent: Any = "best",
        workers: int = 1,
    ) -> Results:
        """Results of records made elsewhere: one row per evaluation, in the order of arrival.

        Columns: strategy, benchmark (a key of ``benchmarks``), seed, architecture (text of the space, tuple, or index), value
        (what the search saw), time (simulated seconds at arrival); optionally epochs, last (true on the last row of a
        run that ended before its budget), trial (each number once in a run), the further objectives by their names, which fronts
        need, and, if trainings can be resumed, epochs_added (the epochs beyond the resumed ones; without this column a training
        goes on from the longest of its run). Other columns are not read.
        :meth:`SearchResult.frame <nasbed.searches.result.SearchResult.frame>` gives all of them except the strategy.

        A value is in natural numbers of the benchmark's first objective: in its unit and with its own sign, so a loss is positive
        and an accuracy in percent is not a fraction. (The ``value`` of an :class:`~nasbed.vocabulary.Outcome` has its sign turned
        if the objective is minimised.) Missing and infinite values are failed trainings. If a benchmark lists its records, other
        values must be recorded for that architecture and fidelity under ``noise``, up to rounding. ``noise``, ``repeats`` and
        ``workers`` say how the records were made, for the captions too. Nothing may exceed ``budget``; a run that did not
        spend it and has no ``last`` gives a warning. Scores come from the benchmarks' referees, so a frame has no test column.

        Raises :class:`~nasbed.errors.OptionError`, which names the first row that cannot be judged (counted from 0); no row is
        left out.

        >>> import nasbed
        >>> table = nasbed.load_benchmark("nasbench201")
        >>> frame = pd.DataFrame({"strategy": "mine", "benchmark": table.label, "seed": [0, 0, 1, 1],
        ...                       "architecture": [5, 6111, 7, 8], "value": [87.64, 91.68, 88.98, 89.28],
        ...                       "time": [1e3, 2e3, 1e3, 2e3]})
        >>> results = nasbed.Results.from_frame(frame, table, {"evaluations": 2})
        >>> results.finals()["validation_regret"].round(3).tolist()[0]
        0.0
        """
        if not is_label(title):
            raise OptionError(f"title = {shown(title)}; expected {LABEL}")
        if not isinstance(reference or "", str):
            raise OptionError(f"reference = {shown(reference)}; expected a text")
        rules = Rules(Budget.parse(budget), noise, repeats, incumbent, workers)
        all_series = series_of_frame(frame, benchmarks, rules)
        used = reference if reference is not None else all_series[0].strategy
        if used not in {series.strategy for series in all_series}:
            raise OptionError(f"the reference {shown(used)} is not among the frame's strategies")
        return cls(all_series, used, title)

    def merge(self, *others: Results, names: Sequence[str] = (), apart: bool = False) -> Results:
        """These results and others as one: the same strategies on other benchmarks, or other strategies on the same benchmarks.

        Seeds, noise, repeats, incumbent rule and simulated workers must be the same in all results; so must the data and the budget
        of a benchmark. Runs that several results have, with the same trajectories, are taken once. Different strategies must have
        different labels; where labels clash, ``apart`` adds the name of their results, which is the title, or the
        end of ``names``. The reference, and the looks of strategies, are those of the first results that have them.

        Raises :class:`~nasbed.errors.OptionError`, which says what differs and what can be done.

        >>> import nasbed
        >>> table = nasbed.load_benchmark("nasbench201")
        >>> made = {"benchmark": table.label, "seed": [0, 1], "value": [87.64, 91.68], "time": [1e3, 1e3]}
        >>> frame = pd.DataFrame({**made, "architecture": [5, 6111]})
        >>> mine, other = (nasbed.Results.from_frame(frame.assign(strategy=name), table, {"evaluations": 1}, title=name)
        ...                for name in ("mine", "theirs"))
        >>> mine.merge(other).strategies
        ['mine', 'theirs']
        """
        parts = dict(zip(_called([self, *others], names), [self, *others], strict=True))
        ends = told_apart(list(parts)) if names else list(parts)
        for label in clashing(parts) if apart else ():
            parts = {
                name: part.appearing(labels={label: f"{label} ({end})"}) if label in part.strategies else part
                for (name, part), end in zip(parts.items(), ends, strict=True)
            }
        return Results(*joined(parts))

    def series_of(self, benchmark: str, strategy: str) -> SeriesResult:
        """The runs of a strategy on a benchmark."""
        return next(series for series in self.series if (series.benchmark, series.strategy) == (benchmark, strategy))

    def series_on(self, benchmark: str) -> list[SeriesResult]:
        """The runs of all strategies on a benchmark."""
        return [series for series in self.series if series.benchmark == benchmark]

    def subset(self, strategies: Sequence[str] | None = None, benchmarks: Sequence[str] | None = None) -> Results:
        """The results of some strategies and benchmarks, in the study's order; of all if none are named.

        The first strategy is the reference if the study's reference is left out. Raises
        :class:`~nasbed.errors.UnknownNameError`.
        """
        for kind, wanted, known in (
            ("strategy", strategies, self.strategies),
            ("benchmark", benchmarks, list(self.benchmarks)),
        ):
            for name in wanted or ():
                if name not in known:
                    raise unknown(kind, name, known)
        all_series = [
            series
            for series in self.series
            if series.strategy in (strategies or self.strategies)
            and series.benchmark in (benchmarks or self.benchmarks)
        ]
        kept = {series.strategy for series in all_series}
        return Results(
            all_series,
            self.reference if self.reference in kept else all_series[0].strategy,
            self.title,
            self.warnings,
            self.bounds,
            self.looks,
            self.names,
        )

    def appearing(self, **told: Unpack[Appearing]) -> Results:
        """The same results as an author wants them to appear, in every table, figure and page made from them.

        ``labels`` are new names of strategies and benchmarks; ``colors`` (``#rrggbb``, or names that matplotlib knows) and
        ``markers`` are those of strategies; keys are the names here or in the study. Names in ``order`` come before all
        others, and only ``strategies``, with the reference, are shown. Nothing is run.

        Raises :class:`~nasbed.errors.UnknownNameError` and :class:`~nasbed.errors.OptionError`.
        """
        translated = {key: renamed(value, self.names) for key, value in told.items()}
        return self._appearing(Appearance.parse(translated, self.strategies, list(self.benchmarks)))

    def _appearing(self, as_told: Appearance) -> Results:
        """The same results, of what is there of the names that an appearance has."""
        shown = [name for name in as_told.strategies if name in self.strategies]
        kept = self.subset([name for name in self.strategies if name in (*shown, self.reference)] if shown else None)
        label = {name: as_told.labels.get(name, name) for name in (*self.looks, *self.benchmarks)}
        by_names = {(series.benchmark, series.strategy): series for series in kept.series}
        all_series = [
            replace(by_names[pair], benchmark=label[pair[0]], strategy=label[pair[1]])
            for pair in crossed(as_told.sorted(kept.benchmarks), as_told.sorted(kept.strategies))
        ]
        looks = {
            label[name]: look._replace(
                color=as_told.colors.get(name, look.color), marker=as_told.markers.get(name, look.marker)
            )
            for name, look in self.looks.items()
        }
        studys = {label: name for name, label in self.names.items()}
        names = {studys.get(name, name): shown_as for name, shown_as in label.items()}
        return Results(
            all_series,
            label[self.reference],
            self.title,
            self.warnings,
            {label.get(name, name): bounds for name, bounds in self.bounds.items()},
            looks,
            names,
        )

    def _identities(self) -> dict[str, Identity]:
        """What each strategy is; one that was made elsewhere is what it is called."""
        return {series.strategy: series.identity or Identity(series.strategy) for series in self.series}

    def scores(self, metric: str = "validation_regret", at: int | None = None) -> dict[str, np.ndarray]:
        """The scores of each strategy, (seeds, benchmarks), after ``at`` evaluations, by default at the end of the budget.

        ``metric`` is a regret, or ``optimism``: the observed validation of the incumbent minus its noise-free mean (``nan`` if the
        search was on another benchmark). Lower is better; the score of a run that ended earlier is carried forward, and ``nan``
        is a run without an incumbent. Raises
        :class:`~nasbed.errors.UnknownNameError` and :class:`~nasbed.errors.OptionError`.
        """
        if metric not in SCORES:
            raise unknown("metric", metric, SCORES)
        if at is not None and at < 1:
            raise OptionError(f"at = {shown(at)}; expected evaluations, 1 or more")
        if at is not None and at > (most := self.most_evaluations()):
            raise OptionError(f"at = {at}; expected at most {most}, the evaluations that runs have on every benchmark")
        found = {}
        for strategy in self.strategies:
            columns = []
            for label in self.benchmarks:
                series = self.series_of(label, strategy)
                if metric != "optimism" and at is None:
                    columns.append(series.runs.final(metric))
                    continue
                values = series.optimism() if metric == "optimism" else getattr(series.runs, metric)
                columns.append(values[:, (min(at, values.shape[1]) if at else 0) - 1])
            found[strategy] = np.stack(columns, axis=1)
        return found

    def most_evaluations(self) -> int:
        """The evaluations of the longest run; with several benchmarks, the least of these numbers over the benchmarks."""
        of = {
            label: max(int(one.runs.count.max(initial=0)) for one in self.series_on(label)) for label in self.benchmarks
        }
        return min(of.values())

    def evaluations(self) -> pd.DataFrame:
        """One row for each evaluation of each run, with the columns of records, the strategy and the benchmark."""
        frames = [series.records.assign(strategy=series.strategy, benchmark=series.benchmark) for series in self.series]
        return pd.concat(frames, ignore_index=True)

    def finals(self) -> pd.DataFrame:
        """One row per run: its scores at the end of the budget, evaluations, distinct networks, simulated seconds, and the
        further costs of benchmarks by name.
        """
        return pd.concat([self.finals_of(series) for series in self.series], ignore_index=True)

    def finals_of(self, series: SeriesResult) -> pd.DataFrame:
        """The rows of :meth:`finals` of one series, with the columns of all."""
        further = {name: np.nan for one in self.series for name in one.runs.spent}
        frame = {
            "benchmark": series.benchmark,
            "strategy": series.strategy,
            "seed": series.runs.seeds,
            **{name: series.final(name) for name in (*METRICS, "validation", "test")},
            "evaluations": series.runs.count,
            "distinct": series.runs.distinct,
            "seconds": series.seconds(),
            **further,
            **series.further_costs(),
        }
        return pd.DataFrame(frame)

    def retrainings(self) -> pd.DataFrame:
        """One row per retraining and split of each architecture that searches returned, if benchmarks train their incumbents anew:
        benchmark, architecture, how the training ended, its scores and its costs. For other benchmarks there are no rows.
        """
        rows: list[dict[str, Any]] = []
        for label, benchmark in self.benchmarks.items():
            if isinstance(benchmark, JudgedAnew):
                returned = {index for series in self.series_on(label) for index in series.runs.incumbent.tolist()}
                for index in sorted(returned - {-1}):
                    rows += [{"benchmark": label, **row} for row in benchmark.retraining_rows(index)]
        return pd.DataFrame(rows)

    @cached_property
    def _contrasts(self) -> dict[tuple[str, str, str], dict[str, float]]:
        """Contrasts with the reference by benchmark, strategy and metric; Holm's family is all of them on one metric."""
        found: dict[tuple[str, str, str], dict[str, float]] = {}
        for metric in METRICS if len(self.strategies) > 1 else ():
            for row in contrasts(self, metric).drop(columns=["rival", "seeds"]).to_dict("records"):
                names = str(row.pop("benchmark")), str(row.pop("strategy"))
                found[(*names, metric)] = {str(name): float(value) for name, value in row.items()}
        return found

    def summary(self) -> pd.DataFrame:
        """One row per benchmark and strategy: the numbers of all statistics that :mod:`nasbed.summary` declares.

        Columns are named ``METRIC_STATISTIC``, or by a cost; ``difference``, ``wins``, ``improvement``, ``p`` and ``p_holm``
        compare with ``reference``: see :func:`~nasbed.statistics.comparisons.contrasts`.
        """
        return self._summary.copy()

    @cached_property
    def _summary(self) -> pd.DataFrame:
        return summarised(self.series, self.reference, self._contrasts)

    def floor(self, benchmark: str) -> tuple[float, float]:
        """Validation and test regret of exhaustive search under the same noise; ``nan`` if the space has no list, or no best
        is known.
        """
        if benchmark not in self._floors:
            series = self.series_on(benchmark)[0]
            searched = refereed(series.searched)
            scored = searched if series.scored.label == series.searched.label else refereed(series.scored)
            self._floors[benchmark] = floor(searched, scored, series.rules.noise)
        return self._floors[benchmark]

    def curves(self) -> pd.DataFrame:
        """The anytime curves in long form: benchmark, strategy, metric, axis (the name of a meter: evaluations, seconds, or another
        that the budget counts), x, mean, low, high. If no best is known, the metrics are the values ``validation`` and ``test``.
        Without a referee, or if only returned architectures are trained anew, there is just the best-seen validation value.

        The curves are computed once.
        """
        if self._curves is None:
            self._curves = self._drawn()
        return self._curves.copy()

    def _drawn(self) -> pd.DataFrame:
        frames = []
        for label in self.benchmarks:
            all_series = self.series_on(label)
            budget, runs = all_series[0].rules.budget, [series.runs for series in all_series]
            width = budget.evaluations or max(int(one.count.max()) for one in runs)
            evaluations, *others = curves_.axes_of(all_series)
            ends = {axis: curves_.horizon(axis, runs, budget) for axis in others}
            for series in all_series:
                for metric in METRICS if followed_on_test(series.scored) else METRICS[:1]:
                    named = metric.removesuffix("_regret") if series.absolute else metric
                    for axis in (evaluations, *others):
                        if axis is evaluations:
                            x, values = curves_.against_evaluations(series.runs, metric, width)
                        else:
                            x, values = curves_.against(axis, series.runs, metric, budget, ends[axis])
                        curve = curves_.curve(x, series.shown(values), LEAST.get(named, -np.inf))
                        names = {"benchmark": label, "strategy": series.strategy, "metric": named, "axis": axis.name}
                        frames.append(pd.DataFrame(vars(curve)).assign(**names))
        return pd.concat(frames, ignore_index=True)[CURVES]


def _called(parts: Sequence[Results], names: Sequence[str]) -> list[str]:
    """What results are called: as is said, or by their titles, numbered where two are the same."""
    called = list(names) if names else [part.title for part in parts]
    if len(called) != len(parts) or not all(map(is_label, called)):
        raise OptionError(f"names = {shown(names)}; expected {len(parts)} names, each {LABEL}")
    if len(set(called)) == len(called):
        return called
    return [f"{name} ({place})" for place, name in enumerate(called, 1)]
