"""A verdict for people and machines: a page for a pull request or a terminal, a line, JSON, and JUnit XML."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal
from xml.etree import ElementTree as Xml

from nasbed.errors import written_out
from nasbed.gate.page import Block, Heading, Items, Words
from nasbed.gate.page import markdown as markdown_of
from nasbed.gate.sequential import HIGHEST_POWER
from nasbed.gate.tail import FOUND
from nasbed.gate.verdict import FAILS, GateComparison, JudgedCandidates, Tail, Verdict, exit_code
from nasbed.statistics.spread import NO_SPREAD
from nasbed.tables import numbers
from nasbed.tables.numbers import Form
from nasbed.tables.printed import printed

SLOWER = 1.5
"""The ratio of thinking times from which a reviewer's attention is drawn to it."""

_SHOWN = 5
"""Crashes and disasters that are listed one by one."""


def line(verdict: Verdict) -> str:
    """The verdict in one line, for a terminal."""
    judged = verdict.judged
    tried = f", on try {judged.tries:,}" if judged and verdict.candidate and judged.tries > 1 else ""
    return f"{verdict.strategy}: {verdict.outcome} after {verdict.seeds:,} seeds{tried}; {verdict.reason}"


def page(verdicts: Sequence[Verdict]) -> list[Block]:
    """The summary of a gate."""
    return [block for verdict in verdicts for block in _section(verdict)]


def markdown(verdicts: Sequence[Verdict]) -> str:
    """The summary of a gate, fit for a comment on a pull request."""
    return markdown_of(page(verdicts))


def as_json(verdicts: Sequence[Verdict]) -> str:
    """All verdicts with all that was found, and the exit code, as the text of a JSON object."""
    content = {"exit_code": exit_code(verdicts), "verdicts": [verdict.plain() for verdict in verdicts]}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def junit(verdicts: Sequence[Verdict]) -> str:
    """A test case for each strategy: a verdict that fails the change is a failure of that type, undecided is skipped."""
    failures = sum(verdict.outcome in FAILS for verdict in verdicts)
    skipped = sum(verdict.outcome == "undecided" for verdict in verdicts)
    counts = {"tests": str(len(verdicts)), "failures": str(failures), "errors": "0", "skipped": str(skipped)}
    suites = Xml.Element("testsuites", counts)
    suite = Xml.SubElement(suites, "testsuite", {"name": "nasbed gate", **counts})
    for verdict in verdicts:
        case = Xml.SubElement(suite, "testcase", {"classname": verdict.study, "name": verdict.strategy})
        message = {"message": written_out(f"{verdict.outcome}: {verdict.reason}")}
        if verdict.outcome in FAILS:
            told = Xml.SubElement(case, "failure", {"type": verdict.outcome, **message})
            told.text = written_out(markdown([verdict]))
        elif verdict.outcome == "undecided":
            Xml.SubElement(case, "skipped", message)
        Xml.SubElement(case, "system-out").text = written_out(line(verdict))
    Xml.indent(suites)
    return Xml.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _section(verdict: Verdict) -> list[Block]:
    sign = "good" if verdict.passes else "bad" if verdict.outcome in FAILS else "open"
    return [
        Heading(f"{verdict.strategy}: {verdict.outcome}", sign=sign),  # type: ignore[arg-type]  # of the three
        Words(_sentence(verdict.reason)),
        *_means(verdict),
        *_crashes(verdict),
        *_disasters(verdict),
        *_thinking(verdict),
        *_tries(verdict),
        *([Items(verdict.notes, warning=True)] if verdict.notes else []),
        Words(_small_print(verdict), small=True),
    ]


def _means(verdict: Verdict) -> list[Block]:
    if not verdict.comparisons:
        return []
    heads = ("benchmark", "verdict", "effect", "in sd", "interval, sd", "margin", "detectable", "at the end")
    return [printed(heads, map(_row, verdict.comparisons), left=2), *_power_line(verdict)]


def _row(one: GateComparison) -> tuple[str, ...]:
    pooled = one.effect != one.effect
    unit = " points" if one.unit == "%" else f" {one.unit}"
    form = numbers.form_of((one.high_sd - one.low_sd) / 2 * one.sd, one.effect)
    final = numbers.form_of(one.final_half_width, one.final_effect)
    end = (
        f"{numbers.text(one.final_effect, final, '+')}{unit} ± {numbers.text(one.final_half_width, final)}"
        if one.final_effect == one.final_effect
        else NO_SPREAD
    )
    effect = "" if pooled else numbers.text(one.effect, form, "+") + unit
    if one.effect_sd != one.effect_sd:
        return one.label, one.outcome, effect, *[NO_SPREAD] * 4, end
    return (
        one.label,
        one.outcome,
        effect,
        numbers.text(one.effect_sd, Form(3), "+"),
        f"{one.low_sd:+z.2f} to {one.high_sd:+z.2f} ({one.level:.0%})",
        f"{one.margin_sd:g} sd" + ("" if pooled else f" = {numbers.text(one.margin, form)}{unit}"),
        f"{one.detectable_sd:.2f} sd",
        end,
    )


def _power_line(verdict: Verdict) -> list[Block]:
    tested = [one for one in verdict.comparisons if one.effect_sd == one.effect_sd]
    if not tested:
        return []
    last = tested[-1]
    where = "" if len(verdict.comparisons) == 1 else f" {'in the' if len(tested) > 1 else 'on'} {last.label}"
    correlations = ", ".join(f"{one.correlation:z.2f}" for one in tested)
    return [
        Words(
            f"Smallest difference that these seeds would find four times in five{where}: {last.detectable_sd:.2f} sd. Correlation"
            f" with the baseline's runs of the same seeds: {correlations}."
        )
    ]


def _crashes(verdict: Verdict) -> list[Block]:
    if not verdict.crashes:
        return []
    found = [f"on {one.benchmark}, seed {one.seed}: {one.what}" for one in verdict.crashes[:_SHOWN]]
    return [Heading("Crashes", 2, "bad"), Items((*found, *_more(len(verdict.crashes), "crashes")))]


def _disasters(verdict: Verdict) -> list[Block]:
    tail = verdict.tail
    if tail is None:
        return []
    found = [
        f"on {one.benchmark}, seed {one.seed}: {numbers.number(one.score)}, {one.sds:.1f} sd above the baseline's mean"
        for one in tail.disasters[:_SHOWN]
    ]
    items = [Items((*found, *_more(len(tail.disasters), "runs")))] if found else []
    return [Heading("Rare disasters", 2, "bad" if tail.fails else ""), Words(_tail_words(tail, verdict)), *items]


def _tail_words(tail: Tail, verdict: Verdict) -> str:
    chances = ", ".join(
        f"{share} with a chance of {power:.2f}{_needed(tail, share, power)}" for share, power in tail.powers.items()
    )
    ended = "" if tail.seeds == tail.planned else f" The gate ended before all {tail.planned:,} were run."
    return (
        f"{tail.count} of {tail.seeds:,} seeds {'is' if tail.count == 1 else 'are'} worse than all"
        f" {verdict.baseline_seeds:,} of the baseline, the worst of which lies {tail.worst_sds:.1f} sd above its mean."
        f" {tail.critical:,} of {tail.planned:,} fail: so many have a chance of at most {tail.level:.2g} where nothing has changed."
        f" {tail.planned:,} seeds find disasters in a share of all seeds of {chances}.{ended}"
    )


def _needed(tail: Tail, share: str, power: float) -> str:
    if power >= FOUND:
        return ""
    needed = tail.needed[share]
    return f" (--tail-seeds {needed} for {FOUND:g})" if needed else " (for more, give the baseline more seeds)"


def _thinking(verdict: Verdict) -> list[Block]:
    slow = "slower" in verdict.fails
    drawn = [one for one in verdict.thinking if one.ratio > SLOWER]
    if not drawn:
        return []
    rows = [
        (one.benchmark, _seconds(one.now), _seconds(one.baseline), f"{one.machine:.2f}", f"{one.ratio:.1f}")
        for one in verdict.thinking
    ]
    heads = ("benchmark", "now", "baseline", "machine", "times as long")
    limit = (
        "any time is allowed" if verdict.thinking_limit is None else f"{verdict.thinking_limit:g} times as long fails"
    )
    where = f" The baseline was made on {verdict.machine}." if verdict.machine else ""
    words = (
        f"Before an evaluation, the median over runs; {limit}. Machine: how many times as long fixed loops take now as when"
        f" the baseline was made, which is taken out.{where}"
    )
    return [Heading("Thinking time", 2, "bad" if slow else ""), printed(heads, rows), Words(words)]


def _seconds(seconds: float) -> str:
    """A duration with its unit.

    >>> _seconds(3.14e-6), _seconds(0.0213), _seconds(2.5)
    ('3.1 µs', '21 ms', '2.5 s')
    """
    scale, unit = next((pair for pair in ((1.0, "s"), (1e-3, "ms")) if seconds >= pair[0]), (1e-6, "µs"))
    return f"{seconds / scale:.{1 if seconds < 10 * scale else 0}f} {unit}"


def _tries(verdict: Verdict) -> list[Block]:
    judged = verdict.judged
    if judged is None or not verdict.candidate:
        return []
    found: list[Block] = [*map(Words, _tried(judged, verdict))] if judged.tries > 1 else []
    if verdict.tried_until_it_passed:
        found.append(Items((_until_it_passed(judged, verdict),), warning=True))
    if judged.unwritten:
        found.append(
            Words(f"This try is not in the ledger beside the baseline, and will not be counted: {judged.unwritten}.")
        )
    sign: Literal["open", ""] = "open" if verdict.tried_until_it_passed else ""
    return [Heading("Tries against this baseline", 2, sign), *found] if found else []


def _tried(judged: JudgedCandidates, verdict: Verdict) -> list[str]:
    tries, missed = judged.tries, 1 - verdict.power
    candidates = f"{judged.trajectories:,} different candidate{'s' if judged.trajectories > 1 else ''}"
    before = f" Against those that it has replaced there were {judged.before:,}." if judged.before else ""
    return [
        f"There were {tries:,} tries, this one included, of {candidates}; {_others(judged)}.{before}",
        f"A regression of the margin's size passes one try with a chance of at most {missed:.2g}, and at least one of {tries:,}"
        f" with up to {judged.any_of(missed):.2f}. A change of no effect fails one with at most {verdict.alpha:.2g}, and at"
        f" least one of {tries:,} with up to {judged.any_of(verdict.alpha):.2f}.",
    ]


def _others(judged: JudgedCandidates) -> str:
    """How the other tries ended, in a clause."""
    if judged.tries == 2:
        return "the other did not pass" if judged.failed else "the other passed"
    return f"{judged.failed:,} of the others did not pass" if judged.failed else "all others passed"


def _until_it_passed(judged: JudgedCandidates, verdict: Verdict) -> str:
    """That a candidate passes after others did not, and with what power each would have to be judged for that to be as good as one
    that passes at once (Bonferroni).
    """
    missed = 1 - verdict.power
    needed = 1 - missed / judged.tries
    remedy = (
        f"--power {needed:.3g} for each of them keeps that chance at {missed:.2g}"
        if needed <= HIGHEST_POWER
        else f"over so many no --power keeps that chance at {missed:.2g}, {HIGHEST_POWER:g} at"
        f" {judged.any_of(1 - HIGHEST_POWER):.2f}"
    )
    others = "another" if judged.failed == 1 else f"{judged.failed:,} others"
    return (
        f"it passes after {others} did not: where these were tries of one change, as with other streams, its regression may have"
        f" passed by chance, {judged.any_of(missed):.2f}; {remedy}. The effect and its interval above are the better evidence"
    )


def _more(count: int, what: str) -> list[str]:
    return [f"{count - _SHOWN:,} more {what}"] if count > _SHOWN else []


def _small_print(verdict: Verdict) -> str:
    times = "; ".join(f"{one.benchmark} {_seconds(one.now)} ({_seconds(one.baseline)})" for one in verdict.thinking)
    tested = (
        f" Area under the {verdict.metric.replace('_', ' ')} curve of the first {verdict.tested:,} seeds, lower is better; effects"
        " are new minus baseline, above zero is worse; intervals hold at all looks together. Margin, alpha and power:"
        f" {verdict.margin:g} sd, {verdict.alpha:g}, {verdict.power:g}; a tenth of alpha is for rare disasters."
    )
    last = verdict.first_seed + verdict.seeds - 1
    return (
        f"{verdict.seeds:,} seeds ({verdict.first_seed} to {last}) on each benchmark, at most {verdict.limit:,} for the means,"
        f" against {verdict.baseline_seeds:,} of the baseline of {verdict.baseline_made}; {verdict.same:,} of {verdict.compared:,}"
        f" trajectories are the same.{tested if verdict.comparisons else ''} Budget: {verdict.budget}. {verdict.rules} Thinking"
        f" before an evaluation (in the baseline): {times}."
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
