"""Who the incumbents were when a training began."""

from __future__ import annotations

from nasbed.searches.lineage import Lineage
from nasbed.vocabulary import Training


def test_incumbents_are_those_of_when_a_training_began() -> None:
    lineage = Lineage()

    def begin(trial: int, epochs: int = 1, resume: int | None = None) -> Training:
        return lineage.begun(Training((trial,), epochs, 100 + trial, trial, resume))

    first, second = begin(0), begin(1)
    assert (first.incumbents, second.incumbents) == ((), ())
    lineage.ended(second, 50.0)
    third = begin(2)
    assert third.incumbents == (((1,), 1, 101),)
    lineage.ended(first, float("nan"))
    lineage.ended(third, 50.0)
    assert begin(3).incumbents == third.incumbents, "neither a failed one nor an equal one replaces it"
    longer = lineage.begun(Training((2,), 3, 102, 4, 2))
    assert longer.incumbents == third.incumbents, "a training that goes on keeps its own"
    lineage.ended(longer, 40.0)
    assert begin(5).incumbents == (((1,), 1, 101), ((2,), 3, 102)), "more epochs count before the value"
