"""A study file becomes a :class:`Study`, a study becomes series of runs, and each run has an identity.

A :class:`Series` is one strategy on one benchmark; a run is one of its seeds. The identity of a series hashes all that
its answers depend on: strategy, options and source, benchmark, data and source, the core's source, and the rules.
"""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from math import inf
from pathlib import Path
from typing import Any

from nasbed.errors import OptionError, StudyError, UnknownNameError, located, named, require_name, shown, unknown
from nasbed.files import read_toml, text_of
from nasbed.numeric import SEEDS, require_seed, require_whole
from nasbed.searches.columns import require_storable
from nasbed.searches.execution import price, require_purchase
from nasbed.searches.functions import Function
from nasbed.searches.loading import datasets_of, load_benchmark, options_of
from nasbed.searches.remedies import make_strategy, require
from nasbed.searches.remedies import options_of as strategy_options
from nasbed.searches.rules import Rules
from nasbed.searches.stages import parse as parse_stages
from nasbed.searches.stages import require_offered
from nasbed.studies.appearance import LABEL, Appearance, is_label
from nasbed.studies.order import crossed
from nasbed.studies.series import Entry, Series, Target
from nasbed.vocabulary import Budget

_KEYS = ("name", "title", "seeds", "first_seed", "budget", "reference", "noise", "repeats", "incumbent", "workers")
_TABLES = ("benchmark", "strategy", "appearance")
ARCHIVED = "archive:"
"""What a reference begins with whose runs are in the archive and not in the study, as the label of its row does."""
MOST_SEEDS, MOST_STRATEGIES = 1_000_000, 10_000
"""The most seeds and strategies of a study: each seed of each strategy is a search of its own."""
_OF_TARGETS, _OF_STRATEGIES = ("use", "label", "budget", "report", "stages"), ("use", "label", "grid")


EXAMPLE = """
name = "example"
seeds = 5
budget = { evaluations = 30 }

[[benchmark]]
use = "nasbench201"

[[strategy]]
use = "random_search"
"""
"""The text of a small study, with which examples begin of what runs, slices and exports studies; docs/studies.md has all keys."""


@dataclass(frozen=True)
class Study:
    """Strategies, benchmarks, seeds and rules; every strategy runs on every benchmark with every seed.

    Make one with :meth:`load` or :meth:`parse`. ``text`` is the file as it was read.
    """

    name: str
    title: str
    seeds: tuple[int, ...]
    rules: Rules
    targets: tuple[Target, ...]
    strategies: tuple[Entry, ...]
    reference: str
    text: str
    appearance: Appearance = field(default_factory=Appearance)

    @classmethod
    def load(cls, path: Path | str) -> Study:
        """Read a study file; raises :class:`~nasbed.errors.StudyError` with the file and line of a malformed entry."""
        return cls.parse(text_of(path), str(path))

    @classmethod
    def parse(cls, text: str, source: str = "study", *, load: bool = True) -> Study:
        """A study from the text of its file; messages name ``source``.

        Without ``load`` the strategies are not loaded, so that results can be read without their code.

        >>> study = Study.parse(EXAMPLE)
        >>> study.name, len(study.seeds), str(study.rules.budget), [entry.label for entry in study.strategies]
        ('example', 5, '30 evaluations', ['random_search'])
        """
        content = read_toml(text, source)
        with located(source):
            return _study(content, text, load)

    @property
    def archived(self) -> str:
        """The strategy of the archive that is the reference; empty if the reference is one of the study's own strategies.

        >>> replace(Study.parse(EXAMPLE), reference="archive:gp_bo").archived
        'gp_bo'
        """
        own = {entry.label for entry in self.strategies}
        drawn = self.reference.startswith(ARCHIVED) and self.reference not in own
        return self.reference.removeprefix(ARCHIVED) if drawn else ""

    def with_seeds(self, seeds: int) -> Study:
        """The same study with another number of seeds."""
        return replace(self, seeds=_seeds(self.seeds[0], seeds))

    def series(self) -> list[Series]:
        """Every strategy on every benchmark, in the order of the study."""
        return [
            Series(strategy, target.entry, replace(self.rules, budget=target.budget, stages=target.stages))
            for target, strategy in crossed(self.targets, self.strategies)
        ]

    def examine(self) -> list[str]:
        """Load everything and refuse whatever cannot work. Returns warnings about settings that are allowed but unwise, one for all
        benchmarks on which a strategy has the same warning.
        """
        found: dict[tuple[str, str], dict[str, float]] = {}
        for series in self.series():
            with located(f"strategy {shown(series.strategy.label)} on {series.benchmark.label}"):
                for what, number in _unwise(series).items():
                    found.setdefault((series.strategy.label, what), {})[series.benchmark.label] = number
        return [f"{strategy} on {_counted(on)}: {what.format(_span(on))}" for (strategy, what), on in found.items()]


def _counted(labels: Collection[str]) -> str:
    """Benchmarks by their labels, or where there are more than two, how many, from the first to the last."""
    first, *_, last = [*labels, *labels]
    if len(labels) > 2:
        return f"{len(labels)} benchmarks ({first} ... {last})"
    return " and ".join(labels)


def _span(numbers: Mapping[str, float]) -> str:
    """The least and the largest of some numbers, or the one that they all are, as text."""
    ends = dict.fromkeys(f"{end(numbers.values()):,.0f}" for end in (min, max))
    return " to ".join(ends)


def _unwise(series: Series) -> dict[str, float]:
    """What is unwise about one strategy on one benchmark, each with the number of evaluations that belongs into its ``{}``, if it
    has one; refuses what cannot work.
    """
    warnings = {}
    benchmark, strategy, rules = series.load_benchmark(), series.load_strategy(), series.rules
    budget = rules.budget
    require_storable(benchmark)
    if isinstance(strategy, Function):
        strategy.require_one_worker(rules.workers)
        if rules.stages:
            raise OptionError(
                "stages change what a strategy is asked; code that owns its own loop has none, so leave them out"
            )
    else:
        require(strategy, benchmark, benchmark.task(budget, rules.workers))
    require_offered(rules.stages, benchmark.task(budget))
    require_purchase(budget, benchmark)
    benchmark.oracle(rules.noise)
    warm_up = 0 if isinstance(strategy, Function) else strategy.warm_up
    count = budget.amount / each if (each := price(budget, benchmark)) else inf
    if count < 2 * warm_up:
        what = f"evaluations, fewer than twice its {warm_up} of warm-up; it will look like random search"
        warnings[f"a budget of {budget} buys about {{}} {what}"] = count
    if budget.evaluations is not None and not isinstance(strategy, Function) and strategy.needs.fidelity_ratio > 1:
        first, last = benchmark.epochs[0], benchmark.epochs[-1]
        what = (
            f"under a budget of {budget} a training of {first} epoch{'s' * (first > 1)} costs as much as one of {last}, so low"
            f" fidelities save nothing; write budget = {{{{ epochs = {int(budget.amount) * last} }}}}, or a budget in seconds"
        )
        warnings[what] = count
    return warnings


def _seeds(first: Any, count: Any) -> tuple[int, ...]:
    number = require_whole("seeds", count, 1, MOST_SEEDS, StudyError)
    begin = require_seed(first, "first_seed", StudyError)
    if begin + number > SEEDS:
        raise StudyError(f"first_seed = {begin} and seeds = {number}; seeds end at {SEEDS - 1}")
    return tuple(range(begin, begin + number))


def _study(content: dict[str, Any], text: str, load: bool) -> Study:
    if "space" in content or "recipe" in content:
        raise StudyError("this says what to train into a table, not what to search; run it with nasbed tabulate")
    for key in content:
        if key not in (*_KEYS, *_TABLES):
            raise unknown("key", key, (*_KEYS, *_TABLES), "the study")
    for key in ("name", "seeds", "budget"):
        if key not in content:
            raise StudyError(f"the key {key!r} is missing")
    name = content["name"]
    if not is_label(name) or len(name) > 100 or set(name) & set("/\\:\0") or name.startswith("."):
        raise StudyError(f"name = {shown(name)}; expected a text of at most 100 characters that can name a folder")
    rules = Rules(
        Budget.parse(content["budget"]),
        **{key: content[key] for key in ("noise", "repeats", "incumbent", "workers") if key in content},
    )
    targets = [_target(entry, rules.budget) for entry in _tables(content, "benchmark")]
    strategies = [entry for table in _tables(content, "strategy") for entry in _strategies(table, load)]
    scored_on = [label for target in targets for label, _ in target.scored_on]
    _require_labels(
        "benchmark",
        [target.entry.label for target in targets],
        '; if they differ in report alone, one report names several data sets: report = ["a", "b"]',
    )
    _require_labels("benchmark", scored_on)
    labels = [entry.label for entry in strategies]
    _require_labels("strategy", labels)
    reference = content.get("reference", labels[0])
    if not (isinstance(reference, str) and reference.startswith(ARCHIVED)):
        require_name("reference", reference, labels, "the study")
    elif not reference.removeprefix(ARCHIVED).strip():
        raise StudyError(
            f"reference = {shown(reference)}; expected the name of an archived strategy behind it, as"
            f" {ARCHIVED}random_search; nasbed archive list shows them"
        )
    rows = list(dict.fromkeys([*labels, reference]))
    appearance = Appearance.parse(content.get("appearance", {}), rows, scored_on)
    seeds = _seeds(content.get("first_seed", 0), content["seeds"])
    title = content.get("title", name)
    if not is_label(title):
        raise StudyError(f"title = {shown(title)}; expected {LABEL}, as {name!r}")
    return Study(name, title, seeds, rules, tuple(targets), tuple(strategies), reference, text, appearance)


def _tables(content: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    tables = content.get(kind, [])
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise StudyError(f"expected at least one [[{kind}]] with a key 'use'")
    for table in tables:
        if "use" not in table:
            near = get_close_matches("use", table, n=1)
            raise StudyError(
                f"a [[{kind}]] has {named(near[0])} = {shown(table[near[0]])}; did you mean use = {shown(table[near[0]])}?"
                if near
                else f"a [[{kind}]] lacks the key 'use'; expected the name of a {kind}"
            )
        if not isinstance(table["use"], str):
            raise StudyError(f"a [[{kind}]] has use = {shown(table['use'])}; expected the name of a {kind}")
        label = table.get("label", "-")
        if not is_label(label):
            raise StudyError(f"a [[{kind}]] has label = {shown(label)}; expected {LABEL}")
    return tables


def _require_spelled(kind: str, table: Mapping[str, Any], keys: Sequence[str], options: Sequence[str]) -> None:
    """Raises :class:`~nasbed.errors.UnknownNameError` for what is no option, and more like a key of every table of the kind than
    like any option.
    """
    for name, value in table.items():
        near = get_close_matches(name, [*keys, *options], n=1)
        if name not in (*keys, *options) and near and near[0] in keys:
            raise UnknownNameError(
                f"a [[{kind}]] has {named(name)} = {shown(value)}; did you mean {near[0]} = {shown(value)}? known beside the"
                f" options of {table['use']}: {', '.join(keys)}"
            )


def _target(table: dict[str, Any], budget: Budget) -> Target:
    table = _in_turn(table)
    known = options_of(table["use"])
    _require_spelled("benchmark", table, _OF_TARGETS, known)
    stages, own_option = table.get("stages", []), "stages" in known
    options = {key: value for key, value in table.items() if key not in _OF_TARGETS}
    if own_option and not isinstance(stages, list):  # as the stages of a network are, where rules are a list
        options["stages"], stages = stages, []
    benchmark = load_benchmark(table["use"], **options)
    _require_plain(options)
    entry = Entry(table["use"], table.get("label", benchmark.label), options)
    datasets = table.get("report", [None])
    if not isinstance(datasets, list) or not datasets or any(datasets.count(one) > 1 for one in datasets):
        raise StudyError(
            f"report = {shown(datasets)}; expected a list of data sets that the search is judged on, each once"
        )
    report = []
    for dataset in datasets:
        if dataset is not None:
            require_name("data set", dataset, datasets_of(table["use"]), table["use"])
        scored = options if dataset is None else {**options, "dataset": dataset}
        same = load_benchmark(table["use"], **scored).label == benchmark.label
        report.append((entry.label if same else f"{entry.label} → {dataset}", scored))
    own = Budget.parse(table["budget"]) if "budget" in table else budget
    return Target(entry, own, parse_stages(stages), tuple(report))


def _in_turn(table: dict[str, Any]) -> dict[str, Any]:
    """A ``[[benchmark]]`` in which a list of halves to search one after the other is stages of equal parts of the budget."""
    halves = table.get("search")
    if not isinstance(halves, list):
        return table
    if "stages" in table:
        raise StudyError(
            f"search = {shown(halves)} stands beside stages; keep one of them, and name the half in each stage"
        )
    if not halves:
        raise StudyError('search = []; expected halves of a joint space, as ["architecture", "hyperparameters"]')
    stages = [{"until": place / len(halves), "search": half} for place, half in enumerate(halves, 1)]
    return {**{key: value for key, value in table.items() if key != "search"}, "stages": stages}


def _strategies(table: dict[str, Any], load: bool) -> list[Entry]:
    options = {key: value for key, value in table.items() if key not in _OF_STRATEGIES}
    if load:
        _require_spelled("strategy", table, _OF_STRATEGIES, strategy_options(table["use"]))
    label = table.get("label", table["use"])
    if load:
        _require_own(label)
    grid = table.get("grid", {})
    if not isinstance(grid, dict) or not all(isinstance(values, list) and values for values in grid.values()):
        raise OptionError(f"the grid of {shown(label)} is {shown(grid)}; expected a list of values for each option")
    if (count := math.prod(map(len, grid.values()))) > MOST_STRATEGIES:
        raise OptionError(f"the grid of {shown(label)} has {count:,} points; expected at most {MOST_STRATEGIES:,}")
    for name in options.keys() & grid.keys():
        raise OptionError(
            f"{name} = {shown(options[name])} stands beside the grid of {shown(label)} for it; keep one of them"
        )
    entries = []
    for values in itertools.product(*grid.values()):
        point = dict(zip(grid, values, strict=True))
        if load:
            make_strategy(table["use"], {**options, **point})
        _require_plain({**options, **point})
        named = ", ".join([label, *(f"{key} {value}" for key, value in point.items())])
        entries.append(Entry(table["use"], named, {**options, **point}))
    return entries


def _require_plain(options: dict[str, Any]) -> None:
    """Options are stored as JSON; raises :class:`~nasbed.errors.OptionError` for what cannot be."""
    for name, value in options.items():
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            raise OptionError(
                f"{name} = {shown(value)}; expected a text, a finite number, true, false or a list"
            ) from None


def _require_own(label: str) -> None:
    """Raises :class:`~nasbed.errors.StudyError` for a label that only the row of an archived strategy has."""
    if label.startswith(ARCHIVED):
        own = json.dumps(label.removeprefix(ARCHIVED).strip() or "mine", ensure_ascii=False)
        raise StudyError(
            f"a [[strategy]] is called {shown(label)}; labels that begin with {ARCHIVED} are those of archived runs: give it one"
            f" of its own, as label = {own}"
        )


def _require_labels(kind: str, labels: list[str], further: str = "") -> None:
    for label, count in Counter(labels).items():
        if count > 1:
            raise StudyError(
                f"two entries of [[{kind}]] are called {shown(label)}; give them labels of their own:"
                f' label = "..."{further}'
            )
