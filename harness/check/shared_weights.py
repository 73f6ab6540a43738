"""Checks of a benchmark that shares weights: what it says of its supernets, and that these are the same whoever asks."""

from __future__ import annotations

import math
from tempfile import TemporaryDirectory
from typing import Any

from nasbed.check.elsewhere import Broken, short
from nasbed.check.subject import TRAININGS, Subject
from nasbed.errors import BudgetError, EngineError, NasbedError
from nasbed.numeric import real
from nasbed.vocabulary import SharedWeights, SharesWeights, TrainedSupernet
from nasbed.vocabulary.registry import where

SHORT = SharedWeights.by("uniform", epochs=1)
"""What is trained: random single paths for an epoch, which random search and evolution with shared weights ask for."""
SEED = 1
INSTANT = 1e-9
"""Seconds in which nothing is trained."""
NONE = "it shares no weights"


def supernets_are_declared(subject: Subject) -> str | None:
    """What shares weights has ``supernet``, and says by which version it is trained and what its seconds are, since records and
    captions state them.
    """
    benchmark, texts = subject.benchmark, ("supernet_version", "supernet_costs")
    there = [name for name in ("supernet", *texts) if hasattr(benchmark, name)]
    if not there:
        return NONE
    if not callable(getattr(benchmark, "supernet", None)):
        raise Broken(
            f"it has {' and '.join(there)} and no method supernet", "all three or none", "add it, or remove these"
        )
    for name in texts:
        text = getattr(benchmark, name, None)
        if not isinstance(text, str) or not text:
            raise Broken(f"{name} is {text!r}", "a text, as there is a method supernet", f"declare {name}")
    return None


def an_unknown_supernet_is_refused(subject: Subject) -> str | None:
    """A method that does not train supernets, or a setting that it has not, is refused by an error of nasbed's that names it."""
    if not isinstance(benchmark := subject.benchmark, SharesWeights):
        return NONE
    mend = "raise nasbed.errors.unknown with those that there are, before anything is trained"
    for name, weights in {
        "no such method": SharedWeights.by("no such method", epochs=1),
        "no_such_setting": SHORT._replace(settings=(*SHORT.settings, ("no_such_setting", 1))),
    }.items():
        try:
            benchmark.supernet(weights, SEED, None, math.inf)
        except EngineError as error:
            return _untrained(error)
        except NasbedError as error:
            if name in str(error):
                continue
            found = f"the error {str(error)!r}"
        except Exception as error:
            found = where(error, subject.file)
        else:
            found = "a supernet"
        raise Broken(f"{weights!r} gives {found}", "an error of nasbed's that names what is wrong", mend)
    return None


def a_supernet_is_the_same_again(subject: Subject) -> str | None:
    """Trained again with the same seed, by a benchmark made anew, a supernet ends in the same architecture of the space, and lends
    the same accuracies, in percent or ``nan``.
    """
    if not isinstance(subject.benchmark, SharesWeights):
        return NONE
    try:
        first, again = _trained(subject), _trained(subject)
    except EngineError as error:
        return _untrained(error)
    if first.derived not in subject.benchmark.space:
        raise Broken(
            f"derived is {short(first.derived)}", "an architecture of the space", "let it end in a tuple of it"
        )
    if first.derived != again.derived:
        ends = f"the training of seed {SEED} ends in {subject.shown(first.derived)}, and again in"
        raise Broken(f"{ends} {subject.shown(again.derived)}", "the same", "draw from streams of the seed alone")
    for arch in dict.fromkeys([first.derived, *subject.archs(TRAININGS)]):
        for on_batch in (False, True):
            asked = f"with on_batch = {on_batch} {subject.shown(arch)} inherits"
            one, other = (supernet.inherited(arch, on_batch) for supernet in (first, again))
            if not isinstance(one, float) or not (math.isnan(one) or 0 <= one <= 100):
                raise Broken(f"{asked} {one!r}", "a float from 0 to 100, or nan", "give percent of validation images")
            if one != other and not math.isnan(one):
                raise Broken(f"{asked} {one!r}, and again {other!r}", "the same", "draw from streams of the seed alone")
    return None


def a_supernet_keeps_its_costs(subject: Subject) -> str | None:
    """The training costs finite seconds, more than 0, and a query finite seconds, 0 or more; found again in a folder of trainings
    a supernet costs what it did.
    """
    if not isinstance(subject.benchmark, SharesWeights):
        return NONE
    mend = "measure the training, keep what it took beside its weights, and charge that whoever asks"
    with TemporaryDirectory(prefix="nasbed-") as folder:
        try:
            first, again = _trained(subject, folder), _trained(subject, folder)
        except EngineError as error:
            return _untrained(error)
        costs = [_costs(supernet) for supernet in (first, again)]
    for name, seconds in costs[0].items():
        number = real(seconds)
        if number is None or number < 0 or (number == 0 and name == "the training"):
            expected = "finite seconds, more than 0" if name == "the training" else "finite seconds, 0 or more"
            raise Broken(f"{name} costs {seconds!r}", expected, mend)
    for name, seconds in costs[0].items():
        if seconds != costs[1][name]:
            raise Broken(
                f"{name} costs {seconds!r} s, and {costs[1][name]!r} s when it is found again", "the same", mend
            )
    return None


def a_budget_below_a_supernet_is_refused(subject: Subject) -> str | None:
    """A budget in seconds that is below the training is refused by a ``BudgetError``: nobody waits for what cannot be paid."""
    if not isinstance(benchmark := subject.benchmark, SharesWeights):
        return NONE
    try:
        benchmark.supernet(SHORT, SEED, None, INSTANT)
    except EngineError as error:
        return _untrained(error)
    except BudgetError:
        return None
    except Exception as error:
        found = where(error, subject.file)
    else:
        found = "a supernet"
    raise Broken(
        f"a budget of {INSTANT:g} seconds gives {found}",
        "nasbed.errors.BudgetError",
        "estimate the seconds before the training, and refuse it with the figure",
    )


def _trained(subject: Subject, folder: str | None = None) -> TrainedSupernet:
    made: Any = subject.fresh()
    found: TrainedSupernet = made.supernet(SHORT, SEED, folder, math.inf)
    return found


def _costs(supernet: TrainedSupernet) -> dict[str, Any]:
    queries = {f"a query with on_batch = {on_batch}": supernet.query_seconds(on_batch) for on_batch in (False, True)}
    return {"the training": supernet.seconds, **queries}


def _untrained(error: EngineError) -> str:
    return f"nothing can be trained here: {error}"


RULES = (
    supernets_are_declared,
    an_unknown_supernet_is_refused,
    a_supernet_is_the_same_again,
    a_supernet_keeps_its_costs,
    a_budget_below_a_supernet_is_refused,
)
