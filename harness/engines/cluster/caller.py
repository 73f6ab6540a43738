"""What a worker must know of the process whose calls it makes."""

from __future__ import annotations

import os
import secrets
import sys
import sysconfig
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nasbed.engines.limits import Limits
from nasbed.engines.workers.child import ParentScript


@dataclass(frozen=True)
class Caller:
    """A process that has calls made: a name of its own, the folders of its own modules, its script and its working directory, and
    the limits of its calls. ``elsewhere`` is whether others may make them, whose versions, code and data are compared with its own,
    and not only processes that it starts itself.
    """

    name: str
    path: tuple[str, ...]
    script: str | None
    folder: str
    limits: Limits
    elsewhere: bool = True

    @classmethod
    def of_this_process(cls, limits: Limits, elsewhere: bool) -> Caller:
        """This process, under a new name."""
        script = getattr(sys.modules["__main__"], "__file__", None)
        return cls(secrets.token_hex(8), _own_path(), script, str(Path.cwd()), limits, elsewhere)

    def enter(self) -> None:
        """Let this process import what the caller can, from the same folders, where they are here."""
        if self.name in _entered:
            return
        _entered.add(self.name)
        sys.path[:0] = [folder for folder in self.path if folder not in sys.path and Path(folder).is_dir()]
        if self.script is not None:
            sys.modules["__main__"] = ParentScript(self.script)
        with suppress(OSError):
            os.chdir(self.folder)


_entered: set[str] = set()


def _own_path() -> tuple[str, ...]:
    """Where modules are found that come neither with Python nor from an installed package."""
    kinds = ("stdlib", "platstdlib", "purelib", "platlib")
    installed = {Path(sysconfig.get_path(kind)).resolve() for kind in kinds}
    found = (Path(folder or ".").resolve() for folder in sys.path)
    return tuple(
        str(folder)
        for folder in found
        if not any(folder == one or one in folder.parents for one in installed) and folder.is_dir()
    )
