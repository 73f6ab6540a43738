"""Every number of the official files of NAS-Bench-201 and NATS-Bench is in the imported table, in each form of the files."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import official_files
import pytest
from forking import Command
from official_files import (
    COUNT,
    DATASETS,
    SAMPLE,
    SSS,
    TSS,
    bring,
    cells,
    expected,
    legacy,
    listed,
    nats_folder,
    packed,
    pth,
    quiet,
    require_all_recorded,
    size,
    sums,
    topology,
    unpacked,
    zipped,
)
from places import needs_shared

from nasbed.benchmarks.convert import _folder, nats_size, nats_topology
from nasbed.benchmarks.spaces.nats_size import NATSSizeSpace
from nasbed.benchmarks.tables import home
from nasbed.benchmarks.tables.manifest import MISSING, Column, Manifest
from nasbed.errors import DataError

pytestmark = pytest.mark.usefixtures("own_home", "small")


@pytest.mark.thorough
def test_every_number_of_the_topology_files_is_there_again(folder: Path, own_home: Path) -> None:
    states = cells()
    manifest = bring("nats_topology", folder)
    assert manifest.folder == own_home / "nats_topology"
    assert (manifest.runs, manifest.datasets, manifest.epochs) == (
        ["111", "777", "888", "999"],
        list(DATASETS),
        [12, 200],
    )
    assert (manifest.space, manifest.architectures, manifest.report) == ("nasbench201", COUNT, "test")
    assert manifest.title == "NATS-Bench, topology space (NATS-tss-v1_0-3ffb9)"
    assert manifest.sources[-1] == "official files: NATS-tss-v1_0-3ffb9"
    manifest.verify()
    require_all_recorded(manifest, states)
    assert len(manifest.columns) == 114
    for dataset, splits in {
        "cifar10-valid": {"train": 200, "validation": 200, "test": 0},
        "cifar10": {"train": 200, "test": 200},
        "cifar100": {"train": 200, "validation": 0, "test": 0, "mixture": 200},
        "ImageNet16-120": {"train": 200, "validation": 0, "test": 0, "mixture": 200},
    }.items():
        for metric in ("accuracy", "loss"):
            made = [c for c in manifest.columns if (c.dataset, c.epochs, c.metric) == (dataset, 200, metric)]
            assert {column.split: len(column.at) for column in made} == splits
            assert all(bool(column.images) == (metric == "accuracy") for column in made)
    accuracy = manifest.column("ImageNet16-120", "accuracy", "train", 200)
    assert np.load(manifest.folder / accuracy.file).dtype == np.uint32
    assert accuracy.origin.startswith("ImageNet16-120, train: trained on 151,700 images")
    seconds = manifest.column("cifar100", "training_time", epochs=200)
    assert (seconds.axes, seconds.unit, seconds.direction) == (["architecture", "run"], "s", "minimise")


@pytest.mark.thorough
def test_every_number_of_the_size_files_is_there_again(tmp_path: Path) -> None:
    states = {index: size(index) for index in range(COUNT)}
    manifest = bring("nats_size", nats_folder(tmp_path / SSS, states, nats_size.LAYOUT.texts()))
    assert (manifest.runs, manifest.epochs, manifest.space) == (["777", "888", "999"], [1, 12, 90], "nats_size")
    require_all_recorded(manifest, states)
    assert manifest.column("cifar100", "accuracy", "train", 1).at == [1]
    assert "epoch" not in manifest.column("cifar100", "accuracy", "validation", 1).axes


def test_all_official_forms_give_the_same_columns(tmp_path: Path, folder: Path) -> None:
    states, texts = cells(), nats_topology.LAYOUT.texts()
    before = sums(bring("nats_topology", folder))
    single = tmp_path / "NATS-tss-v1_0-3ffb9.pickle.pbz2"
    single.write_bytes(packed(listed(states, texts)))
    assert sums(bring("nats_topology", single)) == before
    for name, content in (("NAS-Bench-201-v1_1-096897.pth", legacy(pth(states))), ("newer.pth", zipped(pth(states)))):
        (tmp_path / name).write_bytes(content)
        assert sums(bring("nasbench201_official", tmp_path / name)) == before
        named = "NAS-Bench-201-v1_1-096897" if "v1_1" in name else "version not named"
        assert home.load("nasbench201_official").sources[-1] == f"official files: {named}"
    archive = tmp_path / "NAS-Bench-201-v1_1-archive"
    archive.mkdir()
    for index, one in pth(states)["arch2infos"].items():
        (archive / f"{index:06d}-FULL.pth").write_bytes(legacy(one))
    assert sums(bring("nasbench201_official", archive)) == before


def test_seeds_that_are_text_are_numbers(tmp_path: Path, folder: Path) -> None:
    states, texts = cells(), nats_topology.LAYOUT.texts()
    before = sums(bring("nats_topology", folder))
    for one in states.values():
        for part in one.values():
            part["dataset_seed"] = {
                name: [f"{seed:04d}" for seed in seeds] for name, seeds in part["dataset_seed"].items()
            }
            part["all_results"] = {(name, f"{seed:04d}"): trial for (name, seed), trial in part["all_results"].items()}
            for trial in part["all_results"].values():
                trial["seed"] = int(trial["seed"])
    assert sums(bring("nats_topology", nats_folder(tmp_path / "text", states, texts))) == before


def test_splits_that_the_files_lack_have_no_column_and_are_refused(tmp_path: Path) -> None:
    """As in v1_0, which has 12-epoch trainings on cifar10-valid alone; and without the times."""
    states = cells()
    for one in states.values():
        less = one["12"]
        less["dataset_seed"] = {"cifar10-valid": [111, 777]}
        less["all_results"] = {key: trial for key, trial in less["all_results"].items() if key[0] == "cifar10-valid"}
        for trial in less["all_results"].values():
            trial.update(train_times=None, eval_times={}, latency=None)
    path = tmp_path / "NAS-Bench-201-v1_0-e61699.pth"
    path.write_bytes(legacy(pth(states)))
    manifest = bring("nasbench201_official", path)
    short = {(c.dataset, c.metric, c.split) for c in manifest.columns if c.epochs == 12}
    assert {(dataset, metric) for dataset, metric, _ in short} == {
        ("cifar10-valid", name) for name in ("accuracy", "loss", "recorded_parameters", "recorded_flops")
    }
    with pytest.raises(
        DataError, match=r"has no accuracy \(test, 12 epochs\) for cifar10; it has accuracy \(train, 200 epochs\)"
    ):
        manifest.column("cifar10", "accuracy", "test", 12)


def test_what_is_odd_is_kept_as_it_is(tmp_path: Path) -> None:
    """Accuracies that are no counts, times that differ, passes that differ, losses that diverge, and no latency."""
    states = cells()
    first = states[0]["200"]["all_results"]
    first["cifar10", 777]["train_acc1es"][3] = 50.00123
    first["cifar10", 777]["train_losses"][199] = float("nan")
    first["cifar10", 777]["train_losses"][198] = 1e300
    first["cifar100", 888]["train_times"][0] += 1.0
    first["cifar100", 888]["eval_times"]["x-valid@0"] *= 3
    for trial in states[1]["200"]["all_results"].values():
        trial.update(latency=[-1.0], params=None, flop=None)
    first["cifar10", 999]["flop"] = 17.0
    for trial in states[2]["12"]["all_results"].values():
        trial["params"] = float(trial["seed"])
    manifest = bring("nats_topology", nats_folder(tmp_path / TSS, states, nats_topology.LAYOUT.texts()))

    accuracy = manifest.column("cifar10", "accuracy", "train", 200)
    assert accuracy.images == 0
    assert manifest.read(accuracy, 4)[0, 1] == pytest.approx(50.00123, abs=1e-5)
    losses = manifest.column("cifar10", "loss", "train", 200)
    assert np.isnan(manifest.read(losses, 200)[0, 1])
    assert np.isinf(manifest.read(losses, 199)[0, 1])
    seconds = manifest.column("cifar100", "training_time", epochs=200)
    assert (seconds.axes[-1], seconds.at) == ("epoch", list(range(1, 201)))
    times = list(first["cifar100", 888]["train_times"].values())
    assert [manifest.read(seconds, epochs)[0, 2] for epochs in (1, 2, 200)] == [sum(times[:n]) for n in (1, 2, 200)]
    passes = manifest.read(manifest.column("cifar100", "evaluation_time", "validation", 200))
    assert passes[0, 2] == pytest.approx(first["cifar100", 888]["eval_times"]["x-valid@1"] * 202 / 200)
    assert np.isnan(manifest.read(manifest.column("cifar10", "latency", epochs=200))[1]).all()
    assert np.isnan(manifest.read(manifest.column("cifar10", "latency"))[1])
    assert manifest.read(manifest.column("cifar10", "recorded_flops", epochs=200))[0] == 15.64737
    assert np.isnan(manifest.read(manifest.column("cifar10", "recorded_flops", epochs=200))[1])
    assert np.isnan(manifest.read(manifest.column("cifar10-valid", "recorded_parameters", epochs=12))[2])
    assert manifest.read(manifest.column("cifar10", "recorded_parameters", epochs=12))[2] == 111


@pytest.mark.thorough
def test_a_sample_is_imported_only_where_that_is_asked_for(tmp_path: Path, own_home: Path) -> None:
    states, texts = {2: topology(2)}, nats_topology.LAYOUT.texts()
    folder = nats_folder(tmp_path / TSS, states, texts)
    single = tmp_path / "single.pickle.pbz2"
    single.write_bytes(packed(listed(states, texts)))
    for path in (folder, single):
        with pytest.raises(
            DataError, match=r"holds 1 architectures; NATS-Bench, topology space has 4, and all are needed$"
        ):
            bring("nats_topology", path)
        nats_topology.convert([path], tmp_path / "partial", quiet, partial=True)
        manifest = Manifest.load(tmp_path / "partial")
        manifest.verify()
        require_all_recorded(manifest, states)
        counts = np.load(manifest.folder / manifest.column("cifar10", "accuracy", "test", 200).file)
        assert (counts[[0, 1, 3]] == MISSING).all()
    assert home.imported() == []
    assert list(own_home.iterdir()) == []


@needs_shared
@pytest.mark.parametrize(
    ("folder", "name", "module"),
    [
        pytest.param(TSS, "nats_topology", nats_topology, marks=pytest.mark.thorough),  # read by the same code
        (SSS, "nats_size", nats_size),
    ],
)
def test_every_number_of_the_official_sample_is_there(
    tmp_path: Path, folder: str, name: str, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a copy whose list ends after the last architecture of the sample, so that the table is small."""
    texts = unpacked(SAMPLE / folder / "meta.pickle.pbz2")["meta_archs"][:285]
    monkeypatch.setattr(module, "LAYOUT", replace(module.LAYOUT, texts=lambda: texts))
    monkeypatch.setattr(official_files, "COUNT", 285)
    states = {index: unpacked(SAMPLE / folder / f"{index:06d}.pickle.pbz2") for index in (0, 11, 284)}
    copied = nats_folder(tmp_path / folder, {}, texts)
    for index in states:
        shutil.copy(SAMPLE / folder / f"{index:06d}.pickle.pbz2", copied)
    module.convert([copied], tmp_path / name, quiet, partial=True)
    manifest = Manifest.load(tmp_path / name)
    assert all(bool(column.images) for column in manifest.columns if column.metric == "accuracy")
    for column in manifest.columns:
        want = expected(manifest, column, states)[[0, 11, 284]]
        for place, epoch in enumerate(column.at or [None]):
            ours = np.array(manifest.read(column, epoch))
            assert column.metric in ("parameters", "flops") or np.isnan(np.delete(ours, [0, 11, 284], axis=0)).all()
            tolerance = {"accuracy": 5e-7, "loss": 6e-8}.get(column.metric, 1e-15)
            np.testing.assert_allclose(
                ours[[0, 11, 284]], want if epoch is None else want[..., place], rtol=tolerance, err_msg=column.file
            )
    if name == "nats_topology":
        accuracy = manifest.read(manifest.column("cifar100", "accuracy", "test", 200))
        assert accuracy[0, 1:].tolist() == pytest.approx([51.98, 53.68, 53.28], abs=0.8)
        assert (
            manifest.read(manifest.column("ImageNet16-120", "training_time", epochs=200))[11, 1] == 15123.952127329534
        )
    else:
        assert manifest.read(manifest.column("cifar10-valid", "accuracy", "validation", 1))[0, 0] == 28.7
        assert manifest.read(manifest.column("cifar10", "training_time", epochs=90))[284, 0] == 550.899338722229


def test_columns_on_disk_are_written_as_those_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.lib.format.open_memmap(tmp_path / "big.npy", mode="w+", dtype=np.float32, shape=(1_000, 3))
    values[...] = np.arange(3_000).reshape(1_000, 3)
    column = Column("a/big.npy", "loss", "test", "a", "nats", "minimise", ["architecture", "run"], "made")
    manifest = Manifest(
        tmp_path / "table", "t", "t", "s", 1_000, [1], False, ["1", "2", "3"], "test", "", "", [], ["a"]
    )
    monkeypatch.setattr(_folder, "_BLOCK", 100)
    _folder.write(manifest, [(column, values)])
    assert (tmp_path / "table" / "a" / "big.npy").read_bytes() == (tmp_path / "big.npy").read_bytes()
    Manifest.load(tmp_path / "table").verify()


@pytest.mark.thorough
def test_the_commands_on_an_imported_table(folder: Path, own_home: Path, command: Command) -> None:
    bring("nats_topology", folder)

    def out(*words: str, code: int = 0) -> str:
        done = command(*words)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    found = out("data", "list")
    assert re.search(r"nats_topology .*NATS-tss-v1_0-3ffb9.* imported", found)
    assert re.search(r"nats_size +NATS-Bench, size space +not here", found)
    assert re.search(r"nasbench201_official +NAS-Bench-201, official file +not here", found)
    assert "cifar100, ori-test: trained on 50,000 images, evaluated on x-valid and x-test together" in out(
        "data", "info", "nats_topology"
    )
    assert "nats_topology: 114 columns are whole" in out("data", "verify", "nats_topology")
    path = own_home / "nats_topology" / "cifar10" / "200" / "test_loss.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert "is damaged: its SHA-256 is not the manifest's; import it again" in out(
        "data", "verify", "nats_topology", code=1
    )
    assert "removed" in out("data", "remove", "nats_topology")
    assert list(own_home.iterdir()) == []


@pytest.mark.thorough
def test_the_command_refuses_a_sample(tmp_path: Path, own_home: Path, command: Command) -> None:
    texts = NATSSizeSpace()
    folder = nats_folder(tmp_path / SSS, {2: size(2)}, [texts.format(arch) for arch in texts.archs])
    done = command("data", "import", "nats_size", str(folder))
    assert done.returncode == 2
    assert "holds 1 architectures; NATS-Bench, size space has 32,768, and all are needed" in " ".join(
        done.stderr.split()
    )
    assert list(own_home.iterdir()) == []


@needs_shared
def test_the_command_refuses_the_official_sample(own_home: Path, command: Command) -> None:
    done = command("data", "import", "nats_topology", str(SAMPLE / TSS))
    assert done.returncode == 2
    assert "holds 3 architectures; NATS-Bench, topology space has 15,625, and all are needed" in " ".join(
        done.stderr.split()
    )
    done = command("data", "import", "nats_topology", str(SAMPLE / SSS))
    assert "lists 32,768 architectures; number 0 is '8:8:8:8:8'; expected the 15,625" in " ".join(done.stderr.split())
    assert list(own_home.iterdir()) == []
