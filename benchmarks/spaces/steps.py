"""Values of a variable that lie in equal steps, on a linear or a logarithmic scale."""

from __future__ import annotations


def linear(low: float, high: float, count: int, digits: int = 6) -> tuple[float, ...]:
    """``count`` values from ``low`` to ``high`` in equal steps, rounded to so many digits behind the point.

    >>> linear(0.1, 0.3, 3)
    (0.1, 0.2, 0.3)
    """
    return tuple(round(low + (high - low) * place / (count - 1), digits) for place in range(count))


def logarithmic(low: float, high: float, count: int, digits: int = 3) -> tuple[float, ...]:
    """``count`` values from ``low`` to ``high`` with equal ratios, rounded to so many significant digits.

    >>> logarithmic(0.001, 0.1, 5)
    (0.001, 0.00316, 0.01, 0.0316, 0.1)
    """
    return tuple(float(f"{low * (high / low) ** (place / (count - 1)):.{digits}g}") for place in range(count))


def logarithmic_whole(low: int, high: int, count: int) -> tuple[int, ...]:
    """``count`` whole numbers from ``low`` to ``high`` with ratios as equal as rounding lets them be.

    >>> logarithmic_whole(16, 64, 5)
    (16, 23, 32, 45, 64)
    """
    return tuple(round(low * (high / low) ** (place / (count - 1))) for place in range(count))
