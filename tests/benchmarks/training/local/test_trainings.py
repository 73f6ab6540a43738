"""The local table of trainings: what was trained is not trained again, whoever asks."""

from __future__ import annotations

import multiprocessing
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nasbed.benchmarks.training.local.trainings import ENDED, NO_NUMBER, MadeTraining, TrainingTable
from nasbed.errors import DataError, StoreError

IDENTITY: dict[str, Any] = {"network": {"layers": [1, 2]}, "seed": 2**64 - 1, "recipe": {"rate": 0.1}, "limit": None}


def made(epochs: int, outcome: str = ENDED, **scores: Any) -> MadeTraining:
    curves: dict[str, dict[str, list[float | None]]] = {
        "validation": {"accuracy": [90.0 + one for one in range(epochs)]}
    }
    return MadeTraining(epochs, outcome, curves, [0.5] * epochs, scores)


def asked(table: TrainingTable, epochs: int, *splits: str, outcome: str = ENDED) -> tuple[MadeTraining, bool]:
    return table.made(
        IDENTITY, epochs, lambda checkpoint: made(epochs, outcome, **{split: {} for split in splits}), splits
    )


def test_a_training_is_made_once_and_goes_on_where_more_is_asked(tmp_path: Path) -> None:
    table = TrainingTable(tmp_path / "deep" / "trainings")
    assert table.find(IDENTITY) is None
    assert [asked(table, 3)[1], asked(table, 3)[1], asked(table, 2)[1], asked(table, 5)[1]] == [
        True,
        False,
        False,
        True,
    ]
    known = table.find(IDENTITY)
    assert known is not None
    assert known.at("validation", "accuracy", 5) == 94.0
    assert known.at("validation", "accuracy", 6) is known.at("test", "accuracy", 1) is None
    assert asked(table, 5, "test")[1], "its scores on test were not there"
    assert not asked(table, 5, "test")[1]
    (pair,) = TrainingTable(table.folder)
    assert pair[0] == IDENTITY
    assert table.find({**IDENTITY, "seed": 1}) is None


def test_a_training_that_failed_is_not_made_again(tmp_path: Path) -> None:
    table = TrainingTable(tmp_path)
    assert asked(table, 2, outcome=NO_NUMBER)[1]
    found, fresh = asked(table, 9, "test")
    assert (found.outcome, fresh) == (NO_NUMBER, False)


def test_trainings_of_one_program_are_made_anew_where_one_is_lost(tmp_path: Path) -> None:
    table, given = TrainingTable(tmp_path), []
    identities = [{**IDENTITY, "seed": seed} for seed in (3, 4)]

    def make(checkpoint: Path) -> list[MadeTraining]:
        given.append(checkpoint)
        return [made(2), made(2, NO_NUMBER)]

    found, fresh = table.made_together(identities, 2, make)
    assert ([one.outcome for one in found], fresh) == ([ENDED, NO_NUMBER], True)
    assert [table.find(identity) for identity in identities] == found
    assert table.made_together(identities, 2, make) == (found, False)
    table.path(identities[1]).unlink()
    assert table.made_together(identities, 2, make) == (found, True)
    assert given == [table.path(identities[0], "checkpoint")] * 2


def test_a_checkpoint_is_deleted_when_its_training_is_written(tmp_path: Path) -> None:
    table = TrainingTable(tmp_path)
    checkpoint = table.path(IDENTITY, "checkpoint")

    def make(place: Path) -> MadeTraining:
        goes_on = not place.exists()
        place.write_text("needed until the training is on the disk")
        return replace(made(1 if goes_on else 2), goes_on=goes_on)

    table.made(IDENTITY, 1, make)
    assert checkpoint.exists()
    table.made(IDENTITY, 2, make)
    assert not checkpoint.exists()


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"form":1,"identity":{}}', "half", "more"])
def test_a_damaged_file_is_named_and_never_read(tmp_path: Path, damage: str) -> None:
    table = TrainingTable(tmp_path)
    asked(table, 2)
    path = table.path(IDENTITY)
    whole = path.read_text()
    texts = {"half": whole[:-40], "more": whole.replace('"epochs":2', '"epochs":2,"extra":1')}
    path.write_text(texts.get(damage, damage))
    message = re.escape(f"the training in {path} is damaged; delete the file, and it is trained again")
    for ask in (lambda: table.find(IDENTITY), lambda: asked(table, 2), lambda: list(table)):
        with pytest.raises(DataError, match=message):
            ask()
    path.unlink()
    assert asked(table, 2)[1]


def test_where_nothing_can_be_written_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot write .*; make room for it, or use another folder"):
        asked(TrainingTable(tmp_path / "file"), 1)


def _train_slowly(folder: str, results: Any) -> None:
    def make(checkpoint: Path) -> MadeTraining:
        with (Path(folder) / "trained").open("a") as file:
            file.write("once\n")
        time.sleep(0.3)
        return made(2)

    training, fresh = TrainingTable(folder).made(IDENTITY, 2, make)
    results.put((training.epochs, fresh))


def test_of_two_processes_that_ask_for_the_same_one_trains_and_the_other_waits(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    workers = [context.Process(target=_train_slowly, args=(str(tmp_path), results)) for _ in range(3)]
    for worker in workers:
        worker.start()
    found = sorted(results.get(timeout=30) for _ in workers)
    for worker in workers:
        worker.join(30)
    assert found == [(2, False), (2, False), (2, True)]
    assert (tmp_path / "trained").read_text() == "once\n"
