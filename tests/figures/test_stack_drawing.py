"""Networks drawn as stacks of layers: rows and what is folded, bars to scale, texts within the page, and what spaces say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import made_hw_gpt as made
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import nasbed
from nasbed.benchmarks.spaces.chain import ChainSpace
from nasbed.benchmarks.spaces.chain_layers import Shape, shapes
from nasbed.benchmarks.spaces.hw_gpt import HEAD, SCALES, space_of
from nasbed.commands import catalogue
from nasbed.figures.architecture_drawing import drawn
from nasbed.figures.stack_drawing import draw_stack
from nasbed.figures.stacked import Row, columns_of, drawn_rows, folded, rows_of
from nasbed.reports import architectures
from nasbed.streams import stream
from nasbed.vocabulary import Arch, Space

CHAINS = ChainSpace(Shape(3, 28, 28))
LONGEST = (
    "conv 3x3 64 valid norm relu dropout 0.25; conv 3x3 64 norm tanh dropout 0.25; conv 3x3 64 norm tanh dropout 0.25;"
    " average pool 2x2; average pool 3x3; dense 128 norm elu dropout 0.5; dense 32 relu"
    " | rmsprop rate 0.0003 batch 128 decay 0.0005"
)
PLAIN: list[Row] = [
    ("", (("tokens", "28", 0),)),
    ("1", (("gru", "both norm", 32),)),
    ("2", (("attention", "2 heads sinusoidal", 32), ("feed-forward", "×2", 64))),
    ("3", (("attention", "2 heads sinusoidal", 32), ("feed-forward", "×2", 64))),
    ("", (("pool", "mean", 0),)),
    ("", (("", "adam rate 0.003", 0),)),
]


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data home with the made-up table of language models."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NASBED_DATA", str(folder))
        made.imported(folder)
        yield folder


def networks() -> list[tuple[Space, Arch]]:
    """Networks of every scale of language models, the smallest and largest among them, and chains."""
    found: list[tuple[Space, Arch]] = [(CHAINS, CHAINS.parse(text)) for text in ("lenet", "hand-designed", LONGEST)]
    for scale in SCALES:
        space = space_of(scale)
        found += [(space, one) for one in (space.smallest, space.largest, space.sample(stream(0, scale, "drawing")))]
    return found


def test_rows_that_are_equal_are_one_and_only_those_that_follow_one_another() -> None:
    assert [name for name, _ in folded(PLAIN)] == ["", "1", "2–3", "", ""]
    mixed: list[Row] = [(str(place), (("conv", "", width),)) for place, width in enumerate((8, 8, 16, 8), 1)]
    assert [name for name, _ in folded(mixed)] == ["1–2", "3", "4"]
    assert len(folded([("", (("note", "", 0),))] * 2)) == 2


@pytest.mark.parametrize("scale", SCALES)
def test_a_transformer_has_a_row_a_layer_with_its_attention_and_its_perceptron(scale: str) -> None:
    space = space_of(scale)
    arch = space.sample(stream(3, scale, "drawing"))
    model = space.model(arch)
    first, *layers, output, note = space.drawn_layers(arch)
    assert first == ("", (("embedding", str(model.embedding), model.embedding),))
    assert [name for name, _ in layers] == [str(place) for place in range(1, len(model.ratios) + 1)]
    assert [part[0][2] for _, part in layers] == [HEAD * heads for heads in model.heads]
    assert [part[1][2] for _, part in layers] == [ratio * model.embedding for ratio in model.ratios]
    assert ("no biases" in str(note), "tokens" in str(output)) == (not model.bias, True)


@pytest.mark.parametrize("text", ["lenet", "hand-designed", LONGEST])
def test_a_chain_has_a_row_a_layer_with_what_it_leaves(text: str) -> None:
    arch = CHAINS.parse(text)
    chain = CHAINS.chain(arch)
    image, *layers, _, note = CHAINS.drawn_layers(arch)
    assert image == ("", (("image", "3 of 28×28", 3),))
    assert note == ("", (("", chain.training, 0),))
    for (_, ((kind, details, width),)), layer, after in zip(
        layers, chain.layers, shapes(chain.layers, CHAINS.image), strict=True
    ):
        assert after is not None
        assert width == after.channels
        assert kind.removesuffix(" pool") == layer.kind
        assert details.split("→")[1].split()[0] == str(after.channels)
        assert all(
            (word in details.split()) == said for word, said in ((layer.activation, layer.trains), ("norm", layer.norm))
        )
        assert (f"{layer.size}×{layer.size}" in details) == (layer.kind != "dense")


def test_a_listed_space_has_the_layers_of_the_whole_and_others_have_none() -> None:
    table = nasbed.load_benchmark("hw_gpt")
    assert rows_of(table.space, table.space.at(3)) == space_of("s").drawn_layers(table.space.at(3))
    assert rows_of(nasbed.load_benchmark("nasbench201").space, (0,) * 6) is None


def test_bars_are_to_scale_and_parts_side_by_side_are_clear_of_one_another() -> None:
    for space, arch in networks():
        stack = rows_of(space, arch)
        assert stack is not None
        columns = columns_of([stack])
        said = [part for _, parts in folded(stack) for part in parts]
        made_of = [part for row in drawn_rows(stack, columns) for part in row.parts]
        assert [part.length for part in made_of] == pytest.approx([width * columns.scale for *_, width in said])
        for row in drawn_rows(stack, columns):
            for part, other in zip(row.parts, row.parts[1:], strict=False):
                assert part.at + max(part.length, len(part.text)) < other.at
        assert max(part.at + part.length for part in made_of) <= columns.width + 1e-9
        heads = {part.kind for part in made_of if part.length}
        assert heads == set(range(len(columns.kinds)))


def test_every_text_is_inside_of_the_page_and_clear_of_others() -> None:
    figures = [drawn(space, arch) for space, arch in networks()]
    plain = Figure(figsize=(3.33, 1.2))
    draw_stack(plain.add_axes((0, 0, 1, 1)), PLAIN, 3.33)
    for figure in [*figures, plain]:
        (axes,), renderer = figure.axes, FigureCanvasAgg(figure).get_renderer()
        boxes = [text.get_window_extent(renderer) for text in axes.texts if text.get_text()]
        assert len(boxes) > 3
        for place, box in enumerate(boxes):
            assert 0 <= box.x0 < box.x1 <= figure.bbox.x1
            assert 0 <= box.y0 < box.y1 <= figure.bbox.y1
            assert not any(box.overlaps(other) for other in boxes[:place])
        assert min(text.get_fontsize() for text in axes.texts if text.get_text()) >= 5.5
        assert figure.get_figheight() < 6.5


def test_a_page_draws_all_stacks_by_one_scale(tmp_path: Path) -> None:
    study = nasbed.Study.parse("""
        name = "stacks"
        seeds = 4
        budget = { evaluations = 4 }
        [[benchmark]]
        use = "hw_gpt_surrogate"
        dataset = "m"
        [[strategy]]
        use = "random_search"
    """)
    results = nasbed.run_study(study, tmp_path / "out")
    (label,) = results.benchmarks
    found, space = architectures.content(results, label), space_of("m")
    stacks = found["stacks"]
    assert [text for text, _ in stacks["heads"]] == ["attention", "perceptron"]
    lengths = set()
    for index, own in zip(found["indices"], stacks["drawn"], strict=True):
        arch = space.at(int(index))
        assert own["text"] == space.format(arch)
        model = space.model(arch)
        _, length, text, _ = stacks["parts"][own["rows"][0][1][0]]
        assert text == f"embedding {model.embedding}"
        lengths.add(round(length / model.embedding, 3))
        assert [note for *_, note in own["rows"]] == [False] * (len(own["rows"]) - 1) + [True]
    assert len(lengths) == 1
    assert len(stacks["parts"]) == len({tuple(part) for part in stacks["parts"]})


def test_a_query_draws_what_has_no_records_and_other_scales(tmp_path: Path) -> None:
    catalogue.draw("chain", "conv 3x3 32; max pool 2x2", tmp_path / "chain.svg")
    assert "conv 3×3 relu → 32 of 8×8" in (tmp_path / "chain.svg").read_text(encoding="utf-8")
    largest = space_of("l").format(space_of("l").largest)
    catalogue.draw("hw_gpt_surrogate", largest, tmp_path / "large.png")
    assert (tmp_path / "large.png").read_bytes().startswith(b"\x89PNG")
    found = catalogue.lookup("chain", "conv 3x3 32", needed=False)
    assert (found["architecture"].startswith("conv 3x3 32 relu |"), found["benchmarks"]) == (True, {})
