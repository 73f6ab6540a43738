"""Images as they come to a trained network."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbed.errors import DataError, shown, told


def shaped(images: Any, shape: tuple[int, int, int]) -> np.ndarray:
    """Images as (count, colours, height, width), where each is of ``shape``: colours first, last, or left out where there is one;
    where they could be first or last they are last, as :func:`load_images` reads them.

    Raises :class:`~nasbed.errors.DataError` for what is no array of finite numbers, or has another shape.
    """
    try:
        values = np.asarray(images)
        if values.dtype.kind not in "biuf":
            raise DataError(f"images are an array of {values.dtype}; expected numbers")
    except DataError:
        raise
    except Exception as error:  # of other libraries' arrays, and of lists of unequal lengths
        raise DataError(f"images = {shown(images)}; expected an array of numbers ({told(error)})") from None
    colours, height, width = shape
    last = (height, width, colours)
    accepted = [shape, last, *([(height, width)] if colours == 1 else [])]
    if values.ndim < 3 or values.shape[1:] not in accepted:
        words = " or ".join(f"(count, {', '.join(map(str, one))})" for one in dict.fromkeys(accepted))
        alone = "; of one image take images[None]" if values.shape in accepted else ""
        raise DataError(f"images are of shape {values.shape}; the network was trained on {words}{alone}")
    if not np.isfinite(values).all():
        raise DataError("images hold a pixel that is no finite number; expected numbers as those that were trained on")
    if values.ndim == 3:
        return values[:, None]
    return values.transpose(0, 3, 1, 2) if values.shape[1:] == last else values
