"""Whether trainings made here may be drawn like those of a table: what ``nasbed agreement`` found decides."""

from __future__ import annotations

import json
from pathlib import Path

from nasbed.benchmarks.tables.table import Table
from nasbed.errors import DataError, OptionError, named, shown


def require_agreement(agreed: object, further: int, table: Table) -> None:
    """Raises :class:`~nasbed.errors.OptionError` where no path of an agreement is given, :class:`~nasbed.errors.DataError` where
    that is no agreement with the ``table``.
    """
    how = f"make it: nasbed agreement{_folder(table)} --json > agreement.json"
    if agreed is None:
        raise OptionError(
            f"fallback.further = {further} draws trainings made here and recorded ones as one noise, which nothing shows them to"
            f' be; say agreed = "agreement.json", and {how}'
        )
    if not isinstance(agreed, (str, Path)):
        raise OptionError(
            f"fallback.agreed = {shown(agreed)}; expected the path of what nasbed agreement --json printed: {how}"
        )
    path = Path(agreed).expanduser()
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"cannot read fallback.agreed, {named(path)}: {error.strerror}; {how}") from None
    except ValueError:
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("agrees"), bool) or "checksum" not in content:
        raise DataError(f"{named(path)} is not what nasbed agreement --json printed; {how}")
    if content["checksum"] != table.manifest.checksum:
        raise DataError(
            f"{named(path)} is of another table ({shown(content.get('table'))}) than {table.name} in {table.manifest.folder}; {how}"
        )
    if not content["agrees"]:
        raise DataError(
            f"{named(path)} says that trainings made here disagree with those of {table.name}, so they are not drawn together;"
            " leave fallback.further out"
        )


def _folder(table: Table) -> str:
    """The argument that names a table that is not the shipped one."""
    from nasbed.benchmarks.tables.home import folder_of

    folder = table.manifest.folder
    return "" if folder == folder_of("digits201") else f" {folder}"
