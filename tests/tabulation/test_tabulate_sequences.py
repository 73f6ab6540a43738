"""Tables of networks for sequences: what is trained is what a fit gives, and it goes on where it was stopped."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from few_cells import invoke, snapshot
from few_sequences import CONTENT, text

pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")

from nasbed.benchmarks import Digits201, Vowels
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.benchmarks.training.images.table import shards
from nasbed.benchmarks.training.sequences import load_sequences
from nasbed.benchmarks.training.sequences.networks.fit import SequenceFit
from nasbed.benchmarks.training.sequences.networks.network import SequenceNetwork
from nasbed.benchmarks.training.sequences.table import assembly as sequence_assembly
from nasbed.benchmarks.training.sequences.table import shards as sequence_shards
from nasbed.benchmarks.training.sequences.table.plan import sequence_plan
from nasbed.errors import DataError, StoreError
from nasbed.tabulation.agreement import agree
from nasbed.tabulation.tabulate import tabulate

PLAN = sequence_plan(text())


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the whole plan."""
    out = tmp_path_factory.mktemp("rows") / "out"
    tabulate(PLAN, out, device="cpu")
    return out


def test_the_table_holds_what_a_fit_gives(rows: Path) -> None:
    manifest = Manifest.load(rows / "table")
    manifest.verify()
    assert (manifest.space, manifest.architectures, manifest.runs, manifest.epochs) == ("sequence", 4, ["5", "6"], [2])
    assert sequence_plan(manifest.study) == PLAN
    assert manifest.licence == "Apache-2.0; digits: CC BY 4.0 (UCI)"
    data = load_sequences("digit_rows")
    arch = PLAN.grid().parse("width=8,layer_1=gru,pool=max,rate=0.01")
    stack, recipe = PLAN.training(arch)
    network = SequenceNetwork(stack)
    fit = SequenceFit(network.build(data, (5, 6)), recipe, (5, 6), data, ("validation", "test"))
    curves = fit.run(2).values
    row = PLAN.grid().index(arch)
    for split in ("train", "validation", "test"):
        column = manifest.column("digit_rows", "accuracy", split, 2)
        assert column.images == len(data.splits[split].labels)
        found = np.stack([manifest.read(column, epoch)[row] for epoch in (1, 2)])
        assert found == pytest.approx(np.array(curves[split]["accuracy"]))
        losses = manifest.opened(manifest.column("digit_rows", "loss", split, 2))[row]
        assert losses == pytest.approx(np.array(curves[split]["loss"]).T, rel=1e-3)
    for name, size in zip(("parameters", "flops"), network.sizes(data), strict=True):
        assert manifest.read(manifest.column("any", name))[row] == size
    assert (manifest.read(manifest.column("digit_rows", "training_time", "none", 2)) > 0).all()
    assert not np.asarray(manifest.opened(manifest.column("digit_rows", "outcome", "none", 2))).any()


def test_it_can_be_searched(rows: Path) -> None:
    table = Vowels("digit_rows", epochs=[1, 2], folder=rows / "table")
    assert (table.space.size, table.resumable, table.epochs) == (4, True, (1, 2))
    assert table.space.format(table.space.default) == "width=8,layer_1=gru,pool=mean,rate=0.01"
    column = table.manifest.column("digit_rows", "accuracy", "validation", 2)
    assert (table.query(np.arange(4), run=1) == table.manifest.read(column, 2)[:, 1]).all()
    with pytest.raises(DataError, match="is of the space 'sequence'; expected 'nasbench201'"):
        Digits201(folder=rows / "table")


def test_what_is_missing_is_trained_and_the_rest_is_kept(
    rows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    parts = sequence_assembly.shards(PLAN)
    before = snapshot(rows)
    for path in (rows / "run.json", parts[0].path(rows / "shards")):
        target = out / path.relative_to(rows)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    trained = []
    original = sequence_shards._trained
    monkeypatch.setattr(sequence_shards, "_trained", lambda *given: trained.append(given[0]) or original(*given))
    tabulate(PLAN, out, device="cpu")
    assert trained == [stack for stack, _ in parts[1].trainings]
    for name in ("test_accuracy", "train_loss", "validation_loss", "flops", "outcome"):
        assert (out / "table" / f"{name}.npy").read_bytes() == before[f"table/{name}.npy"]
    with pytest.raises(
        StoreError, match=r"holds another plan called 'rows': seeds is 2 there and 1 here; choose another folder"
    ):
        tabulate(sequence_plan(text(seeds=1)), out, device="cpu")
    changed = sequence_plan(text(recipe={**CONTENT["recipe"], "epochs": 1}))
    with pytest.raises(DataError, match=r"is of another training: recipes .*epochs.*; choose another folder"):
        shards.read(sequence_assembly.shards(changed)[0], out / "shards")


def test_failed_networks_are_recorded_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = sequence_plan(
        text(recipe={**CONTENT["recipe"], "optimizer": "sgd"}, decisions={**CONTENT["decisions"], "rate": [0.01, 10.0]})
    )
    original = SequenceNetwork.build

    def build(network: SequenceNetwork, data: Any, seeds: Any) -> Any:
        if network.stack.pool == "mean":
            raise MemoryError
        return original(network, data, seeds)

    monkeypatch.setattr(SequenceNetwork, "build", build)
    (tmp_path / "shards").mkdir()
    shard = sequence_assembly.shards(plan)[1]
    assert [str(stack.pool) for stack, _ in shard.trainings] == ["max", "max"]
    shards.train(shard, tmp_path / "shards")
    found = shards.read(shard, tmp_path / "shards")
    assert found["outcome"][0].tolist() == [shards.ENDED] * 2
    failed = found["outcome"][1] == shards.NO_NUMBER
    assert (np.isnan(found["train_loss"][1]).any(axis=1) == failed).all()
    other = sequence_assembly.shards(plan)[0]
    shards.train(other, tmp_path / "shards")
    assert (shards.read(other, tmp_path / "shards")["outcome"] == shards.OUT_OF_MEMORY).all()


def test_the_command_says_what_it_made_and_how_it_is_searched(rows: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.toml").write_text(text())
    result = invoke("tabulate", str(tmp_path / "rows.toml"), "--out", str(rows), "--engine", "here")
    assert result.exit_code == 0, result.output
    place = rows / "table"
    assert f'search it with use = "vowels", dataset = "digit_rows", folder = "{place}"; look' in result.output.replace(
        "\n", ""
    )
    words = re.search(r"nasbed (query .*)", result.output)
    assert words is not None
    found = json.loads(invoke(*shlex.split(words[1]), "--json").stdout)
    assert (found["architecture"], list(found["benchmarks"])) == (
        "width=8,layer_1=conv,pool=mean,rate=0.01",
        ["rows/digit_rows"],
    )
    same = invoke(
        "query", "vowels", "0", "--dataset", "digit_rows", "--option", f"folder={place}", "--option", "epochs=[1]"
    )
    assert same.exit_code == 0, same.output
    wrong = invoke("query", "vowels", "0", "--option", f"folder={place}", "--option", "dataset=digits")
    assert "unknown data set of rows 'digits'" in str(wrong.exception)
    assert "unknown option of vowels 'needed'" in str(invoke("query", "vowels", "0", "--option", "needed=1").exception)
    assert "expected name=value" in str(invoke("query", "vowels", "0", "--option", "folder").exception)
    answer = invoke("tabulate", str(tmp_path / "rows.toml"), "--out", str(rows), "--engine", "here", "--json")
    assert json.loads(answer.stdout)["architectures"] == 4


def test_a_table_agrees_with_its_trainer(rows: Path) -> None:
    found = agree(rows / "table", sample=4, seeds=2, first_seed=40, device="cpu")
    assert (found.sample, found.seeds) == (4, (40, 41))
    parts = sequence_assembly.again(PLAN, [3, 0], (5, 6), workers=2)
    assert [len(part.trainings) for part in parts] == [1, 1]
    folder = rows / "again"
    folder.mkdir()
    for part in parts:
        shards.train(part, folder)
    manifest = Manifest.load(rows / "table")
    recorded = manifest.read(manifest.column("digit_rows", "accuracy", "test", 2), 2)[[3, 0]]
    assert sequence_assembly.finals(parts, folder) == pytest.approx(recorded)
