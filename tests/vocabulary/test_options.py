"""Options of the type tuple: what a study file writes as a list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nasbed import Study, load_strategy, run_study
from nasbed.errors import NasbedError, OptionError
from nasbed.vocabulary import Proposal, Proposals, Script, Stream, Task, describe_option, option


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
        ({"names": ["7", 8]}, "Named: names = ['7', 8]; expected list of str"),
        ({"names": None}, "Named: names = None; expected list of str"),
        ({"counts": [1, True]}, "Named: counts = [1, True]; expected list of int"),
        ({"counts": [1, 2.0]}, "Named: counts = [1, 2.0]; expected list of int"),
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


HEAD = "from dataclasses import dataclass\nimport nasbed\nfrom nasbed import Script, Strategy, option\n\n"
SEARCH = "    def search(self, task, rng): yield\n"


@pytest.mark.parametrize(
    ("use", "body", "message"),
    [
        (
            "nosuch:Thing",
            "",
            "strategy 'nosuch:Thing': there is no module 'nosuch'; expected nosuch.py in the working directory, ",
        ),
        ("{0}.inner:Thing", "", "there is no module '{0}.inner'; expected {0}/inner.py in the working directory"),
        (
            "{0}:Mine",
            "import nosuch\n",
            "failed to import: ModuleNotFoundError: No module named 'nosuch' ({1}, line 5)",
        ),
        (
            "{0}:Mine",
            "@dataclass\nclass Mine(Script):\n" + SEARCH,
            "cannot inherit non-frozen dataclass from a frozen one ({1}, line 5); write @dataclass(frozen=True)",
        ),
        (
            "{0}:Mine",
            f"class Mine(Script):\n    size: int = option(3, 'of it')\n{SEARCH}",
            "Mine declares size by option(), but is no dataclass; write @dataclass(frozen=True) above class Mine",
        ),
        (
            "{0}:Mine",
            f"@dataclass(frozen=True)\nclass Mine(Script):\n    size = option(3, 'of it')\n{SEARCH}",
            "TypeError: 'size' is a field but has no type annotation ({1}, line 5)",
        ),
        (
            "{0}:Mine",
            "@dataclass(frozen=True)\nclass Mine(Strategy):\n    pass\n",
            "expected a concrete subclass of nasbed.vocabulary.Strategy; it lacks start: define it",
        ),
        (
            "{0}:Mine",
            "class Mine:\n" + SEARCH,
            "vocabulary.Strategy; derive it, as class Mine(nasbed.Strategy)",
        ),
        ("{0}:mine", "def mine(query):\n    pass\n", "code that owns its own loop is named 'function:{0}:mine'"),
        ("{0}:Mien", "class Mine(Script):\n" + SEARCH, "unknown name of {0} 'Mien'; did you mean 'Mine'? known: Mine"),
    ],
)
def test_what_is_no_strategy_is_refused_with_the_remedy(
    use: str, body: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = f"made_{tmp_path.name}".replace("-", "_")
    (tmp_path / f"{module}.py").write_text(HEAD + body)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(NasbedError) as caught:
        load_strategy(use.format(module), **({"size": 3} if "size: int" in body else {}))
    assert message.format(module, tmp_path / f"{module}.py") in str(caught.value)


def test_options_of_what_is_no_dataclass_are_refused_in_python() -> None:
    class Bare(Script):
        size: int = option(3, "of it")

        def search(self, task: Task, rng: Stream) -> Proposals:
            yield []

    with pytest.raises(OptionError, match=r"Bare declares size by option\(\), but is no dataclass"):
        Bare()
