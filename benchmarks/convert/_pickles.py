"""Reading foreign pickles: only the named types are admitted, and nothing else runs."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from typing import Any

from nasbed.errors import DataError


class _Unpickler(pickle.Unpickler):
    def __init__(self, content: bytes, admitted: Mapping[tuple[str, str], Any]) -> None:
        super().__init__(io.BytesIO(content))
        self._admitted = admitted

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._admitted:
            raise DataError(f"the pickle asks for {module}.{name}, which is not admitted: refused before anything ran")
        return self._admitted[module, name]


def load(content: bytes, admitted: Mapping[tuple[str, str], Any] | None = None) -> Any:
    """Unpickle ``content``. Only the globals (module, name) in ``admitted`` may be asked for, and each gives what stands
    there, which need not be what the pickle means; by default none.

    Raises :class:`~nasbed.errors.DataError` for any other global and for a damaged pickle.
    """
    try:
        return _Unpickler(content, admitted or {}).load()
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"damaged pickle: {type(error).__name__}: {error}") from None
