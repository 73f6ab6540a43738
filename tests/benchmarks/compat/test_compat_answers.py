"""Answers over our tables, checked against what is recorded, without the official packages."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from recorded_states import TOPOLOGIES, States, topologies, write_table

from nasbed.benchmarks import compat
from nasbed.benchmarks.compat import NASBench201API, NATSsize, NATStopology, create
from nasbed.benchmarks.convert import _folder
from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space
from nasbed.benchmarks.tables.manifest import Column, Manifest


def test_answers_are_the_recorded_numbers(home: Path) -> None:
    """By position in the made-up files; test accuracies come from where they belong."""
    api, states = create(None, "tss", verbose=False), topologies()
    for index in TOPOLOGIES:
        for (dataset, seed), result in states[index]["200"]["all_results"].items():
            info = api.get_more_info(index, dataset, hp="200", is_random=seed)
            assert info["train-accuracy"] == result["train_acc1es"][199]
            assert info["train-loss"] == result["train_losses"][199]
            assert info["train-all-time"] == pytest.approx(sum(result["train_times"].values()), rel=1e-12)
            names = {"cifar10-valid": ("x-valid", "ori-test", None), "cifar10": (None, "ori-test", None)}
            for label, name in zip(
                ("valid", "test", "valtest"), names.get(dataset, ("x-valid", "x-test", "ori-test")), strict=True
            ):
                assert (f"{label}-accuracy" in info) == (name is not None)
                if name:
                    assert info[f"{label}-accuracy"] == result["eval_acc1es"][f"{name}@199"]
                    assert info[f"{label}-loss"] == result["eval_losses"][f"{name}@199"]
                    assert info[f"{label}-per-time"] == pytest.approx(result["eval_times"][f"{name}@0"], rel=1e-12)
            assert ("comment" in info) == dataset.startswith("cifar10") - (dataset == "cifar100")


def test_the_mean_is_over_the_runs(home: Path) -> None:
    api, results = create(None, "tss", verbose=False), topologies()[11]["200"]["all_results"]
    accuracies = [results["cifar100", seed]["eval_acc1es"]["x-test@199"] for seed in (777, 888)]
    assert api.get_more_info(11, "cifar100", hp=200, is_random=False)["test-accuracy"] == sum(accuracies) / 2
    means = {
        index: np.mean(
            [r["eval_acc1es"]["x-valid@199"] for (d, _), r in by_hp["200"]["all_results"].items() if d == "cifar100"]
        )
        for index, by_hp in topologies().items()
    }
    best = max(means, key=means.__getitem__)
    assert api.find_best("cifar100", "valid", hp="200") == (best, pytest.approx(means[best], rel=1e-12))


@pytest.mark.thorough
def test_find_best_compares_what_all_runs_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An architecture that one of its runs left unevaluated is not compared: that would be a mean over other runs."""
    states = topologies()
    best = create_best(tmp_path, monkeypatch, states)
    result = states[best]["200"]["all_results"]["cifar100", 888]
    for values in (result["eval_acc1es"], result["eval_losses"]):
        del values["x-valid@199"]
    assert create_best(tmp_path, monkeypatch, states) != best
    api = create(None, "tss", verbose=False)
    assert "valid-accuracy" not in api.get_more_info(best, "cifar100", hp="200", is_random=False)
    assert "valid-accuracy" in api.get_more_info(best, "cifar100", hp="200", is_random=777)


def create_best(folder: Path, monkeypatch: pytest.MonkeyPatch, states: States) -> int:
    write_table(folder, "nats_topology", states, "NATS-tss-v1_0-3ffb9")
    monkeypatch.setenv("NASBED_DATA", str(folder))
    index, _ = create(None, "tss", verbose=False).find_best("cifar100", "valid", hp="200")
    return int(index)


def test_reports_to_the_character(home: Path) -> None:
    states = topologies()
    lines = create(None, "tss", verbose=False).query_info_str_by_arch(0, "12").splitlines()
    older = NASBench201API(verbose=False).query_info_str_by_arch(0, 12).splitlines()
    size = create(None, "sss", verbose=False).query_info_str_by_arch(0, 12).splitlines()
    results = states[0]["12"]["all_results"]
    loss = (results["cifar10-valid", 111]["train_losses"][11] + results["cifar10-valid", 777]["train_losses"][11]) / 2
    accuracy = (
        results["cifar10-valid", 111]["train_acc1es"][11] + results["cifar10-valid", 777]["train_acc1es"][11]
    ) / 2
    assert lines[:3] == [
        "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
        "datasets : ['cifar10-valid', 'cifar10', 'cifar100', 'ImageNet16-120'], extra-info : arch-index=0",
        "cifar10-valid  FLOP= 15.65 M, Params=0.129 MB, latency=10.16 ms.",
    ]
    assert lines[3].startswith(f"cifar10-valid  train : [loss = {loss:.3f} & top1 = {accuracy:.2f}%], valid : [loss = ")
    assert older[3].startswith(f"cifar10-valid  train : [loss = {loss:.3f}, top1 = {accuracy:.2f}%], valid : [loss = ")
    assert [line.count("test") for line in lines[2:]] == [0, 0, 0, 1, 0, 1, 0, 1]
    assert [line.count("test") for line in size[2:]] == [0, 1, 0, 1, 0, 1, 0, 1]
    assert lines[5].startswith("cifar10        train : [")
    assert "], test  : [" in lines[5]


def test_schedules_and_indices_may_be_numbers_of_any_kind(home: Path) -> None:
    api = create(None, "sss", verbose=False)
    assert api.avaliable_hps == ["01", "12", "90"]
    first = api.get_more_info(0, "cifar10", hp="01", is_random=777)
    for hp in (1, "1", np.int64(1)):
        assert api.get_more_info(np.int64(0), "cifar10", hp=hp, is_random=np.int64(777)) == first
    assert api.query_info_str_by_arch("8:8:8:8:8", 90) == api.query_info_str_by_arch(0, "90")
    assert api.get_more_info(0, "cifar10", is_random=np.False_) == api.get_more_info(0, "cifar10", is_random=False)
    assert api.find_best("cifar10", "test", hp=90) == api.find_best("cifar10", "test", hp="90")


def test_the_objects_say_what_they_are(home: Path) -> None:
    topology, size, older = create(None, "topology"), create(None, "size", True), NASBench201API()
    assert isinstance(topology, NATStopology)
    assert isinstance(size, NATSsize)
    assert (topology.is_topology, topology.is_size, topology.search_space_name) == (True, False, "topology")
    assert (size.is_topology, size.is_size, size.search_space_name) == (False, True, "size")
    assert (topology.full_train_epochs, size.full_epochs_in_paper) == (200, 90)
    assert (topology.fast_mode, size.fast_mode, size.archive_dir) == (False, True, None)
    assert (older.filename, older.evaluated_indexes) == (None, list(TOPOLOGIES))
    assert older.clear_params(0) is None
    assert older.query_by_index(0).clear_params() is None
    assert sum(1 for _ in size) == len(size) == 32_768


def test_the_published_rule_tells_6466_cells_apart(home: Path) -> None:
    """The classes of the space, by which networks are counted, are those of the published string, cell for cell."""
    api = create(None, "tss", verbose=False)
    structure = pytest.importorskip("nats_bench.genotype_utils").topology_str2structure
    published = [structure(arch).to_unique_str(consider_zero=True) for arch in api]
    assert [api.get_unique_str(arch) for arch in api] == published
    first: dict[str, int] = {}
    classes = [first.setdefault(text, index) for index, text in enumerate(published)]
    assert len(first) == 6_466
    assert list(NASBench201Space().classes) == classes
    assert api.get_unique_str(0) == "(0)@avg_pool_3x3+(0)@avg_pool_3x3+(0)@nor_conv_1x1+(0)@nor_conv_1x1"


@pytest.mark.parametrize(
    ("index", "flops", "parameters"), [(0, 4.481114, 0.011714), (11, 6.84065, 0.049202), (284, 21.827994, 0.144834)]
)
def test_counts_of_the_size_space(index: int, flops: float, parameters: float) -> None:
    """As recorded in the official sample, on CIFAR-10."""
    counted = compat._counts.counts("nats_size", 10, 32)
    assert (counted[0][index], counted[1][index]) == (flops, parameters)


def test_times_that_are_not_constant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cumulative seconds, by epoch."""
    states = topologies()
    write_table(tmp_path, "nats_topology", states, "NATS-tss-v1_0-3ffb9")
    manifest = Manifest.load(tmp_path / "nats_topology")
    column = manifest.column("cifar100", "training_time", epochs=12)
    seconds = np.broadcast_to(np.cumsum(np.arange(1.0, 13.0)), (15_625, 4, 12))
    kept = [(each, np.load(manifest.folder / each.file)) for each in manifest.columns if each is not column]
    changed = Column(**{**vars(column), "axes": ["architecture", "run", "epoch"], "at": list(range(1, 13))})
    _folder.write(Manifest(**{**vars(manifest), "columns": []}), [*kept, (changed, seconds)])
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    training = create(None, "tss", verbose=False).query_by_index(0).query("cifar100", 111)
    assert [training.get_train(iepoch)["cur_time"] for iepoch in range(12)] == list(range(1, 13))
    assert [training.get_train(iepoch)["all_time"] for iepoch in (0, 1, 11)] == [1, 3, 78]
    assert training.get_times()["T-train@epoch"] == 6.5


def test_objects_and_answers_can_be_copied_and_sent(home: Path) -> None:
    api = create(None, "tss", verbose=False)
    info = api.get_more_info(0, "cifar100", is_random=111)
    sent = pickle.dumps(api)
    assert len(sent) < 4_000_000
    for other in (pickle.loads(sent), copy.deepcopy(api)):
        assert other.get_more_info(0, "cifar100", is_random=111) == info
    assert pickle.loads(pickle.dumps(info)) == copy.copy(info) == info
    assert json.loads(json.dumps(info)) == info
    results = pickle.loads(pickle.dumps(api.query_by_index(0)))
    assert results.get_metrics("cifar100", "train") == api.query_by_index(0).get_metrics("cifar100", "train")


def test_a_verbose_object_says_what_is_asked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    api = create(None, "tss")
    folder = home / "nats_topology"
    assert capsys.readouterr().out == f"NATStopology answers from the table 'nats_topology' in {folder}\n"
    api.get_more_info(0, "cifar10", hp="200", is_random=777)
    assert (
        capsys.readouterr().out == "get_more_info(index=0, dataset='cifar10', iepoch=None, hp='200', is_random=777)\n"
    )
    assert api.find_best("cifar10", "valid", 1e-6) == (-1, None)
    assert "find_best(dataset='cifar10'" in capsys.readouterr().out
    index, accuracy = api.find_best("cifar10", "valid")
    assert f"best of 3: {index} {api[index]} with {accuracy:.3f} %" in capsys.readouterr().out
    api.verbose = False
    api.find_best("cifar10", "valid")
    assert capsys.readouterr().out == ""
