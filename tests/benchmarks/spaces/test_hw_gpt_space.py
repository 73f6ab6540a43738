"""The spaces of HW-GPT-Bench: texts, dependent decisions, sizes beyond 64 bits, and the formulas on every published row."""

from __future__ import annotations

import csv
import gzip
import io
import pickle
from itertools import islice

import pytest
from places import SHARED, needs_shared

from nasbed.benchmarks.spaces.hw_gpt import SCALES, HWGPTSpace, LanguageModel, space_of
from nasbed.errors import ArchitectureError, UnknownNameError
from nasbed.streams import stream
from nasbed.vocabulary import JointSpace, is_enumerable

SMALL = "gpt-s-10-192-2-2-2-2-2-2-2-2-2-3-4-4-4-4-4-4-4-4-4-12-True"


@pytest.mark.parametrize("scale", SCALES)
def test_a_number_a_text_and_an_architecture_are_the_same_thing_at_every_size(scale: str) -> None:
    space, rng = space_of(scale), stream(0, scale, "test")
    depths = SCALES[scale].layers
    assert space.size == 6 * sum(9**layers for layers in depths)
    assert (space.size > 2**63) is (scale != "s")
    for _ in range(20):
        arch = space.sample(rng)
        assert space.parse(space.format(arch)) == space.at(space.index(arch)) == space.canonical(arch) == arch
        assert space.parse(str(space.index(arch))) == arch
    assert pickle.loads(pickle.dumps(space)).size == space.size
    assert not is_enumerable(space)
    assert not isinstance(space, JointSpace)


def test_what_is_said_of_a_layer_that_is_not_there_makes_no_other_network() -> None:
    space = space_of("s")
    arch = space.parse(SMALL)
    place = [variable.name for variable in space.variables].index("layer 12: ratio")
    drawn = (*arch[:place], 2, *arch[place + 1 :])
    assert drawn not in space
    assert space.canonical(drawn) == arch
    with pytest.raises(ArchitectureError, match="decisions that do not count are 0"):
        space.require(drawn)
    assert place not in space.counting(arch)
    assert len(space.counting(arch)) == 3 + 2 * 10
    deeper = [one for one in space.neighbours(arch) if len(space.model(one).ratios) == 11]
    assert len(deeper) == 9
    assert all(arch in space.neighbours(one) for one in deeper)


def test_two_texts_of_one_network_are_one_architecture() -> None:
    space = space_of("s")
    layers, heads = "2-2-2-2-2-2-2-2-2-3", "4-4-4-4-4-4-4-4-4-12"
    texts = [f"gpt-s-10-192-{layers}-{more}-{heads}-{wide}-True" for more, wide in (("2-3", "4-12"), ("4-4", "8-8"))]
    for text in texts:
        assert space.parse(text) == space.parse(SMALL)
        assert space.format(space.parse(text)) == SMALL
    with pytest.raises(ArchitectureError, match=r"has 13 layers and 24 numbers for them; expected 26"):
        space.parse(texts[0].replace("-10-", "-13-"))


def test_the_one_hot_vector_is_that_of_the_published_surrogate() -> None:
    space = space_of("s")
    vector = space.encode(space.parse(SMALL))
    assert len(vector) == 80
    assert vector[:6].tolist() == [1, 0, 0, 1, 0, 0]
    assert vector[6:9].tolist() == [1, 0, 0]
    assert vector[33:36].tolist() == [0, 1, 0]
    assert not vector[36:42].any()
    assert not vector[72:78].any()
    assert vector[69:72].tolist() == [0, 0, 1]
    assert vector[78:].tolist() == [1, 0]


def test_heads_need_not_divide_the_width_since_each_is_64_wide() -> None:
    model = LanguageModel(256, (2,) * 22, (12,) * 22, False)
    assert 256 % 12
    assert space_of("m").model(space_of("m").encoded(model)) == model
    assert model.parameters == 256 * (100510 + 4 * 22 + 3 * 256 * 44 + 256 * 264)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("gpt-s-10-192", r"malformed architecture 'gpt-s-10-192': expected gpt-s-LAYERS-EMBEDDING, a ratio for each"),
        (SMALL.replace("-s-", "-m-"), r"is of scale m; expected s$"),
        (SMALL.replace("12-True", "True"), r"has 10 layers and 19 numbers for them; expected 20: a ratio"),
        (SMALL.replace("-192-", "-256-"), r"^embedding = 256; expected one of 192, 384, 768 at scale s; 256 is of scale m$"),
        (SMALL.replace("-12-", "-5-"), r"^layer 10: heads = 5; expected one of 4, 8, 12 at scale s; a head is 64 wide"),
        (SMALL.replace("-12-", "-16-"), r"heads = 16; .* 16 is of scale m and l$"),
        (SMALL.replace("-3-4-", "-7-4-"), r"^layer 10: ratio = 7; expected one of 2, 3, 4 at scale s$"),
        ("gpt-s-9-192-" + "-".join("2" * 9 + "4" * 9) + "-True", r"^layers = 9; expected one of 10, 11, 12 at scale s$"),
        ("gpt-s-99999-192-2-4-True", r"has 99999 layers and 2 numbers for them"),
        ("-1", r"^index -1 is outside 0 \.\. "),
    ],
)  # fmt: skip
def test_other_texts_are_refused_with_what_was_expected(text: str, problem: str) -> None:
    with pytest.raises(ArchitectureError, match=problem):
        space_of("s").parse(text)


def test_another_scale_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"^unknown scale of hw_gpt 'xl'; .*known: s, m, l$"):
        space_of("xl")


def rows(scale: str, most: int | None = None) -> list[dict[str, str]]:
    """The first of the published rows of a scale, or all."""
    with gzip.open(SHARED / "data" / "hw-gpt-bench" / f"gpt_{scale}.csv.gz") as file:
        return list(islice(csv.DictReader(io.TextIOWrapper(file, encoding="utf-8")), most))


def wrong(space: HWGPTSpace, published: list[dict[str, str]]) -> list[str]:
    """The texts of the rows whose parameters or multiply-accumulates are not those of the formulas."""
    found = []
    for row in published:
        model = space.model(space.parse(row["arch"]))
        if (model.parameters, model.macs(space.scale.tokens)) != (int(row["params"]), int(row["macs"])):
            found.append(row["arch"])
    return found


@needs_shared
@pytest.mark.parametrize("scale", SCALES)
def test_the_formulas_give_what_was_recorded_of_some_rows(scale: str) -> None:
    published = rows(scale, 200)
    assert len(published) == 200
    assert wrong(space_of(scale), published) == []


@needs_shared
@pytest.mark.thorough
@pytest.mark.parametrize("scale", SCALES)
def test_the_formulas_give_what_was_recorded_of_all_rows(scale: str) -> None:
    published = rows(scale)
    assert len(published) == len({row["arch"] for row in published}) == 10_000
    assert wrong(space_of(scale), published) == []
