"""Commands that check whether a benchmark or a strategy keeps the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from nasbed.commands.terminal import Json, print_json, print_table, with_progress
from nasbed.tables.printed import printed

if TYPE_CHECKING:
    from nasbed.check import Check, Finding


def check_benchmark(
    name: Annotated[str, typer.Argument(help="A benchmark, as in nasbed list benchmarks, or package.module:Class.")],
    dataset: Annotated[str | None, typer.Option(help="One data set; all by default.")] = None,
    as_json: Json = False,
) -> None:
    """Run the conformance suite of a benchmark; exit code 1 where a check fails."""
    from nasbed.check import check_named

    show_findings(with_progress(name, lambda progress: check_named(name, dataset, progress)), as_json)


def check_strategy(
    name: Annotated[
        str,
        typer.Argument(
            help="A strategy, as in nasbed list strategies, or package.module:Class, or function:package.module:f."
        ),
    ],
    option: Annotated[
        list[str] | None, typer.Option(help="An option of the strategy, as population=20; give it again for more.")
    ] = None,
    time_limit: Annotated[float, typer.Option(help="Seconds after which a check is over, and broken.")] = 60,
    as_json: Json = False,
) -> None:
    """Run the conformance suite of a strategy, the most basic checks first; exit code 1 where one fails."""
    from nasbed.check import check_strategy as run_suite

    options = parsed(option or [])
    progress = None if as_json else _show_check
    findings = run_suite(name, time_limit=time_limit, progress=progress, engine="local:1", **options)
    if as_json:
        print_json({findings[0].subject: [vars(finding) for finding in findings]})
    else:
        _show_broken(findings)
    if not all(finding.holds for finding in findings):
        raise typer.Exit(1)


def _show_check(check: Check, finding: Finding | None) -> None:
    """A line for each check: its name when it begins, and what it found when it is over."""
    if finding is None:
        typer.echo(f"{check!s:<43}", nl=False)
    else:
        note = f"see {finding.see}" if finding.see else finding.note
        typer.echo(f"{finding.verdict:<13}{note}".rstrip())


def _show_broken(findings: list[Finding]) -> None:
    """What is broken, with its rule, and how many checks hold."""
    broken = [finding for finding in findings if finding.problem]
    waiting = sum(bool(finding.see) for finding in findings)
    for finding in broken:
        typer.echo(f"\n{finding}\n  The rule: {finding.rule}")
    counts = [f"{len(findings) - len(broken) - waiting} of {len(findings)} checks hold"]
    counts += [f"{len(broken)} broken"] if broken else []
    counts += [f"{waiting} not covered until that is mended"] if waiting else []
    typer.echo("\n" + ", ".join(counts))


def parsed(given: list[str]) -> dict[str, Any]:
    """Options as a study file writes them: name=value, the value as TOML does, or a text."""
    import tomllib

    from nasbed.errors import OptionError, shown

    options: dict[str, Any] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise OptionError(f"--option {shown(text)}; expected name=value, as population=20")
        if name.strip() in options:
            raise OptionError(
                f"--option {shown(text)}: {name.strip()} is said before; expected each option once, leave one out"
            )
        try:
            options[name.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            options[name.strip()] = value.strip()
    return options


def show_findings(found: dict[str, list[Finding]], as_json: bool) -> None:
    """Print what checks found; exit code 1 where one is broken."""
    findings = [finding for suite in found.values() for finding in suite]
    if as_json:
        print_json({label: [vars(finding) for finding in suite] for label, suite in found.items()})
    else:
        for label, suite in found.items():
            rows = ([finding.check, finding.verdict, finding.note] for finding in suite)
            print_table(printed(["check", "finding", "note"], rows, title=label))
        _show_broken(findings)
    if not all(finding.holds for finding in findings):
        raise typer.Exit(1)
