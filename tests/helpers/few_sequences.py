"""A plan that trains a few networks for sequences."""

from __future__ import annotations

import copy
from typing import Any

import tomli_w

CONTENT: dict[str, Any] = {
    "name": "rows",
    "title": "A few networks on rows of digits",
    "space": "sequence",
    "data": "digit_rows",
    "seeds": 2,
    "first_seed": 5,
    "together": 2,
    "layers": {"conv": "conv 3 dilation 1", "gru": "gru"},
    "decisions": {"width": [8], "layer_1": ["conv", "gru"], "pool": ["mean", "max"], "rate": [0.01]},
    "default": {"width": 8, "layer_1": "gru", "pool": "mean", "rate": 0.01},
    "recipe": {"epochs": 2, "batch": 256, "optimizer": "adam", "decay": 0.0},
}
ABSENT: Any = ...


def text(**changes: Any) -> str:
    content = {**copy.deepcopy(CONTENT), **changes}
    return tomli_w.dumps({key: value for key, value in content.items() if value is not ABSENT})
