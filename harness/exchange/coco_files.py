"""The files of COCO's data (BBOB and later): ``.info`` files name runs, ``.dat`` and ``.tdat`` files have some evaluations of each.

Facts of the format (Hansen et al., Optimization Methods and Software 36, 2021, and the loggers of cocoex 2.8 and of BBOB-2009): a
``.dat`` file has a row where a target of the objective is reached, a ``.tdat`` file at numbers of evaluations that are evenly
spaced in logarithms, and both end with the best, told again at the number of all evaluations, or with the last evaluation. A run
begins with a line of the names of columns. Objectives are minimised. Of problems with more than 22 variables x is left out. Of
several objectives these files hold an indicator alone, and ``archive/*_nondom_all.adat`` has each solution that nothing before it
dominates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from nasbed.errors import OptionError, named, shown

MEASURED, BEST = "measured fitness", "best measured fitness"
"""The columns of what a search saw: of the evaluation of the row, and the best by then."""

OTHERWISE = "log runs with IOHexperimenter (trigger ALWAYS, store_positions=True) or as CSV"
"""What can be done where COCO's data do not hold what is needed."""

_ENTRY = re.compile(r"(\w+)\s*=\s*(?:'([^']*)'|([^,\s]+))")
_TRIAL = re.compile(r"\s*(\d+)(?::(\d+)(?:\|\S*)?)?\s*")
_SHAPE = re.compile(r"(\d+) objectives")
_COUNT = re.compile(r"(?:function|f) evaluations?")


class LoggedRow(NamedTuple):
    """A row of a data file: the number of the evaluation, its value, the best value by then and x.

    Values are as they were minimised, those of objectives beside the first in ``further``. The best is ``nan`` where none is
    written: nothing was feasible by then, or there are several objectives.
    """

    evaluation: int
    value: float
    best: float
    x: tuple[float, ...]
    further: tuple[float, ...] = ()


class LoggedRun(NamedTuple):
    """A run: of which algorithm, function and instance, how many evaluations it had, and its rows by number, of both files."""

    algorithm: str
    function: str
    instance: int
    evaluations: int
    rows: list[LoggedRow]
    data: Path


def runs_of(info: Path | str) -> tuple[list[LoggedRun], list[Path]]:
    """The runs that an ``.info`` file names, and the files that they were read from; raises
    :class:`~nasbed.errors.OptionError` for anything that is not as COCO writes it, and for data without x.
    """
    place = Path(info)
    found: list[LoggedRun] = []
    sources = [place]
    for facts, data, trials in _named(place):
        if "indicator" in facts:
            for instance, count in trials:
                run, archive = _archived(place, facts, instance, count)
                found.append(run)
                sources.append(archive)
            continue
        files = [file for file in (data, data.with_suffix(".tdat")) if file.is_file()]
        if not files:
            raise OptionError(
                f"{named(data)} is missing, and its .tdat file; keep them beside the .info file, as written"
            )
        read = [_rows(file) for file in files]
        for file, runs in zip(files, read, strict=True):
            if len(runs) != len(trials):
                raise OptionError(
                    f"{named(file)} has {len(runs)} runs, and {named(place)} names {len(trials)}; keep both as they were written"
                )
        algorithm = facts.get("algId", facts.get("algorithm", "unnamed"))
        function = f"{facts.get('suite', '')} {facts['funcId']}".strip()
        for (instance, count), parts in zip(trials, zip(*read, strict=True), strict=True):
            rows = sorted((row for part in parts for row in part), key=lambda row: row.evaluation)
            found.append(LoggedRun(algorithm, function, instance, count, rows, data))
        sources += files
    return found, sources


def _named(info: Path) -> Iterator[tuple[Mapping[str, str], Path, list[tuple[int, int]]]]:
    """The parts of an ``.info`` file, each a line of facts, a comment and a line of runs: facts, data file, and of each run the
    instance and the number of evaluations.
    """
    facts: dict[str, str] = {}
    for line in _lines(info):
        if line.startswith("%"):
            continue
        entries = {key: quoted or bare for key, quoted, bare in _ENTRY.findall(line)}
        if "funcId" in entries or "indicator" in entries:
            facts = entries
        elif "indicator" in facts and {"function", "dim"} <= entries.keys():
            for data, trials in _trials(info, line.split(",", 2)[2]):
                yield {**facts, **entries}, data, trials
        elif facts:
            for data, trials in _trials(info, line):
                yield facts, data, trials
    if not facts:
        raise OptionError(f"{named(info)} is no .info file of COCO: no line of it has a funcId, or an indicator")


def _trials(info: Path, line: str) -> list[tuple[Path, list[tuple[int, int]]]]:
    """The data files of a line, each with the runs that are named after it."""
    found: list[tuple[Path, list[tuple[int, int]]]] = []
    for word in map(str.strip, line.split(",")):
        trial = _TRIAL.fullmatch(word)
        if word.endswith(".dat"):
            found.append((info.parent / word.replace("\\", "/"), []))
        elif trial is None or not found or trial[2] is None:
            raise OptionError(
                f"{named(info)}: {shown(word)}; expected the name of a .dat file, or a run as 1:200|1.5e+00 (instance, number of"
                " evaluations, last value); a run that was broken off has no number: leave it out"
            )
        else:
            found[-1][1].append((int(trial[1]), int(trial[2])))
    return found


def _archived(info: Path, facts: Mapping[str, str], instance: int, count: int) -> tuple[LoggedRun, Path]:
    """A run of several objectives, and the archive of it: of each evaluation that nothing before dominated a row, and at the number
    of all evaluations the last of these again.
    """
    function, dim, suite = int(facts["function"]), int(facts["dim"]), facts.get("suite", "")
    archive = info.parent / "archive" / f"{suite}_f{function:02d}_i{instance:02d}_d{dim:02d}_nondom_all.adat"
    if not archive.is_file():
        raise OptionError(
            f"{named(info)}: of several objectives it has an indicator and no values, and {named(archive)} is missing; keep the"
            " archive beside it, which the observer's options log_nondom: all and log_decision_variables: all write, or log runs as"
            " CSV"
        )
    objectives, rows = 0, list[LoggedRow]()
    for number, line in enumerate(_lines(archive), 1):
        if line.startswith("%"):
            shape = _SHAPE.search(line)
            objectives = int(shape[1]) if shape else objectives
            continue
        try:
            evaluation, *values = map(float, line.split())
        except ValueError:
            raise OptionError(
                f"{named(archive)}, line {number}: {shown(line)}; expected numbers, as COCO writes them"
            ) from None
        if not objectives or len(values) != objectives + dim:
            raise OptionError(
                f"{named(archive)}, line {number}: {len(values)} numbers after that of the evaluation; expected {objectives}"
                f" objectives and {dim} variables, which the observer's option log_decision_variables: all writes"
            )
        first, *further = values[:objectives]
        if evaluation >= 1:  # 0 are the extremes of the problem, which no search evaluated
            rows.append(LoggedRow(int(evaluation), first, float("nan"), tuple(values[objectives:]), tuple(further)))
    if rows and rows[-1].evaluation < count:
        rows.append(rows[-1]._replace(evaluation=count))
    algorithm = facts.get("algorithm", facts.get("algId", "unnamed"))
    return LoggedRun(algorithm, f"{suite} {function}".strip(), instance, count, rows, archive), archive


def _rows(file: Path) -> list[list[LoggedRow]]:
    """The rows of a data file, run by run."""
    runs: list[list[LoggedRow]] = []
    heads: list[str] = []
    for number, line in enumerate(_lines(file), 1):
        if line.startswith("%"):
            heads = _heads(line, file)
            runs.append([])
            continue
        where = f"{named(file)}, line {number}"
        try:
            words = line.split()
            values = [float(word) for word in words]
            evaluation, value, best = (values[heads.index(name)] for name in (heads[0], MEASURED, BEST))
        except (ValueError, IndexError):
            raise OptionError(
                f"{where}: {shown(line)}; expected numbers, as many as columns, after a line of their names that begins with %"
            ) from None
        if "x1" not in heads or len(words) == heads.index("x1"):
            raise OptionError(
                f"{where}: no x is written, so nothing says which architecture was evaluated (COCO leaves x out of problems with"
                f" more than 22 variables); {OTHERWISE}"
            )
        if words[heads.index(BEST)].isdecimal():
            best = float("nan")  # a digit for each constraint, of how far it is broken
        runs[-1].append(LoggedRow(int(evaluation), value, best, tuple(values[heads.index("x1") :])))
    return runs


def _heads(line: str, file: Path) -> list[str]:
    """The names of columns but for what follows them, as the value of the optimum; x1 stands for all variables."""
    words = [re.sub(r"\s*(?:\(.*|or single-digit.*)", "", word).strip() for word in line.lstrip("%").split("|")]
    heads = [word for word in words if not word.startswith("x2")]
    if not _COUNT.fullmatch(heads[0]) or not {MEASURED, BEST} <= set(heads):
        raise OptionError(
            f"{named(file)}: its columns are {', '.join(words)}; expected function evaluation, {MEASURED}, {BEST} and x1, x2, ...:"
            f" what the search saw of which architecture; {OTHERWISE}"
        )
    return heads


def _lines(file: Path) -> list[str]:
    """The lines of a file that are not empty."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise OptionError(f"{named(file)} cannot be read: {error.strerror}") from None
    return [line for line in map(str.strip, text.splitlines()) if line]
