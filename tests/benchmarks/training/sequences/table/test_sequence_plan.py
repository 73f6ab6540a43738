"""Plans of trainings on sequences: what is refused, and which networks they come to."""

from __future__ import annotations

from typing import Any

import pytest
from few_sequences import ABSENT, CONTENT, text
from places import ROOT

from nasbed.benchmarks.spaces.sequence import SequenceSpace
from nasbed.benchmarks.spaces.sequence_layers import SequenceShape
from nasbed.benchmarks.training.images.table.plan import TrainingPlan
from nasbed.benchmarks.training.plans import load_plan, parse_plan
from nasbed.benchmarks.training.sequences.table import assembly as sequence_assembly
from nasbed.benchmarks.training.sequences.table.plan import SequencePlan, sequence_plan
from nasbed.errors import ArchitectureError, NasbedError, OptionError, StudyError, UnknownNameError


def changed(table: str, **changes: Any) -> dict[str, Any]:
    """A table of the file with other values."""
    found = {**CONTENT[table], **changes}
    return {table: {key: value for key, value in found.items() if value is not ABSENT}}


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"network": {}}, UnknownNameError, "unknown key of what to tabulate 'network'.*known: name, title, .*layers, decisions"),
        ({"data": "digits"}, UnknownNameError, "unknown data 'digits'; did you mean 'digit_rows'.*noisy_vowels"),
        ({"name": "a-b"}, StudyError, "name = 'a-b'; expected letters, digits and underscores"),
        ({"budget": {}}, StudyError, "this is a study of searches; run it with nasbed run"),
        ({"seeds": 0}, OptionError, "seeds = 0; expected a whole number in 1 .. 100"),
        ({"sample": 5}, OptionError, "sample = 5; expected a whole number in 1 .. 4"),
        ({"layers": ABSENT}, StudyError, r"layers = None; expected a table \[layers\] of names and layers, as in gru = 'gru norm'"),
        ({"layers": {"gru": 3}}, StudyError, r"layers = \{'gru': 3\}; expected a table \[layers\]"),
        (changed("layers", none="gru"), StudyError, r"\[layers\] names a layer none, which is the one that is not there"),
        (changed("layers", gru="gur"), ArchitectureError, "layer_1 = gru, width = 8, pool = mean: layer 1 is 'gur'; expected"),
        (changed("layers", gru="attention heads 3 ratio 1"), ArchitectureError, "3 heads do not divide the width of 8"),
        (changed("decisions", heads=[1]), UnknownNameError, r"unknown key of \[decisions\] 'heads'; .*known: width, layer_1"),
        (changed("decisions", width=[]), StudyError, r"width = \[\]; expected a list of different texts, or of numbers in"),
        (changed("decisions", width=[16, 8]), StudyError, r"width = \[16, 8\]; expected a list"),
        (changed("decisions", pool=["max", "max"]), StudyError, r"pool = \['max', 'max'\]; expected a list of different texts"),
        (changed("decisions", width=[12]) | changed("default", width=12), ArchitectureError, "width = 12; expected one of 8, 16"),
        (changed("decisions", pool=["sum"]) | changed("default", pool="sum"), ArchitectureError, "pool = sum: .*'sum'|pool"),
        (changed("decisions", layer_1=["gru", "lstm"]), StudyError, r"layer_1 = 'lstm'; expected none or one of \[layers\]: conv"),
        (changed("decisions", layer_1=["none", "gru"]), StudyError, "networks without a first layer; expected layer_1 with layers"),
        (changed("decisions", layer_1=ABSENT) | changed("default", layer_1=ABSENT), StudyError, "without a first layer"),
        (changed("default", pool="last"), StudyError, r"default pool = 'last'; expected one of \['mean', 'max'\]"),
        (changed("default", pool=ABSENT), StudyError, r"\[default\] says no pool; add one of its values, \['mean', 'max'\]"),
        (changed("default", direction="both"), UnknownNameError, r"unknown key of \[default\] 'direction'"),
        (changed("recipe", epochs=0), OptionError, "epochs = 0; expected a whole number"),
        (changed("recipe", momentum=0.9), UnknownNameError, r"unknown key of \[recipe\] 'momentum'; .*known: epochs, batch, rate"),
    ],
)  # fmt: skip
def test_a_plan_is_refused_with_what_was_expected(
    changes: dict[str, Any], error: type[NasbedError], message: str
) -> None:
    with pytest.raises(error, match=f"^rows.toml: .*{message}"):
        parse_plan(text(**changes), "rows.toml")


def test_a_space_that_no_table_is_trained_of_is_named() -> None:
    with pytest.raises(UnknownNameError, match=r"^rows\.toml: unknown space 'sequense'; did you mean 'sequence'"):
        parse_plan(text().replace('"sequence"', '"sequense"'), "rows.toml")


def test_a_plan_survives_its_own_text() -> None:
    for changes in ({}, {"sample": 3, "title": 'With "quotes"'}):
        plan = parse_plan(text(**changes))
        assert isinstance(plan, SequencePlan)
        assert parse_plan(plan.dump()) == plan
    assert isinstance(load_plan(ROOT / "studies" / "digits201.toml"), TrainingPlan)


def test_combinations_are_networks_of_the_space_sequence() -> None:
    plan = sequence_plan((ROOT / "studies" / "vowels.toml").read_text())
    space = SequenceSpace(SequenceShape(tokens=0, channels=12, classes=9, longest=29))
    grid = plan.grid()
    for text_of_arch, said in {
        "width=16,layer_1=gru,layer_2=none,direction=both,pool=mean,rate=0.01": "width 16; gru both; pool mean | adam rate 0.01",
        "width=8,layer_1=attention,layer_2=convolution,direction=forward,pool=last,rate=0.03": (
            "width 8; attention heads 2 ratio 2 sinusoidal norm residual; conv 3 dilation 2; pool last | adam rate 0.03"
        ),
    }.items():
        stack, recipe = plan.training(grid.parse(text_of_arch))
        expected = space.sequence(space.parse(f"{said} batch 32 decay 0"))
        assert (stack, recipe.rate, recipe.optimizer, recipe.batch) == (expected.stack, expected.rate, "adam", 32)
    assert grid.subspace("hyperparameters", grid.default).size == len(plan.decisions["rate"])
    assert len({str(plan.training(arch)) for arch in grid.archs}) == grid.size


def test_shards_hold_all_seeds_of_some_networks() -> None:
    plan = sequence_plan(text(sample=3))
    shards = sequence_assembly.shards(plan)
    assert [shard.count for shard in shards] == [4, 2]
    assert shards[0].described == "2 networks with 2 seeds from 5 on"
    assert {shard.seeds for shard in shards} == {(5, 6)}
    whole = sequence_plan(text())
    assert set(plan.members()) < set(whole.members())
    assert plan.members() == sorted(plan.members())
    assert [stack for shard in sequence_assembly.shards(whole) for stack, _ in shard.trainings] == [
        whole.training(a)[0] for a in whole.grid().archs
    ]
