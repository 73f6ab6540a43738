"""Fingerprints of source code, so that results of other code are not mistaken for results of this code."""

from __future__ import annotations

import ast
import hashlib
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_FOLLOWED = ("nasbed.benchmarks.", "nasbed.strategies.")
_TRAINING = "nasbed.benchmarks.training."


def source_files(*objects: type | Callable[..., Any], training: bool = False) -> list[Path]:
    """The files that define classes or functions.

    Of nasbed's own, the modules of the class and its bases, and those of benchmarks and strategies that they import. What a table
    looks up does not change with what trained it: of the training of networks it has the modules that it imports itself, such as
    the one that reads its plan, and not what those import, unless a search uses ``training``. Of anybody else's package, every
    Python file; of a module that is a file by itself, also the modules and packages beside it that it imports, and those that they
    import.
    """
    files: set[Path] = set()
    owners = [cls for thing in objects for cls in (thing.__mro__ if isinstance(thing, type) else (thing,))]
    follow = training or any(cls.__module__.startswith(_TRAINING) for cls in owners)
    for cls in owners:
        module = sys.modules.get(cls.__module__)
        path = getattr(module, "__file__", None)
        if path is None:
            continue
        top = cls.__module__.split(".")[0]
        if top == "nasbed" or top in sys.stdlib_module_names:
            files |= _ours(cls.__module__, follow) if top == "nasbed" else set()
            continue
        package = getattr(sys.modules.get(top), "__path__", None)
        files |= {file for folder in package for file in Path(folder).rglob("*.py")} if package else _beside(Path(path))
    return sorted(files)


@cache
def _ours(module: str, training: bool) -> frozenset[Path]:
    """The file of a module of nasbed's own, and those of the benchmarks and strategies that it imports, wherever it does; what
    modules of the ``training`` of networks import only if so.
    """
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        try:
            spec = find_spec(name)
        except ModuleNotFoundError:  # a name within a module
            continue
        if spec is None or spec.origin is None or (path := Path(spec.origin)) in found:
            continue
        found.add(path)
        if training or not name.startswith(_TRAINING):
            waiting += _followed(path.read_bytes())
    return frozenset(found)


@lru_cache(maxsize=256)
def _followed(source: bytes) -> list[str]:
    """What a module imports of the benchmarks and strategies; those of many classes import the same."""
    found = []
    for node in _statements(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_FOLLOWED):
            found += [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """All statements of a module, within others too; expressions, which hold none, are most of what there is."""
    waiting: deque[ast.AST] = deque([tree])
    while waiting:
        node = waiting.popleft()
        yield node
        for part in ("body", "handlers", "cases", "orelse", "finalbody"):
            inner = getattr(node, part, ())
            waiting.extend(inner if isinstance(inner, list) else ())


def _beside(module: Path) -> set[Path]:
    found: set[Path] = set()
    waiting = [module]
    while waiting:
        path = waiting.pop()
        if path in found or not path.is_file():
            continue
        found.add(path)
        for node in _statements(ast.parse(path.read_bytes())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            for top in {name.split(".")[0] for name in names}:
                waiting += [module.parent / f"{top}.py", *sorted((module.parent / top).rglob("*.py"))]
    return found


def fingerprint(files: Iterable[Path]) -> str:
    """SHA-256 over the names and contents of files, independent of where they are installed."""
    digest = hashlib.sha256()
    for name, content in sorted((file.name, file.read_bytes()) for file in files):
        digest.update(f"{name}:{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()
