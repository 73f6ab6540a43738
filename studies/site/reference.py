"""Pages of the reference, made from the code: every public name, strategy, benchmark and command."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from docstrings import markdown

from nasbed import errors
from nasbed.benchmarks import REGISTRY as BENCHMARKS
from nasbed.commands import catalogue
from nasbed.strategies import REGISTRY as STRATEGIES
from nasbed.vocabulary.registry import Registry

GROUPS: Mapping[str, tuple[str, str]] = {
    "searches": (
        "Searches and studies",
        "load_benchmark load_strategy search observe Query SearchResult Study run_study run_slice merge_folders Results"
        " import_results export_results"
        " comparison_table caption write_report write_tables Stream NasbedError BudgetExhausted",
    ),
    "extending": (
        "Strategies and benchmarks of your own",
        "Strategy Script Searcher Proposal Outcome option Needs Task Meter Budget Benchmark Objective Space EnumerableSpace"
        " is_enumerable Arch DERIVED Trained TrainedBenchmark Training SharedWeights SharesWeights TrainedSupernet"
        " optuna_objective OptunaObjective",
    ),
    "checks": (
        "Checks, gates and networks",
        "check_benchmark benchmark_checks check_strategy strategy_checks Check Finding make_baseline Baseline BaselineError"
        " run_gate Verdict tabulate agree Agreement train search_model FittedNetwork",
    ),
}
"""The public names of ``nasbed`` by page, with the title of each."""


OTHERS = ("figures", "errors", "strategies", "benchmarks", "commands")
"""The further pages."""

FIGURES = "render numbers caption available drawn write rendered"


def pages() -> dict[str, str]:
    """Every page of the reference that the code writes, by its path in the documentation."""
    return {
        **{f"reference/{page}.md": _of_nasbed(title, names.split()) for page, (title, names) in GROUPS.items()},
        "reference/figures.md": _entries(
            "Figures", "Functions of `nasbed.figures`.", "nasbed.figures", FIGURES.split()
        ),
        "reference/errors.md": _errors(),
        "reference/strategies.md": catalogue_page(
            "Strategies", "[[strategy]]", _ours(STRATEGIES, catalogue.strategies())
        ),
        "reference/benchmarks.md": catalogue_page(
            "Benchmarks", "[[benchmark]]", _ours(BENCHMARKS, catalogue.benchmarks())
        ),
        "reference/commands.md": _commands(),
    }


def _entries(title: str, head: str, module: str, names: Iterable[str]) -> str:
    return f"# {title}\n\n{head}\n\n" + "\n".join(f"::: {module}.{name}\n" for name in names)


def _of_nasbed(title: str, names: Iterable[str]) -> str:
    return _entries(title, "After `import nasbed`, each is `nasbed.NAME`.", "nasbed", names)


def _errors() -> str:
    """The tree of errors, and each of them."""
    return _entries("Errors", markdown(inspect.getdoc(errors) or ""), errors.__name__, error_names())


def error_names() -> list[str]:
    """Each error and warning of :mod:`nasbed.errors`, in its order."""
    return [name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)]


def _ours(registry: Registry[Any], entries: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The entries that are part of nasbed, without the plug-ins of this machine."""
    return [entry for entry in entries if entry["name"] in registry.builtin()]


def catalogue_page(title: str, table: str, entries: Iterable[Mapping[str, Any]]) -> str:
    """What there is of a kind, each with its class, what it needs and the options that a study gives it."""
    lines = [f"# {title}", "", f"What `use` in a study's `{table}` takes, and the options beside it.", ""]
    for entry in entries:
        lines += [f"::: {entry['class'].replace(':', '.')}", *(line.format(entry["name"]) for line in _BARE), ""]
        lines += [f"*It needs:* {_needs(entry['needs'])}.", ""] if entry["needs"] else []
        lines += _options(entry["options"])
    return "\n".join(lines)


_BARE = (
    "    options:",
    "      heading: {0}",
    "      toc_label: {0}",
    "      members: false",
    "      show_labels: false",
    "      show_signature: false",
    "      separate_signature: false",
)
"""A class without its members and its signature, under the name that a study calls it by."""


def _needs(words: str) -> str:
    return f"`{words}`" if words.startswith("nasbed ") else words


def _options(options: Iterable[Mapping[str, Any]]) -> list[str]:
    """A table of options, with what they mean where that is said of any."""
    rows = [
        [f"`{one['name']}`", f"`{one['default']!r}`", *map(_cell, (one["accepts"], one["help"]))] for one in options
    ]
    if not rows:
        return []
    heads = ["option", "default", "accepts", "what it means"][: 4 if any(row[3] for row in rows) else 3]
    lines = (f"| {' | '.join(row[: len(heads)])} |" for row in (heads, ["---"] * 4, *rows))
    return [*lines, ""]


def _cell(text: str) -> str:
    """A text in a cell of a table: no column ends in it, and nothing of it is markup."""
    return re.sub(r"([|*_<\[`])", r"\\\1", text)


def _commands() -> str:
    """What typer says of the command line, without its lists of commands, whose sentences are cut off."""
    words = (sys.executable, "-m", "typer", "nasbed.commands.cli", "utils", "docs", "--name", "nasbed")
    told = subprocess.run([*words, "--title", "Commands"], check=True, capture_output=True, text=True, encoding="utf-8")
    return re.sub(r"\*\*Commands\*\*:\n\n(\* .*\n)+\n?", "", told.stdout)
