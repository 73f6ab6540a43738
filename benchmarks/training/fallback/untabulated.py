"""What no table has recorded: its space and recipe on data or in a network of a size that it lacks. Everything is trained, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nasbed.benchmarks.spaces.cell_network import NetworkShape
from nasbed.benchmarks.spaces.nasbench201_functions import live
from nasbed.benchmarks.tables.table import Table
from nasbed.benchmarks.training.fallback.fallback import Answered, Fallback, replayed
from nasbed.benchmarks.training.fallback.options import SIZES, FallbackOptions
from nasbed.benchmarks.training.fallback.trained_here import TrainedHere
from nasbed.benchmarks.training.images.images import ImageData
from nasbed.benchmarks.training.images.networks.benchmark import images_of
from nasbed.benchmarks.training.images.table.plan import cell_plan, network_and_recipe
from nasbed.benchmarks.training.local.local_trainings import VERSION, ImageTrainings, LocalTrainings
from nasbed.benchmarks.training.local.scales import LocalSeconds
from nasbed.benchmarks.training.local.trainings import MadeTraining, TrainingTable
from nasbed.benchmarks.training.network_benchmark import state_of
from nasbed.benchmarks.training.recipe import Recipe
from nasbed.benchmarks.training.trained.retrained import RetrainedReferee, retraining_rows
from nasbed.errors import OptionError, shown, unknown
from nasbed.streams import key
from nasbed.vocabulary import RETRAINED, Arch, Benchmark, Oracle, Recordings

_TRAINED = ("accuracy", "loss")
_COUNTED = ("parameters", "flops")


def _counted(name: str, count: int) -> str:
    return f"{count} {name.removesuffix('s') if count == 1 else name}"


class Untabulated(TrainedHere):
    """The cells of a table trained by its recipe on ``dataset``, a name in ``fallback.data`` (``None``: the table's own images), in
    its network or in one of other ``channels``, ``cells`` or ``stages``.

    Nothing of the table holds there, so nothing is looked up in it: every evaluation is one of ``seeds`` trainings of its
    architecture, made once and kept in the folder. Fidelities are points of a training of the table's recipe, those of the table
    unless ``epochs`` are given, which are trainings of their own (``whole`` says that both are). The clock of a search is
    simulated: it is charged the seconds of a training, times the scale that the folder holds. After a study incumbents are trained
    anew with ``retrainings`` other seeds and judged on the test split.

    Raises :class:`~nasbed.errors.OptionError` for objectives and measures that are recorded and cannot be trained.
    """

    def __init__(self, table: Benchmark, given: object, dataset: str | None = None, whole: bool = False) -> None:
        options = FallbackOptions.parse(given)
        self.table, self.tables = _trained_table(table, options), (table,)
        what = "its size" if dataset is None else f"the data set {shown(dataset)}"
        for name in ("further", "agreed"):
            if name in options.said:
                raise OptionError(
                    f"fallback.{name} = {shown(options.said[name])} adds to what is recorded, and of {what} {table.label} has"
                    " recorded nothing; leave it out, and say how many trainings of each architecture there are by seeds"
                )
        self._trainings, self._recipe, self._shape, checksum = _trainings(self.table, options, dataset)
        self._checksum, self._seeds, self.retrainings = checksum, options.seeds, options.retrainings
        options.require_longest(1)
        self._own = options.epochs
        self.epochs = tuple(sorted({*options.epochs, *(table.epochs if whole or not options.epochs else ())}))
        self._seconds = LocalSeconds(self.table, options.folder)
        self.objectives, self.space = table.objectives, table.space
        if table.measures or (lacking := [one.name for one in self.objectives if one.name not in _TRAINED + _COUNTED]):
            names = ", ".join(table.measures or lacking)
            raise OptionError(
                f"{table.label} has recorded {names}, and no training says them; of {what} there are accuracy, loss, parameters and"
                " flops"
            )
        sizes = ", ".join(_counted(name, options.sizes[name]) for name in options.sizes)
        label = f"{table.name}/{dataset or self.table.dataset}{f' ({sizes})' if sizes else ''} with fallback"
        self.name, self.label, self.dataset = table.name, label, dataset or self.table.dataset
        self.resumable, self.runs = table.resumable and not self._own, self._seeds
        network = ", ".join(_counted(name, getattr(self._shape, name)) for name in SIZES)
        elsewhere = "" if dataset is None else f" on {shown(dataset)} with the augmentation of these images"
        self.cost_model = (
            f"every training is made here by the recipe of {table.name}{elsewhere} ({network}; {_counted('seeds', self._seeds)});"
            f" {self._seconds.sentence()}"
        )
        self._cells: dict[int, Arch] = {}

    @property
    def checksum(self) -> str:
        """That of the table, and what identifies data, network, trainings and what they cost."""
        said = key(VERSION, self._checksum, self.epochs, self._own, self._seeds, self._seconds.described())
        return f"{self.table.checksum},{said:016x}"

    def oracle(self, noise: str = "draw") -> Oracle:
        """Answers under a noise protocol, trained at once where they are not there; ``nan`` for a training that failed.

        Raises :class:`~nasbed.errors.EngineError` without torch, :class:`~nasbed.errors.DataError` for a run that there is not.
        """
        from nasbed.benchmarks.training.device import device_of

        device_of("cpu")

        def answer(index: int, epochs: int, place: int) -> Answered:
            made = self._trainings.made(self._cell(index), self._schedule(epochs), place)
            counted = dict(zip(_COUNTED, self.sizes(index), strict=True))
            measured = {name: self._trainings.value(made, "validation", name, epochs) for name in _TRAINED}
            values = [one.signed(float({**counted, **measured}[one.name])) for one in self.objectives]
            return tuple(values), self._seconds.charged(made, epochs)

        return replayed(self, noise, answer)

    def _cell(self, index: int) -> Arch:
        """The cell that is trained for an architecture: one for all that compute the same function, without dead edges."""
        if index not in self._cells:
            self._cells[index] = live(self.space.at(self.table.classes[index]))
        return self._cells[index]

    def _schedule(self, epochs: int) -> int:
        """The epochs over which the learning rate of a training falls."""
        return self._recipe.epochs if epochs not in self._own and self.table.schedule is not None else epochs

    @property
    def classes(self) -> Sequence[int]:
        """For each index the smallest index of an isomorphic architecture."""
        return self.table.classes

    def decisions(self) -> dict[str, tuple[str, ...]]:
        """The name of each decision of the space, and of each of its choices."""
        return self.table.decisions()

    def recordings(self, epochs: int) -> Recordings:
        """How many trainings an evaluation may be."""
        return Recordings(self._seeds)

    def sizes(self, index: int) -> tuple[int, int]:
        """Trainable parameters of an architecture, and multiply-accumulates of a forward pass on one image."""
        return self._shape.parameters(self._cell(index)), self._shape.flops(self._cell(index))

    def retrain(self, index: int, number: int, folder: str) -> None:
        """Train an architecture anew to the last epoch, with the seed of a ``number`` that no search uses."""
        self._kept_in(folder).scored(*self._retraining(index, number))

    def retrained(self, index: int, folder: str) -> list[MadeTraining]:
        """The retrainings of an architecture that have been made."""
        kept = self._kept_in(folder)
        found = (kept.found(*self._retraining(index, number)) for number in range(self.retrainings))
        return [training for training in found if training is not None]

    def _retraining(self, index: int, number: int) -> tuple[Arch, int, int]:
        return self._cell(index), self._schedule(self.epochs[-1]), key("retraining", number)

    def _kept_in(self, folder: str) -> LocalTrainings | ImageTrainings:
        return replace(self._trainings, folder=type(self._trainings.folder)(folder))

    def judged_in(self, folder: str) -> JudgedUntabulated:
        """The same benchmark with a referee, which knows the retrainings in a folder."""
        return JudgedUntabulated(self, folder)


class JudgedUntabulated(Untabulated):
    """The benchmark with a referee that knows what retrainings gave; of what was not trained anew it knows nothing."""

    judged_on = RETRAINED

    def __init__(self, benchmark: Untabulated, folder: str) -> None:
        self.__dict__.update(benchmark.__dict__)
        self._folder = folder

    def retraining_seconds(self) -> float:
        """The seconds that all retrainings in the folder took together."""
        return sum(sum(training.seconds) for _, training in TrainingTable(self._folder))

    def retraining_rows(self, index: int) -> list[dict[str, Any]]:
        """What is known of the retrainings of an architecture, a row for each of them and each split."""
        return retraining_rows(self, index, self._folder)

    def referee(self) -> RetrainedReferee:
        """The referee, which looks into the folder of retrainings."""
        return RetrainedReferee(self, self._folder)


def with_fallback(make: Any, options: Mapping[str, Any], given: object) -> Fallback | Untabulated:
    """A benchmark that ``make`` makes with ``options``, and that has trained what its table lacks, as ``given`` says.

    Raises :class:`~nasbed.errors.OptionError` and others of ours for what cannot be trained.
    """
    parsed, dataset = FallbackOptions.parse(given), options.get("dataset")
    lacking = isinstance(dataset, str) and dataset in parsed.data
    plain = {name: value for name, value in options.items() if name != "dataset"}
    table = make(**(plain if parsed.data else options))
    there = table.datasets() if isinstance(table, Table) else []
    if recorded := sorted(set(parsed.data).intersection(there)):
        raise OptionError(
            f"fallback.data names {recorded[0]!r}, which {table.name} has recorded; give your data another name, and say"
            " that as dataset"
        )
    if parsed.data and not lacking and "dataset" in options:
        if isinstance(dataset, str) and dataset not in there:
            raise unknown("data set", dataset, [*there, *parsed.data], table.name)
        table = make(**options)
    if lacking or parsed.sizes:
        return Untabulated(table, given, dataset if lacking else None, "epochs" in options)
    if parsed.data and not parsed.epochs and not parsed.further:
        names = " or ".join(map(repr, parsed.data))
        raise OptionError(f"fallback.data = {shown(dict(parsed.data))} and nothing trains on it; say dataset = {names}")
    return Fallback(table, given)


def _trained_table(table: Benchmark, options: FallbackOptions) -> Table:
    if isinstance(table, Table) and (table.manifest.study or table.trained_by):
        return table
    said = shown({name: options.said[name] for name in options.said if name != "folder"})
    raise OptionError(
        f"fallback = {said}: {table.label} does not say how it was trained; use a table of nasbed tabulate, as digits201,"
        " or train by a recipe of your own with use = 'cells', 'sizes' or 'chain'"
    )


def _trainings(
    table: Table, options: FallbackOptions, dataset: str | None
) -> tuple[LocalTrainings | ImageTrainings, Recipe, NetworkShape, str]:
    """What trains, by which recipe and in which network, and what identifies these and the data."""
    network, recipe = network_and_recipe(table.manifest.study or table.trained_by, str(table.manifest.folder))
    sizes = {**network, **options.sizes}
    if dataset is None:
        if not table.manifest.study:
            raise OptionError(
                f"fallback = {shown(dict(options.sizes))}: the images of {table.label}, in the splits that it was trained on, are"
                ' not here; train on other images: dataset = "mine" and data = { mine = "my.npz" } in fallback'
            )
        if sizes == network:
            raise OptionError(
                f"fallback = {shown(dict(options.sizes))}: that is the network that {table.label} has recorded; leave it out, or"
                " say another size"
            )
        plan = cell_plan(table.manifest)
        plan = replace(plan, shape=replace(plan.shape, **sizes))
        return LocalTrainings(plan, options.folder), recipe, plan.shape, f"{plan.data} {plan.shape.described()}"
    images: ImageData = images_of(options.data[dataset], None, state_of(options.data[dataset]))
    shape = NetworkShape(
        **sizes, classes=len(images.classes), pixels=images.height, colours=images.colours, breadth=images.width
    )
    said = f"{images.checksum} {shape.described()}"
    return ImageTrainings(shape, recipe, images, options.folder), recipe, shape, said
