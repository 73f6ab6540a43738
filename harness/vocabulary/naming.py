"""What a name was meant to be if it is a file of code."""

from __future__ import annotations

import ast
import sys
from os.path import isfile  # of a name that no file can have it says no, where Path raises
from pathlib import Path

from nasbed.errors import shown

_BASES = {"strategy": ("Strategy", "Script"), "benchmark": ("Benchmark", "TrainedBenchmark")}
_MOST = 5
"""Names in a message."""


def in_file(use: str, kind: str) -> str:
    """How to name what a file of code holds, where ``use`` is that file, or its module; else empty. The file is read and not run.

    ``kind`` is what is looked for: a strategy, which may be a function that takes a query, or a benchmark.
    """
    is_file = use.endswith(".py")
    path = Path(use if is_file else f"{use.replace('.', '/')}.py")
    found = next((file for folder in ("", *sys.path) if isfile(file := Path(folder, path))), None)
    plain = not path.is_absolute() and ".." not in path.parts
    module = ".".join(path.with_suffix("").parts) if plain else path.stem
    names = [name.format(module) for name in _held(found, kind, is_file)] if found else []
    if not names and not is_file:
        return ""
    names = names[:_MOST] or [f"{module}:NAME"]
    return f"a {kind} of your own is named by module and class: {' or '.join(map(shown, names))}"


def _held(file: Path, kind: str, any_class: bool) -> list[str]:
    """What a file has of a kind; where there is nothing, and ``any_class`` will do, its classes."""
    try:
        body = ast.parse(file.read_bytes()).body
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    classes = [one for one in body if isinstance(one, ast.ClassDef) and not one.name.startswith("_")]
    own = [one for one in classes if any(ast.unparse(base).split(".")[-1] in _BASES[kind] for base in one.bases)]
    found = [f"{{}}:{one.name}" for one in own]
    if kind == "strategy":
        functions = [one for one in body if isinstance(one, ast.FunctionDef)]
        taking = [one for one in functions if [first.arg for first in one.args.args[:1]] == ["query"]]
        found += [f"function:{{}}:{one.name}" for one in taking]
    return found or [f"{{}}:{one.name}" for one in classes if any_class]
