"""What a reader must know to read the comparison: of the protocol, of each statistic that is declared, and of the runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nasbed.results.known import absolute, deciding_regret, score_name, score_names, sign_of_better, tested
from nasbed.results.multiobjective import fronts
from nasbed.statistics.paired import untested
from nasbed.statistics.power import family_of, out_of_reach, power_line
from nasbed.summary.contrasts import SIGNIFICANT
from nasbed.summary.registry import abouts
from nasbed.summary.statistic import Family
from nasbed.tables import captions, numbers

if TYPE_CHECKING:
    from nasbed.results.results import Results


def notes(results: Results) -> list[str]:
    """All of it, a note a line."""
    return [*about_scores(results), *about_contrasts(results), *about_costs(), *about_runs(results)]


def about_scores(results: Results) -> list[str]:
    """The protocol, what scores, regrets and the floor are, and of which objective."""
    there = results.benchmarks.values()
    regrets = not all(map(absolute, there))
    of_regrets = f"{_REGRETS}{_ON_TEST if any(map(tested, there)) else '.'} Lower is better."
    scores, *others = abouts(Family.SCORES)
    return [
        captions.caption(results),
        " ".join(
            [
                f"{scores}{of_regrets if regrets else ', at the end of the budget.'}",
                *others,
                *([_FLOOR] if regrets else []),
            ]
        ),
        *_of_several(results),
    ]


def _of_several(results: Results) -> list[str]:
    """For each benchmark with several objectives which of them the scores are of, and whether fronts are judged beside them."""
    where = dict.fromkeys(fronts.judged(results), "what the fronts are worth stands before them")
    unknown = "fronts are not judged, since the true one, or what was observed of the other objectives, is not known"
    return [
        f"{label} has {len(benchmark.objectives)} objectives; these scores are of {benchmark.objectives[0].name} alone, and so"
        f" are the tests: {where.get(label, unknown)}."
        for label, benchmark in results.benchmarks.items()
        if len(benchmark.objectives) > 1
    ]


_REGRETS = (
    ". Regret: best of the space minus the incumbent, at the end of the budget; validation regret compares noise-free means over"
    " recorded runs (quality of the search)"
)
_ON_TEST = ", test regret test values (generalisation)."
_FLOOR = "floor: expected regret of exhaustive search under the same noise, at the highest fidelity offered."


def about_contrasts(results: Results) -> list[str]:
    """The contrasts, their test, its correction and its power; empty where there is one strategy."""
    if len(results.strategies) < 2:
        return []
    test = untested(len(results.series[0].runs.seeds)) or (
        "p the two-sided Wilcoxon signed-rank test paired by seed (zeros by Pratt) with Holm's correction"
        f" over all contrasts of the column, all benchmarks together; * marks p < {SIGNIFICANT}"
    )
    sign = sign_of_better(results.benchmarks).replace(" is", ":", 1)
    lines = _power_lines(results)
    words = {"reference": results.reference, "better": sign, "test": test, "win": _win(results)}
    found = [*abouts(Family.CONTRASTS), *abouts(Family.VERDICT)]
    return [" ".join(about.format_map(words) for about in found), *filter(None, lines)]


def _power_lines(results: Results) -> list[str]:
    """What the contrasts of each metric could have found; where it is nothing of either, that alone."""
    benchmarks, seeds = results.benchmarks.values(), len(results.series[0].runs.seeds)
    of = {"validation_regret": list(benchmarks), "test_regret": list(filter(tested, benchmarks))}
    words = {metric: score_names(scored, metric) for metric, scored in of.items() if scored}
    families = {metric: family_of(results.scores(metric), results.reference) for metric in words}
    if len(alike := {out_of_reach(seeds, family) for family in families.values()}) == 1 and (too_few := alike.pop()):
        return [f"{too_few}."]
    return [power_line(results, metric, words=told) for metric, told in words.items()]


def _win(results: Results) -> str:
    """What a win is, and on which scores there is one column of them."""
    benchmarks = results.benchmarks.values()
    unknown = any(map(absolute, benchmarks))
    what = "that end better than the reference" if unknown else "with a lower regret than the reference"
    columns = " or ".join(dict.fromkeys(score_name(benchmark, deciding_regret(benchmark)) for benchmark in benchmarks))
    return f"{what}, ties counted half ({columns}, where there is one column)"


def about_costs() -> list[str]:
    """Which costs the table shows, as a sentence of its notes."""
    return [" ".join(abouts(Family.COSTS))]


def about_measures(results: Results) -> list[str]:
    """What stands in the table of robust and anytime measures, and the target of each benchmark."""
    families = (Family.ROBUST, Family.EQUIVALENCE, Family.ANYTIME)
    words = [about.format_map({"reference": results.reference}) for family in families for about in abouts(family)]
    targets = results.summary().drop_duplicates("benchmark").set_index("benchmark")["target"].dropna()
    told = "; ".join(f"{numbers.number(float(target))} on {label}" for label, target in targets.items())
    return [" ".join([*words, *([f"Targets: {told}."] if told else [])])]


def about_runs(results: Results) -> list[str]:
    """Runs without an incumbent, and warnings."""
    return [*captions.without_incumbent(results), *(f"Warning: {warning}." for warning in results.warnings)]
