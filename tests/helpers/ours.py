"""Our strategies, with options with which they run on what is shipped, in little time."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from nasbed.strategies import REGISTRY
from nasbed.vocabulary import Strategy

OPTIONS: dict[str, dict[str, Any]] = {
    "spos": {"population": 4, "best": 2, "generations": 2},
    "bananas": {"members": 2, "depth": 2, "epochs": 20},
    "lstm_controller": {"hidden": 8},
    "npenas": {"members": 2, "depth": 1, "width": 4, "epochs": 2},
    "optuna": {"sampler": "RandomSampler"},
    "pymoo": {"population": 4},
    "proxy_evolution": {"proxy": "flops"},
    "proxy_predictor": {"proxies": ["flops", "parameters"], "pool": 40, "trees": 4, "mutations": 20},
    "proxy_ranking": {"proxy": "flops"},
    "rf_bo": {"trees": 4},
    "weak_predictors": {"depth": 2, "width": 10, "epochs": 20},
}
"""What differs from the defaults."""


INSTALLED = [
    name
    for name in REGISTRY.builtin()
    if all(find_spec(package) for package, _ in REGISTRY.make(name, OPTIONS.get(name, {})).needs.packages)
]
"""Those whose library is here, of which other libraries' are tried elsewhere with `pip install '.[peers]'`."""


def ours(name: str) -> Strategy:
    """One of our strategies, for tests that all must pass."""
    return REGISTRY.make(name, OPTIONS.get(name, {}))
