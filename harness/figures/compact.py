"""SVG as small as a page that holds many pictures wants it: what is drawn stays, to a hundredth of a point.

Matplotlib writes six decimals, absolute coordinates, a style for each element, names that nothing refers to, and rasters in full
colour. Files of figures stay as they are written, for programs that edit them.
"""

from __future__ import annotations

import io
import re
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

FINE = 100
"""Steps in a point to which coordinates are rounded."""

COLOURS = 128
"""Colours, with their opacities, of a raster within a picture."""

_SVG, _LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_PLACES = ("x", "y", "width", "height", "viewBox", "transform", "style")
_FAMILY = re.compile(r"'Bitstream Vera Sans'.*'Verdana'.*'Avant Garde'")
"""What stands between the font that matplotlib measures with and ``sans-serif``; the first that is as wide is kept."""


def address(svg: bytes) -> str:
    """A picture as an address that can stand in an attribute in double quotes, also of a list of such: ``data:image/svg+xml,…``."""
    return "data:image/svg+xml," + quote(compact(svg).decode(), safe="/:=;,'()!*+?&@$~[]{}|^`").replace("&", "&amp;")


def compact(svg: bytes) -> bytes:
    """The same picture in fewer bytes. ``svg`` is of matplotlib's making.

    >>> compact(b'<svg><g id="a"><path d="M 1.234567 2 L 1.5 2.25 L 9 2.25 z"/></g></svg>')
    b"<svg><path d='M1.23,2l.27.25h7.5z'/></svg>"
    """
    root = ElementTree.fromstring(svg)  # of our own making
    for metadata in root.findall(f"{_SVG}metadata"):
        root.remove(metadata)
    used = dict.fromkeys(re.findall(r"#([\w.-]+)", svg.decode()))
    names = {
        name: f"n{place}" for place, name in enumerate(element.get("id") for element in root.iter()) if name in used
    }
    for element in root.iter():
        _shorten(element, names)
    styles = Counter(style for element in root.iter() if (style := element.get("style")))
    classes = {style: f"s{place}" for place, (style, count) in enumerate(styles.most_common()) if count > 1}
    for element in root.iter():
        if (style := element.get("style")) in classes:
            element.set("class", classes[element.attrib.pop("style")])
    if classes:
        rules = Element("style")
        rules.text = "".join(f".{name}{{{style}}}" for style, name in classes.items())
        root.insert(0, rules)
    if root.tag.startswith(_SVG):
        root.set("xmlns", _SVG[1:-1])
    return "".join(_written(root)).encode()


def _shorten(element: Element, names: Mapping[str | None, str]) -> None:
    """Shorten the attributes of an element; ``names`` are those that others refer to, with shorter ones."""
    element.tag = element.tag.removeprefix(_SVG) if element.tag != f"{_SVG}svg" else element.tag
    if (name := element.attrib.pop("id", None)) in names:
        element.set("id", names[name])
    if (link := element.attrib.pop(_LINK, None)) is not None:
        element.set("href", _fewer_colours(link) if link.startswith("data:image/png") else f"#{names[link[1:]]}")
    if "clip-path" in element.attrib:
        element.set(
            "clip-path", re.sub(r"#([\w.-]+)", lambda found: f"#{names[found[1]]}", element.attrib["clip-path"])
        )
    if element.get("transform", "").startswith(("rotate(-0 ", "rotate(0 ")):
        del element.attrib["transform"]
    for name in _PLACES:
        if name in element.attrib:
            element.set(name, re.sub(r"-?\d+\.\d+", lambda found: _number(float(found[0])), element.attrib[name]))
    if "style" in element.attrib:
        style = re.sub(r"\s*([:;,])\s*", r"\1", _FAMILY.sub("'Verdana'", element.attrib["style"])).strip("; ")
        element.set("style", style.replace("'", '"'))
    if "d" in element.attrib:
        element.set("d", _path(element.attrib["d"]))


def _number(value: float) -> str:
    """A number with two decimals at most, and none of its digits that say nothing.

    >>> _number(-0.5), _number(10.0), _number(-0.001)
    ('-.5', '10', '0')
    """
    digits = f"{abs(value):.2f}".rstrip("0").rstrip(".").removeprefix("0")
    return f"{'-' * (value < 0)}{digits}" if digits else "0"


def _path(text: str) -> str:
    """A path in steps from each point to the next, rounded so that errors do not add up."""
    found: list[tuple[str, list[int]]] = []
    at = start = (0, 0)

    def add(command: str, numbers: Sequence[int]) -> None:
        """A command that repeats the one before is not written again."""
        if found and command == found[-1][0] and command in "lhvqc":
            found[-1][1].extend(numbers)
        else:
            found.append((command, list(numbers)))

    for command, written in re.findall(r"([MLQCz])([^MLQCz]*)", text):
        values = [round(FINE * float(number)) for number in written.split()]
        points = list(zip(values[::2], values[1::2], strict=True))
        if command == "z":
            add("z", ())
            at = start
        elif command == "M":
            (at,) = points
            start = at
            add("M", at)
        else:
            steps = [(x - at[0], y - at[1]) for x, y in points]
            at = points[-1]
            if command == "L" and 0 in steps[0]:
                add("h" if steps[0][1] == 0 else "v", [steps[0][0] or steps[0][1]])
            else:
                add(command.lower(), [number for step in steps for number in step])
    return "".join(command + _joined(numbers) for command, numbers in found)


def _joined(numbers: Sequence[int]) -> str:
    """Numbers of hundredths, with commas where their signs and points do not tell them apart."""
    parts: list[str] = []
    for number in numbers:
        one = _number(number / FINE)
        apart = parts and one[0] != "-" and not (one[0] == "." and "." in parts[-1])
        parts.append(f",{one}" if apart else one)
    return "".join(parts)


def _fewer_colours(link: str) -> str:
    """A raster with a palette, where that is smaller."""
    from PIL import Image

    before = b64decode(link.partition(",")[2])
    buffer = io.BytesIO()
    picture = Image.open(io.BytesIO(before)).convert("RGBA")
    picture.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(buffer, "png", optimize=True)
    return f"data:image/png;base64,{b64encode(min(before, buffer.getvalue(), key=len)).decode()}"


def _written(element: Element) -> Iterator[str]:
    """An element as text: groups that say nothing give way to what is in them."""
    tag = element.tag.removeprefix(_SVG)
    alone = tag == "g" and not element.attrib
    text = element.text if element.text and element.text.strip() else ""
    inside = [_escaped(text), *(part for child in element for part in _written(child))]
    if tag in ("g", "defs") and not any(inside):
        return
    if alone:
        yield from inside
        return
    said = "".join(f" {name}='{_escaped(value, True)}'" for name, value in element.attrib.items())
    yield f"<{tag}{said}>{''.join(inside)}</{tag}>" if any(inside) else f"<{tag}{said}/>"


def _escaped(text: str, attribute: bool = False) -> str:
    shown = text.replace("&", "&amp;").replace("<", "&lt;")
    return shown.replace("'", "&#39;") if attribute else shown
