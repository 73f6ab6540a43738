"""What a benchmark of a joint space searches: all of it, or one half with the other frozen."""

from __future__ import annotations

from typing import Protocol

from nasbed.errors import OptionError, require_name, shown
from nasbed.vocabulary import Arch, Half

SEARCHES = ("joint", "architecture", "hyperparameters")


class _Joint(Protocol):
    """What is asked of a joint space."""

    default: Arch

    def parse(self, text: str) -> Arch: ...

    def format(self, arch: Arch) -> str: ...


def searched_half(space: _Joint, search: str, frozen: str, owner: str) -> tuple[Half | None, Arch]:
    """The half that the options ``search`` and ``frozen`` of a benchmark ask for, ``None`` for all of the space; and the
    configuration at which the other half stays.

    Raises :class:`~nasbed.errors.UnknownNameError`, :class:`~nasbed.errors.OptionError`,
    :class:`~nasbed.errors.ArchitectureError`.
    """
    require_name("search", search, SEARCHES, owner)
    if not isinstance(frozen, str):
        raise OptionError(
            f"frozen = {shown(frozen)}; expected the text of a configuration, as {space.format(space.default)!r}"
        )
    if search == "joint":
        if frozen:
            raise OptionError(f"frozen = {frozen[:80]!r}, but search = 'joint' freezes nothing; search one half")
        return None, space.default
    half: Half = "architecture" if search == "architecture" else "hyperparameters"
    return half, space.parse(frozen) if frozen else space.default
