"""What every space of ours makes of what is no text and no architecture: an ArchitectureError that names it, never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import pytest

from nasbed.benchmarks.spaces.base import CodedSpace
from nasbed.benchmarks.spaces.digits import DigitSpace, LongDigitSpace
from nasbed.benchmarks.spaces.joint import JointGridSpace
from nasbed.benchmarks.spaces.nasbench101 import NASBench101Space
from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space
from nasbed.benchmarks.spaces.nasbench_graph import proteins_space
from nasbed.benchmarks.spaces.nasbench_macro import NASBenchMacroSpace
from nasbed.benchmarks.spaces.nats_size import NATSSizeSpace
from nasbed.benchmarks.spaces.variables import Variable
from nasbed.errors import ArchitectureError, UnknownNameError, shown
from nasbed.streams import Stream
from nasbed.vocabulary import is_enumerable

SPACES: dict[str, Callable[[], Any]] = {
    "nasbench101": lambda: NASBench101Space(4),
    "nasbench201": NASBench201Space,
    "nats_size": NATSSizeSpace,
    "nasbench_macro": NASBenchMacroSpace,
    "digits": lambda: DigitSpace("digits", (3, 4)),
    "long digits": lambda: LongDigitSpace("long digits", (10,) * 15),
    "joint": lambda: JointGridSpace(
        "joint", [Variable("units", (16, 32), "architecture"), Variable("rate", (0.1, 0.2), "hyperparameters")],
        {"units": 16, "rate": 0.1},
    ),
    "proteins": proteins_space,
}  # fmt: skip
space_of = cache(lambda name: SPACES[name]())
every_space = pytest.mark.parametrize("name", list(SPACES))


class Odd:
    """Can be neither shown nor compared."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")

    __hash__ = object.__hash__


NO_TEXT = [
    None,
    5,
    5.0,
    True,
    b"0",
    bytearray(b"0"),
    ["0"],
    ("0",),
    {"0": 1},
    {0},
    1j,
    Fraction(1, 2),
    object,
    np.int64(3),
    np.zeros(3),
    Odd(),
]
NO_ARCHITECTURE = [
    None, 5, 5.0, "0", "", b"0", [], [0, 0], (), (0,), (-1,) * 6, (99,) * 5, (0,) * 40, ("0",) * 6, (None,) * 6, ([],) * 6,
    (float("nan"),) * 6, {}, {0: 1}, set(), object(), np.zeros(6, dtype=int), np.int64(1), Odd(),
    (Odd(),) * 6, 10**5000, (10**5000,) * 6,
]  # fmt: skip


@every_space
@pytest.mark.parametrize("text", NO_TEXT, ids=lambda value: type(value).__name__)
def test_what_is_no_text_is_refused_with_an_example(name: str, text: Any) -> None:
    space: CodedSpace = space_of(name)
    with pytest.raises(ArchitectureError) as refused:
        space.parse(text)
    example = space.format(space.at(0))
    assert str(refused.value) == (
        f"{shown(text)} is no text: expected an architecture of {space.name!r} as text, such as {example!r}, or its index as"
        " text, such as '0'"
    )


@every_space
@pytest.mark.parametrize(
    "text", ["", " ", "x", "-1", "1.5", "٣", "²", "0" * 20_000 + "x", "9" * 20_000, "|||", ":::", "=,=", "\0", "\ud800"]
)
def test_texts_that_are_no_architecture_are_refused(name: str, text: str) -> None:
    space: CodedSpace = space_of(name)
    with pytest.raises(ArchitectureError) as refused:
        space.parse(text)
    assert len(str(refused.value)) < 600


@every_space
@pytest.mark.parametrize("method", ["require", "format", "encode", "neighbours", "mutate", "crossover"])
def test_what_is_no_architecture_is_refused(name: str, method: str) -> None:
    space: CodedSpace = space_of(name)
    rng = Stream(0)
    more = {"mutate": (rng,), "crossover": (space.at(0), rng)}.get(method, ())
    for junk in NO_ARCHITECTURE:
        assert junk not in space
        if method == "mutate" and name == "nasbench201":
            continue  # the test below
        with pytest.raises(ArchitectureError, match=f"is outside the space '{space.name}': expected a tuple of"):
            getattr(space, method)(junk, *more)


def test_a_mutation_of_what_is_no_cell_is_refused_or_no_cell_either() -> None:
    """The step of evolution does not look its parent up, for speed: what comes of another tuple is outside the space, and refused
    by the loop.
    """
    space: NASBench201Space = space_of("nasbench201")
    for junk in NO_ARCHITECTURE:
        if isinstance(junk, np.ndarray):
            continue  # six zeros
        for seed in range(20):
            with suppress(ArchitectureError):
                assert space.mutate(junk, Stream(seed)) not in space


@every_space
def test_numbers_of_another_type_are_the_architecture_that_they_equal(name: str) -> None:
    space: CodedSpace = space_of(name)
    arch = space.at(space.size - 1)
    for same in (tuple(map(float, arch)), tuple(map(np.int64, arch)), tuple(map(np.float64, arch))):
        assert space.require(same) == space.size - 1
        assert space.format(same) == space.format(arch)
        assert space.encode(same).tolist() == space.encode(arch).tolist()
        assert repr(space.neighbours(same)) == repr(space.neighbours(arch))


@every_space
@pytest.mark.parametrize("encoding", [None, 5, ["one_hot"], "onehot", {}])
def test_an_encoding_that_there_is_not_is_refused(name: str, encoding: Any) -> None:
    space: CodedSpace = space_of(name)
    with pytest.raises(UnknownNameError, match="unknown encoding of"):
        space.encode(space.at(0), encoding)
    if is_enumerable(space):
        with pytest.raises(UnknownNameError, match="unknown encoding of"):
            space.encode_all(encoding)


def test_methods_of_single_spaces_refuse_it_too() -> None:
    cells, graph, joint, macro = (space_of(name) for name in ("nasbench201", "proteins", "joint", "nasbench_macro"))
    for junk in (None, 5, "x", [0] * 6, (0,), (9,) * 8, (None,) * 6):
        for call in (
            lambda junk=junk: cells.pruned(junk),
            lambda junk=junk: cells.connected(junk),
            lambda junk=junk: cells.canonical(junk),
            lambda junk=junk: cells.expression(junk),
            lambda junk=junk: cells.nodes(junk),
            lambda junk=junk: graph.key(junk),
            lambda junk=junk: graph.canonical(junk, (0, 0, 0, 0)),
            lambda junk=junk: graph.canonical((0, 0, 0, 0), junk),
            lambda junk=junk: macro.canonical(junk),
            lambda junk=junk: joint.subspace("architecture", junk),
            lambda junk=junk: joint.complete(junk, "architecture", joint.default),
            lambda junk=junk: joint.complete((0, 0), "architecture", junk),
        ):
            with pytest.raises(ArchitectureError):
                call()
