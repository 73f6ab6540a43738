"""Writes a trained network into a folder: its files, its scores and curves, and its model card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nasbed.benchmarks.training.trained.exports import FORMATS, lacking, required
from nasbed.benchmarks.training.trained.layout import CARD
from nasbed.errors import OptionError, StoreError, named, require_name, shown
from nasbed.studies.store import write_all
from nasbed.training.card import MARK, card

if TYPE_CHECKING:
    import pandas as pd

    from nasbed.training.trained import TrainedNetwork


def forms_of(asked: Sequence[str] | None) -> list[str]:
    """The forms that are to be written: those asked for, or all whose packages are here.

    Raises :class:`~nasbed.errors.UnknownNameError` for an unknown one, :class:`~nasbed.errors.OptionError` for one that lacks
    packages.
    """
    if asked is None:
        return [form for form in FORMATS if not lacking(form)]
    if isinstance(asked, str):
        raise OptionError(f"formats = {shown(asked)}; expected a list of {', '.join(FORMATS)}")
    for form in asked:
        require_name("export", form, tuple(FORMATS))
        required(form)
    return list(dict.fromkeys(asked))


def skipped() -> list[str]:
    """A line for each form that is not written for want of packages, unless it is asked for."""
    return [f"not exported as {form}: {problem}" for form in FORMATS if (problem := lacking(form))]


def write_network(trained: TrainedNetwork, folder: Path | str, formats: Sequence[str] | None = None) -> list[Path]:
    """Write all of a network's files; raises what :meth:`FittedNetwork.export` does."""
    from nasbed.figures.drawing import pictures
    from nasbed.training.curve_figure import curve_figure

    forms = forms_of(formats)
    _require_no_other_card(Path(folder) / CARD)
    figure = curve_figure(trained.curves)
    files: dict[str, str | bytes] = {
        **dict(map(trained.exported, forms)),
        "scores.csv": _csv(trained.scores),
        "curves.csv": _csv(trained.curves),
        **({} if (confusion := trained.confusion).empty else {"confusion.csv": _csv(confusion)}),
        **{f"curves.{kind}": picture for kind, picture in pictures(figure, ("png", "pdf", "svg")).items()},
        CARD: card(trained, forms),
    }
    return write_all(folder, files)


def _require_no_other_card(path: Path) -> None:
    """Raises :class:`~nasbed.errors.StoreError` where the file of a model card is something else."""
    if path.exists() and MARK not in path.read_bytes().decode(errors="replace"):
        raise StoreError(f"{named(path)} is there and no model card of nasbed's; choose another folder")


def _csv(frame: pd.DataFrame) -> str:
    text: str = frame.to_csv(index=False, float_format="%.8g", lineterminator="\n")
    return text
