"""An extension of griffe, which reads the source for mkdocstrings: it turns docstrings into Markdown."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from griffe import Alias, Extension, Object

sys.path.insert(0, str(Path(__file__).parent))  # griffe loads this file by its path alone

from docstrings import markdown


class Docstrings(Extension):
    """Turns each docstring into Markdown as it is read."""

    def on_object(self, *, obj: Object | Alias, **_: Any) -> None:
        """Of an object that has just been read, the docstring."""
        if obj.docstring:
            obj.docstring.value = markdown(obj.docstring.value)
