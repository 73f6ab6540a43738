"""What notebooks show of results, searches and benchmarks: small pages of HTML, in which every text of a user is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any

from nasbed.benchmarks.tables.table import Table
from nasbed.tables import numbers
from nasbed.tables.renderers.html import html
from nasbed.vocabulary import TrainedBenchmark

if TYPE_CHECKING:
    from nasbed.results.results import Results
    from nasbed.searches.result import SearchResult
    from nasbed.vocabulary import Benchmark

STYLE = """
.nasbed .scroll { overflow-x: auto }
.nasbed caption { text-align: left; font-weight: bold }
.nasbed th:first-child, .nasbed td:not(.number) { text-align: left }
.nasbed .number { text-align: right; white-space: nowrap }
.nasbed .strong { font-weight: bold }
.nasbed p { max-width: 60em }
""".replace("\n", "")


OWN_TIMES = {"thinking_microseconds", "thinking_seconds"}
"""The columns that another machine fills with other numbers."""


def of_results(results: Results) -> str:
    """The comparison of the strategies on each benchmark, what its caption must say, and folded what each number means."""
    from nasbed.tables import comparison, notes

    shown = comparison.tables(results, comparison.TERMINAL)
    tables = [table.only([head.key for head in table.heads if head.key not in OWN_TIMES]) for table in shown]
    caption, *about = notes.about_scores(results)
    words = "\n".join(map(_paragraph, [*about, *notes.about_contrasts(results)]))
    return _page(
        results.title,
        [
            *map(html, tables),
            *map(_paragraph, [caption, *notes.about_runs(results)]),
            f"<details><summary>What the numbers mean</summary>\n{words}\n</details>",
        ],
    )


def of_search(result: SearchResult) -> str:
    """The incumbent of one search, its scores, what it spent, and by which rules."""
    benchmark, found, budget = result.benchmark, result.incumbent, result.rules.budget
    objective = benchmark.objectives[0]
    facts = {"incumbent": "none: every training failed, or none was made"}
    if found is not None:
        seen = numbers.number(objective.natural(result.observed))
        facts = {
            "incumbent": f"{benchmark.space.format(found.arch)} (index {found.index}, trial {found.trial})",
            f"{objective.name} that the search saw": f"{seen} {objective.unit}",
        }
    names = {"test": f"test {objective.name}", "validation": f"best-seen validation {objective.name}"}
    for name, score in result.scores().items():
        if score == score:
            unit = objective.difference_unit if name.endswith("regret") else objective.unit
            facts[names.get(name, name.replace("_", " "))] = f"{numbers.number(score)} {unit}"
    simulated = not isinstance(benchmark, TrainedBenchmark)
    used = float(f"{budget.meter.reading(result.spent):.6g}")
    facts["spent"] = f"{budget.meter.words(used, simulated=simulated)} of {budget.in_words(simulated=simulated)}"
    facts["seed"] = str(result.seed)
    return _page(
        f"A search on {benchmark.label}", [_facts(facts), _paragraph(" ".join(result.rules.sentences(benchmark)))]
    )


def of_benchmark(benchmark: Benchmark) -> str:
    """The space of a benchmark, its objectives, fidelities and runs, and where its numbers come from; no data are read."""
    space, choices = benchmark.space, dict.fromkeys(benchmark.space.choices)
    fewest, most = min(choices, default=0), max(choices, default=0)
    facts = {
        "space": f"{space.name}: {space.size:,} architectures, {len(space.choices)} decisions of"
        f" {fewest if fewest == most else f'{fewest} to {most}'} choices",
        "objectives": "; ".join(
            f"{one.name} ({one.unit}, {'higher' if one.maximise else 'lower'} is better)"
            for one in benchmark.objectives
        ),
        "fidelities": f"{', '.join(map(str, benchmark.epochs))} epochs{', resumable' if benchmark.resumable else ''}",
        "runs of an architecture": f"up to {benchmark.runs}",
        "measures": ", ".join(benchmark.measures),
        "costs": f"{', '.join(benchmark.cost_names)}: {benchmark.cost_model}",
        "judged on": benchmark.judged_on,
        **(_source(benchmark) if isinstance(benchmark, Table) else {}),
    }
    return _page(benchmark.label, [_facts({name: text for name, text in facts.items() if text})])


def _source(table: Table) -> dict[str, str]:
    manifest = table.manifest
    return {"table": manifest.title, "sources": "; ".join(manifest.sources), "licence": manifest.licence}


def _facts(facts: dict[str, Any]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(str(text))}</td></tr>' for name, text in facts.items()
    )
    return f'<div class="scroll"><table class="facts"><tbody>{rows}</tbody></table></div>'


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _page(title: str, parts: Iterable[str]) -> str:
    return "\n".join(
        [f'<div class="nasbed"><style>{STYLE}</style>', f"<p><strong>{escape(title)}</strong></p>", *parts, "</div>"]
    )
