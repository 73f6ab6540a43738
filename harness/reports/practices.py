"""The 14 best practices of Lindauer and Hutter (JMLR 21(243), 2020), and how each is answered from the records of a study."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nasbed.reports.evidence import ChecklistAnswer, Evidence, Verdict
from nasbed.reports.session import commit, versions
from nasbed.results.curves import axes_of
from nasbed.results.known import absolute, in_simulated_time, score_names, tested
from nasbed.statistics.intervals import COVERAGE, coverage
from nasbed.statistics.paired import untested
from nasbed.tables import captions, escaping, numbers

_DIGEST = re.compile("[0-9a-f]{64}")

ENOUGH_SEEDS = 10
"""Seeds from which on runs count as repeated: the tests hold their level from there on (docs/statistics.md)."""


def _training_code(evidence: Evidence) -> ChecklistAnswer:
    if evidence.tabular():
        return ChecklistAnswer(
            "in part",
            f"Nothing was trained: all answers are recorded trainings of {_list(_searched(evidence))}.",
            "Cite the benchmark, whose authors hold the code of the trainings.",
        )
    return ChecklistAnswer(
        "in part",
        f"{_list(_searched(evidence))}: trained, or computed, by the benchmark's own file, whose SHA-256 is in `run.json`.",
        "Publish that file with the study.",
    )


def _method_code(evidence: Evidence) -> ChecklistAnswer:
    outside = [label for label, use in evidence.uses().items() if ":" in use or use == "program"]
    manifest = "in the archive's manifest, `archive.json`"
    there = f"of archived rows ({_list(evidence.archived)}) {manifest}"
    if evidence.own and not evidence.entries():
        mine = _list(dict.fromkeys(one.strategy for one in evidence.own))
        whose = f"{mine}; that of archived rows is named in `archive.json`" if evidence.archived else "every strategy"
        return ChecklistAnswer("yours", remains=f"The records came from elsewhere: publish the code of {whose}.")
    if evidence.imported:
        also = f", {there}" if evidence.archived else ""
        return ChecklistAnswer(
            "in part",
            f"The SHA-256 of each other strategy's source is in `run.json`{also}.",
            f"Publish the code of {_list(evidence.imported)}, whose records came from elsewhere.",
        )
    kept = "The SHA-256 of each strategy's source is "
    kept += ", ".join(["in `run.json`", *([there] if evidence.archived else [])]) if evidence.own else manifest
    modified = any((session.get("git") or {}).get("modified") for session in evidence.sessions)
    if outside:
        return ChecklistAnswer(
            "in part", f"{kept}.", f"Publish the code of {_list(outside)}, which nasbed does not ship."
        )
    if modified and evidence.own:
        return ChecklistAnswer(
            "in part", f"{kept}; files differed from the commit when it ran.", "Run it on a clean commit."
        )
    count = len(evidence.uses())
    ship = f"all {count} strategies ship" if count > 1 else "the strategy ships"
    return ChecklistAnswer("shown", f"{kept}; {ship} with nasbed.")


def _release(evidence: Evidence) -> ChecklistAnswer:
    return ChecklistAnswer("yours", remains="Release the code as it is, and say where.")


def _same_benchmark(evidence: Evidence) -> ChecklistAnswer:
    data = {str(entry["benchmark"]): entry.get("content", {}).get("benchmark", {}).get("data", "")
            for entry in evidence.record.get("series", [])}  # fmt: skip
    sums = "; ".join(f"{escaping.markdown(label)}: {escaping.markdown(_short(value))}" for label, value in data.items())
    said = f" Data, by checksum: {sums}." if data else ""
    return ChecklistAnswer(
        "shown",
        f"All strategies were given the same benchmarks ({_list(_searched(evidence))}): the same space, data, splits and training"
        f" settings.{said}",
    )


def _ablations(evidence: Evidence) -> ChecklistAnswer:
    variants: dict[str, list[str]] = {}
    options = evidence.options()
    for label, use in evidence.uses().items():
        known = variants.setdefault(use, [])
        if not any(_alike(options.get(label, {}), options.get(one, {})) for one in known):
            known.append(label)
    several = [labels for labels in variants.values() if len(labels) > 1]
    if several:
        listed = "; ".join(_list(labels) for labels in several)
        return ChecklistAnswer(
            "in part", f"Variants of one strategy: {listed}.", "Say which of them are ablations, and of what."
        )
    return ChecklistAnswer(
        "yours", remains="No strategy runs in two variants: add rows that switch off parts of the method."
    )


def _alike(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Whether options that both have are the same; another version may know further ones."""
    return all(ours[name] == theirs[name] for name in ours.keys() & theirs.keys())


def _protocol(evidence: Evidence) -> ChecklistAnswer:
    whole = escaping.markdown(" ".join(captions.protocol(evidence.results)))
    joined = "Test scores are joined after the search, no strategy sees one, and"
    if not any(map(tested, evidence.results.benchmarks.values())):
        joined = "There are no test scores, strategies are compared by what they saw, and"
    rules = [series.rules for series in evidence.results.series]
    unpaid = any(one.repeats == "free" for one in rules)
    told = (
        f"{joined} {'every evaluation but repeated ones' if unpaid else 'every evaluation'} is charged to the budget."
    )
    remains = [
        *(['Say why repeated evaluations are free: repeats = "charge" pays for each.'] if unpaid else []),
        *(
            ['Searches saw means over recorded trainings, which no one search has: repeat it with noise = "draw".']
            if any(one.noise == "mean" for one in rules)
            else []
        ),
    ]
    if evidence.record and not evidence.imported:
        verdict: Verdict = "in part" if remains else "shown"
        same = "Seeds and budgets are the same for every strategy."
        return ChecklistAnswer(verdict, f"{whole} {told} {same}", " ".join(remains))
    return ChecklistAnswer(
        "in part", whole, "The records came from elsewhere: make sure that no search saw a test score."
    )


def _over_compute(evidence: Evidence) -> ChecklistAnswer:
    results = evidence.results
    scores, benchmarks = "validation and test regret", results.benchmarks.values()
    if any(map(absolute, benchmarks)) or not any(map(tested, benchmarks)):
        scores = score_names(results.benchmarks.values(), "validation_regret")
    simulated = in_simulated_time(results.benchmarks.values())
    *first, last = (axis.label("", simulated=simulated) for axis in axes_of(results.series))
    against = f"{', '.join(first)} and {last}" if first else last
    return ChecklistAnswer(
        "in part",
        f"`curves.*` and `figures/` show {scores} of the incumbent against {against}.",
        "Say whether the aim is to identify an architecture (the curves) or to deliver a trained model (add its final training).",
    )


def _random(evidence: Evidence) -> ChecklistAnswer:
    uses = set(evidence.uses().values())
    lacking = [f'`use = "{name}"`' for name in ("random_search", "random_architecture") if name not in uses]
    if not lacking:
        return ChecklistAnswer("shown", "Random search and a random architecture are among the strategies.")
    verdict: Verdict = "in part" if "random_search" in uses else "not met"
    there = "Random search is among the strategies." if verdict == "in part" else ""
    return ChecklistAnswer(verdict, there, f"Add {' and '.join(lacking)} to the study.")


def _repeats(evidence: Evidence) -> ChecklistAnswer:
    seeds = evidence.results.series[0].runs.seeds
    if len(seeds) < 2:
        return ChecklistAnswer(
            "not met", f"One seed ({seeds[0]}).", "Run more: the power line under the table says how many tell what."
        )
    several = len(evidence.results.strategies) > 1
    test = "" if not several else f"; {untested(len(seeds)) or 'tests are paired by seed'}"
    found = (
        f"{len(seeds)} seeds, {captions.spanned(seeds)}, of every strategy; tables have mean, standard deviation, median and"
        f" 95 % interval{test}.{_coverage(len(seeds))}"
    )
    if len(seeds) < ENOUGH_SEEDS:
        return ChecklistAnswer(
            "in part", found, f"Run {ENOUGH_SEEDS} or more; nasbed power says how many tell which difference."
        )
    return ChecklistAnswer("shown", found)


def _coverage(seeds: int) -> str:
    """How often such intervals hold the mean, where that was measured."""
    if (measured := coverage(seeds)) is None:
        return ""
    count, share = measured
    most = "" if count == seeds else "at least " if seeds < max(COVERAGE) else "about "
    return (
        f" With {seeds} seeds the interval holds the mean in {most}{100 * share:.0f} of 100 cases (measured on regrets of"
        f" real searches with {count} seeds)."
    )


def _tabular(evidence: Evidence) -> ChecklistAnswer:
    if evidence.tabular():
        return ChecklistAnswer("shown", f"All answers come from tables: {_list(_searched(evidence))}.")
    return ChecklistAnswer(
        "in part", f"Not from tables: {_list(_searched(evidence))}.", "Repeat the comparison on a tabular benchmark."
    )


def _confounders(evidence: Evidence) -> ChecklistAnswer:
    """The confounders of what ran here; archived rows were run at another time, on hardware that the archive does not name."""
    mine = _ran(evidence) if evidence.own else ChecklistAnswer("in part")
    if not evidence.archived or mine.verdict == "yours":
        return mine
    there = (
        f"Archived rows ({_list(evidence.archived)}) were not run here; the archive names their version and sources."
    )
    run = "To compare thinking time, run archived rows here too: the archive names no hardware."
    return ChecklistAnswer("in part", f"{mine.found} {there}".strip(), f"{mine.remains} {run}".strip())


def _ran(evidence: Evidence) -> ChecklistAnswer:
    """The confounders of the sessions that the record knows."""
    if not evidence.sessions or evidence.imported:
        return ChecklistAnswer(
            "yours", remains="The records came from elsewhere: give hardware and versions for every strategy."
        )
    grounds = {
        "hardware": {str((one.get("platform") or {}).get("cpu")) for one in evidence.sessions},
        "versions": {versions(one) for one in evidence.sessions},
        "commit": {commit(git) for one in evidence.sessions if "commit" in (git := one.get("git") or {})},
    }
    differing = [name for name, values in grounds.items() if len(values) > 1]
    told = "Costs are simulated, so hardware touches the thinking time alone." if evidence.tabular() else ""
    if differing:
        return ChecklistAnswer(
            "in part",
            f"{len(evidence.sessions)} sessions, which differ in {_list(differing)} (see `run.json`). {told}".strip(),
            "Run all in one session where thinking time is compared.",
        )
    one = evidence.sessions[0]
    words = [", ".join(values) for values in grounds.values() if values]
    whose = "All other strategies" if evidence.archived else "All strategies"
    sessions = "one session" if len(evidence.sessions) == 1 else f"{len(evidence.sessions)} sessions alike"
    return ChecklistAnswer(
        "shown",
        f"{whose} ran in {sessions}, engine {one.get('engine')}: {escaping.markdown('; '.join(words))}. {told}".strip(),
    )


def _tuning(evidence: Evidence) -> ChecklistAnswer:
    changed = []
    for label, given in evidence.options().items():
        options = ", ".join(f"{name} = {value}" for name, value in given.items())
        shown = escaping.markdown_code(options) if options else "none"
        changed.append(f"{escaping.markdown(label)} ({shown})")
    return ChecklistAnswer(
        "in part" if changed else "yours",
        f"Options as run: {'; '.join(changed)}." if changed else "",
        "Say how each was chosen, on which data, and what the choice cost; the records know only the result.",
    )


def _whole_cost(evidence: Evidence) -> ChecklistAnswer:
    summary, own = evidence.results.summary(), evidence.own
    searched = dict.fromkeys(series.benchmark for series in own if series.searched.label == series.scored.label)
    mine = summary[summary["benchmark"].isin(list(searched)) & ~summary["strategy"].isin(list(evidence.archived))]
    untimed = any(series.searched.untimed for series in own)
    total = numbers.number(float((mine["evaluations" if untimed else "simulated_hours"] * mine["seeds"]).sum()))
    what = (
        "evaluations, of which not all have recorded times" if untimed else "simulated hours of training and validation"
    )
    spent = sum(float(one.get("cpu_seconds", 0.0)) for one in evidence.sessions)
    ran = f", replayed or computed in {_time(spent)} of processor time" if spent else ""
    apart = f"Archived rows ({_list(evidence.archived)}) were not run here and are not counted."
    found = [
        *([f"All searches on {_list(searched)} together: {total} {what}{ran}."] if searched else []),
        *([apart] if evidence.archived else []),
    ]
    return ChecklistAnswer(
        "in part",
        " ".join(found),
        "Add what tuning the strategies cost, and the final training of what was found.",
    )


def _details(evidence: Evidence) -> ChecklistAnswer:
    """Where the details of what ran here are; those of archived rows are in the archive, and the study does not repeat them."""
    mine = _kept_details(evidence)
    if not evidence.archived or mine.verdict == "yours":
        return mine
    there = (
        f"Archived rows ({_list(evidence.archived)}) are not repeated by it: their options, seeds, version, sources and data are"
        " in the archive's manifest, `archive.json`, and their evaluations in the files beside it."
    )
    where = "" if len(evidence.record.get("folders", ())) > 1 else "In the results folder that was reported: "
    return ChecklistAnswer(
        "in part",
        f"{where}{mine.found} {there}" if evidence.own else there,
        "Publish the results folder, and name the archive: that of which version of nasbed, or your own.",
    )


def _kept_details(evidence: Evidence) -> ChecklistAnswer:
    if not evidence.record or evidence.imported:
        return ChecklistAnswer("yours", remains="The records came from elsewhere: describe how they were made.")
    if len(evidence.record.get("folders", ())) > 1:
        return ChecklistAnswer(
            "shown",
            "Each folder has its study in `study.toml`, which `nasbed run` repeats, seeds, options, versions, sources and data in"
            " `run.json`, and every evaluation in `answers/`.",
        )
    return ChecklistAnswer(
        "shown",
        "`study.toml` is the whole study; `run.json` has seeds, options, versions, sources and data, and `answers/` every"
        " evaluation. `nasbed run study.toml` repeats it.",
    )


PRACTICES: tuple[tuple[str, Callable[[Evidence], ChecklistAnswer]], ...] = (
    ("Code of the training pipeline", _training_code),
    ("Code of the search method", _method_code),
    ("Release at once, clean or not", _release),
    ("The same benchmark: space, splits, training settings", _same_benchmark),
    ("Ablations", _ablations),
    ("The same protocol: nothing is selected on test, and selection is paid for", _protocol),
    ("Performance as a function of compute", _over_compute),
    ("Beside random search and random sampling", _random),
    ("Repeated runs, with their seeds and spread", _repeats),
    ("Tabular or surrogate benchmarks where there are any", _tabular),
    ("Confounders under control: hardware, versions", _confounders),
    ("How the method's own hyperparameters were chosen, and at what cost", _tuning),
    ("Cost from end to end", _whole_cost),
    ("All details of the experiment", _details),
)
"""The practices in the paper's order, in our words, and who answers each."""


def _searched(evidence: Evidence) -> list[str]:
    return list(dict.fromkeys(series.searched.label for series in evidence.results.series))


def _list(names: Iterable[str]) -> str:
    """Names one after the other, as markdown."""
    return ", ".join(map(escaping.markdown, names))


def _time(seconds: float) -> str:
    return f"{seconds / 3600:,.1f} h" if seconds >= 3600 else f"{numbers.number(seconds, 3)} s"


def _short(checksums: str) -> str:
    """The beginnings of digests; what else a benchmark calls its checksum as it is.

    >>> _short(f"{'ab' * 32},{'cd' * 32}"), _short("mine, version 1")
    ('abababababab + cdcdcdcdcdcd', 'mine, version 1')
    """
    digests = checksums.split(",")
    return " + ".join(one[:12] for one in digests) if all(map(_DIGEST.fullmatch, digests)) else checksums
