"""What a network that was exported to a folder says of the examples in a file."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from nasbed.benchmarks.training.data.npz import arrays_in
from nasbed.benchmarks.training.device import device_of
from nasbed.benchmarks.training.images.classes import shaped
from nasbed.benchmarks.training.sequences.inputs import items_in
from nasbed.benchmarks.training.trained.exports import lacking, module_of, with_weights
from nasbed.benchmarks.training.trained.layout import NETWORK, WEIGHTS
from nasbed.errors import DataError, OptionError, UnwiseWarning, named

_TOGETHER = 512
"""Images that are looked at together."""


def predict_file(folder: Path | str, file: Path | str) -> list[str]:
    """The class of each example in a file, by the network in a folder that ``nasbed train`` wrote; of the next token, the token
    that follows each text.

    The file holds examples as those that were trained on: a text a line (.txt), labels and texts (.tsv) or labels and numbers of
    tokens (.csv), whose labels are left aside, series (.ts), or arrays (.npz: ``values`` and ``lengths``, or ``images``). The
    ``network.py`` of the folder is run. Raises :class:`~nasbed.errors.DataError` for other folders and files,
    :class:`~nasbed.errors.EngineError` without PyTorch and :class:`~nasbed.errors.OptionError` without safetensors.
    """
    device_of("cpu")
    from nasbed.benchmarks.training.fitting.threads import one_thread

    place, path = Path(folder), Path(file)
    if problem := lacking("weights"):
        raise OptionError(f"{named(place / WEIGHTS)} cannot be read: {problem}")
    module, network = _network_in(place)
    examples = _examples(path, module)
    with warnings.catch_warnings(record=True) as said, one_thread():
        warnings.simplefilter("always")
        try:
            step = len(examples) if "READS" in module else _TOGETHER
            parts = [
                module["predict"](examples[at : at + step], network) for at in range(0, len(examples), max(step, 1))
            ]
        except ValueError as error:
            raise DataError(f"{named(path)}: {error}") from None
    for one in said:
        warnings.warn(f"{named(path)}: {one.message}", UnwiseWarning, stacklevel=2)
    return [name for part in parts for name in part]


def _network_in(folder: Path) -> tuple[dict[str, Any], Any]:
    """What the module in a folder defines, and its network with the weights beside it."""
    from safetensors.numpy import load_file

    for name in (NETWORK, WEIGHTS):
        if not (folder / name).is_file():
            raise DataError(
                f"{named(folder)} holds no {name}; expected the folder of a network that nasbed train wrote, with its forms python"
                " and weights"
            )
    try:
        module = module_of((folder / NETWORK).read_text(encoding="utf-8"))
        return module, with_weights(module["Network"](), load_file(folder / WEIGHTS))
    except Exception as error:  # whatever damaged code and weights make of themselves
        raise DataError(
            f"the network in {named(folder)} cannot be loaded: {type(error).__name__}: {error}; export it again"
        ) from None


def _examples(path: Path, module: dict[str, Any]) -> Any:
    """The examples of a file as the ``predict`` of a module takes them."""
    if "READS" in module:
        return items_in(path, module["READS"])
    arrays = arrays_in(path, "images")
    if "images" not in arrays:
        raise DataError(f"{named(path)}: it holds no images; expected an npz file with an array of that name")
    return shaped(arrays["images"], module["SHAPE"])
