"""Labels, colours, markers, order and what is shown: one owner, the same everywhere, and nothing is run for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

import nasbed
from nasbed import figures
from nasbed.errors import NasbedError, OptionError, StudyError, UnknownNameError
from nasbed.reports import html
from nasbed.results.looks import COLOURS, Identity, looks_of
from nasbed.studies.runner import run_batch
from nasbed.studies.study import Study

STUDY = """
name = "shown"
seeds = 4
budget = { evaluations = 6 }
[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
[[benchmark]]
use = "nasbench201"
dataset = "ImageNet16-120"
[[strategy]]
use = "regularized_evolution"
population = 2
sample = 2
[[strategy]]
use = "random_search"
[[strategy]]
use = "local_search"
"""
APPEARANCE = """
[appearance]
labels = { random_search = "RS", "nasbench201/cifar100" = "C100" }
colors = { local_search = "teal", random_search = "#123456" }
markers = { local_search = "D" }
order = ["local_search", "nasbench201/ImageNet16-120"]
"""
IMAGENET = "nasbench201/ImageNet16-120"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("appearance") / "out"
    nasbed.run_study(nasbed.Study.parse(STUDY), made)
    return made


@pytest.fixture(scope="module")
def results(folder: Path) -> nasbed.Results:
    return nasbed.Results.load(folder)


def test_a_strategy_has_its_colour_in_every_study() -> None:
    evolution, random = Identity("regularized_evolution", '{"sample":3}'), Identity("random_search")
    one = looks_of({"a": random, "b": evolution})
    other = looks_of({"x": Identity("hand_designed"), "RE": evolution, "y": Identity("tpe")})
    assert one["b"] == other["RE"]
    assert list(one) == ["a", "b"]
    foreign = Identity("mymodule:Climber")
    assert looks_of({"mine": foreign})["mine"] == looks_of({"RS": random, "called so": foreign})["called so"]


def test_variants_of_one_method_differ_in_colour_whatever_their_order() -> None:
    variants = {f"sample {count}": Identity("regularized_evolution", f'{{"sample":{count}}}') for count in range(10)}
    looks = looks_of(variants)
    assert len({look.color for look in looks.values()}) == len(COLOURS)
    assert looks_of(dict(reversed(variants.items()))) == looks


@pytest.mark.thorough
def test_what_a_study_says_is_shown_by_every_form(folder: Path) -> None:
    told = nasbed.run_study(nasbed.Study.parse(STUDY + APPEARANCE), folder)
    try:
        assert told.strategies == ["local_search", "regularized_evolution", "RS"]
        assert list(told.benchmarks) == [IMAGENET, "C100"]
        assert told.reference == "regularized_evolution"
        assert told.looks["RS"].color == "#123456"
        assert (told.looks["local_search"].color, told.looks["local_search"].marker) == ("#008080", "D")
        for form in ("markdown", "latex", "csv"):
            text = nasbed.comparison_table(told, form)
            assert "RS" in text
            assert "C100" in text
            assert "random_search" not in text.replace("\\_", "_")
        figure = figures.render(told, "curves")
        assert [text.get_text() for text in figure.legends[0].get_texts()][:3] == told.strategies
        assert {line.get_label(): line.get_color() for line in figure.axes[0].lines}["RS"] == "#123456"
        page = html.page(told, told.curves())
        assert '"label":"RS"' in page
        assert "#123456" in page
        again = told.appearing(labels={"random_search": "Random"}, strategies=["RS"])
        assert again.strategies == ["regularized_evolution", "Random"]
    finally:
        nasbed.run_study(nasbed.Study.parse(STUDY), folder)


def test_nothing_is_run_for_another_label(
    folder: Path, results: nasbed.Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.read_bytes() for path in (folder / "answers").rglob("*.parquet")}
    asked: list[object] = []
    monkeypatch.setattr("nasbed.studies.runner.run_batch", lambda *of: asked.append(of) or run_batch(*of))
    other = STUDY.replace('use = "random_search"', 'use = "random_search"\nlabel = "RS"').replace(
        'dataset = "cifar100"', 'dataset = "cifar100"\nlabel = "C100"'
    )
    again = nasbed.run_study(nasbed.Study.parse(other), folder)
    assert not asked
    assert {path: path.read_bytes() for path in (folder / "answers").rglob("*.parquet")} == before
    assert "random_search" not in again.strategies
    old, new = (of.scores()[name].tolist() for of, name in ((results, "random_search"), (again, "RS")))
    assert old == new
    assert again.looks["RS"] == results.looks["random_search"]
    nasbed.run_study(nasbed.Study.parse(STUDY), folder)


def test_folders_that_were_named_by_labels_are_still_read(tmp_path: Path) -> None:
    study = nasbed.Study.parse(STUDY)
    first = nasbed.run_study(study, tmp_path)
    record = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    for entry in record["series"]:
        named = f"Label-{entry['folder'].rpartition('-')[2]}"
        for kind in ("answers", "timings"):
            (tmp_path / kind / entry["folder"]).rename(tmp_path / kind / named)
        entry["folder"] = named
    (tmp_path / "run.json").write_text(json.dumps(record), encoding="utf-8")
    again = nasbed.run_study(study.with_seeds(5), tmp_path)
    assert {path.name.partition("-")[0] for path in (tmp_path / "answers").iterdir()} == {"Label"}
    old, new = first.finals(), again.finals()
    assert new[new["seed"] < 4]["validation"].tolist() == old["validation"].tolist()
    assert new["seed"].max() == 4


def test_two_labels_of_one_strategy_share_their_runs(tmp_path: Path) -> None:
    twice = STUDY + '[[strategy]]\nuse = "random_search"\nlabel = "again"\n'
    results = nasbed.run_study(nasbed.Study.parse(twice), tmp_path)
    assert results.scores()["again"].tolist() == results.scores()["random_search"].tolist()
    assert len(list((tmp_path / "answers").iterdir())) == 6
    assert results.looks["again"].color != results.looks["random_search"].color


def test_of_some_strategies_the_reference_stays_and_colours_do(results: nasbed.Results) -> None:
    some = results.appearing(strategies=["local_search"], order=["local_search"])
    assert some.strategies == ["local_search", "regularized_evolution"]
    assert some.looks["local_search"] == results.looks["local_search"]
    assert "Shown are 2 of the study's 3 strategies; corrections are over these alone." in nasbed.caption(some)
    assert "Shown are" not in nasbed.caption(results)
    shown = nasbed.comparison_table(results, strategies=["local_search"])
    assert "| random_search" not in shown
    alone = figures.render(results, "curves", strategies=["local_search"], labels={"local_search": "LS"})
    assert alone.legends[0].get_texts()[0].get_text() == "LS"


BAD: dict[str, tuple[dict[str, object], type[NasbedError], str]] = {
    "a name": ({"labels": {"random_serch": "RS"}}, UnknownNameError, "did you mean 'random_search'"),
    "a label": ({"labels": {"random_search": ""}}, OptionError, "a text of one line"),
    "a label twice": (
        {"labels": {"random_search": "local_search"}},
        OptionError,
        "would both be called 'local_search'",
    ),
    "a colour": ({"colors": {"random_search": "blueish"}}, OptionError, "expected #rrggbb, or the name of a colour"),
    "a marker": ({"markers": {"random_search": "oo"}}, OptionError, "expected one of o s D"),
    "an order": ({"order": "random_search"}, OptionError, "expected a list of names"),
    "a name in it": ({"order": [3]}, UnknownNameError, "name in order 3"),
    "strategies": ({"strategies": ["random_serch"]}, UnknownNameError, "did you mean 'random_search'"),
    "a table": ({"labels": ["RS"]}, OptionError, "expected a value for each of some names"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_shown_is_refused(results: nasbed.Results, case: str) -> None:
    told, error, message = BAD[case]
    with pytest.raises(error, match=message):
        results.appearing(**told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[appearance]\nlabel = 3\n", "unknown key of \\[appearance\\] 'label'; did you mean 'labels'"),
        ('[appearance]\nlabels = { tpe = "TPE" }\n', "unknown name in labels 'tpe'"),
        ("appearance = 3\n", "expected a table \\[appearance\\]"),
    ],
)
def test_a_study_is_refused_for_its_appearance(text: str, message: str) -> None:
    with pytest.raises((StudyError, NasbedError), match=message):
        Study.parse(text + STUDY if text.startswith("appearance") else STUDY + text)


def test_the_command_writes_a_selection_beside_the_full_report(
    folder: Path, command: Callable[..., CompletedProcess[str]]
) -> None:
    done = command(
        "report",
        str(folder),
        "--no-figures",
        "--only",
        "local_search",
        "--labels",
        "local_search=LS",
        "--order",
        "local_search",
    )
    assert done.returncode == 0, done.stderr
    assert "and regularized_evolution, the reference; the full report stays as it is" in done.stderr
    table = (folder / "only" / "LS+regularized_evolution" / "table.csv").read_text(encoding="utf-8")
    assert [line.split(",")[1] for line in table.splitlines()[1:3]] == ["LS", "regularized_evolution"]
    assert not (folder / "table.csv").exists()
    refused = command("report", str(folder), "--labels", "LS")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--labels 'LS'; expected NAME=VALUE" in refused.stderr
