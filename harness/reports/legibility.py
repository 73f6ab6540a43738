"""Contrast of colours on a screen, by the Web Content Accessibility Guidelines 2.2 (W3C 2023), criteria 1.4.3 and 1.4.11."""

from __future__ import annotations

import colorsys


def ratio(one: str, other: str) -> float:
    """The contrast of two colours ``#rrggbb``, from 1 (the same) to 21 (black and white).

    >>> round(ratio("#000000", "#ffffff"), 6), round(ratio("#777777", "#ffffff"), 2)
    (21.0, 4.48)
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def legible(colour: str, ground: str, least: float = 3.0) -> str:
    """The colour with its lightness moved away from the ground's until the contrast is enough; 3 is for lines, 4.5 for text.

    >>> legible("#0072B2", "#ffffff"), legible("#E69F00", "#ffffff")
    ('#0072b2', '#c28600')
    """
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    step = -0.01 if _luminance(ground) > 0.18 else 0.01
    found = colour.lower()
    while ratio(found, ground) < least and 0 <= lightness + step <= 1:
        lightness += step
        found = "#" + "".join(
            f"{round(255 * series):02x}" for series in colorsys.hls_to_rgb(hue, lightness, saturation)
        )
    return found


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _luminance(colour: str) -> float:
    """Relative luminance, as the guidelines define it."""
    linear = [
        series / 12.92 if series <= 0.04045 else ((series + 0.055) / 1.055) ** 2.4 for series in _channels(colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
