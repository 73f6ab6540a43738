"""Plans of trainings: what is refused, and which shards they come to."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from few_cells import ABSENT, PLAN, SHARDS, WHOLE, invoke, names, text
from places import ROOT

from nasbed.benchmarks.spaces.nasbench201 import official_order
from nasbed.benchmarks.spaces.nasbench201_functions import function, live
from nasbed.benchmarks.training.images.table import assembly
from nasbed.benchmarks.training.images.table.plan import TrainingPlan
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.errors import NasbedError, OptionError, StudyError, UnknownNameError

TOP = "known: name, title, space, data, seeds, first_seed, sample, together, network, recipe"
REFUSED: list[tuple[dict[str, Any], type[NasbedError], tuple[str, ...]]] = [
    ({"sedes": 3}, UnknownNameError, ("unknown key of what to tabulate 'sedes'; did you mean 'seeds'?", TOP)),
    ({"trainer": {"rate": 1}}, UnknownNameError, ("key of what to tabulate 'trainer'", TOP)),
    (
        {"network": {"chanels": 4}},
        UnknownNameError,
        ("key of [network] 'chanels'; did you mean 'channels'? known: channels, cells, stages",),
    ),
    ({"network": {"pixels": 16}}, UnknownNameError, ("key of [network] 'pixels'", "known: channels, cells, stages")),
    (
        {"recipe": {"epoch": 2}},
        UnknownNameError,
        ("key of [recipe] 'epoch'; did you mean 'epochs'? known: epochs, batch, rate, momentum, decay",),
    ),
    *(({key: ABSENT}, StudyError, (f"the key {key!r} is None; expected a text",)) for key in ("name", "space", "data")),
    *(({key: 3}, StudyError, (f"the key {key!r} is 3; expected a text",)) for key in ("name", "space", "data")),
    *(
        ({"name": name}, StudyError, (f"name = {name!r}; expected letters, digits and underscores, at most 100",))
        for name in ("a-b", "a/b", "..", "", "2fast", "a b", "n" * 101)
    ),
    (
        {"space": "nasbench21"},
        UnknownNameError,
        ("unknown space 'nasbench21'; did you mean 'nasbench201'? known: nasbench201",),
    ),
    ({"data": "digit"}, UnknownNameError, ("unknown data 'digit'; did you mean 'digits'? known: digits",)),
    ({"data": "cifar10"}, UnknownNameError, ("unknown data 'cifar10'; known: digits",)),
    *(
        ({key: value}, OptionError, (f"{key} = {value!r}; expected a whole number in {span}",))
        for key, span, values in (
            ("seeds", "1 .. 1,000", (0, -1, 1001, 2.0, "2", True, [2])),
            ("first_seed", "0 .. 2,147,483,647", (-1, 2**31, 0.0, "0", False)),
            ("sample", "1 .. 15,625", (0, -8, 15_626, 8.0, "8", True)),
            ("together", "1 .. 1,000", (0, -1, 1001, 24.0, "24", True)),
        )
        for value in values
    ),
    ({"network": 4}, StudyError, ("network = 4; expected a table [network] with channels, cells, stages",)),
    ({"recipe": "ours"}, StudyError, ("recipe = 'ours'; expected a table [recipe] with epochs, batch, rate",)),
    *(
        ({"network": {key: value}}, OptionError, (f"{key} = {value!r}; {WHOLE}",))
        for key in ("channels", "cells", "stages")
        for value in (0, 10_001, 4.0, "4", True)
    ),
    (
        {"network": {"stages": 5}},
        OptionError,
        ("5 stages halve images of 8 x 8 pixels 4 times", "use fewer stages or larger images"),
    ),
    *(
        ({"recipe": {key: value}}, OptionError, (f"{key} = {value!r}; {WHOLE}",))
        for key in ("epochs", "batch")
        for value in (0, 10_001, 2.0, "2", True)
    ),
    *(
        ({"recipe": {key: value}}, OptionError, (f"{key} = {value!r}; expected a {span}",))
        for key, span, values in (
            ("rate", "learning rate from 1e-09 to 10", (0, -0.1, 10.5, 1e300, math.inf, math.nan, "0.1", True)),
            ("momentum", "number above 0 and below 1", (0, 1, 1.0, math.nan, "0.9", True)),
            ("decay", "weight decay from 0 to 1", (-1e-4, 1.5, math.inf, math.nan, "0", True)),
        )
        for value in values
    ),
    ({"budget": {"evaluations": 5}}, StudyError, ("this is a study of searches; run it with nasbed run",)),
    ({"strategy": [{"use": "random_search"}]}, StudyError, ("run it with nasbed run",)),
]


@pytest.mark.parametrize(("changes", "error", "words"), REFUSED, ids=lambda value: str(value)[:60])
def test_a_plan_is_refused_with_what_was_expected(
    changes: dict[str, Any], error: type[NasbedError], words: tuple[str, ...]
) -> None:
    with pytest.raises(NasbedError) as caught:
        TrainingPlan.parse(text(**changes), "folder/few.toml")
    assert type(caught.value) is error
    assert str(caught.value).startswith("folder/few.toml: ")
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_a_file_that_is_no_plan_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "few.toml"
    with pytest.raises(StudyError, match=r"^cannot read the study .*few\.toml: No such file or directory$"):
        TrainingPlan.load(path)
    with pytest.raises(StudyError, match=r"^cannot read the study .*: Is a directory$"):
        TrainingPlan.load(tmp_path)
    path.write_bytes(text().replace("A few", "A \xe9").encode("latin-1"))
    with pytest.raises(StudyError, match=r"few\.toml: not UTF-8 text \(.* at byte 24\)$"):
        TrainingPlan.load(path)
    path.write_text(text().replace("seeds = 2", "seeds = = 2"))
    with pytest.raises(StudyError, match=r"few\.toml: .*\(at line 5, column 9\)$"):
        TrainingPlan.load(path)
    path.write_bytes(b"\xef\xbb\xbf" + text().encode())
    assert TrainingPlan.load(path) == PLAN


@pytest.mark.parametrize("sample", [0, -1, 15_626])
def test_a_sample_on_the_command_line_is_checked(sample: int, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=re.escape(f"sample = {sample}; expected a whole number in 1 .. 15,625")):
        PLAN.with_sample(sample)
    (tmp_path / "few.toml").write_text(text())
    result = invoke("tabulate", str(tmp_path / "few.toml"), "--sample", str(sample))
    assert isinstance(result.exception, OptionError)
    assert names(tmp_path) == ["few.toml"]


@pytest.mark.parametrize("title", ["Plain", "With \"quotes\", \\ and '''", '"""', "Zwölf · 十二"])
@pytest.mark.parametrize("sample", [8, ABSENT])
def test_a_plan_survives_its_own_text(title: str, sample: Any) -> None:
    plan = TrainingPlan.parse(text(title=title, sample=sample, recipe={"epochs": 3, "rate": 1, "decay": 0.0}))
    assert plan.title == title
    assert TrainingPlan.parse(plan.dump()) == plan


def test_defaults_are_those_of_the_shipped_benchmark() -> None:
    plan = TrainingPlan.load(ROOT / "studies" / "digits201.toml")
    bare = TrainingPlan.parse('name = "digits201"\nspace = "nasbench201"\ndata = "digits"')
    assert replace(bare, title=plan.title) == plan
    assert (bare.title, bare.shape.pixels, bare.shape.colours, bare.shape.classes) == ("digits201", 8, 1, 10)
    assert (plan.seed_numbers, plan.recipe) == ((0, 1, 2), Recipe())
    assert len(plan.members()) == 15_625
    assert [len(group) for group in plan.groups()] == [24] * 210 + [4]


def test_a_sample_trains_one_cell_for_each_function() -> None:
    archs, members, (cells, rows) = official_order(), PLAN.members(), PLAN.rows()
    assert members == sorted(set(members)) == TrainingPlan.parse(text()).members()
    assert len(members) == 8
    assert len(cells) == len({function(archs[index]) for index in members}) == 6
    assert [function(archs[index]) for index in members] == [function(cells[row]) for row in rows]
    assert [live(cell) for cell in cells] == cells
    assert sorted(set(rows.tolist())) == list(range(6))
    assert [cell for group in PLAN.groups() for cell in group] == cells
    assert [len(group) for group in PLAN.groups()] == [3, 3]
    assert PLAN.with_sample(None) is PLAN
    assert set(PLAN.with_sample(20).members()) > set(members)
    assert replace(PLAN, first_seed=5).members() != members


def test_shards_go_seed_by_seed_and_those_of_the_first_are_timed() -> None:
    parts = assembly.shards(PLAN)
    assert [part.path(Path()).name for part in parts] == SHARDS
    assert [(part.seed, part.number, part.timed) for part in parts] == [
        (76, 0, True), (76, 1, True), (77, 0, False), (77, 1, False)
    ]  # fmt: skip
