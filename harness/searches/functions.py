"""Code that owns its own loop, as a strategy of a study."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nasbed.errors import BudgetExhausted, OptionError, StrategyError
from nasbed.searches.queries import Insistent, Query
from nasbed.vocabulary import Needs


@dataclass(frozen=True)
class Function:
    """Code that owns its own loop: ``function(query, **options)`` is called once a seed (see :func:`observe`)."""

    function: Callable[..., Any]
    options: Mapping[str, Any]

    @property
    def needs(self) -> Needs:
        """Nothing: such code declares nothing, and sees what there is in ``query.task``."""
        return Needs()

    def search(self, query: Query) -> bool:
        """Call the function until it returns or the budget is spent; whether it returned before.

        Raises what the function raises, and :class:`~nasbed.errors.StrategyError` where it goes on after the budget's end.
        """
        try:
            self.function(query, **self.options)
        except BudgetExhausted:
            return False
        except Insistent as insistent:
            raise StrategyError(str(insistent)) from insistent
        if query._failure is not None:  # which the function has swallowed
            raise query._failure
        return True

    def require_one_worker(self, workers: int) -> None:
        """Raises :class:`~nasbed.errors.OptionError` for several workers."""
        if workers != 1:
            raise OptionError("code that owns its own loop queries one architecture at a time; set workers = 1")
