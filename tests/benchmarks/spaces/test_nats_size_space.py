"""The size space of NATS-Bench."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from official_files import SAMPLE, SIZE, SSS, TSS, unpacked
from places import needs_shared
from scipy.stats import chisquare

from nasbed.benchmarks.convert import nats_size, nats_topology
from nasbed.errors import ArchitectureError
from nasbed.streams import stream


def test_the_size_space_is_the_product_of_its_widths_in_order() -> None:
    assert (len(SIZE), SIZE.choices) == (32_768, (8,) * 5)
    assert [SIZE.format(SIZE.archs[i]) for i in (0, 1, 11, 284, 32_767)] == [
        "8:8:8:8:8", "8:8:8:8:16", "8:8:8:16:32", "8:8:40:32:40", "64:64:64:64:64",
    ]  # fmt: skip
    assert [SIZE.parse(SIZE.format(arch)) for arch in SIZE.archs] == list(SIZE.archs)
    assert [SIZE.index(arch) for arch in SIZE.archs] == list(range(32_768))
    assert SIZE.parse(" 00284 ") == SIZE.archs[284]
    assert len(set(SIZE.neighbours(SIZE.archs[99]))) == 35


@pytest.mark.parametrize("text", ["8:8:8:8", "8:8:8:8:8:8", "8:8:8:8:9", "8:8:8:8:08", "a", "", "8:8:8:8:-8", "²"])
def test_other_widths_are_refused(text: str) -> None:
    expected = re.escape("expected 5 widths of 8, 16, 24, 32, 40, 48, 56, 64, as 8:16:24:32:40, or an index")
    with pytest.raises(ArchitectureError, match=f"^malformed architecture '.*': {expected}$"):
        SIZE.parse(text)


@pytest.mark.parametrize("text", ["32768", "9" * 5000])
def test_an_index_outside_the_size_space_is_refused(text: str) -> None:
    with pytest.raises(ArchitectureError, match=r"^index \d+ is outside 0 \.\. 32767$"):
        SIZE.parse(text)


def test_a_mutation_is_a_uniform_neighbour_and_encodings_are_injective() -> None:
    rng, arch = stream(3, "nats_size", "mutate"), SIZE.archs[12_345]
    counts = Counter(SIZE.mutate(arch, rng) for _ in range(7_000))
    assert set(counts) == set(SIZE.neighbours(arch))
    assert 1e-4 < chisquare(list(counts.values())).pvalue < 1 - 1e-4
    assert SIZE.encode((0, 1, 2, 3, 7), "widths").tolist() == [0.125, 0.25, 0.375, 0.5, 1.0]
    for encoding in SIZE.encodings:
        assert len({SIZE.encode(some, encoding).tobytes() for some in SIZE.archs[::7]}) == len(SIZE.archs[::7])


@needs_shared
@pytest.mark.parametrize(("folder", "module"), [(TSS, nats_topology), (SSS, nats_size)])
def test_the_order_is_that_of_the_official_lists(folder: str, module: Any) -> None:
    meta = unpacked(SAMPLE / folder / "meta.pickle.pbz2")
    assert meta["meta_archs"] == module.LAYOUT.texts()
