"""The archive of reference runs: what it holds, comparing with it, what is refused, and adding to it."""

from __future__ import annotations

import copy
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner

import nasbed
from nasbed.benchmarks import NASBench201
from nasbed.commands import archive as commands
from nasbed.commands import studies
from nasbed.commands.cli import app
from nasbed.errors import NasbedError, OptionError, StoreError, StudyError, UnknownNameError
from nasbed.results.archive import archive as archives
from nasbed.results.archive.adding import add_folder
from nasbed.results.archive.archive import Archive
from nasbed.results.archive.beside import with_archived
from nasbed.results.archive.compared import beside_archive
from nasbed.results.archive.packed import unpacked
from nasbed.results.results import Results
from nasbed.studies.shards import digest
from nasbed.tables.notes import notes
from nasbed.vocabulary import Budget

MINE = """
name = "mine"
seeds = 3
budget = { evaluations = 12 }
[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
[[strategy]]
use = "random_search"
"""
REFERENCE = MINE.replace("seeds = 3", "seeds = 20").replace("12", "100")


class Own(NASBench201):
    """A benchmark that does not ship."""


class EndsHalfway(nasbed.Script):
    """Draws at random until half of its budget is spent, and then goes through the space from its beginning."""

    def search(self, task: Any, rng: Any) -> Any:
        for place in range(int(task.budget.amount)):
            beginning = place < task.budget.amount / 2
            yield nasbed.Proposal(task.space.sample(rng) if beginning else task.space.at(place))


class NeverTheSame(nasbed.Script):
    """Begins with an architecture that no stream decides on."""

    asked: ClassVar[list[int]] = []

    def search(self, task: Any, rng: Any) -> Any:
        self.asked.append(1)
        while True:
            yield nasbed.Proposal(task.space.at(len(self.asked)))


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mine") / "results"
    nasbed.run_study(nasbed.Study.parse(MINE), folder)
    return folder


@pytest.fixture(scope="module")
def results(mine: Path) -> Results:
    return Results.load(mine)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Complete runs under the protocol of the archive."""
    folder = tmp_path_factory.mktemp("reference") / "results"
    nasbed.run_study(nasbed.Study.parse(REFERENCE), folder)
    return folder


@pytest.fixture(scope="module")
def archive(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    made = Archive.load(tmp_path_factory.mktemp("archive") / "made", new=True)
    add_folder(made, str(reference))
    return Archive.load(made.folder)


def _under(results: Results, **rules: Any) -> Results:
    """The same runs, said to be under other rules."""
    (series,) = results.series
    return Results([replace(series, rules=replace(series.rules, **rules))], "random_search", "mine")


def _changed(archive: Archive, **what: Any) -> Archive:
    return Archive(archive.folder, archive.protocol, [replace(one, **what) for one in archive.series], archive.files)


def test_shipped_runs_read_at_a_smaller_budget_are_those_that_a_study_makes(results: Results) -> None:
    found = beside_archive(results, ["random_search", "regularized_evolution"])
    assert found.strategies == ["random_search", "archive:random_search", "archive:regularized_evolution"]
    assert found.reference == "random_search"
    finals = found.finals()
    ours, theirs = (
        finals[finals["strategy"] == name].drop(columns="strategy").reset_index(drop=True)
        for name in found.strategies[:2]
    )
    assert ours.equals(theirs)
    evaluations = found.evaluations()
    ours, theirs = (
        evaluations[evaluations["strategy"] == name].drop(columns="strategy").reset_index(drop=True)
        for name in found.strategies[:2]
    )
    assert ours[theirs.columns].equals(theirs)
    assert "archive:random_search: drawn from the archive, not run here (run by nasbed 0.1.0" in nasbed.caption(found)
    same = "random_search and archive:random_search are the same runs, so a comparison of the two says nothing"
    during_its_warm_up = same.replace("archive:random_search", "archive:regularized_evolution")
    assert [words for words in found.warnings if "the same runs" in words] == [same, during_its_warm_up]
    assert f"Warning: {same}." in notes(found)


def test_every_shipped_series_is_whole_and_answers_as_it_did() -> None:
    shipped = Archive.load()
    for one in shipped.series:
        runs = shipped.runs(one)
        assert len(runs.counts) == one.seeds
        assert runs.counts.sum() == runs.planes.shape[1]
        assert runs.counts.max() <= shipped.protocol["budget"]["amount"]
        assert not one.sees_budget
    assert {"random_search", "regularized_evolution", "local_search", "tpe"} <= set(shipped.strategies)
    assert sum(about["bytes"] for about in shipped.files.values()) < 2 * 1024**2


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"noise": "mean"}, "random_search on nasbench201/cifar100 was not run as yours was: noise is 'draw' in the archive and"
                            " 'mean' here"),
        ({"workers": 4}, "workers is 1 in the archive and 4 here"),
        ({"repeats": "free"}, "repeats is 'charge' in the archive and 'free' here"),
        ({"incumbent": "mean"}, "incumbent is 'best' in the archive and 'mean' here"),
        ({"budget": Budget("seconds", 1e5)}, "the budget counts evaluations in the archive and seconds here"),
        ({"budget": Budget("evaluations", 200)}, "the budget is 100 evaluations in the archive and 200 evaluations here;"
                                               " run yours with budget = { evaluations = 100 }"),
    ],
)  # fmt: skip
def test_another_protocol_is_refused_by_what_differs(
    rules: dict[str, Any], said: str, results: Results, archive: Archive
) -> None:
    with pytest.raises(OptionError, match=re.escape(said)):
        with_archived(_under(results, **rules), ["random_search"], archive)


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"epochs": (12, 200)}, "the fidelities (epochs) are 200 in the archive and 12, 200 here; run yours with epochs = [200]"),
        ({"objectives": ()}, 'the objectives are accuracy in the archive and none here; run yours with objectives = ["accuracy"]'),
        ({"constraints": ("at most 5 ms",)}, "the constraints are none in the archive and at most 5 ms here; run yours without"
                                             " constraints in its [[benchmark]]"),
    ],
)  # fmt: skip
def test_a_benchmark_with_other_options_is_refused_with_those_of_the_archive(
    declared: dict[str, Any], said: str, results: Results, archive: Archive
) -> None:
    (series,) = results.series
    searched = copy.copy(series.searched)
    vars(searched).update(declared)
    other = Results([replace(series, searched=searched)], "random_search", "mine")
    with pytest.raises(OptionError, match=re.escape(said)):
        with_archived(other, ["random_search"], archive)


def test_what_cannot_be_drawn_is_refused(results: Results, archive: Archive) -> None:
    content = archive.series[0].content
    other = {**content, "benchmark": {**content["benchmark"], "data": "0123456789abcdef"}}
    for changed, said in (
        (
            _changed(archive, content=other),
            "the checksum of the data is 0123456789ab in the archive and 4d9130abc114 here",
        ),
        (
            _changed(archive, benchmark="nasbench201/cifar10"),
            "the archive has no runs of 'random_search' on nasbench201/cifar100",
        ),
        (_changed(archive, sees_budget=True), "this strategy plans with its budget"),
        (_changed(archive, first=50), "no seeds in common: 0 to 2 here, 50 to 69 in the archive"),
        (_changed(archive, digest="0"), "the benchmark here answers otherwise than when the archived runs were made"),
    ):
        with pytest.raises(OptionError, match=re.escape(said)):
            with_archived(results, ["random_search"], changed)
    with pytest.raises(OptionError, match=re.escape("no archived strategy is named; expected some of random_search")):
        with_archived(results, [], archive)
    with pytest.raises(UnknownNameError, match=re.escape("random_serch")):
        with_archived(results, ["random_serch"], archive)


def test_of_more_seeds_the_common_ones_are_shown_with_a_warning(results: Results, archive: Archive) -> None:
    runs, benchmark = archive.runs(archive.series[0]), results.series[0].searched
    later = _changed(archive, first=1, digest=digest(unpacked(runs, range(1, 21), benchmark)))
    found = Results(*with_archived(results, ["random_search"], later))
    assert [series.runs.seeds.tolist() for series in found.series] == [[1, 2], [1, 2]]
    assert (
        found.series[0].runs.final("test_regret").tolist() == results.series[0].runs.final("test_regret")[1:].tolist()
    )
    assert found.warnings == ["of 3 seeds the 2 are shown that the archive has of every strategy named, 1 to 2"]


def test_a_study_may_have_an_archived_reference(mine: Path, tmp_path: Path) -> None:
    drawn = MINE.replace("seeds = 3", 'seeds = 3\nreference = "archive:tpe"')
    found = nasbed.run_study(nasbed.Study.parse(drawn), tmp_path / "results")
    assert found.reference == "archive:tpe"
    assert found.strategies == ["random_search", "archive:tpe"]
    assert found.summary().set_index("strategy")["validation_regret_difference"].notna().tolist() == [True, False]
    for old, new, said in (
        (
            "seeds = 3",
            "seeds = 101",
            "the reference archive:tpe has 100 of the 101 seeds of the study in the archive, 0 to 99",
        ),
        (
            "evaluations = 12",
            "evaluations = 101",
            "the budget is 100 evaluations in the archive and 101 evaluations here",
        ),
        ("archive:tpe", "archive:tpa", "tpa"),
    ):
        with pytest.raises(NasbedError, match=re.escape(said)):
            nasbed.run_study(nasbed.Study.parse(drawn.replace(old, new)), tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_an_archived_reference_appears_as_its_study_says(tmp_path: Path) -> None:
    drawn = MINE.replace("seeds = 3", 'seeds = 3\nreference = "archive:tpe"')
    appearance = """
        [appearance]
        labels = { "archive:tpe" = "TPE" }
        colors = { "archive:tpe" = "#123456" }
        markers = { "archive:tpe" = "D" }
        order = ["archive:tpe"]
    """
    found = nasbed.run_study(nasbed.Study.parse(drawn + appearance), tmp_path / "results")
    for results in (found, Results.load(tmp_path / "results")):
        assert (results.reference, results.strategies) == ("TPE", ["TPE", "random_search"])
        assert (results.looks["TPE"].color, results.looks["TPE"].marker) == ("#123456", "D")
    with pytest.raises(UnknownNameError, match=re.escape("'archive:tpa'; did you mean 'archive:tpe'?")):
        nasbed.Study.parse(drawn + appearance.replace('"archive:tpe" = "TPE"', '"archive:tpa" = "TPE"'))
    with pytest.raises(UnknownNameError, match=re.escape("unknown name in labels 'archive:tpe'")):
        nasbed.Study.parse(MINE + appearance)


def test_runs_by_other_code_are_shown_with_a_warning(results: Results, archive: Archive) -> None:
    found = with_archived(
        results, ["random_search"], _changed(archive, content={**archive.series[0].content, "core": "0"})
    )
    changed, same = found.warnings
    assert "are the same runs" in same
    assert "was run by other code than is here (core changed since)" in changed


def test_the_same_runs_make_the_same_bytes(reference: Path, archive: Archive, tmp_path: Path) -> None:
    again = Archive.load(tmp_path / "again", new=True)
    add_folder(again, str(reference))
    names = sorted(path.name for path in archive.folder.iterdir())
    assert names == ["archive.json", "nasbench201-cifar100.npz"]
    assert [(again.folder / name).read_bytes() for name in names] == [
        (archive.folder / name).read_bytes() for name in names
    ]


def test_a_damaged_archive_is_refused(archive: Archive, results: Results, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(archive.folder, tmp_path / "copy"))
    numbers = folder / "nasbench201-cifar100.npz"
    numbers.write_bytes(numbers.read_bytes()[:-1] + b"?")
    with pytest.raises(StoreError, match=re.escape("its SHA-256 is not that of the manifest")):
        beside_archive(results, ["random_search"], folder)
    numbers.unlink()
    with pytest.raises(StoreError, match=re.escape("cannot be read: No such file")):
        beside_archive(results, ["random_search"], folder)
    manifest = folder / "archive.json"
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(StoreError, match=re.escape("has the format 2; this version of nasbed reads 1")):
        Archive.load(folder)
    manifest.write_text("{")
    with pytest.raises(StoreError, match=re.escape("is damaged")):
        Archive.load(folder)
    manifest.rename(folder / "other.json")
    for missing in (folder, folder / "none"):
        with pytest.raises(StoreError, match=re.escape("holds no archive: archive.json is missing")):
            Archive.load(missing)


def test_a_folder_without_an_archive_is_refused_with_how_to_begin_one(tmp_path: Path) -> None:
    none, file, filled = tmp_path / "none", tmp_path / "file", tmp_path / "filled"
    file.write_text("")
    filled.mkdir()
    (filled / "other").write_text("")
    for folder, new, said in (
        (none, False, f"is missing; nasbed archive add RESULTS --archive-folder {none} begins one"),
        (file, False, f"{file} is a file; expected the folder of an archive"),
        (file, True, f"{file} is a file; expected the folder of an archive"),
        (filled, False, "is missing; name its folder, or for a new archive one that is not there yet or is empty"),
        (filled, True, "is missing; name its folder, or for a new archive one that is not there yet or is empty"),
    ):
        with pytest.raises(StoreError, match=re.escape(said)):
            Archive.load(folder, new=new)


def test_a_missing_shipped_archive_is_to_be_restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "shipped_folder", lambda: tmp_path)
    with pytest.raises(StoreError, match=re.escape("is missing; restore it from version control")):
        Archive.load()


def test_after_adding_it_is_said_what_the_archive_is_for(
    reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own"
    commands.add(reference, own)
    said = capsys.readouterr().out
    assert f"nasbed compare FOLDER --archive random_search --archive-folder {own} compares with it" in said
    assert "merged" not in said
    shipped = Archive.load(own, new=True)
    shipped.folder = tmp_path / "shipped"
    shipped.series, shipped.files = [], {}
    shipped.put([], {})
    monkeypatch.setattr(archives, "shipped_folder", lambda: shipped.folder)
    commands.add(reference)
    assert "have it merged, so that others can compare with yours" in capsys.readouterr().out


def test_a_folder_that_does_not_fit_is_not_added(mine: Path, reference: Path, archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(
        StoreError, match=re.escape("budget is 12 evaluations, not 100 evaluations; there are 3 seeds, fewer than 20")
    ):
        add_folder(archive, str(mine))
    with pytest.raises(
        StoreError, match=re.escape("the archive has it already, as 'random_search' with 20 seeds by nasbed 0.1.0")
    ):
        add_folder(archive, str(reference))
    new = Archive.load(tmp_path / "new", new=True)

    def with_record(old: str, new: str) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        shutil.copytree(reference, folder)
        record = folder / "run.json"
        text = record.read_text()
        assert old in text
        record.write_text(text.replace(old, new))
        return str(folder)

    for old, other, said in (
        ('"complete": true', '"complete": false', "is not complete; run its study again"),
        ('"data": "4d9130abc114', '"data": "0d9130abc114', "the checksum of the data was 0d9130abc114 when it was run"),
        (f'"key": "{archive.series[0].key}"', '"key": "0"', "was run by other code than is here"),
    ):
        with pytest.raises(StoreError, match=re.escape(said)):
            add_folder(new, with_record(old, other))
    assert new.series == []

    def refusing(strategy: object) -> None:
        raise StoreError("it does not conform")

    with pytest.raises(StoreError, match=re.escape("it does not conform")):
        add_folder(new, str(reference), refusing)
    assert not new.folder.exists()


def test_the_label_of_an_archived_strategy_is_no_label_of_an_added_one(
    reference: Path, archive: Archive, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(reference, tmp_path / "results"))
    record = json.loads((folder / "run.json").read_text())
    record["study_text"] += 'label = "archive:mine"\n'
    (folder / "run.json").write_text(json.dumps(record))
    said = "a [[strategy]] is called 'archive:mine'; labels that begin with archive: are those of archived runs"
    with pytest.raises(StudyError, match=re.escape(said)):
        add_folder(Archive.load(tmp_path / "archive", new=True), str(folder))
    assert not (tmp_path / "archive").exists()


def _added(strategy: str, folder: Path) -> Archive:
    text = REFERENCE.replace('"random_search"', f'"test_archive:{strategy}"\nlabel = "{strategy}"')
    nasbed.run_study(nasbed.Study.parse(text), folder / "results")
    made = Archive.load(folder / "archive", new=True)
    add_folder(made, str(folder / "results"))
    return made


def test_a_strategy_that_looks_at_its_budget_is_marked(tmp_path: Path, archive: Archive) -> None:
    assert [one.sees_budget for one in _added("EndsHalfway", tmp_path).series] == [True]
    assert [one.sees_budget for one in archive.series] == [False]


def test_runs_that_do_not_come_out_again_are_not_added(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=re.escape("its first 3 seeds came out otherwise when they were run again")):
        _added("NeverTheSame", tmp_path)


def test_a_benchmark_that_does_not_ship_is_refused_with_those_that_the_archive_takes(tmp_path: Path) -> None:
    nasbed.run_study(nasbed.Study.parse(REFERENCE.replace('"nasbench201"', '"test_archive:Own"')), tmp_path / "results")
    said = (
        "'test_archive:Own' is no benchmark that ships with nasbed, so others could not judge these runs; the archive takes"
        " digits201, nasbench201, vowels"
    )
    with pytest.raises(StoreError, match=re.escape(said) + "$"):
        add_folder(Archive.load(tmp_path / "archive", new=True), str(tmp_path / "results"))


def test_records_that_no_table_lists_are_not_added(tmp_path: Path) -> None:
    text = REFERENCE.replace('use = "nasbench201"\ndataset = "cifar100"', 'use = "synthetic"')
    nasbed.run_study(nasbed.Study.parse(text), tmp_path / "results")
    with pytest.raises(StoreError, match=re.escape("the records on synthetic/0 cannot be looked up again")):
        add_folder(Archive.load(tmp_path / "archive", new=True), str(tmp_path / "results"))


def test_the_commands(mine: Path, archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commands.list_archive(folder=archive.folder)
    listed = " ".join(capsys.readouterr().out.split())
    assert "random_search" in listed
    assert "first_seed 0" in listed
    assert "stages none" in listed
    studies.compare(mine, None, archive=["random_search"], archive_folder=archive.folder, out=tmp_path, figures=False)
    assert "archive:random_search" in capsys.readouterr().out
    assert "archive:random\\_search" in (tmp_path / "table.tex").read_text()
    for second, names, said in (
        (None, None, "nothing to compare with"),
        (mine, ["tpe", "gp_bo"], "--archive tpe,gp_bo; name another"),
    ):
        with pytest.raises(OptionError, match=re.escape(said)):
            studies.compare(mine, second, archive=names)
    with pytest.raises(NasbedError, match=re.escape("there are 3 seeds, fewer than 20")):
        commands.add(mine, archive.folder)


def test_archived_strategies_are_listed_with_what_they_are(
    archive: Archive, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    (random,) = archive.series
    content = {**random.content, "strategy": {**random.content["strategy"], "use": "regularized_evolution"}}
    evolution = replace(random, strategy="RE", key="0", content=content, options={"population": 10, "kernel": "a"})
    both = Archive.load(tmp_path, new=True)
    both.put([(random, archive.runs(random)), (evolution, archive.runs(random))], archive.protocol)

    def listed(*names: str) -> str:
        commands.list_archive(list(names), tmp_path)
        return capsys.readouterr().out

    both_listed = " ".join(listed().split())
    assert "strategy use benchmark" in both_listed
    assert 'RE regularized_evolution, kernel = "a", population = 10 nasbench201/cifar100 0 to 19' in both_listed
    assert "random_search nasbench201/cifar100" in both_listed
    for name in ("RE", "archive:RE", "regularized_evolution"):
        assert "RE" in listed(name)
        assert "random_search" not in listed(name)
    assert "strategy benchmark" in " ".join(listed("random_search").split())
    with pytest.raises(
        UnknownNameError, match=re.escape("unknown strategy of the archive 'random_serch'; did you mean")
    ):
        listed("random_serch")
    commands.list_archive(["RE"], tmp_path, as_json=True)
    (row,) = json.loads(capsys.readouterr().out)["series"]
    both.series = []
    both.put([], archive.protocol)
    assert "Protocol: " in listed()
    assert (row["strategy"], row["use"], row["options"]) == ("RE", "regularized_evolution", evolution.options)


@pytest.mark.parametrize(
    "given",
    [
        ("--archive", "gp_bo,tpe"),
        ("--archive", "gp_bo", "--archive", "tpe"),
        ("--archive", " gp_bo, ,tpe,"),
        ("--archive", "archive:gp_bo,tpe", "--archive", "gp_bo"),
    ],
)
def test_archived_strategies_are_named_in_a_list_or_one_by_one(
    given: tuple[str, ...], mine: Path, tmp_path: Path
) -> None:
    told = CliRunner().invoke(app, ["compare", str(mine), *given, "--out", str(tmp_path), "--no-figures", "--json"])
    assert told.exit_code == 0, told.output
    found = [row["strategy"] for row in json.loads(told.stdout)["summary"]]
    assert found == ["random_search", "archive:gp_bo", "archive:tpe"]
