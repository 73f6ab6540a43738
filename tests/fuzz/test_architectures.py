"""Texts of architectures, in every space."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from prodding import GIVEN, TEXTS, fuzz, misspelt, prod

from nasbed.benchmarks import fcnet, hpobench_mlp
from nasbed.benchmarks.spaces.digits import DigitSpace, LongDigitSpace
from nasbed.benchmarks.spaces.nasbench101 import NASBench101Space
from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space
from nasbed.benchmarks.spaces.nasbench_graph import NASBenchGraphSpace, proteins_space
from nasbed.benchmarks.spaces.nasbench_macro import NASBenchMacroSpace
from nasbed.benchmarks.spaces.nats_size import NATSSizeSpace
from nasbed.benchmarks.spaces.transnas import TransNASMacroSpace, TransNASMicroSpace
from nasbed.errors import NasbedError
from nasbed.vocabulary import Space

SPACES: dict[str, Any] = {
    "digits": lambda: DigitSpace("digits", (5,) * 4),
    "fcnet": lambda: fcnet.grid().subspace("architecture", fcnet.grid().default),
    "hpobench_mlp": hpobench_mlp.grid,
    "long_digits": lambda: LongDigitSpace("long_digits", (6,) * 9),
    "nasbench101": lambda: NASBench101Space(4),
    "nasbench201": NASBench201Space,
    "nasbench_graph": NASBenchGraphSpace,
    "nasbench_macro": NASBenchMacroSpace,
    "nats_size": NATSSizeSpace,
    "proteins": proteins_space,
    "transnas_macro": TransNASMacroSpace,
    "transnas_micro": TransNASMicroSpace,
}


@cache
def space(name: str) -> Space:
    made: Space = SPACES[name]()
    return made


@fuzz(150, 0.07)
@given(st.data())
def test_texts_of_architectures(data: st.DataObject) -> None:
    of = space(data.draw(st.sampled_from(sorted(SPACES))))
    good = of.format(of.at(data.draw(st.integers(0, of.size - 1))))
    text = data.draw(st.one_of(st.just(good), misspelt(good), st.integers(-10, 70_000).map(str), TEXTS, GIVEN))
    found = prod(lambda: of.parse(text))
    assert isinstance(found, NasbedError) or (found in of and of.parse(of.format(found)) == found)


@fuzz(60, 0.04)
@given(st.data())
def test_architectures_themselves(data: st.DataObject) -> None:
    of = space(data.draw(st.sampled_from(sorted(SPACES))))
    arch = data.draw(
        st.one_of(GIVEN, st.lists(st.one_of(st.integers(-1, 6), GIVEN), min_size=3, max_size=9).map(tuple))
    )
    inside = arch in of
    for ask in (of.require, of.format, of.neighbours, of.encode):
        found = prod(lambda ask=ask: ask(arch))  # type: ignore[misc]
        assert isinstance(found, NasbedError) != inside
