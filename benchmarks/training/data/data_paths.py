"""Where data to train on lie: published sets below a folder, and those of a user at a path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nasbed.benchmarks.tables.places import home
from nasbed.errors import DataError, OptionError, named, shown, unknown


def published_folder(data: object, names: Sequence[str], folder: Path | str | None, kind: str) -> Path | None:
    """The folder below which published sets lie, by default ``kind`` in the data home, where ``data`` is the name of one.

    For anything else it is ``None``. Raises :class:`~nasbed.errors.OptionError` for a folder that is no path, or is given with data
    that are not published.
    """
    if folder is not None and not isinstance(folder, (str, Path)):
        raise OptionError(f"folder = {shown(folder)}; expected the path of the folder that holds published sets")
    if isinstance(data, str) and data in names:
        return home() / kind if folder is None else Path(folder).expanduser()
    if folder is not None:
        raise OptionError(
            f"folder = {shown(folder)} is where published sets lie ({', '.join(names)}); leave it out for your own data"
        )
    return None


def own_path(data: str | Path, kind: str, names: Sequence[str], form: str, expected: str) -> tuple[Path, bool]:
    """The path of a user's file or folder, and whether it is a folder.

    Raises :class:`~nasbed.errors.UnknownNameError` for one word that is not there, with the ``names`` of this ``kind`` of data and
    the ``form`` of a path; and :class:`~nasbed.errors.DataError` for a path that cannot be read or is not there, with what was
    ``expected``.
    """
    try:
        path = Path(data).expanduser()
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, RuntimeError, ValueError) as error:  # of what can be no path
        raise DataError(f"cannot read {named(data)}: {getattr(error, 'strerror', None) or error}") from None
    if (is_folder and data != "") or is_file:
        return path, is_folder
    if isinstance(data, str) and path.name == data and not path.suffix:
        raise unknown(kind, data, (*names, f"or {form}"))
    raise DataError(f"{named(path)} is not there; expected {expected}")
