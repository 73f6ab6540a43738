"""Reports in markdown and LaTeX, and the checklist: what they show, that it compiles, and what each answer hangs on."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from quick_pictures import only_svg

import nasbed
from nasbed import figures
from nasbed.figures import Drawn
from nasbed.reports import checklist, paper
from nasbed.reports.session import facts
from nasbed.studies.store import Store
from nasbed.tables import escaping
from nasbed.tables.numbers import number

STUDY = """
name = "reported"
title = "50 % of A_B & τ"
seeds = 8
budget = { evaluations = 20 }
[[benchmark]]
use = "nasbench201"
dataset = "cifar10"
[[strategy]]
use = "random_search"
[[strategy]]
use = "local_search"
label = "local_search | first*"
improvement = "first"
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the study, without a report."""
    out = tmp_path_factory.mktemp("reported") / "out"
    nasbed.run_study(nasbed.Study.parse(STUDY), out)
    return out


@pytest.fixture(scope="module")
def folder(ran: Path) -> Path:
    """The study and its report, whose pictures are drawn in one kind of file and are empty in the others."""
    results, told = nasbed.Results.load(ran), list[tuple[str, int, int]]()
    with pytest.MonkeyPatch.context() as patch:
        only_svg(patch)
        nasbed.write_report(
            results,
            ran,
            Store(ran).read_record(),
            style="single",
            engine="here",
            progress=lambda *now: told.append(now),
        )
    names = nasbed.figures.available(results)
    assert told == [(f"drawing {name}", done, len(names)) for done, name in enumerate(names)]
    return ran


@pytest.fixture
def drawn(ran: Path, tmp_path: Path) -> Path:
    """The study and its report with all pictures, which other processes have drawn."""
    out = shutil.copytree(ran, tmp_path / "drawn")
    nasbed.write_report(nasbed.Results.load(out), out, Store(out).read_record(), style="single", engine="local:1")
    return out


Answers = dict[str, checklist.ChecklistAnswer]


@pytest.fixture
def judged(ran: Path, tmp_path: Path) -> Callable[..., Answers]:
    """The checklist of a study under a record of these contents."""

    def answers(study: str = STUDY, **record: Any) -> Answers:
        if study == STUDY:
            results = nasbed.Results.load(ran)
        else:
            results = nasbed.run_study(nasbed.Study.parse(study), tmp_path / "judged", fresh=True)
        return dict(checklist.answers(results, record or None))

    return answers


def test_the_report_shows_tables_figures_and_provenance(folder: Path) -> None:
    text = (folder / "report.md").read_text()
    assert (folder / "table.md").read_text().rstrip() in text
    linked = re.findall(r"\]\(([^)]+)\)", text)
    assert {"report.html", "checklist.md", "report.tex", "table.csv", "finals.csv", "curves.csv"} <= set(linked)
    assert [link for link in linked if not (folder / link).is_file()] == []
    for figure in (folder / "figures").glob("*.txt"):
        assert f"figures/{figure.stem}.png" in linked
        assert figure.read_text().strip().replace("|", "\\|").replace("*", "\\*") in text
    assert STUDY.strip() in text
    assert "runs 16" in text


def test_the_page_has_the_figures_that_do_not_move(folder: Path) -> None:
    page = (folder / "report.html").read_text()
    shown = {figure.stem for figure in (folder / "figures").glob("*.svg")} - {"curves"}
    assert page.count("data:image/svg+xml,") == len(shown) > 4


@pytest.mark.thorough
@pytest.mark.usefixtures("true_pdf")
def test_figures_of_other_processes_are_those_of_this_one(drawn: Path, tmp_path: Path) -> None:
    names = ["ecdf", "finals", "trajectory"]
    written = figures.write(nasbed.Results.load(drawn), tmp_path / "here", names, style="single")
    assert len(written) == 5 * len(names)
    assert {path.name: (drawn / "figures" / path.name).read_bytes() for path in written} == {
        path.name: path.read_bytes() for path in written
    }


def test_figures_of_latex_are_floats_with_captions(folder: Path) -> None:
    text = (folder / "figures.tex").read_text()
    names = sorted(path.stem for path in (folder / "figures").glob("*.pdf"))
    assert sorted(re.findall(r"\{figures/(\w+)\}", text)) == names
    assert sorted(re.findall(r"\\label\{fig:(\w+)\}", text)) == names
    assert text.count(r"\caption{") == len(names)
    assert r"\begin{figure*}" not in text
    assert r"$\tau$" in text


def test_captions_of_the_paper_are_short_with_the_protocol_once_and_whole_in_a_file_of_their_own(folder: Path) -> None:
    text, whole = ((folder / name).read_text() for name in ("figures.tex", "captions.tex"))
    assert text.count(r" \nasbedprotocol}") == 1
    assert text.count("Cost model:") == 1
    for path in (folder / "figures").glob("*.txt"):
        caption = escaping.latex(path.read_text().strip())
        assert rf"\paragraph{{Figure~\ref{{fig:{path.stem}}}.}}" + "\n" + caption in whole
    assert max(len(found) for found in re.findall(r"\\caption\{(.*)\}\n", text) if "protocol" not in found) < 500


def test_figures_across_the_page_are_starred(folder: Path) -> None:
    results = nasbed.Results.load(folder)
    wide, narrow = (paper.figures([Drawn("ranks", "Caption.", "", (width, 2.0), {})], results) for width in (7.0, 3.33))
    assert r"\begin{figure*}" in wide
    assert r"\textwidth" in wide
    assert r"\begin{figure}" in narrow


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex, which is not part of Python")
def test_the_paper_compiles(drawn: Path, tmp_path: Path) -> None:
    shutil.copytree(drawn, tmp_path / "paper")
    words = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "report.tex"]
    found = subprocess.run(words, cwd=tmp_path / "paper", capture_output=True, check=False)
    assert found.returncode == 0, found.stdout.decode(errors="replace")[-2000:]
    assert b"Overfull \\hbox" not in found.stdout


def test_the_checklist_has_the_practices_in_order_and_ticks_what_is_shown(folder: Path) -> None:
    text = (folder / "checklist.md").read_text()
    assert [int(number) for number in re.findall(r"\*\*(\d+)\. ", text)] == list(range(1, 15))
    ticked = {int(number) for number in re.findall(r"\[x\] \*\*(\d+)\. ", text)}
    answers = checklist.answers(nasbed.Results.load(folder), Store(folder).read_record())
    assert ticked == {place for place, (_, answer) in enumerate(answers, 1) if answer.verdict == "shown"}
    assert {4, 6, 10, 14} <= ticked
    assert not {3, 5, 7, 9, 12, 13} & ticked  # 9: there are eight seeds
    assert "improvement = first" in text
    assert all(answer.remains for _, answer in answers if answer.verdict != "shown")


def test_a_lone_seed_and_no_random_search_are_not_met(judged: Callable[..., Answers]) -> None:
    study = STUDY.replace("seeds = 8", "seeds = 1").replace('"random_search"', '"simulated_annealing"')
    found = judged(study=study)
    assert [answer.verdict for answer in found.values()].count("not met") == 2
    assert "One seed" in found["Repeated runs, with their seeds and spread"].found
    assert 'use = "random_search"' in found["Beside random search and random sampling"].remains


def test_ten_seeds_are_repeated_runs_and_how_wide_their_intervals_are_is_said(judged: Callable[..., Answers]) -> None:
    practice = "Repeated runs, with their seeds and spread"
    few, enough = (judged(study=STUDY.replace("seeds = 8", f"seeds = {count}"))[practice] for count in (9, 10))
    assert (few.verdict, enough.verdict) == ("in part", "shown")
    assert few.remains == "Run 10 or more; nasbed power says how many tell which difference."
    assert "With 9 seeds the interval holds the mean in at least 90 of 100 cases" in few.found
    assert "With 10 seeds the interval holds the mean in 91 of 100 cases" in enough.found


def test_free_repeats_and_mean_answers_are_a_protocol_to_explain(judged: Callable[..., Answers]) -> None:
    rules = 'noise = "mean"\nrepeats = "free"\n[[benchmark]]'
    found = judged(study=STUDY.replace("[[benchmark]]", rules, 1), series=[])[
        "The same protocol: nothing is selected on test, and selection is paid for"
    ]
    assert found.verdict == "in part"
    assert "every evaluation but repeated ones is charged" in found.found
    assert 'repeats = "charge" pays for each' in found.remains
    assert 'repeat it with noise = "draw"' in found.remains


def test_random_search_with_a_random_architecture_is_met(judged: Callable[..., Answers]) -> None:
    found = judged(study=STUDY + '[[strategy]]\nuse = "random_architecture"\n')
    assert found["Beside random search and random sampling"].verdict == "shown"


def test_variants_of_a_strategy_are_shown_as_possible_ablations(tmp_path: Path) -> None:
    study = STUDY.replace('"random_search"', '"local_search"\nimprovement = "best"')
    results = nasbed.run_study(nasbed.Study.parse(study), tmp_path / "out")
    found = dict(checklist.answers(results, Store(tmp_path / "out").read_record()))["Ablations"]
    assert found.verdict == "in part"
    assert r"local_search, local_search \| first\*" in found.found


def session(cpu: str = "A", version: str = "1", **git: Any) -> dict[str, Any]:
    return {
        "platform": {"cpu": cpu},
        "versions": {"numpy": version},
        "git": git,
        "engine": "local:1",
        "cpu_seconds": 7200.0,
    }


def test_sessions_that_differ_are_named(judged: Callable[..., Answers]) -> None:
    practice = "Confounders under control: hardware, versions"
    alike = judged(sessions=[session(), session()])[practice]
    assert alike.verdict == "shown"
    assert "2 sessions alike" in alike.found
    other = judged(sessions=[session(), session(cpu="B", version="2")])[practice]
    assert other.verdict == "in part"
    assert "differ in hardware, versions" in other.found
    assert judged()[practice].verdict == "yours"


def test_the_cost_adds_up(judged: Callable[..., Answers], ran: Path) -> None:
    found = judged(sessions=[session()])["Cost from end to end"]
    hours = nasbed.Results.load(ran).finals()["seconds"].sum() / 3600
    assert f"{number(hours)} simulated hours" in found.found
    assert "2.0 h of processor time" in found.found


def test_a_strategy_of_ones_own_and_changed_files_must_be_published(judged: Callable[..., Answers]) -> None:
    practice = "Code of the search method"
    entry = {"strategy": "random_search", "benchmark": "x", "content": {"strategy": {"use": "random_search"}}}
    own = {**entry, "content": {"strategy": {"use": "mine:Mine"}}}
    assert judged(series=[entry])[practice].verdict == "shown"
    assert "Publish the code of random_search" in judged(series=[own])[practice].remains
    assert "clean commit" in judged(series=[entry], sessions=[session(commit="1", modified=True)])[practice].remains
    assert judged()[practice].verdict == "yours"


def test_trainings_are_not_called_a_table(judged: Callable[..., Answers]) -> None:
    study = STUDY.replace('use = "nasbench201"\ndataset = "cifar10"', 'use = "synthetic"').replace(
        'improvement = "first"', ""
    )
    practice = "Tabular or surrogate benchmarks where there are any"
    assert judged()[practice].verdict == "shown"
    assert judged(study=study.replace("local_search", "simulated_annealing"))[practice].verdict == "in part"


def test_facts_of_a_session_leave_out_what_is_not_known() -> None:
    assert facts({}) == {"command": "", "versions": ""}
    assert facts(session(commit="abc", modified=True))["commit"] == "abc, with changes"
