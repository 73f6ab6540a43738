"""Which table answers the calls of the official packages, and what is refused with a remedy."""

from __future__ import annotations

import json
import math
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from beside import quiet, said_once
from daily import sampled
from places import ROOT
from recorded_states import topologies, write_table

from nasbed.benchmarks import compat
from nasbed.benchmarks.compat import NASBench201API, NATStopology, NotRecorded, create
from nasbed.errors import ArchitectureError, DataError, NasbedError, OptionError, UnknownNameError


def test_a_table_is_opened_by_name_by_folder_or_by_the_official_path(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.symlink_to(home / "nats_topology")
    for given in ("nats_topology", str(home / "nats_topology"), home / "nats_topology", folder,
                  "/no/longer/there/NATS-tss-v1_0-3ffb9-simple", "NATS-tss-v1_0-3ffb9.pickle.pbz2"):  # fmt: skip
        api = create(given, "tss", verbose=False)
        assert api.query_by_index(0, "cifar100")
        assert api.filename == Path(given).name
    for given in ("/data/NAS-Bench-201-v1_1-096897.pth", Path("NAS-Bench-201-v1_1-archive"), "nasbench201_official"):
        assert NASBench201API(given, verbose=False).query_by_index(0, "cifar100")


@pytest.mark.parametrize(
    ("make", "given", "message"),
    [
        (create, {}, "file_path_or_dict of type dict: expected None, or the name or folder of an imported table; official"
         " files are imported once: nasbed data import nats_topology PATH"),
        (create, "NATS-tss-v1_1-aaaaa-simple", "NATS-tss-v1_1-aaaaa-simple has not been imported: nasbed data import"
         " nats_topology NATS-tss-v1_1-aaaaa-simple, once; nothing else changes; the table that was imported is"
         " 'made up (NATS-tss-v1_0-3ffb9)'"),
        (NASBench201API, "NAS-Bench-201-v1_0-e61699.pth", "NAS-Bench-201-v1_0-e61699.pth has not been imported: nasbed data"
         " import nasbench201_official NAS-Bench-201-v1_0-e61699.pth, once; nothing else changes; the table that was imported"
         " is 'made up (NAS-Bench-201-v1_1-096897)'"),
        (create, "/no/such/folder", "/no/such/folder is neither a table nor an official file; expected None, the name or"
         " folder of a table, or the path of official files that were imported with nasbed data import nats_topology PATH"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_the_remedy(make: Any, given: Any, message: str, home: Path) -> None:
    with pytest.raises(NasbedError) as refused:
        make(given, "tss", verbose=False) if make is create else make(given, verbose=False)
    assert str(refused.value) == message
    assert isinstance(refused.value, (ValueError, KeyError))


def test_the_wrong_table_or_space_is_refused(home: Path) -> None:
    with pytest.raises(
        DataError, match=r"the table 'nats_size' in .* does not answer here; expected nats_topology or "
    ):
        create(str(home / "nats_size"), "tss", verbose=False)
    with pytest.raises(DataError, match=r"the table 'nats_topology' in .* does not answer here; expected nats_size"):
        create(str(home / "nats_topology"), "sss", verbose=False)
    with pytest.raises(UnknownNameError) as refused:
        create(None, "tsss", verbose=False)
    assert str(refused.value) == "unknown search space 'tsss'; did you mean 'tss'? known: tss, topology, sss, size"
    assert isinstance(refused.value, ValueError)


def test_without_the_size_table_its_import_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    with pytest.raises(DataError) as refused:
        create(None, "sss", verbose=False)
    assert str(refused.value) == f"the table 'nats_size' is not in {tmp_path}: nasbed data import nats_size PATH"


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NATStopology:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    api = create(None, "tss", verbose=False)
    assert isinstance(api, NATStopology)
    return api


def test_the_shipped_table_answers_where_nothing_was_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unsaid: None
) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    said_once("shipped", lambda: create(None, "tss", verbose=False))
    quiet(lambda: NASBench201API(verbose=False))
    quiet(lambda: create("nasbench201", "tss", verbose=False))


def test_what_the_shipped_table_holds_is_answered(shipped: NATStopology) -> None:
    """Numbers of the official sample."""
    assert shipped.avaliable_hps == ["200"]
    valid = shipped.get_more_info(0, "cifar10-valid", hp="200", is_random=777)
    assert valid["valid-accuracy"] == pytest.approx(82.092)
    assert valid["train-all-time"] == pytest.approx(1444.2185997962952)
    assert shipped.get_more_info(0, "cifar10", hp="200", is_random=False)["test-accuracy"] == pytest.approx(85.86333333)
    means = shipped.get_more_info(0, "cifar100", hp="200", is_random=False)
    assert means["valid-accuracy"] == pytest.approx(52.7)
    assert means["test-accuracy"] == pytest.approx(52.9133332946)
    assert [shipped.find_best(*split, hp="200")[0] for split in (("cifar10", "valid"), ("cifar10", "test"))] == [
        6111,
        6111,
    ]
    assert [shipped.find_best("cifar100", name, hp=200)[0] for name in ("valid", "test")] == [9930, 9930]
    assert [shipped.find_best("ImageNet16-120", name, hp=200)[0] for name in ("valid", "test")] == [10676, 857]
    assert shipped.statistics("cifar10", 200) == {2: 7456, 3: 8169}
    assert shipped.get_cost_info(0, "cifar10", 200)["flops"] == 15.64737
    assert shipped.get_latency(0, "cifar100", 200) == pytest.approx(0.013182918)
    assert shipped.query_by_index(0, "cifar10-valid", 200)[888].seed == 888


def test_accuracies_of_the_shipped_table_are_there_without_their_losses(shipped: NATStopology) -> None:
    results = shipped.query_meta_info_by_index(0, hp="200")
    assert results.get_metrics("cifar10-valid", "x-valid", is_random=777)["accuracy"] == pytest.approx(82.092)
    for dataset, name, accuracy in (
        ("cifar10", "ori-test", 85.86333333), ("cifar100", "x-valid", 52.7), ("cifar100", "x-test", 52.9133332946)
    ):  # fmt: skip
        found = results.get_metrics(dataset, name)
        assert found["accuracy"] == pytest.approx(accuracy)
        assert (found["iepoch"], "loss" in found) == (199, False)
    assert results.get_metrics("cifar100", "valid") == results.get_metrics("cifar100", "x-valid")
    training = shipped.query_by_index(0, "cifar10-valid", "200")[777]
    assert training.get_eval("x-valid")["accuracy"] == training.get_eval("valid")["accuracy"] == pytest.approx(82.092)
    assert training.get_train()["all_time"] == pytest.approx(1444.2185997962952)
    assert training.get_train(9)["all_time"] == pytest.approx(72.210929989815)
    for at in (0, 198):
        with pytest.raises(NotRecorded, match="holds no accuracy of x-test on cifar100"):
            results.get_metrics("cifar100", "x-test", at)
    assert json.loads(json.dumps(results.get_metrics("cifar100", "x-valid")))["accuracy"] == pytest.approx(52.7)


def test_the_report_of_the_shipped_table_says_what_is_not_recorded(
    shipped: NATStopology, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = shipped.query_by_arch(0, "200").splitlines()
    assert lines[3] == (
        "cifar10-valid  train : [loss = not recorded & top1 = not recorded], valid : [loss = not recorded & top1 = 81.98%]"
    )
    assert lines[7].endswith(
        "valid : [loss = not recorded & top1 = 52.70%], test : [loss = not recorded & top1 = 52.91%]"
    )
    shipped.show(0)
    assert "top1 = 85.86%" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda api: api.get_more_info(0, "cifar100"),
         "unknown hp of nasbench201 '12'; known: 200; nasbed data import nats_topology PATH brings the rest"),
        (lambda api: api.get_more_info(0, "cifar10", hp=200),
         "no accuracy is recorded of architecture 0 on cifar10 after 200 of 200 epochs (one run) in the table 'nasbench201';"
         " nasbed data import nats_topology PATH brings the rest"),
        (lambda api: api.get_more_info(0, "cifar100", hp=200, is_random=777)["test-accuracy"],
         "'test-accuracy' is not among train-per-time, train-all-time, valid-accuracy: not recorded of architecture 0 on"
         " cifar100 after 200 of 200 epochs (seed 777) in the table 'nasbench201'; nasbed data import nats_topology PATH"
         " brings the rest"),
        (lambda api: api.get_more_info(0, "cifar100", 10, 200, False),
         "no accuracy is recorded of architecture 0 on cifar100 after 11 of 200 epochs (mean over runs) in the table"
         " 'nasbench201'; nasbed data import nats_topology PATH brings the rest"),
        (lambda api: api.simulate_train_eval(0, "cifar100", hp=200),
         "'valid-per-time' is not among train-per-time, train-all-time, valid-accuracy: not recorded of architecture 0 on"
         " cifar100 after 200 of 200 epochs (one run) in the table 'nasbench201'; nasbed data import nats_topology PATH"
         " brings the rest"),
        (lambda api: api.query_by_index(0, hp=200).get_metrics("cifar100", "x-valid")["loss"],
         "'loss' is not among iepoch, accuracy, cur_time, all_time: not recorded of x-valid on cifar100, seed 777, after 200 of"
         " 200 epochs in the table 'nasbench201'; nasbed data import nats_topology PATH brings the rest"),
        (lambda api: api.query_by_index(0, hp=200).get_metrics("cifar100", "x-test", is_random=777),
         "the table 'nasbench201' holds no accuracy of x-test on cifar100, seed 777, after 200 of 200 epochs; accuracy by run:"
         " x-valid; nasbed data import nats_topology PATH brings the rest"),
        (lambda api: api.query_by_index(0, hp=200).get_metrics("cifar100", "train")["accuracy"],
         "'accuracy' is not among iepoch, cur_time, all_time: not recorded of train on cifar100, seed 777, after 200 of 200"
         " epochs in the table 'nasbench201'; nasbed data import nats_topology PATH brings the rest"),
        (lambda api: api.find_best("cifar100", "train", hp=200),
         "the table 'nasbench201' holds no accuracy of train on cifar100 after 200 epochs; nasbed data import nats_topology PATH"
         " brings the rest"),
    ],
)  # fmt: skip
def test_the_rest_is_refused_with_the_remedy(call: Callable[[Any], Any], message: str, shipped: NATStopology) -> None:
    with pytest.raises(NasbedError) as refused:
        call(shipped)
    assert str(refused.value) == message
    assert isinstance(refused.value, KeyError)


@pytest.mark.parametrize(("api", "table"), [(NASBench201API, "nasbench201_official"), (NATStopology, "nats_topology")])
def test_the_remedy_is_the_table_of_the_package(
    api: Any, table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    asked = api(None, verbose=False)
    training = asked.query_by_index(0, "cifar10", hp="200")[777]
    for call in (
        lambda: asked.simulate_train_eval(0, "cifar10"),
        lambda: asked.simulate_train_eval(0, "cifar10", hp="200"),
        lambda: asked.find_best("cifar10", "train", hp="200"),
        lambda: training.get_eval("ori-test"),
        lambda: pickle.loads(pickle.dumps(training)).get_eval("ori-test"),
    ):
        with pytest.raises(NasbedError, match=f"; nasbed data import {table} PATH brings the rest$"):
            call()


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    sampled([
        (lambda api: api.get_more_info("|none~0|", "cifar10"), ArchitectureError,
         "'|none~0|' is no architecture of the space; expected a string such as |avg_pool_3x3~0|+|nor_conv_1x1~0|"),
        (lambda api: api.arch(15_625), ArchitectureError, "architecture index 15625; expected 0 .. 15624"),
        (lambda api: api.query_by_index(1), DataError, "the table 'nats_topology' holds nothing of architecture 1"),
        (lambda api: api.arch2infos_dict[1], DataError, "nothing is recorded of architecture 1"),
        (lambda api: api.get_more_info(1, "cifar10"), DataError,
         "the table 'nats_topology' holds no training of architecture 1 on cifar10 for 12 epochs; it has those on none"),
        (lambda api: api.get_more_info(0, "cifar-10"), UnknownNameError,
         "unknown data set of nats_topology 'cifar-10'; did you mean 'cifar10'? known: cifar10-valid, cifar10, cifar100, "),
        (lambda api: api.simulate_train_eval(0, "cifar10-valid"), UnknownNameError, "unknown data set of a search"),
        (lambda api: api.get_more_info(0, "cifar10", hp="13"), UnknownNameError,
         "unknown hp of nats_topology '13'; known: 12, 200"),
        (lambda api: api.get_more_info(0, "cifar10", 12), OptionError,
         "iepoch = 12; expected 0 .. 11, or None for the last"),
        (lambda api: api.get_more_info(0, "cifar10", is_random="777"), OptionError,
         "is_random = '777'; expected True (a run drawn), False (the mean) or a seed"),
        (lambda api: api.find_best("cifar10-valid", "test"), UnknownNameError,
         "unknown evaluation set of cifar10-valid 'test'; did you mean 'ori-test'? known: train, x-valid, ori-test"),
        (lambda api: api.statistics("svhn", 12), UnknownNameError, "unknown data set of nats_topology 'svhn'"),
        (lambda api: api.query_by_index(0).query("cifar10", 111).get_eval("x-valid"), UnknownNameError,
         "unknown evaluation set of cifar10 'x-valid'; known: train, ori-test"),
        (lambda api: api.query_by_index(0, hp=200).query("cifar100", 777).get_eval("x-valid", 0), DataError,
         "the table 'nats_topology' holds no accuracy of x-valid on cifar100, seed 777, after 1 of 200 epochs; it is recorded"
         " after 200 only"),
        (lambda api: api.get_net_param(0, "cifar10", 111), DataError,
         "NATStopology.get_net_param is not offered: trained weights are not part of the tables; use the official files and"
         " package for them (see docs/compat.md)"),
        (lambda api: api.query_by_index(0).update("cifar10", 1, None), DataError,
         "ArchResults.update is not offered: what was recorded is not changed (see docs/compat.md)"),
        (lambda api: compat._text.str2lists("|none~x|"), ArchitectureError,
         "malformed edge 'none~x' in '|none~x|': expected operation~source"),
        (lambda api: api.str2matrix("|conv~0|"), ArchitectureError, "unknown operation 'conv' in '|conv~0|'; known: none, "),
    ], 3),
)  # fmt: skip
def test_refusals(call: Callable[[Any], Any], kind: type[Exception], message: str, home: Path) -> None:
    with pytest.raises(kind) as refused:
        call(create(None, "tss", verbose=False))
    assert str(refused.value).startswith(message)


def test_every_difference_is_documented() -> None:
    text = (ROOT / "docs" / "compat.md").read_text(encoding="utf-8")
    source = "".join(path.read_text(encoding="utf-8") for path in Path(compat.__file__).parent.glob("*.py"))
    kinds = set(re.findall(r'warn_once\(\s*"(\w+)"', source))
    assert kinds == {"draws", "counts", "latency", "enforce_all", "shipped", "ties"}
    assert all(f"| `{kind}` |" in text for kind in kinds)
    for kind in (NASBench201API, NATStopology, compat.ArchResults, compat.ResultsCount):
        assert all(f"`{name}`" in text for name in kind.withheld)


def test_another_attribute_is_just_not_there(home: Path) -> None:
    with pytest.raises(AttributeError, match="'NATStopology' object has no attribute 'nothing'"):
        create(None, "tss", verbose=False).nothing  # noqa: B018


def test_a_latency_that_was_not_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = topologies()
    states[0]["12"]["all_results"]["cifar100", 111]["latency"] = [math.nan]
    write_table(tmp_path, "nats_topology", states, "NATS-tss-v1_0-3ffb9")
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    api = create(None, "tss", verbose=False)
    assert api.get_latency(0, "cifar100") is None
    assert api.query_by_index(0).query("cifar100", 111).get_latency() == -1.0
    assert "latency=None ms." in api.query_info_str_by_arch(0)
    with pytest.raises(DataError, match="no latency of architecture 0 on cifar100, seed 111"):
        api.query_by_index(0).get_latency("cifar100")
