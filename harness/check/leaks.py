"""Checks that a search can see no test number."""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import BuiltinMethodType, FunctionType, MethodType, ModuleType

from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.check.elsewhere import Broken, short
from nasbed.check.subject import Subject
from nasbed.errors import NasbedError
from nasbed.vocabulary import Benchmark, Budget, Task

_TEST = re.compile(r"(?<![A-Za-z])[Tt]est|[a-z]Test|TEST")
"""A name with the word "test", or a word that starts so: x-test.npy, testAccuracy, acc_test; not latest."""


def a_task_tells_nothing_of_test(subject: Subject) -> None:
    """What a strategy holds leads to no benchmark, no referee and nothing named "test": a search that can reach a test number
    measures nothing.
    """
    benchmark, budget = subject.benchmark, Budget("evaluations", 10)
    task, declared = benchmark.task(budget, 2), Benchmark.task(benchmark, budget, 2)
    if type(task) is not Task or task != declared:
        raise Broken(f"task() gives {short(task)}", f"what is declared, {short(declared)}", "do not override task()")
    offered = [*(objective.name for objective in benchmark.objectives), *benchmark.measures]
    for name in [*offered, *dir(benchmark.space)]:
        if _TEST.search(name):
            what = "an objective or measure" if name in offered else "an attribute of the space"
            raise Broken(
                f"{name!r} is {what}", "nothing named 'test'", "offer validation values, and rename what is no test"
            )
    for path, name, held in _reachable(task):
        if _TEST.search(name) or isinstance(held, Benchmark) or callable(getattr(held, "referee", None)):
            raise Broken(
                f"{path} leads to {short(held)}",
                "no benchmark, no referee and nothing named 'test' within reach of a strategy",
                "leave in the space what a search may know, and the rest in the benchmark",
            )


def _reachable(task: Task) -> Iterator[tuple[str, str, object]]:
    """What can be reached from a task through attributes, containers, methods and closures: its path, last name and itself."""
    seen: set[int] = set()
    waiting: list[tuple[str, str, object]] = [("task", "", task)]
    while waiting and len(seen) < 10_000:
        path, name, held = waiting.pop()
        yield path, name, held
        if id(held) not in seen and not inspect.isclass(held) and not isinstance(held, ModuleType):
            seen.add(id(held))
            waiting += [(f"{path}.{key}" if key else path, key, value) for key, value in _held(held)]


def _held(held: object) -> Iterator[tuple[str, object]]:
    if isinstance(held, dict):
        for key, value in itertools.islice(held.items(), 100):
            yield key if isinstance(key, str) else "", value
    elif isinstance(held, (tuple, list, set, frozenset)):
        names = getattr(held, "_fields", ())
        for place, value in enumerate(itertools.islice(held, 100)):
            yield names[place] if place < len(names) else "", value
    elif isinstance(held, (MethodType, BuiltinMethodType)):
        yield "__self__", held.__self__
    elif isinstance(held, partial):
        yield from (("", held.func), ("", held.args), ("", held.keywords))
    elif isinstance(held, FunctionType):
        for name, cell in zip(held.__code__.co_freevars, held.__closure__ or (), strict=True):
            with suppress(ValueError):  # a cell that is still empty
                yield name, cell.cell_contents
    else:
        yield from getattr(held, "__dict__", {}).items()
        slots = [cls.__dict__.get("__slots__", ()) for cls in type(held).__mro__]
        for name in itertools.chain.from_iterable((one,) if isinstance(one, str) else one for one in slots):
            if hasattr(held, name):
                yield name, getattr(held, name)


def a_search_opens_no_test_column(subject: Subject) -> str | None:
    """In a process that makes the benchmark and searches it no file of test numbers is opened: what is not read cannot leak.

    In a table's folder, one with a ``manifest.toml`` of ours, those are the columns of the splits ``test`` and ``mixture``;
    elsewhere files with "test" in their names, as a word or at the start of one. Of a file that holds several splits, and of
    files that a library opens without Python's knowledge (HDF5, Arrow), this check knows nothing.
    """
    others = []
    for path in map(Path, subject.elsewhere["opened"]):
        split = _split(path)
        if of_test(path):
            raise Broken(
                f"a search opens {path}" + (f", a column of the split {split!r}" if split else ""),
                "that only referee() and lookup() do",
                "keep test numbers in a file of their own, and open it when referee() is called",
            )
        if not split and path.name != "manifest.toml":
            others.append(path.name)
    return f"judged by their names alone: {', '.join(others[:4])}{', ...' * (len(others) > 4)}" if others else None


def of_test(path: Path) -> bool:
    """Whether a file holds test numbers: by the manifest where it is a table's column, else by its name."""
    split = _split(path)
    return split in ("test", "mixture") or (not split and bool(_TEST.search(path.name)))


def _split(path: Path) -> str:
    """The split of a table's column; nothing for a file that is none."""
    folder = next((parent for parent in path.parents if (parent / "manifest.toml").is_file()), None)
    try:
        columns = Manifest.load(folder).columns if folder else []
    except NasbedError:
        return ""
    return next((column.split for column in columns if folder and folder / column.file == path), "")
