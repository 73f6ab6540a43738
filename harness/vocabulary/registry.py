"""Finds strategies and benchmarks by name: ours (one module each), plug-ins' entry points, or "package.module:Class"."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import traceback
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from nasbed.errors import (
    PASSING,
    SHOWN,
    NasbedError,
    OptionError,
    PluginError,
    UnknownNameError,
    printable,
    require_name,
    shown,
    told,
    unknown,
)
from nasbed.vocabulary.naming import in_file
from nasbed.vocabulary.options import require_dataclass

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

T = TypeVar("T")


@cache
def _modules_of(packages: tuple[str, ...]) -> dict[str, str]:
    """The modules of packages in full, by their names."""
    return {
        module.name: f"{package}.{module.name}"
        for package in packages
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__)
        if not module.ispkg
    }


class Registry(Generic[T]):
    """The classes of one kind. Each module of ``package``, or of its packages named in ``also``, holds one class and gives it its
    name.

    ``group`` names the entry points by which plug-ins add theirs; our own names win. ``made`` is a module whose ``names()`` and
    ``class_of(name)`` know what a user has made here, such as own tables.
    """

    def __init__(
        self, kind: str, package: str, group: str, base: str, made: str = "", also: tuple[str, ...] = ()
    ) -> None:
        self.kind = kind
        self.package = package
        self.group = group
        self._base = base
        self._made = made
        self._packages = (package, *(f"{package}.{name}" for name in also))

    def _modules(self) -> dict[str, str]:
        """The modules that come with nasbed in full, by the names of what they hold."""
        return _modules_of(self._packages)

    def builtin(self) -> list[str]:
        """The names of the modules that come with nasbed, sorted."""
        return sorted(self._modules())

    def plugins(self) -> dict[str, EntryPoint]:
        """The entry points of installed plug-ins, by name."""
        return entry_points_of(self.group)

    def made(self) -> list[str]:
        """The names of what a user has made."""
        names: list[str] = importlib.import_module(self._made).names() if self._made else []
        return names

    def names(self) -> list[str]:
        """All names: those that come with nasbed first, then those of plug-ins, then what a user has made."""
        return list(dict.fromkeys([*self.builtin(), *self.plugins(), *self.made()]))

    def load(self, use: str) -> type[T]:
        """The class that ``use`` names.

        Raises :class:`~nasbed.errors.UnknownNameError` or :class:`~nasbed.errors.PluginError`.
        """
        if not isinstance(use, str):
            raise OptionError(f"use = {shown(use)}; expected the name of a {self.kind}")
        if ":" in use:
            return self._checked(use, load_object(use, f"{self.kind} {shown(use)}"))
        if ours := self._modules().get(use):
            module = importlib.import_module(ours)
            (found,) = (
                value
                for name, value in vars(module).items()
                if not name.startswith("_") and self._fits(value) and value.__module__ == module.__name__
            )
            return found  # type: ignore[no-any-return]
        plugins = self.plugins()
        if self._made and use not in plugins and (own := importlib.import_module(self._made).class_of(use)):
            return own  # type: ignore[no-any-return]
        if use not in plugins:
            hint = in_file(use, self.kind)
            raise (
                UnknownNameError(f"unknown {self.kind} {shown(use)}; {hint}")
                if hint
                else unknown(self.kind, use, self.names())
            )
        return self._checked(use, load_object(plugins[use].value, f"{self.kind} {shown(use)} ({plugins[use].value})"))

    def make(self, use: str, options: Mapping[str, Any]) -> T:
        """An instance; its options are checked here by name (:class:`~nasbed.errors.UnknownNameError`), and by the class itself."""
        cls = self.load(use)
        known = list(inspect.signature(cls).parameters)
        for name in options:
            require_name("option", name, known, use)
        made: T = call(f"{self.kind} {shown(use)}", cls, options)
        return made

    def options(self, use: str) -> list[str]:
        """The names of the options of what ``use`` names."""
        return list(inspect.signature(self.load(use)).parameters)

    def attribute(self, name: str) -> type[T]:
        """Our class of that name, for the package's ``__getattr__``: ``RegularizedEvolution`` of ``regularized_evolution``."""
        for module in self.builtin():
            if module.replace("_", "") == name.lower():
                found = self.load(module)
                if found.__name__ == name:
                    return found
        raise AttributeError(f"module {self.package!r} has no attribute {name!r}")

    def _fits(self, value: object) -> bool:
        if not inspect.isclass(value):
            return False
        base = load_object(self._base, self.kind)
        return issubclass(value, base) and value is not base

    def _checked(self, use: str, value: object) -> type[T]:
        if not self._fits(value) or inspect.isabstract(value):
            expected = f"expected a concrete subclass of {self._base.replace(':', '.')}"
            raise PluginError(f"{shown(use)} is {shown(value)}; {expected}; {self._instead(use, value)}")
        assert isinstance(value, type)
        require_dataclass(value)
        return value

    def _instead(self, use: str, value: object) -> str:
        base = self._base.rpartition(":")[2]
        if isinstance(value, type) and self._fits(value):
            lacking = ", ".join(sorted(value.__abstractmethods__))  # type: ignore[attr-defined]
            return f"it lacks {lacking}: define it"
        if isinstance(value, type):
            return f"derive it, as class {value.__name__}(nasbed.{base})"
        if self.kind == "strategy" and inspect.isfunction(value):
            return f"code that owns its own loop is named 'function:{use}'"
        return "name the class"


def entry_points_of(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group in all installed distributions, by name."""
    from importlib.metadata import entry_points  # slow to import

    found = sorted(entry_points(group=group), key=lambda point: (point.name, point.value))
    return {point.name: point for point in found}


def load_object(reference: str, what: str) -> Any:
    """The object at "package.module:name", which messages call ``what``.

    Raises :class:`~nasbed.errors.PluginError` where it cannot be imported.
    """
    module_name, _, name = reference.partition(":")
    if not module_name or not name:
        raise PluginError(f"{what}: {shown(reference)} is not of the form 'package.module:name'")
    if module_name.endswith(".py"):
        raise PluginError(f"{what} names a file; expected its module: '{Path(module_name).stem}:{name}'")
    try:
        module = importlib.import_module(module_name)
    except NasbedError:
        raise
    except ModuleNotFoundError as error:
        if error.name and _within(module_name, error.name):
            file = printable(f"{error.name.replace('.', '/')}.py", SHOWN)
            raise PluginError(
                f"{what}: there is no module {shown(error.name)}; expected {file} in the working directory, beside the study or"
                f" installed: check the spelling, or run nasbed in the folder that holds it"
            ) from None
        raise PluginError(f"{what} failed to import: {where(error)}") from error
    except PASSING:
        raise
    except BaseException as error:
        hint = "; write @dataclass(frozen=True), as the class it derives from is frozen" if _thaws(error) else ""
        raise PluginError(f"{what} failed to import: {where(error)}{hint}") from error
    try:
        return getattr(module, name)
    except AttributeError:
        public = {known: value for known, value in vars(module).items() if not known.startswith("_")}
        own = [known for known, value in public.items() if _within(getattr(value, "__module__", ""), module_name)]
        raise PluginError(str(unknown("name", name, own or public, module_name))) from None


def _within(module: object, package: str) -> bool:
    """Whether a module is the one of a name, or inside of it."""
    return f"{module}.".startswith(f"{package}.")


def _thaws(error: BaseException) -> bool:
    """Whether a class that derives from a frozen dataclass is one that is not frozen."""
    return isinstance(error, TypeError) and "non-frozen dataclass from a frozen" in str(error)


def call(what: str, function: Any, options: Mapping[str, Any]) -> Any:
    """Call a plug-in's constructor; what it raises beside our own errors becomes a :class:`PluginError`."""
    try:
        return function(**options)
    except NasbedError:
        raise
    except PASSING:
        raise
    except BaseException as error:
        raise PluginError(f"{what} cannot be made with {shown(dict(options))}: {where(error)}") from error


def where(error: BaseException, file: str | None = None) -> str:
    """An exception with the line that raised it: the last in ``file`` where there is one, else the last of all.

    Of a ``StopIteration`` that left a generator, which Python makes a ``RuntimeError``, it is the line of the former.
    """
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _speaks(frame.filename)]
    if isinstance(error, RuntimeError) and isinstance(error.__cause__, StopIteration):
        frames += traceback.extract_tb(error.__cause__.__traceback__)
    mine = [frame for frame in frames if frame.filename == file]
    place = "".join(f" ({frame.filename}, line {frame.lineno})" for frame in (mine or frames)[-1:])
    return f"{told(error)}{'' if isinstance(error, SyntaxError) else place}"


def _speaks(file: str) -> bool:
    """Whether a line of a file says more than that something was imported or decorated."""
    return "importlib" not in file and file != dataclasses.__file__
