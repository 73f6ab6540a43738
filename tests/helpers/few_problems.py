"""A few of the made-up tasks on which the conformance suite lets one of our strategies search; tests/thorough has all of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nasbed.check import candidate, elsewhere
from nasbed.check.toy_problems import ToyProblem, problems
from nasbed.strategies import REGISTRY
from nasbed.vocabulary import Needs

ALWAYS = ("nine", "unequal")
"""A space that a search exhausts, and one of unequal decisions whose fidelities are far apart and whose trainings never resume."""
IN_TURN = ("triangle", "joint", "cells", "unlisted")
"""The other kinds of space: each strategy has one of them, and each of them several strategies."""


def few_of(name: str) -> Callable[[Needs], tuple[ToyProblem, ...]]:
    """Gives the tasks of one of our strategies that offer what it needs; where none of its few does, all that do."""
    chosen = (*ALWAYS, IN_TURN[REGISTRY.builtin().index(name) % len(IN_TURN)])

    def few(needs: Needs) -> tuple[ToyProblem, ...]:
        return tuple(one for one in problems(needs) if one.name in chosen) or problems(needs)

    return few


def keep_to_few(name: str, patch: pytest.MonkeyPatch) -> None:
    """A candidate of this name has its few tasks, here and in the other process of its suite."""
    there = f"from few_problems import candidate, few_of; candidate.problems = few_of({name!r})"
    patch.setattr(candidate, "problems", few_of(name))
    patch.setattr(elsewhere, "START", elsewhere.START.replace("; from nasbed", f"; {there}; from nasbed"))
