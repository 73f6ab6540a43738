"""The data home: tables that users bring, whole or not at all."""

from __future__ import annotations

import bz2
import csv
import hashlib
import os
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from forking import Command
from places import ROOT, SHARED, needs_shared
from scipy import stats

import nasbed
from nasbed import figures
from nasbed.benchmarks import convert
from nasbed.benchmarks.convert import _frames, _pickles, _torchfile
from nasbed.benchmarks.convert import hw_nasbench201 as hardware
from nasbed.benchmarks.convert._source import Converter, Source
from nasbed.benchmarks.convert.nasbench201_12epochs import VALIDATION_SECONDS
from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space
from nasbed.benchmarks.tables import home
from nasbed.benchmarks.tables.places import DOWNLOADED
from nasbed.commands import catalogue
from nasbed.errors import DataError, NasbedError
from nasbed.results.judge import floor
from nasbed.vocabulary import Recordings

DATA = SHARED / "data"
EVERY = np.arange(15_625)


def quiet(what: str, done: int, total: int) -> None:
    assert what
    assert done <= total or not total


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    return tmp_path / "home"


def test_the_home_is_the_platforms_unless_named(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    assert home.home() == own_home
    monkeypatch.delenv("NASBED_DATA")
    assert home.home().name == "nasbed"


def test_only_what_can_be_downloaded_is_said_to_be_fetched() -> None:
    fetched = {name for name in convert.names() if convert.converter(name).downloads}
    assert fetched - set(home.shipped()) == set(DOWNLOADED)


def test_every_converter_has_pinned_sources() -> None:
    assert {"nasbench201", "nasbench201_12epochs", "hw_nasbench201"} <= set(convert.names())
    for name in convert.names():
        made = convert.converter(name)
        assert made.name == name
        for source in made.sources:
            assert re.fullmatch("[0-9a-f]{64}", source.sha256)
            assert bool(source.requirement) != bool(source.address) or not made.downloads
            if made.downloads:
                assert "==" in source.requirement or re.search("/[0-9a-f]{40}/", source.address)


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (lambda: nasbed.load_benchmark("nasbench201", epochs=[12]), "nasbed data fetch nasbench201_12epochs"),
        (lambda: nasbed.load_benchmark("nasbench201", objectives=["fpga_latency"]), "nasbed data fetch hw_nasbench201"),
        (lambda: nasbed.load_benchmark("nasbench201", epochs=[100]), "unknown number of epochs of nasbench201 100;"),
        (lambda: nasbed.load_benchmark("nasbench201", epochs=[]), "epochs = []; expected a list of whole numbers above 0, such as"),
        (lambda: nasbed.load_benchmark("nasbench201", objectives=["accuracy", "runs"]), "unknown objective"),
        (lambda: convert.import_table("nasbench201_12epoch", Path("."), quiet), "did you mean 'nasbench201_12epochs'?"),
        (lambda: convert.import_table("hw_nasbench201", Path("/no/where"), quiet), "/no/where does not exist; hw_"),
        (lambda: convert.import_table("nasbench201", Path("."), quiet), "ships with the package; there is nothing to import"),
        (lambda: home.remove("nasbench201"), "ships with the package and is not removed"),
        (lambda: home.remove("hw_nasbench201"), "is not in"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_with_the_remedy(work: Callable[[], object], message: str) -> None:
    with pytest.raises(NasbedError, match=re.escape(message)):
        work()


def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[list[str]], list[str]] = list) -> Path:
    """HW-NAS-Bench files in their layout, made up, with theirs as the published checksums."""
    folder = tmp_path / "files"
    folder.mkdir()
    space = NASBench201Space()
    codes = {1: 0, 0: 1, 3: 2, 2: 3, 4: 4}
    order = [hardware._POSITIONS.index(position) for position in range(6)]
    sources = []
    for dataset in hardware._DATASETS:
        lines = ["net," + ",".join(hardware.DEVICES)]
        for index, arch in enumerate(space.archs):
            row = tuple(codes[arch[edge]] for edge in order)
            values = [
                -1.0 if metric == "edgetpu_latency" and index % 3 == 0 else index + 0.5 for metric in hardware.DEVICES
            ]
            lines.append(f'"{row}",' + ",".join(map(str, values)))
        path = folder / f"hw_{dataset}.csv"
        path.write_text("\n".join(spoil(lines)) + "\n")
        sources.append(Source(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), address="https://example.org"))
    made = hardware.CONVERTER
    monkeypatch.setattr(
        hardware, "CONVERTER", Converter(made.name, made.title, made.licence, tuple(sources), made.convert)
    )
    return folder


def test_an_import_is_used_at_once_and_an_unsupported_device_is_infeasible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert.import_table("hw_nasbench201", published(tmp_path, monkeypatch), quiet)
    table = nasbed.load_benchmark("nasbench201", objectives=["edgetpu_latency", "accuracy", "fpga_energy"])
    assert [(o.name, o.unit, o.maximise) for o in table.objectives] == [
        ("edgetpu_latency", "ms", False),
        ("accuracy", "%", True),
        ("fpga_energy", "mJ", False),
    ]
    oracle, plain = table.oracle(), nasbed.load_benchmark("nasbench201").oracle()
    for index in (1, 2, 777 * 3 + 1):
        (latency, accuracy, energy), cost = oracle(index, 200, 7)
        assert (latency, energy) == (-index - 0.5, -index - 0.5)
        assert ((accuracy,), cost) == plain(index, 200, 7)
    assert np.isnan(oracle(3, 200, 7)[0][0])


def test_several_objectives_run_and_are_stored_in_their_units(tmp_path: Path) -> None:
    table = nasbed.load_benchmark("nasbench201", objectives=["accuracy", "parameters"])
    result = nasbed.search("random_search", table, budget={"evaluations": 20})
    assert all(len(outcome.values) == 2 and outcome.values[1] < 0 for outcome in result.outcomes)
    study = """
        name = "two"
        seeds = 2
        budget = { evaluations = 10 }
        [[benchmark]]
        use = "nasbench201"
        objectives = ["accuracy", "parameters"]
        [[strategy]]
        use = "random_search"
    """
    frame = nasbed.run_study(nasbed.Study.parse(study), tmp_path / "out").evaluations()
    lookup = {index: table.lookup(table.space.archs[index]) for index in frame["architecture"]}
    for row in frame.itertuples():
        recorded = next(entry["value"] for entry in lookup[row.architecture] if entry["metric"] == "parameters")
        assert row.parameters == recorded


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.thorough
def test_a_failed_import_leaves_the_old_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    files = published(tmp_path, monkeypatch)
    convert.import_table("hw_nasbench201", files, quiet)
    before = tree(own_home)
    (files / "hw_cifar100.csv").write_bytes((files / "hw_cifar100.csv").read_bytes()[:-100])
    with pytest.raises(DataError, match=r"hw_cifar100.csv is not the published hw_cifar100.csv: its SHA-256 differs"):
        convert.import_table("hw_nasbench201", files, quiet)
    (files / "hw_cifar100.csv").unlink()
    with pytest.raises(DataError, match=r"cannot read .*hw_cifar100\.csv"):
        convert.import_table("hw_nasbench201", files, quiet)
    assert tree(own_home) == before


def test_a_wrong_number_of_architectures_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    files = published(tmp_path, monkeypatch, lambda lines: [*lines[:-1], lines[-2]])
    with pytest.raises(DataError, match="15,624 architectures, expected 15,625"):
        convert.import_table("hw_nasbench201", files, quiet)
    assert home.imported() == []
    assert tree(own_home) == {}


@pytest.mark.thorough
def test_no_space_left_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    files = published(tmp_path, monkeypatch)

    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DataError, match="No space left on device"):
        convert.import_table("hw_nasbench201", files, quiet)
    assert [path.name for path in own_home.iterdir()] == []


def test_two_imports_at_once_are_kept_apart(own_home: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", "import time, nasbed.benchmarks.tables.home as home\n"
         "with home.claim('x'): print('held', flush=True); time.sleep(60)"],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "NASBED_DATA": str(own_home)},
    )  # fmt: skip
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(DataError, match=f"process {other.pid} is writing the table 'x' just now"), home.claim("x"):
            raise AssertionError("the claim was given twice")
    finally:
        other.kill()
        other.wait()
        assert other.stdout is not None
        other.stdout.close()
    with home.claim("x") as folder:
        assert folder == own_home / "x"
    assert not list(own_home.glob("*.lock"))


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "file"))
    with (
        pytest.raises(DataError, match=r"cannot write to the data home .*; set NASBED_DATA to another"),
        home.claim("x"),
    ):
        raise AssertionError


def test_a_frame_with_anything_else_in_it_is_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "ran"),)

    for content in (pickle.dumps(Evil()), pickle.dumps({"a": [1, 2]}), b"no pickle"):
        with pytest.raises(DataError):
            _frames.load(content)
    assert not (tmp_path / "ran").exists()


@needs_shared
def test_the_12_epoch_trainings_are_a_fidelity_of_their_own() -> None:
    convert.import_table("nasbench201_12epochs", DATA / "nasbench201-12epochs", quiet)
    for dataset, correlation in (("cifar10", 0.772), ("cifar100", 0.825), ("ImageNet16-120", 0.818)):
        table = nasbed.load_benchmark("nasbench201", dataset=dataset, epochs=[12, 200])
        assert (table.epochs, table.resumable) == ((12, 200), False)
        oracle = table.oracle()
        short = np.array([oracle(index, 12, 5)[0][0] for index in EVERY.tolist()])
        assert stats.spearmanr(short, table.referee().test(EVERY)).statistic == pytest.approx(correlation, abs=5e-4)
        plain = nasbed.load_benchmark("nasbench201", dataset=dataset).oracle()
        assert oracle(123, 200, 9) == plain(123, 200, 9)
        seconds = {"cifar10": 3.03, "cifar100": 3.03 / 5, "ImageNet16-120": 3.03 * 3 / 25}[dataset]
        assert oracle(123, 12, 9)[1] == pytest.approx(plain(123, 200, 9)[1] * 12 / 200 + seconds, abs=1e-9)
        assert table.recordings(12) == Recordings(1, 2 if dataset == "cifar10" else 1)
        assert table.recordings(200) == Recordings(3)


@needs_shared
def test_an_evaluation_of_12_epochs_on_cifar10_costs_113_seconds() -> None:
    convert.import_table("nasbench201_12epochs", DATA / "nasbench201-12epochs", quiet)
    table = nasbed.load_benchmark("nasbench201", epochs=[12])
    assert table.typical() == pytest.approx(113, abs=0.5)
    assert "12/200" in table.cost_model


@needs_shared
def test_a_validation_pass_is_what_the_official_files_record_of_three_cells() -> None:
    """Proportional to the images: those of ImageNet16-120, of a quarter of the pixels, take no less each."""
    seconds: dict[str, list[float]] = {}
    for path in sorted((DATA / "nats-bench-sample" / "NATS-tss-v1_0-3ffb9-simple").glob("0*.pickle.pbz2")):
        state = _pickles.load(bz2.decompress(path.read_bytes()), _torchfile.ADMITTED)["12"]
        for dataset in ("cifar10-valid", "cifar100", "ImageNet16-120"):
            once = {value for (name, _), record in state["all_results"].items() if name == dataset
                    for key, value in record["eval_times"].items() if key.startswith("x-valid@")}  # fmt: skip
            seconds.setdefault(dataset, []).append(sum(once) / len(once))
    means = {dataset: sum(values) / len(values) for dataset, values in seconds.items()}
    assert [len(values) for values in seconds.values()] == [3, 3, 3]
    for dataset, images in (("cifar10-valid", 25_000), ("cifar100", 5_000), ("ImageNet16-120", 3_000)):
        assert means[dataset] == pytest.approx(VALIDATION_SECONDS * images / 25_000, rel=1e-3)


@needs_shared
def test_the_frame_and_the_csv_of_the_12_epoch_trainings_agree() -> None:
    convert.import_table("nasbench201_12epochs", DATA / "nasbench201-12epochs", quiet)
    with (DATA / "nasbench201-12epochs" / "accuracy_12epochs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    manifest = home.load("nasbench201_12epochs")
    for dataset, name in (("cifar10", "cifar10"), ("cifar100", "cifar100"), ("ImageNet16-120", "imagenet")):
        for split, short in (("validation", "val"), ("test", "test")):
            ours = manifest.read(manifest.column(dataset, "accuracy", split, 12))
            np.testing.assert_allclose(ours, [float(row[f"{name}-{short}"]) for row in rows], atol=1e-6)


@needs_shared
def test_hardware_numbers_are_those_of_the_known_rows() -> None:
    convert.import_table("hw_nasbench201", DATA / "hw-nas-bench", quiet)
    known = {"edgegpu_latency": 5.807, "edgegpu_energy": 24.227, "eyeriss_latency": 3.646, "eyeriss_energy": 0.687,
             "fpga_latency": 2.573, "fpga_energy": 18.011, "raspi4_latency": 10.482, "edgetpu_latency": 0.957,
             "pixel3_latency": 3.606}  # fmt: skip
    table = nasbed.load_benchmark("nasbench201", objectives=["accuracy", *known])
    values, _ = table.oracle()(0, 200, 0)
    assert [-value for value in values[1:]] == pytest.approx(list(known.values()), abs=6e-4)
    unsupported = [
        np.isnan(table.oracle()(index, 200, 0)[0][1 + list(known).index("edgetpu_latency")]) for index in EVERY.tolist()
    ]
    assert np.mean(unsupported) == pytest.approx(0.30, abs=0.005)


@pytest.mark.thorough
@needs_shared
def test_a_search_on_one_data_set_is_reported_on_others(tmp_path: Path) -> None:
    convert.import_table("nasbench201_12epochs", DATA / "nasbench201-12epochs", quiet)
    study = nasbed.Study.load(ROOT / "studies" / "nasbench201_table5.toml")
    results = nasbed.run_study(study.with_seeds(20), tmp_path / "out")
    finals = results.finals().set_index(["benchmark", "strategy", "seed"])
    assert list(results.benchmarks) == [
        "nasbench201/cifar10", "nasbench201/cifar10 → cifar100", "nasbench201/cifar10 → ImageNet16-120"
    ]  # fmt: skip
    searched = nasbed.load_benchmark("nasbench201", epochs=[12])
    for seed in (0, 7):
        alone = nasbed.search("random_search", searched, budget={"seconds": 12_000}, seed=seed)
        assert alone.incumbent is not None
        index = np.array([searched.space.index(alone.incumbent.arch)])
        for label, dataset in zip(results.benchmarks, ("cifar10", "cifar100", "ImageNet16-120"), strict=True):
            referee = nasbed.load_benchmark("nasbench201", dataset=dataset).referee()
            assert finals.loc[(label, "RS", seed), "test"] == referee.test(index)[0]
            assert finals.loc[(label, "RS", seed), "validation"] == referee.validation(index)[0]
    figure = figures.render(results, "curves", captioned=True)
    figure.canvas.draw()
    for axes in figure.axes:
        box = axes.get_tightbbox()
        assert box is not None
        assert box.x1 <= figure.bbox.width
        assert box.y1 <= figure.bbox.height
    cifar100 = nasbed.load_benchmark("nasbench201", dataset="cifar100")
    assert results.floor("nasbench201/cifar10 → cifar100") == floor(searched.referee(), cifar100.referee(), "draw")


@needs_shared
def test_table_5_is_reproduced_within_its_tolerance(tmp_path: Path) -> None:
    """Means of 40 runs against the published ones: within 0.3 points and noise, REINFORCE within 0.45."""
    convert.import_table("nasbench201_12epochs", DATA / "nasbench201-12epochs", quiet)
    study = nasbed.Study.load(ROOT / "studies" / "nasbench201_table5.toml").with_seeds(40)
    summary = nasbed.run_study(study, tmp_path / "out").summary().set_index(["benchmark", "strategy"])
    for row in pd.read_csv(ROOT / "results" / "published" / "nasbench201_table5.csv", comment="#").itertuples():
        if row.strategy in ("REA", "RS", "REINFORCE"):
            label = "nasbench201/cifar10" + ("" if row.dataset == "cifar10" else f" → {row.dataset}")
            ours = summary.loc[(label, row.strategy)]
            noise = 2 * ours[f"{row.split}_sd"] / 40**0.5
            limit = 0.45 if row.strategy == "REINFORCE" else 0.3
            assert abs(ours[f"{row.split}_mean"] - row.mean) < limit + noise, row


@needs_shared
def test_the_commands(command: Command, own_home: Path) -> None:
    def out(*words: str, code: int = 0) -> str:
        done = command(*words)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    assert out("data", "where") == f"{own_home}\n"
    assert re.search(r"nasbench201_12epochs .* not here", out("data", "list"))
    assert "9 columns" in out("data", "fetch", "nasbench201_12epochs", "--from", str(DATA))
    assert re.search(r"nasbench201_12epochs .* imported", out("data", "list"))
    assert '"epochs": [\n    12\n  ]' in out("data", "info", "nasbench201_12epochs", "--json")
    assert "nasbench201_12epochs: 9 columns are whole" in out("data", "verify")
    column = own_home / "nasbench201_12epochs" / "cifar10" / "validation_accuracy_12.npy"
    column.write_bytes(column.read_bytes()[:-1] + b"x")
    assert "is damaged: its SHA-256" in out("data", "verify", "nasbench201_12epochs", code=1)
    assert "27 columns" in out("data", "import", "hw_nasbench201", str(DATA / "hw-nas-bench"))
    assert "removed" in out("data", "remove", "nasbench201_12epochs")
    assert not (own_home / "nasbench201_12epochs").exists()
    shutil.rmtree(own_home)


def test_files_that_only_their_authors_give_are_not_downloaded() -> None:
    with pytest.raises(
        DataError, match="nats_size is not downloaded: get its official files, then nasbed data import nats_size PATH"
    ):
        convert.fetch_table("nats_size", None, quiet)


@pytest.mark.thorough
def test_what_a_killed_import_left_is_cleared_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    left, other = own_home / ".hw_nasbench201-ab12cd", own_home / ".nats_size-ab12cd"
    for folder in (left, other):
        folder.mkdir(parents=True)
        (folder / "rows").write_text("x")
    convert.import_table("hw_nasbench201", published(tmp_path, monkeypatch), quiet)
    assert (left.exists(), other.exists()) == (False, True)


def test_a_benchmark_whose_table_is_not_here_says_how_to_get_it(command: Command, own_home: Path) -> None:
    shown = " ".join(command("list", "benchmarks").stdout.split())
    assert "Not here yet: nasbed" in shown
    assert "``" not in shown
    assert "=  (" not in shown
    needs = {entry["name"]: entry["needs"] for entry in catalogue.benchmarks()}
    assert (needs["nasbench201"], needs["synthetic"]) == (None, None)
    assert needs["nasbench_macro"] == "nasbed data fetch nasbench_macro"
    assert needs["nats_size"] == "nasbed data import nats_size PATH"
