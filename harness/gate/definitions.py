"""What a baseline rests on: what was searched, on what data, by what rules and code; and in what a study differs from that."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from nasbed.errors import differences, named
from nasbed.gate.metrics import METRICS
from nasbed.gate.runs import GatedSeries
from nasbed.results.known import absolute, score_name
from nasbed.studies.series import canonical, loaded


def definitions(of: Sequence[GatedSeries]) -> dict[str, dict[str, Any]]:
    """What is searched, on what data and by what rules, by label; the source code apart (:func:`sources`)."""
    found = {}
    for gated in of:
        entry, rules, benchmark = gated.series.benchmark, gated.series.rules, gated.series.load_benchmark()
        scored = {label: loaded(entry.use, options) for label, options in gated.scored_on}
        found[gated.name] = {
            "use": entry.use,
            "options": entry.options,
            "data": benchmark.checksum,
            "report": {label: one.checksum for label, one in scored.items()},
            "objective": asdict(benchmark.objectives[0]),
            "rules": {**asdict(rules), "stages": [asdict(stage) for stage in rules.stages]},
        }
        if gated.series.rules.budget.meter.epoch:  # older baselines under epochs took the area over evaluations
            found[gated.name]["area"] = "over epochs"
        names = {label: {metric: score_name(one, metric) for metric in METRICS} for label, one in scored.items()}
        if unknown := {label: names[label] for label, one in scored.items() if absolute(one)}:
            found[gated.name]["in_place"] = unknown
    plain: dict[str, dict[str, Any]] = json.loads(canonical(found))
    return plain


def sources(of: Sequence[GatedSeries]) -> dict[str, dict[str, str]]:
    """Fingerprints of the source of each benchmark and of the harness, by label. Their changes may be what is judged."""
    return {
        gated.name: {"benchmark": gated.series.content["benchmark"]["source"], "harness": gated.series.content["core"]}
        for gated in of
    }


def differing_definitions(stored: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """In what benchmarks differ; what differs alike is said once."""
    where: dict[str, list[str]] = {}
    for label in dict.fromkeys([*found, *stored]):
        if label in stored and label in found:
            for what in differences(stored[label], found[label], "in the baseline", "in the study"):
                where.setdefault(_in_words(what), []).append(label)
    alone = [
        f"{named(label)} is {'not in the study' if label in stored else 'not in the baseline'}"
        for label in dict.fromkeys([*found, *stored])
        if (label in stored) != (label in found)
    ]
    return [*alone, *(f"{what} ({', '.join(map(named, labels))})" for what, labels in where.items())]


def _in_words(difference: str) -> str:
    """A difference with the rule in words, where it is one of a rule.

    >>> _in_words("rules budget amount is 100 in the baseline and 50 in the study")
    'the amount of the budget is 100 in the baseline and 50 in the study'
    """
    for path, words in _RULES.items():
        if difference.startswith(path):
            return words + difference.removeprefix(path)
    return difference


_RULES = {
    "rules budget amount": "the amount of the budget",
    "rules budget kind": "the kind of the budget",
    "rules ": "",
}
"""What a rule is called in words, by the path to it."""
