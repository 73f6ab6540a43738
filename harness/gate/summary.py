"""A verdict for people and machines: markdown for a pull request, a line for a terminal, JSON, and JUnit XML."""

from __future__ import annotations

import json
from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from nasbed.errors import written_out
from nasbed.gate.verdict import GateComparison, ThinkingRatio, Verdict, exit_code
from nasbed.statistics.spread import NO_SPREAD
from nasbed.tables import escaping, numbers
from nasbed.tables.numbers import Form
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown as markdown_of

SLOWER = 1.5
"""The ratio of thinking times from which a reviewer's attention is drawn to it."""

_MARKS = {"unchanged": "✅", "better": "✅", "equivalent": "✅", "worse": "❌", "undecided": "❔"}
_SHOWN = 5
"""Crashes and extreme runs that are listed one by one."""


def line(verdict: Verdict) -> str:
    """The verdict in one line, for a terminal."""
    return f"{verdict.strategy}: {verdict.outcome} after {verdict.seeds:,} seeds; {verdict.reason}"


def markdown(verdicts: Sequence[Verdict]) -> str:
    """The summary of a gate, fit for a comment on a pull request."""
    return "\n\n".join(_section(verdict) for verdict in verdicts) + "\n"


def as_json(verdicts: Sequence[Verdict]) -> str:
    """All verdicts with all that was found, and the exit code, as the text of a JSON object."""
    content = {"exit_code": exit_code(verdicts), "verdicts": [verdict.plain() for verdict in verdicts]}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def junit(verdicts: Sequence[Verdict]) -> str:
    """A test case for each strategy: worse is a failure, undecided is skipped."""
    failures = sum(verdict.outcome == "worse" for verdict in verdicts)
    skipped = sum(verdict.outcome == "undecided" for verdict in verdicts)
    counts = {"tests": str(len(verdicts)), "failures": str(failures), "errors": "0", "skipped": str(skipped)}
    suites = Xml.Element("testsuites", counts)
    suite = Xml.SubElement(suites, "testsuite", {"name": "nasbed gate", **counts})
    for verdict in verdicts:
        case = Xml.SubElement(suite, "testcase", {"classname": verdict.study, "name": verdict.strategy})
        if verdict.outcome in ("worse", "undecided"):
            tag = "failure" if verdict.outcome == "worse" else "skipped"
            told = Xml.SubElement(case, tag, {"message": written_out(f"{verdict.outcome}: {verdict.reason}")})
            told.text = written_out(_section(verdict)) if tag == "failure" else None
        Xml.SubElement(case, "system-out").text = written_out(line(verdict))
    Xml.indent(suites)
    return Xml.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _section(verdict: Verdict) -> str:
    blocks = [
        f"### {_MARKS[verdict.outcome]} {escaping.markdown(verdict.strategy)}: {verdict.outcome}",
        escaping.markdown(_sentence(verdict.reason)),
        _table(verdict.comparisons),
        _power_line(verdict),
        _attention(verdict),
        _small_print(verdict),
    ]
    return "\n\n".join(block for block in blocks if block)


def _table(comparisons: Sequence[GateComparison]) -> str:
    if not comparisons:
        return ""
    heads = ("benchmark", "verdict", "effect", "in sd", "interval, sd", "margin", "detectable", "at the end")
    return markdown_of(printed(heads, map(_row, comparisons), left=2))


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


def _power_line(verdict: Verdict) -> str:
    tested = [one for one in verdict.comparisons if one.effect_sd == one.effect_sd]
    if not tested:
        return ""
    last = tested[-1]
    where = "" if len(verdict.comparisons) == 1 else f" {'in the' if len(tested) > 1 else 'on'} {last.label}"
    correlations = ", ".join(f"{one.correlation:z.2f}" for one in tested)
    return escaping.markdown(
        f"Smallest difference that these seeds would find four times in five{where}: {last.detectable_sd:.2f} sd. Correlation with"
        f" the baseline's runs of the same seeds: {correlations}."
    )


def _attention(verdict: Verdict) -> str:
    found = [f"crashed on {one.benchmark}, seed {one.seed}: {one.what}" for one in verdict.crashes[:_SHOWN]]
    found += _more(len(verdict.crashes), "crashes")
    found += [
        f"extreme run on {one.benchmark}, seed {one.seed}: {numbers.number(one.score)}, {one.sds:.1f} sd above the baseline's mean"
        f" and worse than all of its {verdict.baseline_seeds:,} seeds"
        for one in verdict.extremes[:_SHOWN]
    ]
    found += _more(len(verdict.extremes), "extreme runs")
    found += [
        f"thinks {one.ratio:.1f} times as long as before on {one.benchmark} ({_thinking(one)})"
        for one in verdict.thinking
        if one.ratio > SLOWER
    ]
    found += list(verdict.notes)
    return "\n".join(f"- ⚠️ {escaping.markdown(what)}" for what in found)


def _more(count: int, what: str) -> list[str]:
    return [f"{count - _SHOWN:,} more {what}"] if count > _SHOWN else []


def _small_print(verdict: Verdict) -> str:
    ratios = "; ".join(f"{one.benchmark} {_thinking(one)}" for one in verdict.thinking)
    tested = (
        f" Area under the {verdict.metric.replace('_', ' ')} curve, lower is better; effects are new minus baseline, above zero"
        " is worse; intervals hold at all looks together. Margin, alpha and power:"
        f" {verdict.margin:g} sd, {verdict.alpha:g}, {verdict.power:g}."
    )
    last = verdict.first_seed + verdict.seeds - 1
    words = (
        f"{verdict.seeds:,} seeds ({verdict.first_seed} to {last}) of at most {verdict.limit:,} on each benchmark, against"
        f" {verdict.baseline_seeds:,} of the baseline of {verdict.baseline_made}; {verdict.same:,} of {verdict.compared:,}"
        f" trajectories are the same.{tested if verdict.comparisons else ''} Budget: {verdict.budget}. {verdict.rules} Thinking"
        f" time, as a multiple of random search's in the same process: {ratios}."
    )
    return f"<sub>{escaping.markdown(words)}</sub>"


def _thinking(one: ThinkingRatio) -> str:
    return f"{one.now:.2f}, baseline {one.baseline:.2f}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
