"""The table of the quick start: as README shows it, and of results."""

from __future__ import annotations

import re
from dataclasses import replace

from places import ROOT

import nasbed
from nasbed.tables.comparison import tables
from nasbed.tables.renderers.markdown import markdown

SHOWN = {
    "strategy": "CIFAR-100",
    "validation_regret": "validation regret",
    "validation_regret_difference": "Δ",
    "validation_regret_p": "p",
    "test_regret": "test regret",
    "test_regret_difference": "Δ",
    "test_regret_p": "p",
    "test": "test accuracy, %",
    "simulated_hours": "hours",
}


def readme_table(results: nasbed.Results) -> str:
    (table,) = (one.only(SHOWN) for one in tables(results) if one.title.startswith("nasbench201/cifar100"))
    heads = (replace(head, text=SHOWN[head.key]) for head in table.heads)
    return markdown(replace(table, heads=tuple(heads)))


def shown_table() -> str:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- quickstart table: begin -->\n(.*)\n<!-- quickstart table: end -->", readme, re.DOTALL)
    assert shown
    return shown[1]


def steady(table: str) -> list[str]:
    """NumPy's exp may differ in the last digit between processors, and with it what reinforce samples."""
    return [line for line in table.splitlines() if "reinforce" not in line]
