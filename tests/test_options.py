"""Options of the type tuple: what a study file writes as a list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nasbed import Study, run_study
from nasbed.errors import OptionError
from nasbed.protocol import Proposal, Proposals, Script, Stream, Task, describe_option, option


@dataclass(frozen=True)
class Named(Script):
    """Trains the architectures that it is given by text."""

    names: tuple[str, ...] = option(("0",), "architectures, as their space writes them")
    counts: tuple[int, ...] = option((), "not used")

    def search(self, task: Task, rng: Stream) -> Proposals:
        yield [Proposal(task.space.parse(name)) for name in self.names]


def test_a_list_becomes_a_tuple_and_the_options_stay_hashable() -> None:
    given: Any = ["7", "8"]
    assert Named(given) == Named(("7", "8"))
    assert Named(given).names == ("7", "8")
    assert hash(Named(given)) == hash(Named(("7", "8")))
    assert Named([]) == Named(())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"names": "7"}, "Named: names = '7'; expected list of str (default ('0',): architectures, as their space"),
        ({"names": ["7", 8]}, "Named: names = ('7', 8); expected list of str"),
        ({"names": None}, "Named: names = None; expected list of str"),
        ({"counts": [1, True]}, "Named: counts = (1, True); expected list of int"),
        ({"counts": [1, 2.0]}, "Named: counts = (1, 2.0); expected list of int"),
    ],
)
def test_what_is_no_list_of_the_type_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        Named(**options)


def test_the_type_is_described_as_a_list() -> None:
    assert describe_option(Named, "names") == "list of str"


def test_a_study_file_gives_a_list_and_what_is_stored_is_found_again(tmp_path: Path) -> None:
    study = Study.parse(f"""
        name = "listed"
        seeds = 2
        budget = {{ evaluations = 2 }}
        [[benchmark]]
        use = "nasbench201"
        [[strategy]]
        use = "{__name__}:Named"
        names = ["3", "5"]
        [strategy.grid]
        counts = [[1], [2, 3]]
    """)
    results = run_study(study, tmp_path)
    assert results.evaluations()["architecture"].tolist() == [3, 5] * 4
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")}
    again = run_study(study, tmp_path)
    assert again.evaluations().equals(results.evaluations())
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")} == before
