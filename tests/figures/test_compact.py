"""Pictures of a page are smaller than the files, and show the same."""

from __future__ import annotations

import re
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
from matplotlib.figure import Figure

from nasbed.figures import rendered
from nasbed.figures.compact import address, compact

LABEL = "mine, 100 % <b> & \"quoted\" 'so' #1"
RNG = np.random.default_rng(5)


def _svg() -> bytes:
    figure = Figure(figsize=(3, 2))
    axes = figure.subplots()
    axes.plot(RNG.random(300).cumsum(), RNG.random(300), marker="o", markevery=50, label="line")
    axes.scatter(RNG.random(50) * 100, RNG.random(50), alpha=0.4, rasterized=True)
    axes.set_title(LABEL, parse_math=False)
    return rendered(figure, "svg")


def _ends(path: str) -> list[tuple[float, float]]:
    """The points that a path of compact commands runs through, by a reading of its own."""
    found, at = [], np.zeros(2)
    for command, text in re.findall(r"([Mlhvqcz])([^Mlhvqcz]*)", path):
        numbers = [float(one) for one in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", text)]
        if command == "z":
            continue
        if command in "hv":
            steps = [(one, 0.0) if command == "h" else (0.0, one) for one in numbers]
        else:
            every = {"q": 2, "c": 3}.get(command, 1)
            steps = list(zip(numbers[::2], numbers[1::2], strict=True))[every - 1 :: every]
        for step in steps:
            at = np.array(step) + (0 if command == "M" else at)
            found.append((float(at[0]), float(at[1])))
    return found


def test_lines_keep_their_points_to_a_hundredth() -> None:
    svg = _svg()
    before = max(re.findall(r' d="([^"]*)"', svg.decode()), key=len)
    after = max(re.findall(r" d='([^']*)'", compact(svg).decode()), key=len)
    numbers = np.array(re.findall(r"-?\d+\.?\d*", before), dtype=float).reshape(-1, 2)
    assert len(numbers) == len(_ends(after)) > 200
    np.testing.assert_allclose(_ends(after), numbers, atol=0.00501)


def test_texts_styles_and_marks_stay_in_far_fewer_bytes() -> None:
    svg = _svg()
    small = compact(svg)
    assert len(small) < 0.5 * len(svg)
    before, after = ElementTree.fromstring(svg), ElementTree.fromstring(small)

    def kinds(root: ElementTree.Element) -> dict[str, int]:
        tags = [element.tag.rpartition("}")[2] for element in root.iter()]
        return {tag: tags.count(tag) for tag in ("path", "use", "text", "image", "clipPath")}

    assert kinds(before) == kinds(after)
    texts = [[element.text for element in root.iter() if element.tag.endswith("text")] for root in (before, after)]
    assert texts[0] == texts[1]
    assert LABEL in texts[1]
    names = {element.get("id") for element in after.iter()}
    assert set(re.findall(r"#(n\d+)", small.decode())) <= names
    assert compact(svg) == small


def test_an_address_can_stand_in_an_attribute_and_in_a_list() -> None:
    svg = _svg()
    made = address(svg)
    assert not re.search(r'[\s"<>#]', made)
    assert unquote(made.partition(",")[2].replace("&amp;", "&")).encode() == compact(svg)
    assert not made.endswith(",")
