"""Units that fit: 0.004 s is shown as 4 ms, and 150,000,000 parameters as 150 M."""

from __future__ import annotations

_SMALLER = {"s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))}
_LARGER = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
_WORDS = ("%", "% points", "nats")
_COUNTED = ("parameters", "multiply-accumulates")
"""Units of counts, which the name of what is counted says already."""
_LARGE = 1e5
"""From here on numbers are written in thousands or more."""


def scaling(unit: str, largest: float) -> tuple[float, str]:
    """What numbers of a unit up to ``largest`` are divided by, and the unit that they are then in.

    >>> scaling("s", 0.02), scaling("s", 3.0), scaling("ms", 4.0), scaling("parameters", 1.5e8)
    ((0.001, 'ms'), (1.0, 's'), (1.0, 'ms'), (1000000.0, 'M parameters'))
    """
    for factor, smaller in _SMALLER.get(unit, ()):
        if largest >= factor:
            return factor, smaller
    if unit in _SMALLER:
        return _SMALLER[unit][-1]
    if largest >= _LARGE and unit not in _WORDS:
        factor, prefix = next(one for one in _LARGER if largest >= one[0])
        return factor, f"{prefix} {unit}"
    return 1.0, unit


def written(value: float, unit: str) -> str:
    """A number in the unit that fits it, with two digits.

    >>> written(1.7e-5, "s"), written(0.2, "s")
    ('17\\xa0µs', '200\\xa0ms')
    """
    factor, name = scaling(unit, value)
    return f"{float(f'{value / factor:.2g}'):g}\N{NO-BREAK SPACE}{name}"


def bound(value: float, unit: str) -> str:
    """A number that is set, with all its digits, in the unit that fits it; what is counted stands beside its name.

    >>> bound(0.012, "s"), bound(6e7, "multiply-accumulates"), bound(512, "parameters"), bound(0, "s")
    ('12 ms', '60 M', '512', '0 s')
    """
    factor, name = scaling(unit, abs(value)) if value else (1.0, unit)
    shown = " ".join(word for word in name.split(" ") if word not in _COUNTED)
    return f"{value / factor:.15g} {shown}".rstrip()
