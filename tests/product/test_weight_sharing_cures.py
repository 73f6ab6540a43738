"""The script that tests cures of weight sharing compares each with its own method, and corrects over all of them."""

from __future__ import annotations

import numpy as np
import pytest
import weight_sharing_cures as cures
from places import ROOT

import nasbed
from nasbed.statistics.paired import contrast


def test_each_cure_is_compared_with_its_own_method() -> None:
    rng = np.random.default_rng(0)
    regrets = {name: rng.normal(20, 1, 12) for name in ("darts", "spos")}
    regrets |= {cure: regrets[base] + rng.normal(0, 1, 12) for cure, base in cures.PAIRS.items()}
    regrets["darts, auxiliary skip"] = regrets["darts"] - 10 + rng.normal(0, 0.1, 12)
    found = {row[0]: dict(zip(cures.HEAD, row, strict=True)) for row in cures.rows(regrets)}
    assert list(found) == ["darts", "spos", *cures.PAIRS]
    row = found["darts, auxiliary skip"]
    assert (row["than"], row["Δ"], row["better on"]) == ("darts", "-10.0", "100 %")
    assert float(row["p (Holm)"]) == pytest.approx(4 * float(row["p"]), rel=0.02)
    assert float(row["found from"]) < 1
    fair = contrast(regrets["spos, fair"], regrets["spos"])
    assert (found["spos, fair"]["than"], found["spos, fair"]["Δ"]) == ("spos", f"{fair.difference:+.1f}")


def test_the_study_has_every_pair() -> None:
    study = nasbed.Study.load(ROOT / "studies" / "weight_sharing_cures.toml")
    assert {*cures.PAIRS, *cures.PAIRS.values()} == {series.label for series in study.strategies}
