"""The inputs that ``NASBED_FUZZ`` asks for are spread over all fuzz tests: none more, none fewer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest


def test_the_shares_make_a_whole() -> None:
    texts = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")]
    shares = [float(share) for text in texts for share in re.findall(r"^@fuzz\(\d+, ([\d.]+)\)$", text, re.M)]
    assert len(shares) == sum(text.count("\n@given(") for text in texts)
    assert sum(shares) == pytest.approx(1)
