"""The shipped table of networks for sequences: whole, useful as a landscape, and what its trainer gives."""

from __future__ import annotations

import numpy as np
import pytest
import vowels_card as card
from places import ROOT

import nasbed
from nasbed.benchmarks import Vowels
from nasbed.benchmarks.spaces.sequence_layers import SequenceShape
from nasbed.benchmarks.training.plans import load_plan
from nasbed.benchmarks.training.sequences.table.plan import sequence_plan
from nasbed.errors import DataError, OptionError, UnknownNameError
from nasbed.landscape.measures import rank_correlation

SHAPE = SequenceShape(tokens=0, channels=12, classes=9, longest=29)


@pytest.fixture(scope="module")
def table() -> Vowels:
    return Vowels(epochs=range(1, 13), objectives=["accuracy", "loss", "flops"])


def test_the_table_is_whole_and_small(table: Vowels) -> None:
    table.manifest.verify()
    assert table.manifest.architectures == table.space.size == 2_016
    assert len(table.manifest.runs) == 3
    assert sum(path.stat().st_size for path in table.manifest.folder.iterdir()) < 3_000_000
    for split in ("train", "validation", "test"):
        column = table.manifest.column("noisy_vowels", "accuracy", split, 12)
        counts = np.asarray(table.manifest.opened(column))
        assert counts.shape == (2_016, 3, 12)
        assert column.images == 384 >= counts.max()
        losses = table.manifest.read(table.manifest.column("noisy_vowels", "loss", split, 12), 12)
        assert np.isfinite(losses).all()
    assert not np.asarray(table.values("outcome", schedule=12)).any()


def test_it_is_the_table_of_the_plan_that_is_shipped(table: Vowels) -> None:
    plan = sequence_plan(table.manifest.study)
    assert plan == load_plan(ROOT / "studies" / "vowels.toml")
    flops, parameters = (np.asarray(table.values(name)) for name in ("flops", "parameters"))
    for index in range(0, 2_016, 97):
        stack, _ = plan.training(table.space.archs[index])
        assert (parameters[index], flops[index]) == stack.sizes(SHAPE)


def test_the_landscape_is_worth_a_search(table: Vowels) -> None:
    found = card.facts()
    assert min(map(float, found["seeds"].split(", "))) >= 0.85
    assert found["share"] >= 75
    assert found["fourth"] >= 0.6
    assert found["splits"] >= 0.9
    assert found["flops"] < 0.7
    assert found["largest_best"] > 2_016 / 100, "no setting brings the largest networks into the best hundredth"


def test_the_data_card_says_what_the_table_holds() -> None:
    assert (ROOT / "docs" / "vowels.md").read_text(encoding="utf-8") == card.page()


def test_either_half_can_be_searched_alone() -> None:
    rates = Vowels(
        search="hyperparameters", frozen="width=8,layer_1=lstm,layer_2=none,direction=both,pool=max,rate=0.03"
    )
    assert rates.space.size == 3
    whole = Vowels()
    texts = [f"width=8,layer_1=lstm,layer_2=none,direction=both,pool=max,rate={rate}" for rate in (0.003, 0.01, 0.03)]
    places = np.array([whole.space.index(whole.space.parse(text)) for text in texts])
    assert rates.query(np.arange(3)).tolist() == whole.query(places).tolist()
    assert Vowels(search="architecture").space.size == 672


def test_a_network_is_drawn_as_its_layers_whatever_is_searched() -> None:
    said = "width=8,layer_1=attention,layer_2=gru,direction=both,pool=max,rate=0.03"
    whole, half = Vowels().space, Vowels(search="architecture", frozen=said).space
    rows = half.drawn_layers(half.parse(said))  # type: ignore[attr-defined]
    assert rows == whole.drawn_layers(whole.parse(said))  # type: ignore[attr-defined]
    assert [parts[0][0] for _, parts in rows] == [
        "linear",
        "attention",
        "feed-forward",
        "gru",
        "max pooling",
        "linear classifier",
        "",
    ]
    assert rows[-1][1] == (("", "adam rate 0.03 batch 32 decay 0", 0),)


def test_trainings_are_resumed_for_the_difference(table: Vowels) -> None:
    oracle = table.oracle("run:1")
    costs = [oracle(100, epochs, 0)[1] for epochs in range(1, 13)]
    assert costs == pytest.approx([costs[0] * epochs for epochs in range(1, 13)], rel=1e-6)
    result = nasbed.search("successive_halving", Vowels(epochs=[1, 4, 12]), budget={"epochs": 200}, seed=3)
    assert {outcome.epochs for outcome in result.outcomes} == {1, 4, 12}


def test_what_was_not_recorded_is_refused(tmp_path: object) -> None:
    with pytest.raises(OptionError, match=r"epochs = \[1, 13\]; expected a list of epochs in 1 \.\. 12"):
        Vowels(epochs=[1, 13])
    with pytest.raises(UnknownNameError, match=r"unknown data set.*'digit_rows'.*known: noisy_vowels"):
        Vowels("digit_rows")
    with pytest.raises(DataError, match=r"is of the space 'nasbench201'; expected 'sequence'"):
        Vowels(folder=nasbed.load_benchmark("digits201").manifest.folder)
    with pytest.raises(OptionError, match="folder = 3; expected the path of a table that nasbed tabulate wrote"):
        Vowels(folder=3)  # type: ignore[arg-type]


def test_the_trainer_gives_the_first_epochs_of_the_table(table: Vowels) -> None:
    """Rounding grows along a training, so the first epochs are compared."""
    pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")
    from nasbed.benchmarks.training.sequences import load_sequences
    from nasbed.benchmarks.training.sequences.networks.fit import SequenceFit
    from nasbed.benchmarks.training.sequences.networks.network import SequenceNetwork

    try:
        data = load_sequences("noisy_vowels")
    except DataError as error:
        pytest.skip(f"needs the series: {error}")
    plan = sequence_plan(table.manifest.study)
    for index in (40, 500, 1_000):
        stack, recipe = plan.training(table.space.archs[index])
        fit = SequenceFit(
            SequenceNetwork(stack).build(data, (0, 1, 2)), recipe, (0, 1, 2), data, ("validation", "test")
        )
        values = fit.run(2).values
        for split in ("train", "validation", "test"):
            losses = table.manifest.opened(table.manifest.column("noisy_vowels", "loss", split, 12))[index, :, :2]
            assert pytest.approx(losses.astype(float), rel=0.02) == np.array(values[split]["loss"]).T, split


@pytest.mark.parametrize("check", nasbed.benchmark_checks("vowels", epochs=[1, 4, 12]), ids=str)
def test_it_conforms_at_several_fidelities(check: nasbed.Check) -> None:
    check()


def test_early_epochs_tell_something_of_the_end(table: Vowels) -> None:
    everyone = np.arange(2_016)
    ranks = [rank_correlation(table.query(everyone, epochs=epochs), table.query(everyone)) for epochs in (1, 4, 12)]
    assert 0.3 < ranks[0] < ranks[1] < ranks[2] == pytest.approx(1)
