"""Trainings on sequences: what a step makes smaller, what is measured, and what a benchmark of them says."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_texts import SMALL, small_texts, write_tsv

torch = pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")

from torch.nn import functional  # noqa: E402

import nasbed  # noqa: E402
from nasbed.benchmarks.sequence import Sequence  # noqa: E402
from nasbed.benchmarks.training.network_benchmark import JudgedNetworks  # noqa: E402
from nasbed.benchmarks.training.recipe import Recipe  # noqa: E402
from nasbed.benchmarks.training.sequences import SequenceData, load_sequences  # noqa: E402
from nasbed.benchmarks.training.sequences.networks.fit import SequenceFit  # noqa: E402
from nasbed.benchmarks.training.sequences.networks.network import SequenceNetwork  # noqa: E402
from nasbed.errors import NasbedError, OptionError  # noqa: E402
from nasbed.streams import stream  # noqa: E402
from nasbed.vocabulary import Training  # noqa: E402

NEXT = "width 8; gru | adam rate 0.01 batch 16 decay 0"


@pytest.fixture(scope="module")
def texts() -> SequenceData:
    return load_sequences(small_texts())


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text of which no two windows are the same, and whose last window is shorter in every part."""
    path = tmp_path_factory.mktemp("book") / "book.txt"
    path.write_text(" ".join(small_texts(110)[0]))
    return path


def fit_of(data: SequenceData, text: str, seeds: list[int], epochs: int = 2, **options: Any) -> SequenceFit:
    space = Sequence(data=data).space
    said = space.sequence(space.parse(text))
    recipe = Recipe(epochs, said.batch, said.rate, decay=said.decay, optimizer=said.optimizer)
    return SequenceFit(SequenceNetwork(said.stack).build(data, seeds), recipe, seeds, data, **options)


def test_batches_are_cut_to_their_longest_and_each_network_has_an_order_of_its_own(texts: SequenceData) -> None:
    fit = fit_of(texts, SMALL, [4, 5])
    train = texts.splits["train"]
    orders = [stream(seed, "training", "epoch 0").numpy.permutation(len(train.labels)) for seed in (4, 5)]
    seen = 0
    for (values, lengths), (labels,) in fit.epoch_batches():
        assert values.shape[2] == int(lengths.max())
        for network, order in enumerate(orders):
            mine = order[seen : seen + len(labels)]
            np.testing.assert_array_equal(lengths[:, network], train.lengths[mine])
            np.testing.assert_array_equal(labels[:, network], train.labels[mine])
            np.testing.assert_array_equal(values[:, network], train.values[mine][:, : values.shape[2]])
        seen += len(labels)
    assert seen == len(train.labels)


def test_the_loss_of_next_tokens_is_a_mean_over_tokens_and_never_over_padding(book: Path) -> None:
    """By hand, window by window without padding; the mean of means of windows would be another number."""
    data = load_sequences(book, longest=16)
    validation = data.splits["validation"]
    assert validation.lengths.min() < validation.lengths.max() == 16
    fit = fit_of(data, NEXT, [1, 2])
    losses: list[list[float]] = [[], []]
    right: list[list[bool]] = [[], []]
    with torch.no_grad():
        fit.networks.train(False)
        for row, length in enumerate(validation.lengths.tolist()):
            values = torch.tensor(validation.values[row, :length])[None, None].expand(1, 2, -1)
            out = fit.networks(values, torch.full((1, 2), length))
            labels = torch.tensor(validation.labels[row, :length])
            for network in range(2):
                losses[network] += functional.cross_entropy(out[0, network], labels, reduction="none").tolist()
                right[network] += (out[0, network].argmax(1) == labels).tolist()
    loss, accuracy = fit.measured("validation")
    assert loss.tolist() == pytest.approx([float(np.mean(one)) for one in losses], rel=1e-5)
    assert accuracy.tolist() == pytest.approx([100 * float(np.mean(one)) for one in right])
    ((inputs, targets),) = list(fit.split_batches("validation"))
    assert float(fit.loss(fit.networks(*inputs), *targets).detach()) == pytest.approx(float(loss.sum()), rel=1e-5)
    assert fit.logits("validation").shape == (2, int(validation.lengths.sum()), data.tokens)


@pytest.mark.parametrize(
    "text", [SMALL, "width 8; lstm norm dropout 0.25; pool last | adam rate 0.01 batch 16 decay 0"]
)
def test_networks_in_a_group_learn_as_alone_and_go_on_from_a_state(texts: SequenceData, text: str) -> None:
    together = fit_of(texts, text, [5, 6], watched=("validation", "test"))
    together.run(1)
    resumed = fit_of(texts, text, [5, 6], watched=("validation", "test"))
    resumed.restore(together.state())
    together.run(2)
    resumed.run(2)
    alone = fit_of(texts, text, [6])
    alone.run(2)
    for split in ("train", "validation"):
        found = np.array(together.curves.values[split]["loss"])
        np.testing.assert_array_equal(found, np.array(resumed.curves.values[split]["loss"]))
        np.testing.assert_allclose(found[:, 1], np.array(alone.curves.values[split]["loss"])[:, 0], rtol=2e-3)
    assert together.curves.values["test"]["accuracy"][-1].shape == (2,)


def test_a_search_sees_validation_and_its_incumbent_is_judged_on_test(tmp_path: Path) -> None:
    benchmark = Sequence(data=str(write_tsv(tmp_path / "few.tsv")), epochs=[1, 2], retrainings=2)
    assert benchmark.label == "sequence/few"
    arch = benchmark.space.parse(SMALL)
    index, folder = benchmark.space.index(arch), str(tmp_path / "retrainings")
    values = benchmark.trainer()(Training(arch, 2, 7, 0)).values
    (made,) = benchmark.training(arch, 7).make(2)
    assert values == [made.at("validation", "accuracy", 2)]
    benchmark.retrain(index, 0, folder)
    judged = benchmark.judged_in(folder)
    assert isinstance(judged, JudgedNetworks)
    found = [one.scores["test"]["accuracy"] for one in benchmark.retrained(index, folder)]
    assert judged.referee().test(np.array([index]))[0] == pytest.approx(np.mean(found))
    assert np.array(benchmark.retrained(index, folder)[0].scores["test"]["confusion"]).sum() == 18
    assert benchmark.sizes(index) == (benchmark.space.parameters(arch), benchmark.space.flops(arch))


def test_perplexity_is_the_exponential_of_the_loss(book: Path) -> None:
    benchmark = Sequence(data=str(book), longest=16, epochs=[1], objectives=["perplexity", "loss", "accuracy"])
    arch = benchmark.space.parse(NEXT)
    perplexity, loss, _ = benchmark.trainer()(Training(arch, 1, 7, 0)).values
    assert perplexity == pytest.approx(-math.exp(-loss))
    (made,) = benchmark.training(arch, 7).make(1, ("test",))
    scores = made.scores["test"]
    assert scores.keys() == {"loss", "accuracy", "perplexity"}
    assert scores["perplexity"] == pytest.approx(math.exp(scores["loss"]))


def test_a_folder_whose_files_change_is_read_anew(tmp_path: Path) -> None:
    texts, labels = small_texts(90)
    for part, (start, end) in {"train": (0, 60), "test": (60, 90)}.items():
        rows = zip(texts[start:end], labels[start:end], strict=True)
        (tmp_path / f"{part}.tsv").write_text("".join(f"{label}\t{text}\n" for text, label in rows))
    before = Sequence(data=str(tmp_path)).checksum
    path = tmp_path / "test.tsv"
    path.write_text(path.read_text().replace("a", "b") + "none\tcccccccc\n")
    assert Sequence(data=str(tmp_path)).checksum != before


def test_halves_are_searched_alone(tmp_path: Path) -> None:
    benchmark = Sequence(search="hyperparameters", frozen=SMALL, epochs=[1])
    assert benchmark.label == "sequence/digit_rows, hyperparameters alone"
    text = benchmark.space.format(benchmark.space.sample(stream(0, "a", "b")))
    assert text.startswith("width 16; conv 3 dilation 1 both; pool max | ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"data": 3}, "data = 3; expected the name of a data set, or the path of a file or folder of sequences"),
        ({"data": "digit_row"}, "unknown sequences 'digit_row'; did you mean 'digit_rows'"),
        ({"tokens": "letters"}, "unknown kind of tokens 'letters'"),
        ({"longest": 0}, "longest = 0; expected"),
        ({"objectives": ["perplexity"]}, "objective perplexity is of the next token, and the sequences of digit_rows are"),
        ({"objectives": ["latency"]}, "unknown objective of sequence 'latency'"),
        ({"teacher": "best"}, "unknown option of sequence 'teacher'"),
        ({"search": "architecture", "frozen": "width 24; gru; pool mean"}, "width = 24; expected one of 8, 16, 32"),
        ({"search": "architecture", "frozen": "width 16; attention heads 3; pool mean"}, "3 heads do not divide the width"),
    ],
)  # fmt: skip
def test_what_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(NasbedError, match=re.escape(message)):
        nasbed.load_benchmark("sequence", **options)


def test_how_data_are_read_is_not_said_of_data(texts: SequenceData) -> None:
    with pytest.raises(OptionError, match=r"tokens and longest say how files are read; the data are given"):
        Sequence(data=texts, longest=4)
