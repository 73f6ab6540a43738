"""The arrays of npz files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nasbed.errors import DataError, named, told


def arrays_in(path: Path, expected: str) -> dict[str, np.ndarray]:
    """The arrays of an npz file without objects by their names; messages say that ``expected`` are its content.

    Raises :class:`~nasbed.errors.DataError` for any other file.
    """
    try:
        with path.open("rb") as file:
            content = np.load(file, allow_pickle=False)
            if isinstance(content, np.ndarray):
                raise DataError(f"{named(path)}: it holds one array; expected an npz file with {expected}")
            return {name: content[name] for name in content.files}
    except DataError:
        raise
    except Exception as error:  # whatever a damaged archive makes of itself
        problem = "it is another file, or holds pickled objects" if "allow_pickle" in str(error) else told(error)
        raise DataError(
            f"{named(path)}: cannot be read as an npz file of arrays without objects ({problem});"
            f" write it with numpy.savez: {expected}"
        ) from None
