"""What ``nasbed gate`` does, apart from the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nasbed.errors import BaselineError, OptionError
from nasbed.files import atomic_write
from nasbed.gate import ledger, summary
from nasbed.gate.baseline import SEEDS as STORED_SEEDS
from nasbed.gate.baseline import Baseline
from nasbed.gate.comparisons import detectable_at
from nasbed.gate.gate import run_gate
from nasbed.gate.metrics import METRICS
from nasbed.gate.page import Block, Words
from nasbed.gate.page import markdown as markdown_of
from nasbed.gate.record import drift, make_baseline
from nasbed.gate.sequential import LIMIT
from nasbed.gate.tail import SEEDS, SHARE, STATED, TailPlan, percent
from nasbed.gate.thinking import FACTOR
from nasbed.gate.verdict import Verdict, exit_code
from nasbed.locks import alone
from nasbed.progress import Progress
from nasbed.statistics.spread import NO_SPREAD
from nasbed.studies.study import Study
from nasbed.tables import numbers
from nasbed.tables.printed import printed


@dataclass(frozen=True)
class CommandAnswer:
    """What a command says, as a page and as text (markdown, or JSON without a page), and its exit code."""

    text: str
    exit_code: int
    page: tuple[Block, ...] = ()

    @classmethod
    def of(cls, page: Sequence[Block], exit_code: int) -> CommandAnswer:
        """The answer that is a page."""
        return cls(markdown_of(page), exit_code, tuple(page))


def gate_command(
    study: Study | Path | str,
    against: Path | str,
    *,
    margin: str = "0.2sd",
    alpha: float = 0.05,
    power: float = 0.9,
    metric: str = "validation_regret",
    strategy: str | None = None,
    thinking: float | str | None = FACTOR,
    tail_seeds: int | None = None,
    engine: str = "local",
    as_json: bool = False,
    markdown: Path | str | None = None,
    junit: Path | str | None = None,
    progress: Progress | None = None,
) -> CommandAnswer:
    """Judge a study's strategies; the text is the summary, or JSON. Writes the files that are named, and the ledger beside the
    baseline (:mod:`nasbed.gate.ledger`).

    The code is 0 where no strategy fails, 1 where one does, 3 where one is undecided. Raises
    :class:`~nasbed.errors.NasbedError` for bad input.
    """
    for option, path in (("markdown", markdown), ("junit", junit)):
        if path is not None and Path(path).is_dir():
            raise OptionError(f"{option} = {str(path)!r} is a folder; name a file with --{option}")
    verdicts = judged(
        study,
        against,
        margin=margin,
        alpha=alpha,
        power=power,
        metric=metric,
        strategy=strategy,
        thinking=thinking,
        tail_seeds=tail_seeds,
        engine=engine,
        progress=progress,
    )
    if markdown is not None:
        atomic_write(Path(markdown), summary.markdown(verdicts), "name another file with --markdown")
    if junit is not None:
        atomic_write(Path(junit), summary.junit(verdicts), "name another file with --junit")
    if as_json:
        return CommandAnswer(summary.as_json(verdicts), exit_code(verdicts))
    return CommandAnswer.of(summary.page(verdicts), exit_code(verdicts))


def judged(study: Study | Path | str, against: Path | str, **options: Any) -> list[Verdict]:
    """The verdicts of :func:`~nasbed.gate.gate.run_gate` with these options, counted in the ledger beside the baseline's file."""
    baseline = Baseline.load(against)
    ledger.read(against, baseline.identity)  # a damaged one is told before anything runs
    return ledger.counted(run_gate(study, baseline, **options), against, baseline.identity, baseline.judged)


def update_command(
    study: Study | Path | str,
    file: Path | str,
    *,
    seeds: int = STORED_SEEDS,
    metric: str = "validation_regret",
    engine: str = "local",
    progress: Progress | None = None,
    command: Sequence[str] | None = None,
) -> CommandAnswer:
    """Write a baseline; the text says how large it is, what it can find, and how far it has drifted from the first one.

    A file that is there must be a baseline of the same study, benchmarks and rules, whose record of the first one it
    hands on. Raises :class:`~nasbed.errors.NasbedError`.
    """
    given = study if isinstance(study, Study) else Study.load(study)
    file = Path(file)
    name = study.name if isinstance(study, Study) else Path(study).name
    words = list(command) if command is not None else ["nasbed", "gate", name, "--update", file.name]
    with alone(file, "name another file with --update"):
        before = _before(file)
        tries = len(ledger.read(file, before.identity)) if before is not None else 0
        made = make_baseline(
            given,
            seeds=seeds,
            metric=metric,
            engine=engine,
            before=before,
            progress=progress,
            command=words,
            judged=tries,
        )
        made.write(file)
        ledger.remove(file)
    return CommandAnswer.of(described(made, file), 0)


def _before(file: Path) -> Baseline | None:
    if not file.exists():
        return None
    try:
        return Baseline.load(file)
    except BaselineError as error:
        raise BaselineError(f"{error} (delete the file to begin a new record)") from None


def described(baseline: Baseline, file: Path) -> list[Block]:
    """What a baseline holds, and its drift since the first one of its file."""
    size = file.stat().st_size / 1000
    seeds, tail = min(LIMIT, baseline.count), TailPlan(min(SEEDS, baseline.count), baseline.count, SHARE * 0.05)
    least = detectable_at(baseline.count, seeds)
    chances = ", ".join(f"{percent(share)} with a chance of {tail.power(share):.2f}" for share in STATED)
    rows = []
    for one in drift(baseline):
        first, now = numbers.number(one.first), numbers.number(one.now)
        change = NO_SPREAD if one.sds != one.sds else f"{one.sds:+z.3f} ± {one.half_width:.3f}"
        rows.append([one.strategy, one.benchmark, one.metric, first, now, change])
    heads = ["strategy", "benchmark", "area under", "first", "now", "drift, sd of the first"]
    begun = {str(first["started"])[:10] for first in baseline.first.values()}
    tries = f" {baseline.judged:,} tries were judged against those before this one." if baseline.judged else ""
    return [
        Words(f"{file}: {baseline.count:,} seeds of {', '.join(baseline.strategies)}; {size:,.0f} kB"),
        Words(
            f"A gate of {seeds:,} seeds finds {least:.2f} sd on one benchmark four times in five (two-sided, 5 %); {tail.seeds:,}"
            f" seeds find disasters in a share of {chances}."
        ),
        printed(heads, rows, left=3),
        Words(f"First baseline: {', '.join(sorted(begun))}. {_direction(baseline)}{tries}"),
    ]


def _direction(baseline: Baseline) -> str:
    """Which numbers of the table are the better ones."""
    labels = dict.fromkeys(label for known in baseline.strategies.values() for label in known.scores)
    higher = [label for label in labels if baseline.shown(label, METRICS[0])[1] < 0]
    if not higher:
        return "Lower is better."
    others = ", lower elsewhere" if len(higher) < len(labels) else ""
    return f"Higher is better on {', '.join(higher)}, of which no best is known{others}; a drift below 0 is better everywhere."
