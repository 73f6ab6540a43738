"""COCO's files: some evaluations of runs, which are counted whole, and what of them cannot be a record."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

import nasbed
from nasbed.errors import NasbedError
from nasbed.exchange import coco_files
from nasbed.results.results import Results
from nasbed.vocabulary import Benchmark

NEW = (
    "% f evaluations | g evaluations | best noise-free fitness - Fopt (0.000000000000e+00) + sum g_i+ | measured fitness"
    " | best measured fitness or single-digit g-values | x1 | x2...\n"
)
OLD = (
    "% function evaluation | noise-free fitness - Fopt (7.948000000000e+01) | best noise-free fitness - Fopt | measured fitness"
    " | best measured fitness | x1 | x2...\n"
)
BUDGET = {"evaluations": 10}


@pytest.fixture(scope="module")
def table() -> Benchmark:
    return nasbed.load_benchmark("nasbench201", dataset="cifar10")


class Runs(NamedTuple):
    """Two runs of ten evaluations: what was evaluated, what was seen, and the numbers of improvements."""

    archs: np.ndarray
    seen: np.ndarray
    improvements: list[list[int]]


@pytest.fixture(scope="module")
def runs(table: Benchmark) -> Runs:
    recorded = table.recorded(200)
    assert recorded is not None
    drawn = np.random.default_rng(5).choice(len(table.space), (2, 10), replace=False)
    seen = recorded[0][0][..., 0]
    by_value = [row[np.argsort(seen[row])] for row in drawn]
    archs = np.stack([row[[4, 3, 5, 2, 1, 7, 9, 0, 6, 8]] for row in by_value])
    return Runs(archs, seen[archs], [[0, 2, 5, 6]] * 2)


def _row(table: Benchmark, runs: Runs, run: int, place: int, number: int | None = None, *, old: bool = False) -> str:
    """A row in which the value is minus the accuracy."""
    best = runs.seen[run, : (number or place + 1)].max()
    x = " ".join(f"{choice:+5.4e}" for choice in table.space.at(int(runs.archs[run, place])))
    value, gap = -runs.seen[run, place], 100 - best
    counts, gaps = ("", f"{gap:+10.9e} {gap:+10.9e}") if old else (" 0", f"{gap:+10.9e}")
    return f"{number or place + 1}{counts} {gaps} {value:+10.9e} {-best:+10.9e} {x}\n"


def _written(
    folder: Path, table: Benchmark, runs: Runs, places: Sequence[Sequence[int]] | None = None, *, old: bool = False
) -> Path:
    """The runs as a logger of COCO writes them: improvements, what is evaluated at powers of two, and at the end the best again."""
    head = OLD if old else NEW
    data: dict[str, str] = {".dat": "", ".tdat": ""}
    for run, bests in enumerate(places or runs.improvements):
        last = _row(table, runs, run, int(runs.seen[run].argmax()), 10, old=old)
        data[".dat"] += head + "".join(_row(table, runs, run, place, old=old) for place in bests) + last
        data[".tdat"] += head + "".join(_row(table, runs, run, place, old=old) for place in (0, 1, 3, 7)) + last
    (folder / "data_f1").mkdir(parents=True)
    for ending, text in data.items():
        (folder / f"data_f1/bbobexp_f1_DIM6{ending}").write_text(text)
    facts = "funcId = 1, DIM = 6, Precision = 1.000e-08, algId = 'RS'"
    trials = "data_f1/bbobexp_f1_DIM6.dat, 1:10|5.0e+00, 2:10|6.0e+00"
    (folder / "bbobexp_f1.info").write_text(
        f"{facts if old else chr(39).join(('suite = ', 'nas', ', ' + facts))}\n% \n{trials}"
    )
    return folder


def _read(file: Path, out: Path, **changed: Any) -> Results:
    told: dict[str, Any] = {"dataset": "cifar10", "noise": "run:0", **changed}
    return nasbed.import_results(file, "nasbench201", told.pop("budget", BUDGET), out, **told)


@pytest.fixture(scope="module")
def imported(table: Benchmark, runs: Runs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("coco")
    _read(_written(folder / "RS", table, runs), folder / "out")
    return folder / "out"


def test_incumbents_are_right_after_every_evaluation_though_some_are_lacking(
    imported: Path, table: Benchmark, runs: Runs
) -> None:
    whole = pd.DataFrame(
        {
            "strategy": "RS",
            "benchmark": table.label,
            "seed": np.repeat([1, 2], 10),
            "architecture": runs.archs.ravel(),
            "value": runs.seen.ravel(),
            "time": np.tile(np.arange(10.0), 2),
        }
    )
    expected = Results.from_frame(whole, table, BUDGET, noise="run:0")
    results = Results.load(imported)
    (mine,), (theirs,) = expected.series, results.series
    for name in ("validation_regret", "test_regret", "observed"):
        np.testing.assert_allclose(getattr(theirs.runs, name), getattr(mine.runs, name))
    assert theirs.runs.seeds.tolist() == [1, 2]
    assert theirs.runs.count.tolist() == [10, 10]
    assert results.finals()["evaluations"].tolist() == [10, 10]
    assert theirs.runs.distinct.tolist() < [10, 10]
    assert theirs.records["evaluation"].tolist()[0] == 1
    assert len(theirs.evaluations_of([1, 2])) == 20
    seconds, exact = results.finals()["seconds"], runs.archs.shape[1] * 2000
    assert (np.abs(seconds - exact) < 0.6 * exact).all()
    assert (np.diff(theirs.runs.time, axis=1) >= 0).all()


def test_folder_captions_and_exports_say_that_records_are_some_of_all(imported: Path, tmp_path: Path) -> None:
    results = Results.load(imported)
    held = len(results.series[0].records)
    record = json.loads((imported / "run.json").read_text())["imported"]
    assert record["evaluations"] == {"held": held, "made": 20}
    assert record["format"] == "COCO"
    for words in (
        f"its file holds {held} of 20 evaluations: all are counted",
        "values were minimised: accuracy is what stands in the files, its sign turned",
        "of evaluations that it lacks the mean over those that it has",
    ):
        assert any(words in text for text in results.warnings), words
    assert f"; {held} of 20 evaluations); nasbed has judged these" in nasbed.caption(results)
    files = nasbed.export_results(imported, tmp_path / "out", ["csv", "ioh"])
    frame = pd.read_csv(files[0])
    assert frame["evaluation"].tolist() == results.series[0].records["evaluation"].tolist()
    again = nasbed.import_results(files[0], "nasbench201", BUDGET, tmp_path / "again", dataset="cifar10", noise="run:0")
    pd.testing.assert_frame_equal(again.finals(), results.finals())
    (data,) = (tmp_path / "out").rglob("IOHprofiler_*.dat")
    numbers = [int(line.split()[0]) for line in data.read_text().splitlines() if not line.startswith("evaluations")]
    assert numbers == frame["evaluation"].tolist()


def test_the_old_columns_are_read_as_the_new_ones(imported: Path, table: Benchmark, runs: Runs, tmp_path: Path) -> None:
    folder = _written(tmp_path / "old", table, runs, old=True)
    for file in (folder, folder / "bbobexp_f1.info"):
        results = _read(file, tmp_path / f"out-{file.name}")
        pd.testing.assert_frame_equal(results.finals(), Results.load(imported).finals())


def test_errors_in_percent_and_instances_that_occur_twice(table: Benchmark, runs: Runs, tmp_path: Path) -> None:
    folder = _written(tmp_path / "RS", table, runs)
    for file in (folder / "data_f1").iterdir():
        heads, *lines = file.read_text().split("\n")
        for place, line in enumerate(lines):
            words = line.split()
            if words and words[0].isdecimal():
                words[3:5] = [f"{100 + float(word):+10.9e}" for word in words[3:5]]
                lines[place] = " ".join(words)
        file.write_text("\n".join([heads, *lines]))
    info = folder / "bbobexp_f1.info"
    info.write_text(info.read_text().replace(" 2:10", " 1:10"))
    results = _read(folder, tmp_path / "out")
    assert results.series[0].runs.seeds.tolist() == [0, 1]
    assert any("RS has instances more than once, so its runs are numbered from 0" in text for text in results.warnings)
    assert any("accuracy is 100 minus the error" in text for text in results.warnings)


def test_a_best_that_is_not_in_the_files_is_said_or_refused(table: Benchmark, runs: Runs, tmp_path: Path) -> None:
    folder = _written(tmp_path / "RS", table, runs, [[0, 2, 5], [0, 2, 5, 6]])
    results = _read(folder, tmp_path / "out")  # the end tells the best again
    assert results.series[0].runs.observed[0].argmax() == 9
    assert results.series[0].runs.observed[1].argmax() == 6
    assert any("in 1 of 2 runs the best was for a while an evaluation that is not" in text for text in results.warnings)
    (data,) = folder.rglob("*.dat")
    for file in (data, data.with_suffix(".tdat")):
        first, second = file.read_text().split(NEW)[1:]
        rows = first.splitlines(keepends=True)[:-1]
        file.write_text(NEW + "".join([*rows, _row(table, runs, 0, 9)]) + NEW + second)
    with pytest.raises(NasbedError) as refused:
        _read(folder, tmp_path / "no")
    assert "instance 1: the best of 10 evaluations is " in str(refused.value)
    assert "no row says which architecture it was of; log more targets, by the observer's option number_targ" in str(
        refused.value
    )


def _without_x(text: str) -> str:
    return "\n".join(line if line.startswith("%") else " ".join(line.split()[:5]) for line in text.splitlines()) + "\n"


def _shorter(text: str) -> str:
    head, row, rest = text.split("\n", 2)
    return "\n".join([head, " ".join(row.split()[:-1]), rest])


@pytest.mark.parametrize(
    ("ending", "change", "words"),
    [
        (".dat", _without_x, "no x is written, so nothing says which architecture was evaluated (COCO leaves x out of"),
        (".dat", lambda text: text.replace(" | x1 | x2...", ""), "no x is written"),
        (".dat", lambda text: text.replace("| measured fitness ", ""), "its columns are f evaluations, g evaluations, best"),
        (".dat", _shorter, "x has 5 numbers, and an architecture of nasbench201/cifar10 6"),
        (".dat", lambda text: text.replace("e+01 ", "e+01x ", 1), "line 2: '1 0 "),
        (".dat", lambda text: text.removeprefix(NEW), "after a line of their names that begins with %"),
        (".dat", lambda text: text + NEW, "has 3 runs, and"),
        (".dat", lambda text: re.sub(r"(?m)^(1 0 \S+) -", r"\1 -1", text), "evaluation 1 has the values -1"),
        (".dat", lambda text: re.sub(r"(?m)^(3 0 \S+) -", r"\1 +", text), "and COCO minimises; expected accuracy in % with its"),
        (".info", lambda text: text.replace("1:10", "1:12"), "counts 12 evaluations, and the last row is of evaluation 10"),
        (".info", lambda text: text.replace(", 2:10|6.0e+00", ", 2"), "'2'; expected the name of a .dat file, or a run as 1:200"),
        (".info", lambda text: text.replace("bbobexp_f1_DIM6.dat", "none.dat"), "none.dat is missing, and its .tdat file"),
        (".info", lambda text: text.replace("funcId = 1", "funcId = 2") + "\n" + text, "of several functions, nas 2, nas 1, and"),
        (".info", lambda text: "nothing", "is no .info file of COCO: no line of it has a funcId, or an"),
    ],
)  # fmt: skip
def test_what_the_files_lack_is_named(
    table: Benchmark, runs: Runs, tmp_path: Path, ending: str, change: Any, words: str
) -> None:
    folder = _written(tmp_path / "RS", table, runs)
    (file,) = folder.rglob(f"*{ending}")
    file.write_text(change(file.read_text()))
    with pytest.raises(NasbedError) as refused:
        _read(folder, tmp_path / "out")
    assert words in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_judged_of_some_evaluations_is_refused(table: Benchmark, runs: Runs, tmp_path: Path) -> None:
    folder = _written(tmp_path / "RS", table, runs)
    for told, words in (
        ({"incumbent": "mean"}, "records lack evaluations, so means over repeats are unknown"),
        ({"dataset": None}, "nothing in COCO's data says which of nasbench201/cifar10, nasbench201/cifar100"),
        ({"budget": {"evaluations": 9}}, "a run has 10 evaluations, more than its budget"),
        ({"options": {"objectives": ["accuracy", "flops"]}}, "has no values of flops, an objective of"),
    ):
        with pytest.raises(NasbedError) as refused:
            _read(folder, tmp_path / "out", **told)
        assert words in str(refused.value)
    (tmp_path / "none").mkdir()
    with pytest.raises(NasbedError, match=r"holds no \.info file; expected a folder of COCO's data"):
        _read(tmp_path / "none", tmp_path / "out", format="coco")
    failed = {"strategy": "RS", "seed": 0, "architecture": [5, 6], "value": float("nan"), "time": 1.0}
    for numbers in ([0, 1], [2, 2], [3, 1]):
        frame = pd.DataFrame({**failed, "benchmark": table.label, "evaluation": numbers})
        with pytest.raises(NasbedError, match=r"column 'evaluation': \d; expected numbers that rise within a run"):
            Results.from_frame(frame, table, BUDGET)
    digits = nasbed.load_benchmark("digits201", epochs=[1, 12])
    frame = pd.DataFrame({**failed, "benchmark": digits.label, "evaluation": [1, 3], "epochs": [1, 12]})
    with pytest.raises(NasbedError, match="what those took is unknown where trainings differ in fidelity"):
        Results.from_frame(frame, digits, BUDGET)


def test_marks_of_what_is_missing_and_digits_of_constraints_are_no_values(tmp_path: Path) -> None:
    (tmp_path / "a.info").write_text("funcId = 2, DIM = 2, algId = 'A b'\n%\nd\\a.dat, 3:2|1.0e+00")
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.dat").write_text(
        NEW + "1 0 +1.0e+00 2e21 099 +1.0e+00 +0.0e+00\n2 4 +1.0e+00 -5.0 -5.0 +1.0e+00 +2.0e+00\n"
    )
    ((run,), files) = coco_files.runs_of(tmp_path / "a.info")
    assert (run.algorithm, run.function, run.instance, run.evaluations) == ("A b", "2", 3, 2)
    assert [file.name for file in files] == ["a.info", "a.dat"]
    assert np.isnan(run.rows[0].best)
    assert run.rows[1] == (2, -5.0, -5.0, (1.0, 2.0), ())
