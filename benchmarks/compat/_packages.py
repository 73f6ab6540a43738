"""The objects that scripts ask, under their official names: ``NASBench201API``, ``NATStopology`` and ``NATSsize``."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from nasbed.benchmarks.compat import _text
from nasbed.benchmarks.compat._api import TableAPI
from nasbed.benchmarks.compat._refusals import PICKLES, NotAllowed, NotKnown, left_out, warn_once
from nasbed.benchmarks.spaces.nasbench201 import OPERATIONS, unique_string
from nasbed.benchmarks.spaces.nats_size import WIDTHS
from nasbed.errors import shown, unknown


class NASBench201API(TableAPI):
    """``nas_201_api.NASBench201API`` 2.1 over the table ``nasbench201_official``."""

    table = "nasbench201_official"
    style = _text.NASBENCH201
    indices = list
    str2lists = staticmethod(_text.str2lists)
    str2matrix = staticmethod(_text.str2matrix)

    def __init__(self, file_path_or_dict: Any = None, verbose: bool = True) -> None:
        super().__init__(file_path_or_dict, verbose)

    def simulate_train_eval(
        self, arch: Any, dataset: str, hp: str | int = "12", account_time: bool = True
    ) -> tuple[float, Any, float, float]:
        """Validation accuracy (%) of a drawn training, latency (s), its cost (s, with one pass), and the seconds charged."""
        self._call("simulate_train_eval", arch=arch, dataset=dataset, hp=hp, account_time=account_time)
        return self._simulate(
            arch, dataset, None, hp, account_time, latency_hp="12" if "12" in self.avaliable_hps else hp
        )

    def find_best(
        self,
        dataset: str,
        metric_on_set: str,
        FLOP_max: float | None = None,  # noqa: N803
        Param_max: float | None = None,  # noqa: N803
        hp: str | int = "12",
    ) -> tuple[int, float | None]:
        """The index and mean accuracy of the best architecture within limits (M); (-1, None) where none is."""
        self._call(
            "find_best", dataset=dataset, metric_on_set=metric_on_set, FLOP_max=FLOP_max, Param_max=Param_max, hp=hp
        )
        return self._best(dataset, metric_on_set, FLOP_max, Param_max, hp)

    def __repr__(self) -> str:
        return f"NASBench201API({len(self.evaluated_indexes)}/{len(self)} architectures, file={self.filename})"


class _NATSBench(TableAPI):
    """``search_space_name``, ``is_size`` and the like are those of the official classes."""

    search_space_name: ClassVar[str]
    is_size: ClassVar[bool]
    is_topology: ClassVar[bool]
    full_train_epochs: ClassVar[int]
    full_epochs_in_paper: ClassVar[int]
    archive_dir: ClassVar[None] = None

    def __init__(self, file_path_or_dict: Any = None, fast_mode: bool = False, verbose: bool = True) -> None:
        super().__init__(file_path_or_dict, verbose)
        self._fast_mode = fast_mode

    @property
    def fast_mode(self) -> bool:
        """What was given; a table is always read cell by cell."""
        return self._fast_mode

    def reset_fast_mode(self, fast_mode: bool) -> None:
        """Change what :attr:`fast_mode` says; nothing else depends on it."""
        self._fast_mode = fast_mode

    def simulate_train_eval(
        self, arch: Any, dataset: str, iepoch: int | None = None, hp: str | int = "12", account_time: bool = True
    ) -> tuple[float, Any, float, float]:
        """Validation accuracy (%) of a drawn training after epoch ``iepoch``, latency (s), its cost (s, with one pass),
        and the seconds charged. Raises :class:`NotRecorded` where there is no clean validation.
        """
        self._call("simulate_train_eval", arch=arch, dataset=dataset, iepoch=iepoch, hp=hp, account_time=account_time)
        return self._simulate(arch, dataset, iepoch, hp, account_time, latency_hp=hp)

    def find_best(
        self,
        dataset: str,
        metric_on_set: str,
        flop_max: float | None = None,
        param_max: float | None = None,
        hp: str | int = "12",
        enforce_all: bool | None = None,
    ) -> tuple[int, float | None]:
        """The index and mean accuracy of the best architecture within limits (M); (-1, None) where none is.

        All that are recorded are compared, whatever was queried before, so ``enforce_all`` changes nothing.
        """
        self._call(
            "find_best", dataset=dataset, metric_on_set=metric_on_set, flop_max=flop_max, param_max=param_max, hp=hp
        )
        if enforce_all is False and self.fast_mode:
            warn_once("enforce_all", "find_best compares all that is recorded, not only what was queried before")
        return self._best(dataset, metric_on_set, flop_max, param_max, hp)

    def _prepare_info(self, index: int) -> None:
        """What the package loads an architecture with: there is nothing to load. Refuses an index outside, and one of which
        nothing is recorded.
        """
        self._call("_prepare_info", index=index)
        self._known(self._inside(index))

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({len(self.evaluated_indexes)}/{len(self)} architectures, fast_mode={self.fast_mode},"
            f" file={self.filename})"
        )


class NATStopology(_NATSBench):
    """``nats_bench.NATStopology`` 1.8 over the table ``nats_topology``."""

    table = "nats_topology"
    style = _text.TOPOLOGY
    search_space_name = "topology"
    is_size, is_topology = False, True
    full_train_epochs = full_epochs_in_paper = 200
    str2lists = staticmethod(_text.str2lists)
    str2matrix = staticmethod(_text.str2matrix)

    def get_unique_str(self, arch: Any) -> str:
        """A string that is equal for cells which the published rules call isomorphic; 6,466 are distinct."""
        return unique_string(_text.str2lists(self.meta_archs[self._index(arch)]))


class NATSsize(_NATSBench):
    """``nats_bench.NATSsize`` 1.8 over the table ``nats_size``."""

    table = "nats_size"
    style = _text.SIZE
    search_space_name = "size"
    is_size, is_topology = True, False
    full_train_epochs = full_epochs_in_paper = 90


def create(
    file_path_or_dict: Any, search_space: str, fast_mode: bool = False, verbose: bool = True
) -> NATStopology | NATSsize:
    """``nats_bench.create``: ``search_space`` is ``tss`` or ``topology``, ``sss`` or ``size``."""
    if search_space in ("tss", "topology"):
        return NATStopology(file_path_or_dict, fast_mode, verbose)
    if search_space in ("sss", "size"):
        return NATSsize(file_path_or_dict, fast_mode, verbose)
    raise NotKnown(str(unknown("search space", search_space, ("tss", "topology", "sss", "size"))))


def search_space_info(main_tag: str, aux_tag: str | None) -> dict[str, Any]:
    """``nats_bench.search_space_info``: what the decisions of a space are."""
    if main_tag == "nats-bench" and aux_tag in ("sss", "size"):
        return {"candidates": list(WIDTHS), "num_layers": 5}
    if (main_tag == "nats-bench" and aux_tag in ("tss", "topology")) or (
        main_tag == "nas-bench-201" and aux_tag is None
    ):
        return {"op_names": list(OPERATIONS), "num_nodes": 4}
    raise NotAllowed(
        f"search_space_info({shown(main_tag)}, {shown(aux_tag)}); expected 'nats-bench' with 'tss', 'topology', 'sss' or 'size',"
        " or 'nas-bench-201' with None"
    )


def version() -> str:
    """``nats_bench.version``: that of the package whose calls these are."""
    return "v1.8"


def _elsewhere(name: str) -> NoReturn:
    """Names of the packages that are left out."""
    left_out("nasbed.benchmarks.compat", name, dict.fromkeys(("pickle_load", "pickle_save"), PICKLES))
