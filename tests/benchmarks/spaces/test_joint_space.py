"""Joint spaces of architectures and hyperparameters."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from joint_spaces import HALVES, SMALL

from nasbed.benchmarks import fcnet, hpobench_mlp
from nasbed.benchmarks.spaces.joint import JointGridSpace
from nasbed.benchmarks.spaces.variables import Variable
from nasbed.errors import ArchitectureError, UnknownNameError
from nasbed.streams import stream
from nasbed.vocabulary import JointSpace


def test_every_configuration_survives_its_text_and_its_index() -> None:
    assert len(SMALL) == 12
    assert SMALL.format(SMALL.default) == "units=16,activation=relu,rate=0.2"
    for index, arch in enumerate(SMALL.archs):
        assert SMALL.index(arch) == index
        assert SMALL.parse(SMALL.format(arch)) == SMALL.parse(str(index)) == arch


@pytest.mark.parametrize("space", [fcnet.grid(), hpobench_mlp.grid()], ids=["fcnet", "hpobench_mlp"])
def test_the_published_grids_are_whole(space: JointGridSpace) -> None:
    assert isinstance(space, JointSpace)
    assert len(space) == {"fcnet": 62_208, "hpobench_mlp": 30_000}[space.name]
    rng = stream(0, space.name, "test")
    for arch in [space.default, *[space.sample(rng) for _ in range(300)]]:
        assert space.parse(space.format(arch)) == space.archs[space.index(arch)] == arch


def test_names_come_in_any_order_and_numbers_in_any_form() -> None:
    assert SMALL.parse(" rate = 2e-1,activation=tanh , units=16.0") == (1, 1, 1)
    assert SMALL.parse("0011") == SMALL.archs[11]
    text = "batch_size=8,init_lr=5e-4,lr_schedule=cosine,dropout_1=0,dropout_2=0.60,activation_fn_1=tanh,activation_fn_2=relu"
    arch = fcnet.grid().parse(f"{text},n_units_1=512,n_units_2=16")
    assert arch == (5, 0, 1, 0, 0, 2, 0, 0, 0)
    assert hpobench_mlp.grid().parse(
        "alpha=7.742637e-8,depth=2,width=1024,batch_size=4,learning_rate_init=1"
    ) == (1, 9, 1, 0, 9)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "malformed configuration ''; the form is units=16,activation=relu,rate=0.2, in any order"),
        ("units", "malformed configuration 'units'; the form is"),
        ("units=8,activation=relu", "the configuration 'units=8,activation=relu' says nothing of rate"),
        ("unit=8,activation=relu,rate=0.1", "unknown variable of small 'unit'; did you mean 'units'? known: units, activation,"),
        ("units=8,units=16,activation=relu,rate=0.1", "units is given twice: '8' and '16'"),
        ("units=8,activation=rely,rate=0.1", "activation = 'rely' is not on the grid; did you mean relu? known: relu, tanh"),
        ("units=8,activation=sigmoid,rate=0.1", "activation = 'sigmoid' is not on the grid; known: relu, tanh"),
        ("units=13,activation=relu,rate=0.1", "units = '13' is not on the grid; did you mean 16? known: 8, 16"),
        ("units=nan,activation=relu,rate=0.1", "units = 'nan' is not on the grid; known: 8, 16"),
        ("units=8,activation=relu,rate=", "rate = '' is not on the grid; known: 0.1, 0.2, 0.3"),
        ("12", "index 12 is outside 0 .. 11"),
        ("9" * 50, "is outside 0 .. 11"),
    ],
)  # fmt: skip
def test_what_is_no_configuration_is_said(text: str, message: str) -> None:
    with pytest.raises(ArchitectureError, match=re.escape(message)):
        SMALL.parse(text)


@pytest.mark.parametrize("junk", [(0, 0), (0, 0, 3), [0, 0, 0], "000", None])
def test_what_is_outside_is_refused(junk: Any) -> None:
    for space in (SMALL, SMALL.subspace("architecture", SMALL.default)):
        assert junk not in space
        for use in (space.require, space.format, space.encode, space.neighbours):
            with pytest.raises(ArchitectureError, match="is outside the space 'small"):
                use(junk)


def test_a_space_without_a_decision_is_none() -> None:
    with pytest.raises(ValueError, match="bad: no variable has more than one value"):
        JointGridSpace("bad", [Variable("units", (8,), "architecture")], {"units": 8})


def test_encodings_are_injective_and_the_ordinal_one_scales_numbers() -> None:
    assert SMALL.encode((1, 0, 1)).tolist() == [0, 1, 1, 0, 0, 1, 0]
    assert SMALL.encode((1, 0, 1), "ordinal").tolist() == [1, 1, 0, 0.5]
    assert SMALL.encode((0, 1, 2), "ordinal").tolist() == [0, 0, 1, 1]
    for encoding in SMALL.encodings:
        assert len({tuple(SMALL.encode(arch, encoding)) for arch in SMALL.archs}) == 12
    with pytest.raises(UnknownNameError, match="unknown encoding of small 'ordinals'; did you mean 'ordinal'"):
        SMALL.encode((0, 0, 0), "ordinals")


def changed(before: Sequence[int], after: Sequence[int]) -> list[int]:
    return [place for place, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]


def test_a_mutation_changes_one_decision_drawn_uniformly() -> None:
    rng = stream(0, "joint", "mutation")
    found = Counter(SMALL.mutate((1, 0, 1), rng) for _ in range(6000))
    assert set(found) == set(SMALL.neighbours((1, 0, 1)))
    places = Counter(changed((1, 0, 1), other)[0] for other in found.elements())
    assert all(abs(places[place] - 2000) < 5 * 37 for place in range(3))
    assert abs(found[1, 0, 0] - found[1, 0, 2]) < 5 * 45


@pytest.mark.parametrize(("half", "free"), [("architecture", (0, 1)), ("hyperparameters", (2,))])
def test_a_part_is_a_joint_grid_like_any_other(half: Any, free: tuple[int, ...]) -> None:
    part = SMALL.subspace(half, SMALL.default)
    rng = stream(0, "joint", f"part, {half}")
    assert part.name == f"small, {half} alone"
    assert part.choices == tuple(count if place in free else 1 for place, count in enumerate(SMALL.choices))
    assert part.default == tuple(value * (place in free) for place, value in enumerate(SMALL.default))
    completed = [SMALL.complete(arch, half, SMALL.default) for arch in part.archs]
    assert completed == [
        arch for arch in SMALL.archs if all(arch[p] == SMALL.default[p] for p in range(3) if p not in free)
    ]
    assert [part.format(arch) for arch in part.archs] == [SMALL.format(arch) for arch in completed]
    for index, arch in enumerate(part.archs):
        assert part.index(arch) == index
        assert part.parse(part.format(arch)) == part.parse(str(index)) == arch
        assert {part.mutate(arch, rng) for _ in range(100)} == set(part.neighbours(arch))
        assert [len(part.encode(arch, encoding)) for encoding in part.encodings] == [
            sum(part.choices),
            4 if 0 in free else 3,
        ]
    for encoding in part.encodings:
        assert len({tuple(part.encode(arch, encoding)) for arch in part.archs}) == len(part)
    with pytest.raises(ArchitectureError, match=r"rate = '0.1' is not on the grid; did you mean 0.2\? known: 0.2"):
        SMALL.subspace("architecture", SMALL.default).parse("units=8,activation=relu,rate=0.1")


def test_what_a_part_excludes_is_said() -> None:
    at = SMALL.parse("units=8,activation=relu,rate=0.3")
    assert [
        SMALL.format(SMALL.complete(arch, "architecture", at))[-8:] for arch in SMALL.subspace("architecture", at).archs
    ] == ["rate=0.3"] * 4
    with pytest.raises(ArchitectureError, match=re.escape("(0, 0, 1) changes more than the architecture")):
        SMALL.complete((0, 0, 1), "architecture", at)
    with pytest.raises(ArchitectureError, match=re.escape("(0, 0): expected a tuple of 3 integers")):
        SMALL.complete((0, 0), "architecture", at)
    with pytest.raises(ArchitectureError, match="is outside the space 'small'"):
        SMALL.subspace("architecture", (0, 0, 3))
    with pytest.raises(
        UnknownNameError, match=r"unknown half of small 'weights'.* known: architecture, hyperparameters"
    ):
        SMALL.subspace("weights", at)  # type: ignore[arg-type]


def test_the_published_halves() -> None:
    for space, sizes in ((fcnet.grid(), (144, 432)), (hpobench_mlp.grid(), (30, 1000))):
        assert tuple(len(space.subspace(half, space.default)) for half in HALVES) == sizes
