"""The spaces of TransNAS-Bench-101: cells as digits, and networks of four to six modules."""

from __future__ import annotations

import itertools
import re
from collections import Counter

import pytest

from nasbed.benchmarks.spaces.transnas import TransNASMacroSpace, TransNASMicroSpace
from nasbed.errors import ArchitectureError
from nasbed.streams import stream
from nasbed.vocabulary import counting, is_conditional
from nasbed.vocabulary.spaces import architecture_of

MICRO, MACRO = TransNASMicroSpace(), TransNASMacroSpace()


def test_cells_are_in_the_order_of_their_digits() -> None:
    texts = [MICRO.format(arch) for arch in MICRO.archs]
    assert len(texts) == 4_096
    assert texts == sorted(texts)
    assert (texts[0], texts[-1]) == ("64-41414-0_00_000", "64-41414-3_33_333")
    assert [MICRO.parse(text) for text in texts] == list(MICRO.archs)
    assert MICRO.parse(" 1_20_313\n") == MICRO.parse("1591") == (1, 2, 0, 3, 1, 3)


def test_networks_are_those_with_few_halvings_and_doublings() -> None:
    """1 keeps the shape, 2 doubles the channels, 3 halves the resolution, 4 does both."""
    expected = [
        "".join(digits)
        for count in (4, 5, 6)
        for digits in itertools.product("1234", repeat=count)
        if 1 <= digits.count("3") + digits.count("4") <= 4 and 1 <= digits.count("2") + digits.count("4") <= 3
    ]
    assert [MACRO.format(arch) for arch in MACRO.archs] == [f"64-{digits}-basic" for digits in expected]
    assert Counter(map(len, expected)) == {4: 210, 5: 750, 6: 2_296}
    assert [MACRO.parse(MACRO.format(arch)) for arch in MACRO.archs] == list(MACRO.archs)
    assert MACRO.parse("1124") == MACRO.archs[1124]  # digits alone are an index


def test_a_module_at_the_end_comes_goes_or_changes() -> None:
    four, five, six = (MACRO.parse(f"64-{digits}-basic") for digits in ("1124", "11241", "112411"))
    assert five in MACRO.neighbours(four)
    assert six not in MACRO.neighbours(four)
    assert MACRO.neighbours(four) == [
        MACRO.parse(f"64-{digits}-basic")
        for digits in ["2124", "3124", "4124", "1224", "1324", "1424", "1114", "1134", "1144", "1123",
                       "11241", "11242", "11243", "11244"]
    ]  # fmt: skip
    assert MACRO.parse("64-11243-basic") in MACRO.neighbours(five)
    assert {four, six} < set(MACRO.neighbours(five))


def test_all_networks_can_be_reached_by_mutation() -> None:
    found, left = {MACRO.archs[0]}, [MACRO.archs[0]]
    while left:
        new = set(MACRO.neighbours(left.pop())) - found
        found |= new
        left += new
    assert len(found) == 3_256


def test_children_stay_in_the_space_and_may_have_a_length_of_either_parent() -> None:
    first, second, rng = MACRO.parse("64-1114-basic"), MACRO.parse("64-123411-basic"), stream(0, "test", "children")
    children = {MACRO.crossover(first, second, rng) for _ in range(400)}
    assert all(child in MACRO for child in children)
    assert {len(MACRO.format(child)) - len("64--basic") for child in children} == {4, 5, 6}
    assert {first, second} <= children


def test_what_stands_behind_an_absent_module_does_not_count() -> None:
    assert is_conditional(MACRO)
    assert not is_conditional(MICRO)
    assert counting(MACRO, (0, 0, 0, 3, 0, 0)) == [0, 1, 2, 3, 4]
    assert counting(MACRO, (0, 0, 0, 3, 1, 0)) == [0, 1, 2, 3, 4, 5]
    assert architecture_of(MACRO, (0, 0, 0, 3, 0, 2)) == (0, 0, 0, 3, 0, 0)
    assert architecture_of(MACRO, (0, 0, 0, 0, 1, 1)) is None
    with pytest.raises(
        ArchitectureError, match=r"\(0, 0, 0\) is outside the space 'transnas_macro': expected four to six"
    ):
        MACRO.canonical((0, 0, 0))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("64-111-basic", "malformed architecture '64-111-basic': expected four to six digits 1 .. 4 as 64-1123-basic"),
        ("64-1125-basic", "malformed architecture '64-1125-basic': expected four to six digits"),
        ("64-1111-basic", "'64-1111-basic' is outside the space 'transnas_macro': expected four to six modules, of which one"),
        ("64-444444-basic", "'64-444444-basic' is outside the space"),
        ("3256", "index 3256 is outside 0 .. 3255"),
    ],
)  # fmt: skip
def test_other_networks_are_refused(text: str, message: str) -> None:
    with pytest.raises(ArchitectureError, match=re.escape(message)):
        MACRO.parse(text)


@pytest.mark.parametrize("text", ["64-41414-1_20_31", "64-41414-4_00_000", "120313 ", "64-11111-0_00_000", ""])
def test_other_cells_are_refused(text: str) -> None:
    with pytest.raises(
        ArchitectureError, match=r"expected six digits 0 \.\. 3 as 64-41414-1_20_313|outside 0 \.\. 4095"
    ):
        MICRO.parse(text)


def test_operations_are_counted_wherever_they_are() -> None:
    assert MICRO.encode((1, 2, 0, 3, 1, 3), "operations").tolist() == [1, 2, 1, 2]
    assert MACRO.encode(MACRO.parse("64-11243-basic"), "operations").tolist() == [2, 1, 1, 1]
    assert MACRO.encode(MACRO.parse("64-1124-basic"), "operations").tolist() == [2, 1, 0, 1]
