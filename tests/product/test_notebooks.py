"""The notebooks of the documentation: they run, show what they are said to show, and are stored as they were executed."""

from __future__ import annotations

import ast
import json
import re
import runpy
import warnings
from pathlib import Path
from typing import Any

import pytest
from places import ROOT

import nasbed
from nasbed.figures.notebook_figure import NotebookFigure

NOTEBOOKS = sorted((ROOT / "docs").rglob("*.ipynb"))


def cells(path: Path) -> list[dict[str, Any]]:
    """The cells of code of a notebook, with their source as one text."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return [{**one, "source": "".join(one["source"])} for one in content["cells"] if one["cell_type"] == "code"]


def value_of(source: str, names: dict[str, Any]) -> Any:
    """Run a cell, and return what its last line is worth, as a notebook does."""
    body = ast.parse(source).body
    last = ast.Expression(body.pop().value) if isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "a cell", "exec"), names)
    return None if last is None else eval(compile(last, "a cell", "eval"), names)


def steady(page: str) -> str:
    """A page without the digits that are not shown, which depend on versions of other packages."""
    return re.sub(r' data-value="[^"]*"', "", page)


def plain(cell: dict[str, Any]) -> str | None:
    """The stored text of a cell's value."""
    found = [one["data"]["text/plain"] for one in cell["outputs"] if one["output_type"] == "execute_result"]
    return "".join(found[0]) if found else None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_give_what_is_stored(path: Path) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells(path):
        value = value_of(cell["source"], names)
        stored = plain(cell)
        if isinstance(value, (nasbed.Benchmark, nasbed.Results, nasbed.SearchResult)):
            (shown,) = (one["data"]["text/html"] for one in cell["outputs"])
            assert steady(value._repr_html_()) == steady("".join(shown))
        elif isinstance(value, NotebookFigure):
            assert any(one["data"].get("image/png") for one in cell["outputs"])
        else:
            assert re.sub(r"\s+", "", stored or "None") == re.sub(r"\s+", "", repr(value))
    names["folder"].cleanup()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_tells_of_no_machine_and_needs_no_magic(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"0x[0-9a-f]{6,}|/tmp/|/home/", text)
    assert str(ROOT) not in text
    assert not any(re.search(r"^\s*[%!]|pyplot", cell["source"], re.MULTILINE) for cell in cells(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_of_a_notebook_lead_somewhere(path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    texts = ["".join(one["source"]) for one in content["cells"] if one["cell_type"] == "markdown"]
    targets = re.findall(r"\]\(([^)#]+)\)", "".join(texts))
    assert targets
    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.thorough
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_kernel_gives_what_is_stored(path: Path) -> None:
    pytest.importorskip("nbclient", reason="needs nbclient, which the extra release brings")
    pytest.importorskip("ipykernel", reason="needs ipykernel, which the extra release brings")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the kernel's own packages
        executed = runpy.run_path(str(ROOT / "studies" / "notebooks.py"))["executed"](path)
    stored = json.loads(path.read_text(encoding="utf-8"))
    for made, kept in zip(executed.cells, stored["cells"], strict=True):
        assert _outputs(made) == _outputs(kept)


def _outputs(cell: Any) -> list[str]:
    """What a cell gave, as text: of a picture, whose bytes depend on the version of matplotlib, that there is one."""
    found = []
    for one in cell.get("outputs", ()):
        data = one.get("data", {"text/plain": one.get("text", "")})
        found += ["picture" if kind == "image/png" else steady("".join(text)) for kind, text in sorted(data.items())]
    return found
