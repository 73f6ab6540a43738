"""Who teaches: a network that was exported, or one that a search has trained."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nasbed.benchmarks.training.distillation import BEST, Distillation
from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.images.networks.training import ImageTraining
from nasbed.benchmarks.training.local.trainings import TrainingTable
from nasbed.benchmarks.training.network_training import NetworkTraining
from nasbed.benchmarks.training.trained.exports import opened, required
from nasbed.benchmarks.training.trained.layout import NETWORK, RECORD, WEIGHTS
from nasbed.errors import DataError, OptionError, named, shown
from nasbed.files import atomic_write

if TYPE_CHECKING:
    from torch import Tensor

    from nasbed.benchmarks.training.fitting.fit import Fit

_EXPECTED = "expected the folder of a network that nasbed train wrote"


@dataclass(frozen=True)
class ExportedTeacher:
    """The network that ``nasbed train`` exported to a folder; ``checksum`` is of its code and weights, and ``architecture`` what
    its record says. Its ``network.py`` is run where it is used.
    """

    folder: str = field(compare=False)
    checksum: str
    architecture: str = field(compare=False)

    @classmethod
    def read(cls, folder: Path | str, data: ImageData) -> ExportedTeacher:
        """The teacher in a folder for those who train on ``data``, without loading it.

        Raises :class:`~nasbed.errors.DataError` where it is not there, not whole, or was trained on other data or another split,
        since it may have seen what its students are validated or tested on, and :class:`~nasbed.errors.OptionError` for what
        is no path, and without safetensors.
        """
        if not isinstance(folder, (str, Path)) or not str(folder).strip():
            raise OptionError(f"teacher = {shown(folder)}; {_EXPECTED}, or {BEST!r} in a search")
        place, said = Path(folder).expanduser(), f"teacher = {shown(str(folder))}"
        if not place.is_dir():
            raise DataError(f"{said} is no folder; {_EXPECTED}, or {BEST!r} in a search")
        for name in (RECORD, NETWORK, WEIGHTS):
            if not (place / name).is_file():
                raise DataError(
                    f"{said} holds no {name}; {_EXPECTED}, with its forms python and weights (pip install 'nasbed[export]')"
                )
        try:
            content = json.loads((place / RECORD).read_bytes())
            trained_on, architecture = str(content["made"]["data"]), str(content["made"]["architecture"])
            complete = content["complete"] is True
        except (OSError, ValueError, KeyError, TypeError):
            raise DataError(f"{said}: its {RECORD} is damaged; train the teacher again, into another folder") from None
        if not complete:
            raise DataError(
                f"{said}: its training has not come to its end; give the command that trains it again, which goes on from there"
            )
        if trained_on != data.checksum:
            raise DataError(
                f"{said} was trained on other images, or on another split of them (checksum {trained_on[:16]}; those of"
                f" {data.name} are {data.checksum[:16]}), so it may have seen what its students are validated or tested on; train"
                " a teacher on the same data"
            )
        required("weights")
        return cls(str(place.resolve()), _checksum(place), architecture)

    @property
    def words(self) -> str:
        """The network, with the beginning of its checksum."""
        return f"the network {self.architecture} (checksum {self.checksum[:16]})"

    def described(self) -> dict[str, str]:
        """The checksum of code and weights; not where they lie."""
        return {"export": self.checksum}

    def network(self, data: ImageData, device: str) -> Callable[[Tensor], Tensor]:
        """The network without its own normalisation, since images come normalised, and by the same data.

        Raises :class:`~nasbed.errors.DataError` where the files have changed since they were read, cannot be loaded, or give
        logits that are no numbers or not one a class.
        """
        import torch

        place = Path(self.folder)
        try:
            current = _checksum(place)
        except OSError as error:
            raise DataError(f"the teacher in {named(place)} is gone: {error.strerror}; {_EXPECTED}") from None
        if current != self.checksum:
            raise DataError(f"the teacher in {named(place)} has changed since this began; put it back, or begin anew")
        images = torch.from_numpy(data.normalised("validation")[:2]).to(device)
        try:
            network = _loaded(place).to(device).requires_grad_(False).layers
            with torch.no_grad():
                logits = network(images)
        except Exception as error:  # whatever damaged code and weights make of themselves
            raise DataError(
                f"the teacher in {named(place)} cannot be loaded: {type(error).__name__}: {error}; train it again, into another"
                " folder"
            ) from None
        if logits.shape != (len(images), len(data.classes)) or not bool(torch.isfinite(logits).all()):
            raise DataError(
                f"the teacher in {named(place)} gives logits of shape {tuple(logits.shape)} for {len(images)} images of"
                f" {len(data.classes)} classes, or such that are no numbers; train it again, into another folder"
            )
        found: Callable[[Tensor], Tensor] = network
        return found


def _checksum(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in (NETWORK, WEIGHTS):
        content = (folder / name).read_bytes()
        digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()


def _loaded(folder: Path) -> Any:
    """The module of an export, with its weights and in evaluation mode."""
    from safetensors.numpy import load_file

    return opened((folder / NETWORK).read_text(encoding="utf-8"), load_file(folder / WEIGHTS))


@dataclass(frozen=True)
class TrainedTeacher:
    """The network that a ``training`` in a ``folder`` of trainings left after so many epochs.

    It is named by what decides that training, and so, where that had a teacher itself, by all who taught before. Its weights
    are kept beside the training; where they are not there the network is trained again.
    """

    digest: str
    epochs: int
    training: ImageTraining = field(compare=False, repr=False)
    folder: str = field(compare=False)

    @classmethod
    def of(cls, training: ImageTraining, epochs: int, folder: str) -> TrainedTeacher:
        """The teacher that a training leaves after so many epochs."""
        digest = hashlib.sha256(json.dumps(training.identity(), sort_keys=True).encode()).hexdigest()
        return cls(digest, epochs, training, folder)

    @property
    def words(self) -> str:
        """The training, by the beginning of its checksum."""
        return f"a network of the same search (training {self.digest[:16]}, after {self.epochs} epochs)"

    def described(self) -> dict[str, Any]:
        """What names the training, and the epochs."""
        return {"training": self.digest, "epochs": self.epochs}

    def network(self, data: ImageData, device: str) -> Callable[[Tensor], Tensor]:
        """The network in evaluation mode; raises :class:`~nasbed.errors.DataError` where its weights are damaged."""
        import torch

        path = weights_path(self.folder, self.training, self.epochs)
        if not path.exists():
            replace(self.training, limit=None).make(self.epochs, after=keeping(self.folder, self.training, self.epochs))
        networks = self.training.network.build(data, [self.training.seed])
        try:
            networks.load_state_dict(torch.load(path, weights_only=True))
        except Exception as error:  # whatever a damaged archive makes of itself
            raise DataError(
                f"the weights of a teacher in {named(path)} are damaged: {type(error).__name__}; delete them, and it is trained"
                " again"
            ) from None
        networks = networks.to(device).requires_grad_(False)
        networks.train(False)
        return lambda images: networks(images)[:, 0]


def weights_path(folder: str, training: NetworkTraining[Any], epochs: int) -> Path:
    """Where the weights of a training after so many epochs lie, for those who learn from it."""
    return TrainingTable(folder).path(training.identity(), f"{epochs}.weights")


def keeping(folder: str, training: NetworkTraining[Any], epochs: int) -> Callable[[Fit[Any]], None]:
    """What keeps the weights of a training when it has come to so many epochs."""

    def after(fit: Fit[Any]) -> None:
        if fit.epoch == epochs and not fit.failed.any():
            import torch

            content, path = io.BytesIO(), weights_path(folder, training, epochs)
            torch.save(fit.networks.state_dict(), content)
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(path, content.getvalue(), "use another folder")

    return after


def taught_by(distillation: Distillation, teacher: TrainedTeacher | None) -> Distillation | None:
    """A distillation from the best network so far with who that is; none before there is one."""
    return None if teacher is None else replace(distillation, teacher=teacher)
