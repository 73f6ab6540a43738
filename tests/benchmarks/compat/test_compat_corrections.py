"""Where the official packages are wrong or random: one warning of each kind, and the right answer."""

from __future__ import annotations

import importlib
import importlib.util
import math
import random
from pathlib import Path
from typing import Any

import pytest
from beside import Pair, less_and_full, original, quiet, said_once
from daily import sampled
from recorded_states import TOPOLOGIES, State, States, topologies, write_table

from nasbed.benchmarks import compat
from nasbed.benchmarks.compat import CompatWarning, NASBench201API, NotRecorded, _refusals, create
from nasbed.errors import ArchitectureError, DataError, UnwiseWarning


def test_warnings_are_unwise_warnings() -> None:
    assert issubclass(CompatWarning, UnwiseWarning)


def test_draws_have_a_stream_of_their_own(home: Path, unsaid: None) -> None:
    state = random.getstate()
    api = create(None, "tss", verbose=False)
    said_once("draws", lambda: api.get_more_info(0, "cifar10-valid", hp="200"))
    api.random()
    assert random.getstate() == state

    def drawn(api: Any) -> list[Any]:
        infos = [api.get_more_info(0, "cifar10-valid", hp="200")["valid-accuracy"] for _ in range(20)]
        return [*infos, *(api.random() for _ in range(20))]

    first = drawn(create(None, "tss", verbose=False))
    assert len(set(first[:20])) == 3
    assert drawn(create(None, "tss", verbose=False)) == first
    api.reset_random()
    assert drawn(api) == first
    api.reset_random(1)
    assert drawn(api) != first


def test_what_has_one_run_is_not_drawn(home: Path, unsaid: None) -> None:
    api = create(None, "tss", verbose=False)
    assert quiet(lambda: api.get_more_info(0, "cifar100"))["valid-accuracy"] > 0


def odd_states() -> States:
    """FLOPs that contradict the architecture, latencies that differ between schedules."""
    states = topologies()
    results = states[0]["200"]["all_results"]
    results["cifar100", 777]["flop"] += 5
    results["cifar10", 777]["latency"] = [0.5]
    states[0]["12"]["all_results"]["cifar10-valid", 777]["params"] += 1
    states[11]["12"]["all_results"]["cifar100", 111]["params"] = 3.0
    return states


@pytest.fixture(scope="session")
def odd_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    write_table(folder, "nats_topology", odd_states(), "NATS-tss-v1_0-3ffb9")
    return folder


@pytest.fixture
def odd(odd_tables: Path, monkeypatch: pytest.MonkeyPatch) -> States:
    monkeypatch.setenv("NASBED_DATA", str(odd_tables))
    return odd_states()


ODD = [(0, "cifar100", "200", (15.65322, 0.135156)), (0, "cifar10-valid", "12", (15.64737, 0.129306)),
       (11, "cifar100", "12", (113.95722, 0.808276))]  # fmt: skip


@pytest.mark.parametrize(("index", "dataset", "hp", "counts"), sampled(ODD, 2))
def test_flops_and_parameters_are_those_of_the_architecture(
    index: int, dataset: str, hp: str, counts: tuple[float, float], odd: States, unsaid: None
) -> None:
    api = create(None, "tss", verbose=False)
    costs = said_once("counts", lambda: api.get_cost_info(index, dataset, hp))
    assert (costs["flops"], costs["params"]) == pytest.approx(counts, abs=1e-9)


def test_the_packages_give_recorded_flops_and_parameters(odd: States, nats_bench: Any, nas_201_api: Any) -> None:
    names = list(compat._names.topologies())
    theirs = nats_bench.create(original(odd, names), "tss", verbose=False)
    with pytest.raises(ValueError, match="888 is not in list"):
        theirs.get_cost_info(0, "cifar10-valid", "12")
    assert theirs.get_cost_info(11, "cifar100", "12")["params"] == 3.0
    older = nas_201_api.NASBench201API(original(less_and_full(odd), names), verbose=False)
    assert older.get_cost_info(0, "cifar100", "200")["flops"] == pytest.approx(15.65322 + 5 / 3)


def test_limits_of_find_best_are_on_the_counts_of_the_architecture(odd: States, unsaid: None) -> None:
    api = create(None, "tss", verbose=False)
    assert said_once("counts", lambda: api.find_best("cifar100", "train", 16.0, hp="200"))[0] == 0
    assert quiet(lambda: api.find_best("cifar100", "train", hp="200"))[0] in TOPOLOGIES


def test_nasbench201_simulates_with_the_latency_of_the_schedule(odd: States, unsaid: None, nas_201_api: Any) -> None:
    _refusals._said.add("draws")
    api = NASBench201API("nats_topology", verbose=False)
    latency = said_once("latency", lambda: api.simulate_train_eval(0, "cifar10", hp="200"))[1]
    assert latency == pytest.approx((0.5 + 2 * 0.0101564737) / 3)
    assert quiet(lambda: api.simulate_train_eval(11, "cifar10", hp="200"))[1] == api.get_latency(11, "cifar10", "12")
    older = nas_201_api.NASBench201API(original(less_and_full(odd), list(compat._names.topologies())), verbose=False)
    assert older.simulate_train_eval(0, "cifar10", hp="200")[1] == older.get_latency(0, "cifar10", "12")


def test_ties_go_to_the_smallest_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unsaid: None) -> None:
    """The same three counts of images in another order: equal means, whose sums differ in the last bit."""
    states = topologies()
    counts = next(
        (a, b, c)
        for a in range(9_000, 9_500)
        for b in range(a, a + 20)
        for c in range(b, b + 20)
        if (a / 100 + b / 100) + c / 100 < (c / 100 + b / 100) + a / 100
    )
    for index, order in ((0, counts), (9930, counts[::-1])):
        for seed, count in zip((777, 888, 999), order, strict=True):
            states[index]["200"]["all_results"]["cifar10", seed]["eval_acc1es"]["ori-test@199"] = count / 100
    for seed in (777, 888):
        states[11]["200"]["all_results"]["cifar10", seed]["eval_acc1es"]["ori-test@199"] = 50.0
    write_table(tmp_path, "nats_topology", states, "NATS-tss-v1_0-3ffb9")
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    api = create(None, "tss", verbose=False)
    assert said_once("ties", lambda: api.find_best("cifar10", "test", hp="200"))[0] == 0
    if importlib.util.find_spec("nats_bench"):
        package = importlib.import_module("nats_bench")
        theirs = package.create(original(states, list(compat._names.topologies())), "tss", verbose=False)
        assert theirs.find_best("cifar10", "test", hp="200")[0] == 9930


def test_find_best_does_not_depend_on_earlier_queries(home: Path, unsaid: None) -> None:
    api = create(None, "tss", fast_mode=True, verbose=False)
    best = quiet(lambda: api.find_best("cifar100", "valid", hp="200"))
    assert said_once("enforce_all", lambda: api.find_best("cifar100", "valid", hp="200", enforce_all=False)) == best
    assert api.find_best("cifar100", "valid", hp="200", enforce_all=True) == best
    api.reset_fast_mode(False)
    assert api.fast_mode is False
    assert api.find_best("cifar100", "valid", hp="200", enforce_all=True) == best


def test_the_mixture_with_test_images_never_stands_in_for_validation(topology: Pair) -> None:
    ours, theirs = topology
    info = theirs.get_more_info(0, "cifar100", iepoch=5, hp="200", is_random=777)
    assert "valid-accuracy" not in info
    assert theirs.simulate_train_eval(0, "cifar100", iepoch=5, hp="200")[0] in [
        theirs.get_more_info(0, "cifar100", 5, "200", seed)["valtest-accuracy"] for seed in (777, 888, 999)
    ]
    used = ours.used_time
    with pytest.raises(
        DataError, match="validation accuracy on cifar100 is not recorded after 6 of 200 epochs, and test images do not"
    ):
        ours.simulate_train_eval(0, "cifar100", iepoch=5, hp="200")
    assert ours.used_time == used
    mine = ours.get_more_info(0, "cifar100", iepoch=5, hp="200", is_random=777)
    assert mine["valtest-accuracy"] == info["valtest-accuracy"]
    with pytest.raises(KeyError) as missing:
        mine["valid-accuracy"]
    assert str(missing.value).startswith("'valid-accuracy' is not among train-loss, train-accuracy, ")
    assert "architecture 0 on cifar100 after 6 of 200 epochs (seed 777)" in str(missing.value)
    assert mine.get("valid-accuracy") is None


def test_an_unknown_architecture_has_no_report(topology: Pair) -> None:
    ours, theirs = topology
    with pytest.warns(UserWarning, match="Find this arch-index : -1"):
        assert theirs.query_info_str_by_arch("nothing") is None
    with pytest.raises(ArchitectureError, match="'nothing' is no architecture of the space"):
        ours.query_info_str_by_arch("nothing")
    with pytest.raises(DataError, match="the table 'nats_topology' holds nothing of architecture 1"):
        ours.query_info_str_by_arch(1)


def test_schedules_with_other_data_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the older file of NAS-Bench-201, whose 12-epoch trainings are on one data set."""
    states = topologies()
    for by_hp in states.values():
        results = by_hp["12"]["all_results"]
        by_hp["12"]["all_results"] = {key: result for key, result in results.items() if key[0] == "cifar10-valid"}
        by_hp["12"]["dataset_seed"] = {"cifar10-valid": [111, 777]}
    write_table(tmp_path, "nasbench201_official", states, "NAS-Bench-201-v1_0-e61699")
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    api = NASBench201API("/gone/NAS-Bench-201-v1_0-e61699.pth", verbose=False)
    assert api.get_net_config(0, "cifar100")["num_classes"] == 100
    assert api.simulate_train_eval(0, "cifar100", hp="200")[2] > 0
    assert api.query_by_index(0).get_dataset_names() == ["cifar10-valid"]
    assert api.query_info_str_by_arch(0).count("\n") == 3
    assert api.statistics("cifar100", 12) == {0: 3}
    with pytest.raises(
        KeyError, match="holds no training of architecture 0 on cifar100 for 12 epochs; it has those on"
    ):
        api.get_more_info(0, "cifar100")
    with pytest.raises(DataError, match="the table 'nasbench201_official' holds nothing of architecture 1 on cifar10"):
        api.get_net_config(1, "cifar10")


def test_no_run_stands_in_for_a_missing_one(home: Path) -> None:
    api = create(None, "tss", verbose=False)
    with pytest.raises(NotRecorded) as refused:
        api.get_more_info(11, "cifar100", hp="200", is_random=999)
    assert isinstance(refused.value, ValueError)
    assert str(refused.value) == (
        "seed 999 of architecture 11 was not trained on cifar100 for 200 epochs; it has 777, 888, and no run stands in"
        " for another"
    )
    with pytest.raises(
        DataError, match="seed 999 of architecture 11 was not trained on cifar100 for 200 epochs; it has 777"
    ):
        api.query_by_index(11, hp="200").query("cifar100", 999)


def seconds_of(result: State, epochs: int) -> float:
    """Of so many epochs of training, and one pass over the validation images."""
    return float(sum(result["train_times"][i] for i in range(epochs)) + result["eval_times"]["x-valid@0"])


def test_every_epoch_is_charged(home: Path) -> None:
    """The first too, and each call is a training of its own; accuracy and cost are of one run."""
    api, results = create(None, "tss", verbose=False), topologies()[0]["12"]["all_results"]
    runs = [results["cifar10-valid", seed] for seed in (111, 777)]
    charged = 0.0
    for iepoch in [*range(12), *range(12)]:
        accuracy, _, cost, used = api.simulate_train_eval(0, "cifar10", iepoch=iepoch, hp="12")
        charged += cost
        (run,) = (run for run in runs if run["eval_acc1es"][f"x-valid@{iepoch}"] == accuracy)
        assert cost == pytest.approx(seconds_of(run, iepoch + 1), rel=1e-12)
        assert used == api.used_time == pytest.approx(charged, rel=1e-12)
    assert api.simulate_train_eval(0, "cifar10", account_time=False)[3] == used
    api.reset_time()
    assert api.used_time == 0


def test_a_training_without_a_cost_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = topologies()
    free, unknown = states[0]["12"]["all_results"]["cifar100", 111], states[11]["12"]["all_results"]["cifar100", 111]
    free["train_times"], free["eval_times"] = (dict.fromkeys(free[key], 0.0) for key in ("train_times", "eval_times"))
    unknown["train_times"] = dict.fromkeys(range(12), math.nan)
    write_table(tmp_path, "nats_topology", states, "NATS-tss-v1_0-3ffb9")
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    api = create(None, "tss", verbose=False)
    with pytest.raises(DataError) as refused:
        api.simulate_train_eval(0, "cifar100")
    assert str(refused.value) == "architecture 0 on cifar100: 0.0 s recorded; a training costs more than 0 s"
    with pytest.raises(DataError, match="'train-all-time' is not among train-loss, train-accuracy, valid-loss, "):
        api.simulate_train_eval(11, "cifar100")
    assert api.used_time == 0
    training = api.query_by_index(11).query("cifar100", 111)
    assert training.get_train()["all_time"] is None
    assert training.get_times()["T-train@epoch"] is None
    assert api.get_cost_info(11, "cifar100")["T-train@total"] is None


def test_show_prints_all(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The packages fail there."""
    api = create(None, "tss", verbose=False)
    api.show()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "NATStopology(3/15625 architectures, fast_mode=False, file=None)"
    assert lines[2] == "---------- The (    0/    3) 000000-th architecture! ----------"
    assert sum(line.startswith("arch : ") for line in lines) == 3
    assert api.query_by_index(0).show(is_print=True) == capsys.readouterr().out.splitlines()
