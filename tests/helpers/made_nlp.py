"""A made-up ``logs.zip`` in the layout of NAS-Bench-NLP: a few cells, some trained twice under other names, one that fails."""

from __future__ import annotations

import json
import random
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nasbed.benchmarks import convert
from nasbed.benchmarks.spaces.recurrent_cells import (
    OPERATIONS,
    SOURCES,
    cell_of_recipe,
    format_cell,
    parameters_of,
    parse_cell,
)
from nasbed.benchmarks.tables.manifest import Manifest

CELLS = (
    "|linear~x+h0|tanh~1>h0|",
    "|linear~x+h0|sigm~1>h0|",
    "|linear~x+h0|leaky_relu~1>h0|",
    "|linear~x+h0|tanh~1|sum~1+2>h0|",
    "|linear~x+h0|linear~x+h0|sigm~1|blend~3+h0+2>h0|",
    "|linear~x+h0|linear~x+h0|sigm~1|blend~3+2+h0>h0|",
    "|linear~x+h0|tanh~1|linear~2+h0|sigm~3>h0|",
    "|linear~x+h0|linear~x+h1|tanh~1>h0|prod~2+h1>h1|",
    "|linear~x+h0|linear~x+h1|linear~x+h2|tanh~1>h0|sigm~2>h1|tanh~3>h2|",
    "|linear~x+h0|linear~x+h0|prod~1+2|tanh~3>h0|",
)
"""In the order in which the trainings come."""
FAILED = "|linear~x+h0|prod~1+h0>h0|"
"""A cell whose one training did not end."""
TRAININGS = len(CELLS) + 4 + 2
"""Four more of the first three cells, one of them three times in all, and two that did not end."""


def quiet(word: str, done: int, total: int) -> None:
    """Progress that nobody sees."""


def recipe(text: str, names: Sequence[str] = (), order: random.Random | None = None) -> dict[str, dict[str, Any]]:
    """The recipe of a cell, its nodes called ``names`` or n1, n2, ...; in another order and with the inputs of what has none
    shuffled, where ``order`` is given.
    """
    cell, called = parse_cell(text), []
    for place, node in enumerate(cell):
        called.append(f"h_new_{node.state - 1}" if node.state else names[place] if names else f"n{place + 1}")
    sources = ["x", *(f"h_prev_{state}" for state in range(len(SOURCES) - 1))]
    nodes = []
    for name, (operation, reads, _) in zip(called, cell, strict=True):
        read = [sources[one] if one < len(SOURCES) else called[one - len(SOURCES)] for one in reads]
        if order is not None and not OPERATIONS[operation].ordered:
            order.shuffle(read)
        nodes.append((name, {"op": OPERATIONS[operation].recipe, "input": read}))
    if order is not None:
        order.shuffle(nodes)
    return dict(nodes)


def training(text: str, run: int = 0, **changed: Any) -> dict[str, Any]:
    """The record of a training of a cell, in which a run is told by .01 nats and a tenth of a second an epoch."""
    cell = cell_of_recipe(json.dumps(written := recipe(text)))
    place = [*CELLS, FAILED].index(text) if text in (*CELLS, FAILED) else 0
    assert format_cell(cell)
    losses = [4.5 + 0.1 * place + 0.01 * run + 2.0 / epoch + 0.02 * place / epoch for epoch in range(1, 51)]
    return {
        "data": "data/wikitext-2", "recepie_id": 1_000_000 + place, "emsize": 400, "nhid": 600, "nlayers": 3, "tied": True,
        "bptt": 70, "batch_size": 20, "epochs": 50, "recepie": json.dumps(written), "status": "OK",
        "num_params": 33_278 * 401 + parameters_of(cell, [(400, 600), (600, 600), (600, 400)]),
        "wall_times": [100.0 + len(cell) + run / 10] * 50,
        "train_losses": [loss - 0.5 for loss in losses], "val_losses": losses, "test_losses": [loss - 0.05 for loss in losses],
    } | changed  # fmt: skip


def trainings() -> list[dict[str, Any]]:
    """All of them: each cell once, then others of the first three in other writings, then two that did not end."""
    found = [training(text) for text in CELLS]
    rng = random.Random(1)
    for place, run in ((0, 1), (0, 2), (1, 1), (2, 1)):
        written = recipe(CELLS[place], [f"other_{number}" for number in range(9)], rng)
        found.append(training(CELLS[place], run, recepie=json.dumps(written), recepie_id=1_000_100 + run))
    nothing = [float("nan")]
    failed = {
        "status": "loss is nan!",
        "train_losses": nothing,
        "val_losses": nothing,
        "test_losses": nothing,
        "wall_times": [99.0],
    }
    return [*found, training(FAILED, **failed), training(CELLS[3], 1, **failed)]


def logs(path: Path, records: Sequence[Mapping[str, Any]] | None = None) -> Path:
    """A zip file of trainings, all by default, a JSON file each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for place, record in enumerate(trainings() if records is None else records):
            archive.writestr(f"log_stats_model_{1_000_000 + place}_2020-04-28_17-16-54_9.json", json.dumps(record))
    return path


def imported(folder: Path) -> Manifest:
    """The made-up table, imported into the data home."""
    return convert.import_table("nasbench_nlp", logs(folder / "files" / "logs.zip"), quiet)


def parse(text: str) -> str:
    """The canonical text of a cell."""
    return format_cell(parse_cell(text))
