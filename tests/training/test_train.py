"""Training one architecture: what it answers, scores and leaves, and going on where it was stopped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from small_images import SMALL, named_images, small_images, write_npz

import nasbed
from nasbed.benchmarks.training.fitting.fit import Fit
from nasbed.benchmarks.training.images.networks.benchmark import ImageBenchmark
from nasbed.benchmarks.training.local.trainings import MadeTraining
from nasbed.errors import BenchmarkError, Interrupted
from nasbed.training.curve_figure import curve_figure
from nasbed.training.fitted import FittedNetwork
from nasbed.training.fitting import train
from nasbed.training.scores import best_place, score_frame


def test_it_predicts_the_classes_as_the_user_wrote_them(fitted: FittedNetwork) -> None:
    images, labels = named_images()
    assert fitted.classes_.tolist() == ["ant", "bee", "cat"]
    assert fitted.score(images, labels) > 0.95
    predicted, chances = fitted.predict(images), fitted.predict_proba(images)
    assert predicted.dtype == fitted.classes_.dtype
    np.testing.assert_array_equal(predicted, fitted.classes_[chances.argmax(1)])
    np.testing.assert_allclose(chances.sum(1), 1)
    assert fitted.score(images, labels) == (predicted == labels).mean()
    assert fitted.predict_proba(images[:0]).shape == (0, 3)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (np.array([7, -3, 11]), [-3, 7, 11]),
        (np.array([7.0, -3.0, 11.0]), [-3, 7, 11]),
        (np.array(["10", "9", "x"]), ["10", "9", "x"]),
        (np.array([True, False, True]), [False, True]),
    ],
)
def test_classes_keep_their_type(labels: np.ndarray, expected: list[object]) -> None:
    images, numbers = small_images(60)
    model = nasbed.train("max pool 2x2", data=(images, labels[numbers]), epochs=1, seeds=1)
    assert model.classes_.tolist() == expected
    assert set(model.predict(images).tolist()) <= set(expected)
    assert 0 <= model.score(images, labels[numbers]) <= 1


def test_images_may_have_their_colours_first_or_last(tmp_path: Path) -> None:
    images, numbers = small_images(60, colours=3)
    path = write_npz(tmp_path / "mine.npz", images=images, labels=numbers)
    model = nasbed.train("max pool 2x2", data=path, epochs=1, seeds=1)
    assert model.classes_.tolist() == [0, 1, 2]
    last = model.predict_proba(images)
    np.testing.assert_array_equal(last, model.predict_proba(images.transpose(0, 3, 1, 2)))
    np.testing.assert_allclose(last, model.predict_proba(images.astype(float)), rtol=1e-6)


def test_scores_are_of_the_last_epoch_and_of_all_seeds(fitted: FittedNetwork) -> None:
    scores = fitted.scores.set_index(["split", "metric"])
    last = fitted.curves[fitted.curves["epoch"] == 4]
    assert scores.loc[("validation", "accuracy"), ["seed 0", "seed 1"]].tolist() == last["validation_accuracy"].tolist()
    row = scores.loc[("test", "accuracy")]
    assert row["mean"] == pytest.approx(np.mean([row["seed 0"], row["seed 1"]]))
    assert row["sd"] == pytest.approx(np.std([row["seed 0"], row["seed 1"]], ddof=1))
    assert set(scores.index) == {
        (split, metric)
        for split in ("train", "validation", "test")
        for metric in ("accuracy", "loss", "precision", "recall", "f1")
    }


def made(curve: list[float], test: float) -> MadeTraining:
    def of(accuracy: float) -> dict[str, object]:
        return {"accuracy": accuracy, "loss": 1.0, "precision": 0.5, "recall": 0.5, "f1": 0.5}

    curves = {"validation": {"accuracy": list(curve), "loss": [1.0] * len(curve)}}
    return MadeTraining(
        len(curve), "ended", curves, [1.0] * len(curve), {"validation": of(curve[-1]), "test": of(test)}
    )


def test_neither_the_best_epoch_nor_test_chooses_the_seed() -> None:
    trainings = [made([99.0, 50.0], test=99.0), made([40.0, 60.0], test=10.0), made([70.0, 60.0], test=98.0)]
    assert best_place(trainings) == 1
    frame = score_frame(trainings).set_index(["split", "metric"])
    assert frame.loc[("validation", "accuracy"), "mean"] == pytest.approx(170 / 3)


def test_trainings_that_failed_are_not_in_the_means_and_never_chosen() -> None:
    lost = MadeTraining(1, "no number", {"train": {"loss": [None], "accuracy": [None]}}, [1.0])
    frame = score_frame([lost, made([60.0], 50.0)]).set_index(["split", "metric"])
    assert best_place([lost, made([60.0], 50.0)]) == 1
    row = frame.loc[("test", "accuracy")]
    assert (row["mean"], row["trainings"]) == (50.0, 1)
    assert np.isnan(row["seed 0"])
    assert np.isnan(row["sd"])


def test_its_files_hold_its_numbers(fitted: FittedNetwork, folder: Path) -> None:
    record = json.loads((folder / "model.json").read_text())
    assert (record["complete"], record["seeds"], record["made"]["architecture"]) == (True, 2, SMALL)
    pd.testing.assert_frame_equal(pd.read_csv(folder / "curves.csv"), fitted.curves, rtol=1e-6, check_dtype=False)
    scores = pd.read_csv(folder / "scores.csv")
    np.testing.assert_allclose(scores["mean"], fitted.scores["mean"], rtol=1e-6)
    confusion = pd.read_csv(folder / "confusion.csv")
    assert confusion.columns.tolist() == ["split", "seed", "class", "taken for ant", "taken for bee", "taken for cat"]
    pd.testing.assert_frame_equal(confusion, fitted.confusion, check_dtype=False)
    assert fitted.costs["seconds_an_epoch"] == pytest.approx(fitted.curves["seconds"].mean())
    mine = confusion[(confusion["split"] == "test") & (confusion["seed"] == 1)]
    assert mine["class"].tolist() == ["ant", "bee", "cat"]
    right = np.diag(mine.iloc[:, 3:]).sum() / mine.iloc[:, 3:].to_numpy().sum() * 100
    assert right == pytest.approx(fitted.scores.set_index(["split", "metric"]).loc[("test", "accuracy"), "seed 1"])
    assert (folder / "curves.png").read_bytes()[:4] == b"\x89PNG"


def test_the_figure_shows_each_seed_and_their_mean(fitted: FittedNetwork) -> None:
    loss, accuracy = curve_figure(fitted.curves).axes
    assert [axes.get_ylabel() for axes in (loss, accuracy)] == ["loss (nats)", "accuracy (%)"]
    assert len(loss.lines) == len(accuracy.lines) == 6
    curves = fitted.curves.pivot(index="epoch", columns="seed", values="validation_accuracy")
    np.testing.assert_allclose(accuracy.lines[-1].get_ydata(), curves.mean(axis=1))


def test_the_same_call_goes_on_and_trains_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[int] = []
    whole = Fit._train

    def counted(fit: Fit, deadline: float | None) -> None:
        trained.append(fit.epoch)
        whole(fit, deadline)

    monkeypatch.setattr(Fit, "_train", counted)

    def call(progress: object = None) -> FittedNetwork:
        return train(SMALL, data=named_images(), epochs=2, seeds=2, out=tmp_path / "model", progress=progress)  # type: ignore[arg-type]

    def stop(label: str, done: int, total: int) -> None:
        assert total == 4
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=r"what was trained is kept in .*model, and the same command goes on"):
        call(stop)
    assert trained == [0]
    assert not json.loads((tmp_path / "model" / "model.json").read_text())["complete"]
    one = call()
    assert trained == [0, 0, 1], "both seeds are trained in one program"
    two = call()
    assert len(trained) == 3
    images, _ = named_images()
    np.testing.assert_array_equal(one.predict_proba(images), two.predict_proba(images))
    more = train(SMALL, data=named_images(), epochs=2, seeds=3, out=tmp_path / "model")
    assert len(trained) == 5
    assert more.scores.shape[1] == one.scores.shape[1] + 1


def test_a_checkpoint_gives_what_an_unbroken_training_does(
    tmp_path: Path, fitted: FittedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nasbed.benchmarks.training import network_training

    monkeypatch.setattr(network_training, "_PATIENCE", -1.0)

    def stop(label: str, done: int, total: int) -> None:
        if done == 6:
            raise KeyboardInterrupt

    options = {"data": named_images(), "epochs": 4, "seeds": 2, "out": tmp_path / "model"}
    with pytest.raises(Interrupted):
        train(SMALL, **options, progress=stop)  # type: ignore[arg-type]
    assert list((tmp_path / "model").rglob("*.checkpoint"))
    found = train(SMALL, **options)  # type: ignore[arg-type]
    for seed in ("seed 0", "seed 1"):
        assert found.scores[seed].tolist() == fitted.scores[seed].tolist()
    assert not list((tmp_path / "model").rglob("*.checkpoint"))


def test_without_a_folder_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model = nasbed.train(data=named_images(60), epochs=1, seeds=1)
    assert model.architecture.startswith("conv 3x3 32 norm relu")
    assert "designed by hand" in model.origin.words
    assert list(tmp_path.iterdir()) == []
    assert repr(model).startswith("<FittedNetwork: conv 3x3 32")


def test_where_all_trainings_fail_it_says_how(tmp_path: Path) -> None:
    with pytest.raises(
        BenchmarkError, match=r"no training of .* came to its end \(seed 0: out of time in epoch 1\); take"
    ):
        train(SMALL, data=named_images(60), epochs=1, seeds=1, limit=1e-9, out=tmp_path / "model")


def test_a_benchmark_takes_images_that_are_loaded() -> None:
    from nasbed.benchmarks.training.images import load_images

    images = load_images(named_images(60))
    benchmark = nasbed.load_benchmark("chain", data=images)
    assert isinstance(benchmark, ImageBenchmark)
    assert benchmark.images is images
    assert benchmark.label == "chain/images"


def test_a_file_that_was_written_anew_is_read_anew(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "mine.npz")
    assert nasbed.train("max pool 2x2", data=path, epochs=1, seeds=1).classes_.tolist() == ["ant", "bee", "cat"]
    images, numbers = small_images(60)
    write_npz(path, images=images, labels=numbers)
    assert nasbed.train("max pool 2x2", data=path, epochs=1, seeds=1).classes_.tolist() == [0, 1, 2]
