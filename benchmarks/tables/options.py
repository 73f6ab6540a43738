"""What may be given as an option of a benchmark: its fidelities, its objectives, and the seconds that measures cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeGuard

from nasbed.errors import OptionError, shown
from nasbed.numeric import whole


def fidelities(epochs: object, example: str) -> tuple[int, ...]:
    """Numbers of epochs, ascending; raises :class:`~nasbed.errors.OptionError` for what is no list of whole numbers, each once.

    >>> fidelities([200, 12], "[12, 200]")
    (12, 200)
    >>> fidelities(200, "[12, 200]")
    Traceback (most recent call last):
    nasbed.errors.OptionError: epochs = 200; expected a list of whole numbers above 0, such as [12, 200]
    """
    numbers = [whole(number) for number in epochs] if _is_list(epochs) else []
    found = {number for number in numbers if number is not None and number > 0}
    if not numbers or len(found) < len(set(numbers)):
        raise OptionError(f"epochs = {shown(epochs)}; expected a list of whole numbers above 0, such as {example}")
    if len(found) < len(numbers):
        raise OptionError(f"epochs = {shown(epochs)}; expected each number once: {shown(sorted(found))}")
    return tuple(sorted(found))


def objective_names(objectives: object, example: str) -> tuple[str, ...]:
    """Names of objectives, in order; raises :class:`~nasbed.errors.OptionError` for what is no list of names, each once.

    >>> objective_names("latency", "accuracy")
    Traceback (most recent call last):
    nasbed.errors.OptionError: objectives = 'latency'; expected a list of names, each once, such as ["accuracy"]
    """
    names = list(objectives) if _is_list(objectives) else []
    texts = [name for name in names if isinstance(name, str)]
    if not names or len(set(texts)) < len(names):
        raise OptionError(
            f'objectives = {shown(objectives)}; expected a list of names, each once, such as ["{example}"]'
        )
    return tuple(texts)


def costs(measures: object) -> dict[str, object]:
    """What a query of each measure costs, by name, ``None`` where names alone are given, which cost what is published; raises
    :class:`~nasbed.errors.OptionError` for what is neither a list of names nor a table of them.

    >>> costs(["synflow", "jacov"]), costs({"synflow": 0})
    ({'synflow': None, 'jacov': None}, {'synflow': 0})
    """
    given = named(measures)
    if given is None:
        raise OptionError(
            f'measures = {shown(measures)}; expected names, each once, as measures = ["synflow"], at published costs, or the'
            " seconds that a query of each costs, as measures = { synflow = 2.0 }"
        )
    return given


def named(given: object) -> dict[str, object] | None:
    """Names with what is said of each, which is ``None`` where they are given alone; ``None`` for what is neither a list of names,
    each once, nor a table of them.

    >>> named(["cifar100"]), named({"cifar100": 2.0}), named(["cifar100"] * 2)
    ({'cifar100': None}, {'cifar100': 2.0}, None)
    """
    found = dict.fromkeys(given) if _is_list(given) and _are_names(given) else given
    if not isinstance(found, Mapping) or not _are_names(found) or len(found) < len(given):  # type: ignore[arg-type]
        return None
    return dict(found)


def _are_names(given: Iterable[object]) -> bool:
    return all(isinstance(name, str) for name in given)


def _is_list(given: object) -> TypeGuard[Iterable[object]]:
    """Whether something is a list, a tuple, or what NumPy has in their place."""
    array = type(given).__module__ == "numpy" and getattr(given, "ndim", 0) == 1
    return array or (isinstance(given, Sequence) and not isinstance(given, (str, bytes, bytearray)))
