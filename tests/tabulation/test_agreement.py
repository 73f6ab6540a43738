"""Whether a table and its trainer agree: on matrices made by hand, and on the few cells trained again."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from few_cells import NEW_SEEDS, PLAN, column, invoke, snapshot
from scipy.stats import t as student
from scipy.stats import ttest_ind

from nasbed.benchmarks import NASBench201
from nasbed.benchmarks.convert import _folder
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.errors import DataError, Interrupted, OptionError, StudyError
from nasbed.tabulation.agreement import Agreement, agree, compare

SEEDS = (5, 6, 7)
LEVELS = 2.0 * np.arange(60)


def drawn(seed: int, spread: float = 1.0, shifts: Sequence[float] = (0.3, -0.2, 0.1)) -> np.ndarray:
    """Accuracies of three seeds, (architectures, seeds): noise of each training, and a shift of each seed."""
    noise = np.random.default_rng(seed).normal(0, spread, (60, 3))
    return LEVELS[:, None] + noise - noise.mean(axis=0) + np.array(shifts)


TABLE = drawn(0)


def test_trainings_of_the_same_noise_agree() -> None:
    for seed in range(1, 20):
        assert compare(TABLE, drawn(seed), SEEDS).agrees


@pytest.mark.parametrize(("shift", "agrees"), [(0.9, True), (-0.9, True), (1.0, False), (-1.0, False), (9.0, False)])
def test_a_bias_is_found_against_the_spread_of_the_seeds(shift: float, agrees: bool) -> None:
    found = compare(TABLE, drawn(1) + shift, SEEDS)
    test = ttest_ind(TABLE.mean(axis=0) + shift, TABLE.mean(axis=0))
    assert found.bias == pytest.approx(shift)
    assert found.tolerated == pytest.approx(abs(shift / test.statistic) * student.ppf(0.995, 4))
    assert found.agrees is agrees
    assert agrees is bool(test.pvalue > 0.01)


def test_trainings_without_noise_agree_where_they_are_equal() -> None:
    constant = np.repeat(0.1 * np.arange(60)[:, None], 3, axis=1)
    assert compare(constant, constant.copy(), SEEDS).agrees
    assert not compare(constant, constant + 0.1, SEEDS).agrees


@pytest.mark.parametrize(("spread", "agrees"), [(1.0, True), (2.5, False), (4.0, False)])
def test_noise_that_is_too_large_is_found(spread: float, agrees: bool) -> None:
    found = compare(TABLE, drawn(1, spread), SEEDS)
    assert found.noise == pytest.approx(1, abs=0.1)
    assert found.expected == pytest.approx(found.noise * math.sqrt(2 / 3))
    assert found.deviation == pytest.approx(math.sqrt((1 + spread**2) / 3), rel=0.15)
    assert found.agrees is agrees


@pytest.mark.parametrize(("swapped", "agrees"), [(0, True), (2, True), (40, False), (60, False)])
def test_lost_ranks_are_found(swapped: int, agrees: bool) -> None:
    levels = LEVELS / 1000
    new = levels.copy()
    new[:swapped] = new[:swapped][::-1]
    table = levels[:, None] + np.array([1.0, 0.0, -1.0])
    lost = 2 * sum((swapped - 1 - 2 * place) ** 2 for place in range(swapped)) / 2
    found = compare(table, np.stack([new] * 3, axis=1), SEEDS)
    assert found.correlation == pytest.approx(1 - 6 * lost / (60 * (60**2 - 1)))
    assert found.own == pytest.approx(1)
    assert (found.correlation >= found.own - 0.05) is agrees


def test_each_part_by_hand() -> None:
    table = np.array([[10.0, 14.0], [20.0, 20.0], [60.0, 54.0], [30.0, 32.0]])
    new = np.array([[13.0, 15.0], [19.0, 21.0], [57.0, 57.0], [29.0, 33.0]])
    found = compare(table, new, (8, 9))
    # The means of the table's seeds are 30 and 30, those of the new ones 29.5 and 31.5.
    assert (found.sample, found.seeds, found.bias) == (4, (8, 9), 0.5)
    assert found.tolerated == pytest.approx(student.ppf(0.995, 2) * math.sqrt((0 + 2) / 2))
    assert found.noise == pytest.approx(math.sqrt((8 + 0 + 18 + 2) / 4))
    assert found.expected == pytest.approx(found.noise)
    differences = [2 - 0.5, 0 - 0.5, 0 - 0.5, 0 - 0.5]
    assert found.deviation == pytest.approx(math.sqrt(sum(one**2 for one in differences) / 4))
    assert found.own == pytest.approx(1)


def test_equal_accuracies_have_no_ranks_to_agree() -> None:
    found = compare(np.full((5, 3), 10.0), np.full((5, 2), 10.0), (8, 9))
    assert math.isnan(found.correlation)
    assert not found.agrees
    assert "bias +0.00" in str(replace(found, bias=-0.001))


def test_an_agreement_in_words() -> None:
    assert str(Agreement(48, (1000, 1001), -0.25, 1.5, 1.5, 1.875, 1.75, 0.9125, 0.95)) == (
        "48 functions trained again with seeds 1000, 1001: the table agrees within the noise between seeds\n"
        "bias -0.25 points (tolerated: 1.50, t-test between seeds at 0.01)\n"
        "typical deviation 1.88 points, the seeds' means taken out (noise alone: 1.75; tolerated: 1.5 times that)\n"
        "Spearman 0.912 with the table (a run of the table with the others: 0.950; tolerated: 0.05 less)"
    )
    assert "the table DISAGREES beyond the noise" in str(Agreement(48, (1, 2), 1.6, 1.5, 1.5, 1.8, 1.7, 0.9, 0.9))


def doctored(out: Path, target: Path, **changes: Any) -> Path:
    manifest, counts = Manifest.load(out / "table"), changes.pop("counts", None)
    content = [
        (c, counts if c.file == "test_accuracy.npy" and counts is not None else manifest.opened(c))
        for c in manifest.columns
    ]
    _folder.write(replace(manifest, folder=target, columns=[], **changes), content)
    return target


@pytest.fixture(scope="module")
def anew(trainer: ModuleType) -> np.ndarray:
    from nasbed.benchmarks.training.images.table.digits import splits

    def trained(seed: int) -> np.ndarray:
        groups = [trainer.TrainingState(g, PLAN.shape, PLAN.recipe, seed, splits()).run().values for g in PLAN.groups()]
        return np.concatenate([values["test"]["correct"][:, -1] for values in groups])

    return np.stack([trained(seed) for seed in NEW_SEEDS], axis=1)


@pytest.mark.thorough
def test_a_table_is_compared_with_new_trainings(few: Path, anew: np.ndarray) -> None:
    before, seen = snapshot(few), []
    found = agree(
        few / "table",
        sample=6,
        seeds=2,
        first_seed=NEW_SEEDS[0],
        device="cpu",
        progress=lambda label, done, total: seen.append((done, total)),
    )
    accuracies = 100 * column(few / "table", "test_accuracy")[..., -1] / 451
    assert found == compare(accuracies, 100 * anew / 451, NEW_SEEDS)
    assert seen[0] == (0, 12)
    assert seen[-1] == (12, 12)
    assert sorted(seen) == seen
    assert snapshot(few) == before


def test_a_sample_of_the_functions_is_drawn(few: Path) -> None:
    found = agree(few / "table", sample=3, seeds=2, first_seed=NEW_SEEDS[0], device="cpu")
    accuracies = 100 * column(few / "table", "test_accuracy")[..., -1] / 451
    samples = [accuracies[list(rows)] for rows in itertools.combinations(range(6), 3)]
    assert found.sample == 3
    noises = [math.sqrt((one - one.mean(axis=0)).var(axis=1, ddof=1).mean()) for one in samples]
    assert any(math.isclose(found.noise, noise) for noise in noises)


@pytest.mark.thorough
def test_the_command_says_whether_a_table_agrees(
    few: Path, anew: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = anew.astype(np.uint16)
    agreeing = doctored(few, tmp_path / "right", counts=np.stack([right, right], axis=-1))
    disagreeing = doctored(few, tmp_path / "wrong", counts=np.stack([right + 100, right + 100], axis=-1))
    words = (
        "--sample",
        "6",
        "--seeds",
        "2",
        "--first-seed",
        str(NEW_SEEDS[0]),
        "--device",
        "cpu",
    )

    yes = invoke("agreement", str(agreeing), *words, "--engine", "local:1")
    assert yes.exit_code == 0, yes.output
    assert yes.stdout.startswith("6 functions trained again with seeds 1000, 1001: the table agrees within the noise")
    assert re.search(r"^bias [+-]0\.00 points", yes.stdout, re.MULTILINE)
    assert "typical deviation 0.00 points" in yes.stdout

    no = invoke("agreement", str(disagreeing), *words, "--engine", "here", "--json")
    assert no.exit_code == 1, no.output
    found = json.loads(no.stdout)
    assert found["agrees"] is False
    assert found["bias"] == pytest.approx(-100 * 100 / 451)
    assert (found["sample"], found["seeds"]) == (6, list(NEW_SEEDS))
    assert set(found) == {
        "table", "checksum", "sample", "seeds", "bias", "tolerated", "noise", "deviation", "expected", "correlation", "own",
        "agrees",
    }  # fmt: skip
    assert (found["table"], found["checksum"]) == ("few", Manifest.load(disagreeing).checksum)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sample": "5"}, "sample = '5'; expected a whole number in 3 .. 6, the functions of few"),
        ({"sample": 2}, "sample = 2; expected a whole number in 3 .. 6, the functions of few"),
        ({"sample": 7}, "sample = 7; expected a whole number in 3 .. 6, the functions of few"),
        ({"sample": -1}, "sample = -1; expected a whole number in 3 .. 6, the functions of few"),
        ({"seeds": 1}, "seeds = 1; expected a whole number in 2 .. 1,000: the noise between seeds is the yardstick"),
        ({"first_seed": 75}, "seed 76 is one of the table's (76, 77); choose others with first_seed (--first-seed)"),
        ({"first_seed": 77}, "seed 77 is one of the table's (76, 77); choose others with first_seed (--first-seed)"),
    ],
    ids=str,
)
def test_a_sample_or_seed_that_cannot_be_is_refused(options: dict[str, int], words: str, few: Path) -> None:
    with pytest.raises(OptionError) as caught:
        agree(few / "table", **{"sample": 4, "device": "cpu", **options})
    assert str(caught.value) == words


def test_a_table_that_was_not_tabulated_is_refused(trainer: ModuleType) -> None:
    with pytest.raises(DataError) as caught:
        agree(NASBench201.folder, device="cpu")
    assert str(caught.value) == "nasbench201 does not say how it was trained; expected a table of nasbed tabulate"


def test_a_table_of_one_run_is_refused(few: Path, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    manifest = Manifest.load(few / "table")
    content = [(c, manifest.opened(c)[:, :1] if "run" in c.axes else manifest.opened(c)) for c in manifest.columns]
    _folder.write(replace(manifest, folder=tmp_path / "one", columns=[], runs=["76"]), content)
    with pytest.raises(DataError) as caught:
        agree(tmp_path / "one", sample=4, device="cpu")
    assert str(caught.value) == "few has one run, so its noise is not known; tabulate with seeds = 2 or more"


def test_a_table_of_another_plan_than_it_says_is_refused(few: Path, tmp_path: Path) -> None:
    folder = doctored(few, tmp_path / "other", study=replace(PLAN, sample=20).dump())
    with pytest.raises(DataError, match=r"^few holds 6 functions, its plan 1\d; it is damaged$"):
        agree(folder, sample=4, device="cpu")
    folder = doctored(few, tmp_path / "torn", study="name = ")
    with pytest.raises(StudyError, match=re.escape(str(folder))):
        agree(folder, sample=4, device="cpu")


def test_a_stopped_agreement_is_one_word(few: Path) -> None:
    def stop(label: str, done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=r"^stopped$"):
        agree(few / "table", sample=3, seeds=2, device="cpu", progress=stop)
