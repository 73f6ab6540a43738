"""The shipped table of real trainings: whole, useful as a landscape, and what its trainer gives."""

from __future__ import annotations

from importlib.util import find_spec

import digits201_card as card
import numpy as np
import pytest
from daily import daily
from places import ROOT

import nasbed
from nasbed.benchmarks import Digits201
from nasbed.benchmarks.spaces.nasbench201_functions import function, live
from nasbed.benchmarks.training.local.scales import Scale
from nasbed.errors import UnknownNameError
from nasbed.landscape.measures import rank_correlation


@pytest.fixture(scope="module")
def table() -> Digits201:
    return Digits201(epochs=range(1, 13), objectives=["accuracy", "loss", "flops"])


def test_the_table_is_whole_and_small(table: Digits201) -> None:
    table.manifest.verify()
    assert (table.manifest.members, table.manifest.architectures, len(table.manifest.runs)) == (15_625, 5_044, 3)
    assert sum(path.stat().st_size for path in table.manifest.folder.iterdir()) < 4_000_000
    for split, images in (("train", 896), ("validation", 450), ("test", 451)):
        column = table.manifest.column("digits", "accuracy", split, 12)
        counts = np.asarray(table.manifest.opened(column))
        assert counts.shape == (5_044, 3, 12)
        assert column.images == images >= counts.max()
        losses = table.manifest.read(table.manifest.column("digits", "loss", split, 12), 12)
        assert np.isfinite(losses).all()
    assert not np.asarray(table.values("outcome", schedule=12)).any()


def test_cells_share_a_row_if_and_only_if_they_compute_the_same_function(table: Digits201) -> None:
    archs, rows = table.space.archs, np.asarray(table.rows)
    assert sorted(set(rows.tolist())) == list(range(5_044))
    seen: dict[int, object] = {}
    for index in range(0, 15_625, 7):
        value = function(archs[index])
        assert seen.setdefault(int(rows[index]), value) == value
    assert len(set(seen.values())) == len(seen)


def test_sizes_are_those_of_the_trained_network(table: Digits201) -> None:
    from nasbed.benchmarks.training.images.table.plan import TrainingPlan

    plan = TrainingPlan.parse(table.manifest.study)
    assert plan == TrainingPlan.load(ROOT / "studies" / "digits201.toml")
    flops, parameters = (np.asarray(table.values(name))[table.rows] for name in ("flops", "parameters"))
    for index in range(0, 15_625, 997):
        arch = live(table.space.archs[index])
        twins = np.flatnonzero(np.asarray(table.rows) == table.rows[index])
        sizes = {plan.shape.flops(live(table.space.archs[twin])) for twin in twins.tolist()}
        assert flops[index] in sizes
        assert flops[index] <= plan.shape.flops(arch)
        assert parameters[index] <= plan.shape.parameters(arch)


def test_the_landscape_is_useful(table: Digits201) -> None:
    found = card.facts()
    assert found["share"] >= 95
    assert found["share_top"] >= 60
    assert min(map(float, found["seeds"].split(", "))) >= 0.85
    assert found["fourth"] >= 0.6


def test_the_data_card_says_what_the_table_holds() -> None:
    assert (ROOT / "docs" / "digits201.md").read_text(encoding="utf-8") == card.page()


def test_trainings_are_resumed_for_the_difference(table: Digits201) -> None:
    oracle = table.oracle("run:1")
    costs = [oracle(11472, epochs, 0)[1] for epochs in range(1, 13)]
    assert costs == pytest.approx([costs[0] * epochs for epochs in range(1, 13)], rel=1e-6)
    result = nasbed.search("successive_halving", Digits201(epochs=[1, 4, 12]), budget={"epochs": 600}, seed=3)
    assert {outcome.epochs for outcome in result.outcomes} == {1, 4, 12}
    spent = sum(outcome.cost for outcome in result.outcomes)
    alone = {(o.arch, o.epochs): o.cost for o in result.outcomes}
    assert spent < sum(oracle(table.space.index(arch), epochs, 0)[1] for arch, epochs in alone)
    assert result.outcomes[-1].epochs in (1, 4, 12)


def test_fidelities_that_were_not_recorded_are_refused() -> None:
    with pytest.raises(nasbed.NasbedError, match="13"):
        Digits201(epochs=[1, 13])
    with pytest.raises(UnknownNameError, match=r"unknown data set.*'cifar10'.*known: digits"):
        Digits201("cifar10")


@pytest.mark.parametrize("until", daily([1, 2], 1))
def test_the_trainer_gives_the_first_epochs_of_the_table(table: Digits201, until: int) -> None:
    """Rounding grows along a training: tests/thorough trains to the end, where numbers agree as two seeds do."""
    pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")
    pytest.importorskip("sklearn", reason="needs scikit-learn: pip install '.[train]'")
    from nasbed.benchmarks.training.images.table import digits
    from nasbed.benchmarks.training.images.table.plan import TrainingPlan
    from nasbed.benchmarks.training.images.table.trainer import TrainingState

    plan = TrainingPlan.parse(table.manifest.study)
    cells, _ = plan.rows()
    rows, seed = [40, 1_700, 3_100, 4_900], 2
    values = (
        TrainingState([cells[row] for row in rows], plan.shape, plan.recipe, seed, digits.splits())
        .run(until=until)
        .values
    )
    for split, images in digits.SIZES.items():
        losses = table.manifest.opened(table.manifest.column("digits", "loss", split, 12))[rows, seed]
        counts = table.manifest.opened(table.manifest.column("digits", "accuracy", split, 12))[rows, seed].astype(int)
        assert values[split]["loss"][:, 0] == pytest.approx(losses[:, 0].astype(float), rel=0.02), split
        assert np.abs(values[split]["correct"][:, 0] - counts[:, 0]).max() <= 0.02 * images
        if until == 1:
            continue
        assert np.abs(values[split]["correct"][:, 1] - counts[:, 1]).max() <= 0.08 * images
        assert rank_correlation(values[split]["loss"][:, 1], losses[:, 1].astype(float)) > 0.7


@pytest.fixture
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second here is one of the table, without timing cells."""
    if find_spec("torch") is not None:
        from nasbed.benchmarks.training.supernets import of_tables

        monkeypatch.setattr(of_tables, "measure", lambda *_: Scale(1.0, 1.0, 1.0, 24))


@pytest.mark.usefixtures("unmeasured")
@pytest.mark.parametrize("check", nasbed.benchmark_checks("digits201", epochs=[1, 4, 12]), ids=str)
def test_it_conforms_at_several_fidelities(check: nasbed.Check) -> None:
    check()
