"""What a table or a figure must say of the protocol under which its numbers were made."""

from __future__ import annotations

import numpy as np

from nasbed.results.known import FEW, unknown_best
from nasbed.results.listing import unlisted
from nasbed.results.results import Results
from nasbed.results.series import SeriesResult
from nasbed.searches.rules import grouped
from nasbed.vocabulary import HELD_OUT, VALIDATED, JudgedAnew

SURROGATE = "surrogate"
"""How numbers are marked that no training gave."""


def caption(results: Results) -> str:
    """Seeds, budget, noise protocol, incumbent rule and cost model, in words."""
    seeds = results.series[0].runs.seeds
    several = f"{len(seeds)} seeds ({spanned(seeds)}), the same for every strategy."
    words = [several if len(seeds) > 1 else f"One seed ({seeds[0]}): no intervals and no tests."]
    if len(results.strategies) < len(results.looks):
        words.append(
            f"Shown are {len(results.strategies)} of the study's {len(results.looks)} strategies; corrections are over these alone."
        )
    words += protocol(results)
    offered = {series.benchmark: series.searched.epochs for series in results.series}
    if any(len(epochs) > 1 for epochs in offered.values()):
        if len(offered) > FEW and len(set(offered.values())) == 1:
            offered = {"every benchmark": next(iter(offered.values()))}
        lists = [f"{label} offers {', '.join(map(str, epochs))}" for label, epochs in offered.items()]
        words.append(
            f"Fidelities (epochs): {'; '.join(lists)}; a proposal that names none is trained for the highest."
            " Counted in evaluations, each training is one, whatever its fidelity."
        )
    models: dict[str, list[str]] = {}
    searched = {series.searched.label: series.searched for series in results.series}
    for label, benchmark in searched.items():
        models.setdefault(benchmark.cost_model, []).append(label)
    words += [f"Cost model: {model}." if len(models) == 1 else f"Cost model of {', '.join(names)}: {model}."
              for model, names in models.items()]  # fmt: skip
    words += _imported(results) + _archived(results) + _supernets(results) + constrained(results)
    words += surrogates(results) + unlisted(searched.values())
    words += unknown_best(results.benchmarks.values())
    if held := [label for label, benchmark in results.benchmarks.items() if benchmark.judged_on == HELD_OUT]:
        words.append(
            f"{', '.join(held)}: no clean test set: a search sees one recorded run of each architecture, and its test scores"
            " are the mean of the other runs."
        )
    if validated := [label for label, one in results.benchmarks.items() if one.judged_on == VALIDATED]:
        words.append(
            f"{', '.join(validated)}: no test value was recorded: scores are on validation alone and say nothing of"
            " generalisation."
        )
    words += [_judged_anew(label, one) for label, one in results.benchmarks.items() if isinstance(one, JudgedAnew)]
    return " ".join(words)


def spanned(seeds: np.ndarray) -> str:
    """From where to where seeds run, and whether some between are missing.

    >>> spanned(np.arange(4)), spanned(np.array([0, 3]))
    ('0 to 3', '0 to 3, with gaps')
    """
    gaps = ", with gaps" if seeds.max() - seeds.min() >= len(seeds) else ""
    return f"{seeds.min()} to {seeds.max()}{gaps}"


def surrogates(results: Results) -> list[str]:
    """Which numbers no training gave: those of models that were fitted to trainings; nothing where there are no such."""
    found: dict[str, list[str]] = {}
    for label, benchmark in results.benchmarks.items():
        if benchmark.surrogate:
            found.setdefault(benchmark.surrogate, []).append(label)
    everywhere = len(found) == 1 and all(benchmark.surrogate for benchmark in results.benchmarks.values())
    return [
        f"{SURROGATE.capitalize() if everywhere else f'{names}: {SURROGATE}'}: all numbers are those of a model that was"
        f" fitted to {what}, and of no training."
        for what, names in ((what, ", ".join(labels)) for what, labels in found.items())
    ]


def marked(results: Results) -> str:
    """What a short caption or a title says of results that are of surrogates; empty where none is."""
    return SURROGATE if any(benchmark.surrogate for benchmark in results.benchmarks.values()) else ""


def _imported(results: Results) -> list[str]:
    """Which records were made elsewhere, and where they were read."""
    found: dict[str, dict[str, None]] = {}
    for series in results.series:
        if series.origin:
            found.setdefault(series.origin, {})[series.strategy] = None
    return [
        f"{', '.join(names)}: made elsewhere and imported from {origin}; nasbed has judged these searches and not run them."
        for origin, names in found.items()
    ]


def _archived(results: Results) -> list[str]:
    """Which rows are of the archive, of which version, and with which seeds."""
    found: dict[str, dict[str, None]] = {}
    for series in results.series:
        if series.archived:
            found.setdefault(series.archived, {})[series.strategy] = None
    return [f"{', '.join(names)}: drawn from the archive, not run here ({about})." for about, names in found.items()]


def constrained(results: Results) -> list[str]:
    """For each benchmark under constraints which they are, and what they change."""
    found = []
    for label, benchmark in results.benchmarks.items():
        if benchmark.constraints:
            broken = benchmark.violations()
            best = (
                ""
                if broken is None
                else f", and regrets and the floor are against the best of the {int((broken == 0).sum()):,} feasible"
                f" architectures of {len(broken):,}"
            )
            found.append(
                f"{label}: constrained to {' and '.join(map(str, benchmark.constraints))}: the incumbent is the best feasible"
                f" observation{best}. feasible: share of evaluations that are."
            )
    return found


def _supernets(results: Results) -> list[str]:
    """Which strategies train supernets, and what the seconds of these are."""
    found: dict[str, dict[str, None]] = {}
    for series in results.series:
        if series.supernet_costs:
            found.setdefault(series.supernet_costs, {})[series.strategy] = None
    return [
        f"{', '.join(names)}: a supernet is trained once in each search and charged on its clock; {costs}."
        for costs, names in found.items()
    ]


def _judged_anew(label: str, benchmark: JudgedAnew) -> str:
    several, minutes = benchmark.retrainings > 1, benchmark.retraining_seconds() / 60
    seeds = f"{benchmark.retrainings} seeds" if several else "a seed"
    return (
        f"{label}: after the search each incumbent was trained anew, with {seeds} that no search used, and its test score is"
        f" {'their mean' if several else 'of that training'}; that took {minutes:.3g} minutes in all, which are in no budget."
    )


def protocol(results: Results) -> list[str]:
    """Noise, incumbent rule, budget and stages in sentences; where benchmarks differ, which it is said of."""
    told = [(series.benchmark, _turned(series)) for series in results.series]
    noise, incumbent, budget = (
        grouped((label, " ".join(words[begin:end])) for label, words in told)
        for begin, end in ((0, 1), (1, 2), (2, None))
    )
    return [*noise, *incumbent, *budget]


def _turned(series: SeriesResult) -> list[str]:
    """The rules of a series in words, in which the best observation is the lowest of an objective that is minimised."""
    sentences = series.rules.sentences(series.searched)
    if series.searched.objectives[0].maximise:
        return sentences
    return [text.replace("Incumbent: highest", "Incumbent: lowest", 1) for text in sentences]


def without_incumbent(results: Results) -> list[str]:
    """Sentences that say which runs have no incumbent and so no scores; none where all have one."""
    counts = [(series, len(series.runs.seeds), series.without_incumbent) for series in results.series]
    if all(without == seeds for _, seeds, without in counts):
        return [
            "No run has an incumbent: every training failed, or none was made, as where a budget was spent on measures alone."
            " There are no scores, no curves and no tests."
        ]
    return [
        f"{series.strategy} on {series.benchmark}: "
        + (
            f"{without} of {seeds} runs have no incumbent and are left out of its scores."
            if without < seeds
            else "no run has an incumbent, so there are no scores; every training failed, or none was made."
        )
        for series, seeds, without in counts
        if without
    ]
