"""A local table of trainings, which several processes share: what has been trained is never trained again."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nasbed.errors import DataError, StoreError
from nasbed.files import atomic_write
from nasbed.locks import alone

ENDED, NO_NUMBER, NO_MEMORY, TOO_LONG = "ended", "no number", "out of memory", "out of time"
"""How a training ended: as it should, with a loss that is no number, for want of memory, or at its limit of time."""
_FORM = 1
_REMEDY = "use another folder"
_PAUSE = 0.05
"""Seconds between looks at a training that another process is making."""


@dataclass
class MadeTraining:
    """What is remembered of a training: how far it came and how it ended; ``curves`` by split and metric, a number an epoch,
    ``None`` where it is no number; the seconds of each epoch; ``scores`` by split after the last; ``made``, what made it; and
    whether it ``goes_on`` from a checkpoint when more epochs are asked for.
    """

    epochs: int
    outcome: str
    curves: dict[str, dict[str, list[float | None]]]
    seconds: list[float]
    scores: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: dict[str, Any] = field(default_factory=dict)
    goes_on: bool = False

    def answers(self, epochs: int, splits: tuple[str, ...] = ()) -> bool:
        """Whether it says what a training of so many epochs gives, with its scores on ``splits``, or that it failed."""
        reached = self.epochs >= epochs and all(split in self.scores for split in splits)
        return reached or self.outcome != ENDED

    def at(self, split: str, metric: str, epochs: int) -> float | None:
        """A number of the curves after so many epochs; ``None`` where the training failed before."""
        numbers = self.curves.get(split, {}).get(metric, [])
        return numbers[epochs - 1] if len(numbers) >= epochs else None


class TrainingTable:
    """A folder with a file for each training, named by what decides it (architecture, data and split, seed, recipe).

    A file is whole or not there. While a process makes a training, others that want the same wait for it. A checkpoint lies
    beside the file until the training has come to its end.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)

    def find(self, identity: Mapping[str, Any]) -> MadeTraining | None:
        """What is remembered of a training; raises :class:`~nasbed.errors.DataError` for a damaged file."""
        found = self._read(self.path(identity))
        if found is not None and found[0] != _plain(identity):
            raise _damaged(self.path(identity))
        return None if found is None else found[1]

    def _read(self, path: Path) -> tuple[dict[str, Any], MadeTraining] | None:
        """The identity and the training of a file, ``None`` where it is not there."""
        try:
            content = json.loads(path.read_bytes())
            identity, training = dict(content["identity"]), MadeTraining(**content["training"])
            whole = content["form"] == _FORM and self.path(identity) == path
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, KeyError, TypeError):
            raise _damaged(path) from None
        if not whole:
            raise _damaged(path)
        return identity, training

    def path(self, identity: Mapping[str, Any], ending: str = "json") -> Path:
        """The file of a training, or its checkpoint."""
        digest = hashlib.sha256(json.dumps(_plain(identity), sort_keys=True).encode()).hexdigest()
        return self.folder / digest[:2] / f"{digest[2:32]}.{ending}"

    def made(
        self,
        identity: Mapping[str, Any],
        epochs: int,
        make: Callable[[Path], MadeTraining],
        splits: tuple[str, ...] = (),
    ) -> tuple[MadeTraining, bool]:
        """The training of an identity up to ``epochs``, with its scores on ``splits``, made by ``make`` where it is not there:
        called with the path of its checkpoint. Also whether it was made now.

        Raises :class:`~nasbed.errors.DataError` for a damaged file, :class:`~nasbed.errors.StoreError` where nothing can be
        written.
        """
        (training,), fresh = self.made_together([identity], epochs, lambda checkpoint: [make(checkpoint)], splits)
        return training, fresh

    def made_together(
        self,
        identities: Sequence[Mapping[str, Any]],
        epochs: int,
        make: Callable[[Path], list[MadeTraining]],
        splits: tuple[str, ...] = (),
    ) -> tuple[list[MadeTraining], bool]:
        """The same of trainings that are made in one program: all of them are made anew where one is not there."""
        if (known := self._answering(identities, epochs, splits)) is not None:
            return known, False
        paths = [self.path(identity) for identity in identities]
        with turn(paths[0]):
            if (known := self._answering(identities, epochs, splits)) is not None:
                return known, False
            checkpoint = self.path(identities[0], "checkpoint")
            made = make(checkpoint)
            for path, identity, training in zip(paths, identities, made, strict=True):
                content = {"form": _FORM, "identity": _plain(identity), "training": asdict(training)}
                atomic_write(path, json.dumps(content, allow_nan=False, separators=(",", ":")), _REMEDY)
            if not any(training.goes_on for training in made):
                checkpoint.unlink(missing_ok=True)
        return made, True

    def _answering(
        self, identities: Sequence[Mapping[str, Any]], epochs: int, splits: tuple[str, ...]
    ) -> list[MadeTraining] | None:
        """What is remembered of trainings where it says what is asked of all of them."""
        known = [one for identity in identities if (one := self.find(identity)) is not None]
        whole = len(known) == len(identities) and all(one.answers(epochs, splits) for one in known)
        return known if whole else None

    def __iter__(self) -> Iterator[tuple[dict[str, Any], MadeTraining]]:
        """Every training with its identity, in the order of their files' names."""
        found = (self._read(path) for path in sorted(self.folder.glob("??/*.json")))
        yield from (one for one in found if one is not None)


def _damaged(path: Path) -> DataError:
    return DataError(f"the training in {path} is damaged; delete the file, and it is trained again")


def _plain(identity: Mapping[str, Any]) -> dict[str, Any]:
    """An identity as JSON gives it back."""
    found: dict[str, Any] = json.loads(json.dumps(dict(identity)))
    return found


@contextmanager
def turn(path: Path) -> Iterator[None]:
    """Hold a file's lock, waiting while another process does."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"cannot write {path.parent}: {error.strerror}; make room for it, or {_REMEDY}") from None
    while True:
        held = alone(path, _REMEDY)
        try:
            held.__enter__()
            break
        except StoreError:
            time.sleep(_PAUSE)
    try:
        yield
    finally:
        held.__exit__(None, None, None)
