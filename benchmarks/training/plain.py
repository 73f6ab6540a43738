"""A trained network as code of plain PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from pprint import pformat
from typing import Any, NamedTuple, Protocol, runtime_checkable


class PlainNetwork(NamedTuple):
    """A network as PyTorch's own modules: ``code`` is an expression for the module that gives logits of normalised examples,
    ``weights`` says for each parameter and buffer of that module what the trained network calls it, ``classes`` is the code of
    the classes that the expression names beside those of PyTorch, and ``limit`` the most steps of a sequence that it reads.
    """

    code: str
    weights: Mapping[str, str]
    classes: str = ""
    limit: int | None = None


@runtime_checkable
class Exportable(Protocol):
    """A network that can be written as PyTorch's own modules."""

    def plain(self, data: Any) -> PlainNetwork:
        """The network as PyTorch's own modules."""


PREFIX = "layers."
"""What the weights of the module in a file begin with."""


def literal(value: object) -> str:
    """A value as code, in lines of a file."""
    return pformat(value, width=110, compact=True)
