"""What the table and the figure of a landscape must say: what was scored, on what, and what does not apply."""

from __future__ import annotations

from nasbed.landscape.survey import COST, FIDELITIES, Site, Survey
from nasbed.vocabulary import HELD_OUT, VALIDATED


def quantity(site: Site) -> str:
    """The judged score and its unit, as "test accuracy (%)"."""
    objective = site.benchmark.objectives[0]
    if site.judged == HELD_OUT:
        return f"{objective.name} on {HELD_OUT} ({objective.unit})"
    return f"{site.judged} {objective.name} ({objective.unit})"


def quantities(survey: Survey) -> str:
    """The judged score of each data set and its unit; which are whose, where they differ."""
    found: dict[str, list[str]] = {}
    for site in survey.sites:
        found.setdefault(quantity(site), []).append(site.name)
    if len(found) == 1:
        return next(iter(found))
    return "; ".join(f"{one} of {', '.join(names)}" for one, names in found.items())


def alike(survey: Survey) -> bool:
    """Whether the scores of all data sets are of one objective in one unit, so that one axis can show them."""
    return len(set(map(quantity, survey.sites))) == 1


def caption(survey: Survey) -> str:
    """Data sets, split, schedule, runs, noise and number of architectures."""
    first = survey.sites[0]
    names = ", ".join(site.name for site in survey.sites)
    counts = {site.landscape.count for site in survey.sites}
    archs = f"{min(counts):,}" if len(counts) == 1 else f"{min(counts):,} to {max(counts):,}"
    if first.judged == HELD_OUT:
        scored = "Scores are means over all recorded runs, since there is no clean test set"
    elif all(site.runs and site.runs[1] == 1 for site in survey.sites):
        given = " or ".join(dict.fromkeys(map(_one, survey.sites)))
        scored = f"Scores are {given} of each architecture"
        scored += ", on validation alone" if first.benchmark.judged_on == VALIDATED else ""
    else:
        scored = "Scores are noise-free: means over the recorded runs"
    heading = f"{survey.name}{f' on {names}' if names != survey.name else ''}"
    return (
        f"{heading}: {quantities(survey)}{'' if alike(survey) else ';'} of"
        f" {archs} architectures at the end of the longest schedule. {scored}. A search is offered"
        f" {_epochs(first.benchmark.epochs)} and {_runs(survey)}."
    )


def _epochs(epochs: tuple[int, ...]) -> str:
    if len(epochs) > FIDELITIES:
        return f"{len(epochs)} fidelities of {epochs[0]:,} to {epochs[-1]:,} epochs"
    return ", ".join(f"{number:,}" for number in epochs) + (" epoch" if epochs[-1] == 1 else " epochs")


def _runs(survey: Survey) -> str:
    known = [site.runs for site in survey.sites if site.runs]
    if len(known) < len(survey.sites):
        return "the benchmark does not say how many runs it has of each"
    fewest, most = min(low for low, _ in known), max(high for _, high in known)
    if most == 1:
        return f"sees {' or '.join(dict.fromkeys(map(_one, survey.sites)))} of an architecture"
    return f"sees one of {fewest if fewest == most else f'{fewest} to {most}'} recorded runs of an architecture"


def notes(survey: Survey) -> list[str]:
    """How each statistic is defined, and which do not apply."""
    first = survey.sites[0]
    apart = (
        "differ in one decision" if all(site.product for site in survey.sites) else "are a change of the space apart"
    )
    lines = [
        f"Neighbours {apart}. A local optimum is an architecture, or a connected set of equal ones, without a"
        " better neighbour. Climbing goes to the best neighbour (of equals the first in the order of the space) until none is"
        " better, from every architecture. Autocorrelation (Weinberger 1990) is that of an endless random walk to neighbours"
        " drawn uniformly, computed from all pairs and not sampled; correlation length is -1 / ln of its value at lag 1."
        " Fitness-distance correlation (Jones and Forrest 1995) is Pearson's, over all architectures, of the score and the number"
        " of steps to the nearest best architecture; the easier, the nearer to -1 for what is maximised (scores are turned"
        " so that higher is better).",
        "Noise is the standard deviation over the recorded runs, pooled in groups of equal size by the mean over runs. Rank"
        " correlations are Spearman's, ties at their mean rank; a fidelity is compared by what a search sees there, mean over"
        " runs."
        + (
            " At the highest it is 1, since the score is the mean of the same runs." if first.judged == HELD_OUT else ""
        ),
        "Variance: functional analysis of variance over the full product space (Hooker 2007), exact. A main effect is the"
        " share of the variance of the score that one decision explains with all others averaged out; an interaction is what two"
        " explain together beyond both; the rest needs three or more decisions at once.",
    ]
    fronts = [site.front for site in survey.sites if site.front]
    if fronts:
        lines.append(
            f"Pareto front: {', '.join(one.name for one in fronts[0].objectives)}. No other architecture is as good in all and"
            " better in one. The first is the score, the others are what a search observes."
        )
        if COST in fronts[0].objectives:
            lines[-1] += f" Training time is the cost of an evaluation: {first.benchmark.cost_model}."
    if len(first.fidelities) < len(first.benchmark.epochs):
        lines.append(
            f"Of {len(first.benchmark.epochs)} fidelities, {len(first.fidelities)} in geometric steps are compared."
        )
    elif len(first.fidelities) == 1:
        lines.append(
            "One fidelity is offered; where the benchmark has others, name them with --epochs to compare them."
        )
    return lines + missing(survey)


def best_in_words(site: Site) -> str:
    """The first of the best architectures of a data set, by its index and as its space writes it."""
    best, space = site.landscapes[site.judged].best, site.benchmark.space
    arch = space.at(int(best[0]))
    which = "the best architecture" if len(best) == 1 else f"the first of {len(best):,} best architectures"
    return f"{site.name}: {which} has index {space.index(arch)}: {space.format(arch)}"


def missing(survey: Survey) -> list[str]:
    """The statistics that do not apply to a benchmark, and why, in one sentence for each reason."""
    found = [(no_noise(site), site.name) for site in survey.sites if not site.noise]
    found += [(no_effects(site), site.name) for site in survey.sites if not site.landscape.effects]
    found += [(no_front(site), site.name) for site in survey.sites if not site.front]
    reasons: dict[str, list[str]] = {}
    for reason, name in found:
        reasons.setdefault(reason, []).append(name)
    return [f"{', '.join(names)}: {reason}." for reason, names in reasons.items()]


def no_noise(site: Site) -> str:
    """Why the noise of a data set is unknown."""
    if site.runs is None:
        return "the benchmark does not say what it has recorded, so its noise is unknown"
    return f"a search sees {_one(site)} of an architecture, so its noise is unknown"


def no_front(site: Site) -> str:
    """Why a data set has no Pareto front."""
    why = "no training was timed" if site.benchmark.untimed else "all trainings cost the same"
    return f"one objective is asked for and {why}, so there is no Pareto front; --objective names others, where there are any"


def _one(site: Site) -> str:
    """What an evaluation gives where there is one answer."""
    return site.benchmark.recordings(site.benchmark.epochs[-1]).one


def no_effects(site: Site) -> str:
    """Why shares of the variance do not apply to a data set."""
    space = site.benchmark.space
    if not site.product:
        return "the space is no full product of its decisions, so shares of the variance by decision do not apply"
    if lacking := space.size - site.landscape.count:
        return f"{lacking:,} of {space.size:,} architectures have no score, so shares of the variance by decision do not apply"
    return "all scores are equal, so there is no variance to share"


def difference(site: Site) -> str:
    """The unit of a difference of two scores: percent become points."""
    return site.benchmark.objectives[0].difference_unit
