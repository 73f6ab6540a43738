"""Checks that ask another process, and the files of test numbers that a search must not open."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conforming import IN_ANOTHER_PROCESS
from sound_benchmarks import Fine, Letters

from nasbed.benchmarks import NASBench201
from nasbed.check import Finding, benchmark_checks
from nasbed.check.leaks import _TEST, _split
from nasbed.vocabulary import Arch, Benchmark, Oracle


class Hashed(Fine):
    """What it answers depends on the hash of a text."""

    def changed(self, noise: str, index: int, epochs: int, word: int, values: Any, cost: float) -> Any:
        return (values[0], float(hash(f"{index}"))), cost


class Unsorted(Letters):
    """The order of its neighbours is that of a set of texts."""

    def neighbours(self, arch: Arch) -> list[Arch]:
        return [self.parse(text) for text in {self.format(other) for other in super().neighbours(arch)}]


class WithUnsorted(Fine):
    landscape = Unsorted


class Homebound(Fine):
    """It can be made in the process of the tests alone."""

    at_home = False

    def __init__(self, dataset: str = "one") -> None:
        super().__init__(dataset)
        if not self.at_home:
            raise RuntimeError("not here")


class Reader(Fine):
    """It reads the files that its option names."""

    def __init__(self, dataset: str = "one", files: Sequence[str] = ()) -> None:
        super().__init__(dataset)
        self.files = files

    def oracle(self, noise: str = "draw") -> Oracle:
        for file in self.files:
            Path(file).read_bytes()
        return super().oracle(noise)


class Peeking(NASBench201):
    """Its oracle looks at the test column."""

    def oracle(self, noise: str = "draw") -> Oracle:
        self.values("accuracy", "test", 200)
        return super().oracle(noise)


def in_another_process(use: type[Benchmark], **options: Any) -> dict[str, Finding]:
    return {str(one): one.run() for one in benchmark_checks(use, **options) if str(one) in IN_ANOTHER_PROCESS}


@pytest.mark.parametrize(
    ("use", "problem"),
    [
        (Hashed, "the answers under 'draw' differ in another process: first ['architecture 0 after 1 epochs', ["),
        (WithUnsorted, "the neighbours differ in another process: first ['a-a-a', "),
        (Homebound, "another process failed: nasbed.errors.PluginError: benchmark 'test_check_elsewhere:Homebound' cannot be made"),
    ],
)  # fmt: skip
def test_what_differs_in_another_process_is_found(
    use: type[Benchmark], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Homebound, "at_home", True)
    finding = in_another_process(use)["another_process_gives_the_same_answers"]
    assert problem in finding.problem
    assert "To mend it: " in finding.problem


def test_a_test_column_of_a_table_that_a_search_opens_is_found() -> None:
    found = in_another_process(Peeking, dataset="cifar100")
    assert found["another_process_gives_the_same_answers"].holds
    problem = found["a_search_opens_no_test_column"].problem
    for words in (
        "a search opens ",
        "cifar100/test_accuracy.npy, a column of the split 'test'",
        "when referee() is called",
    ):
        assert words in problem


@pytest.mark.parametrize(
    "name", ["x-test.csv", "test.json", "accTest.npy", "TEST_SCORES", "testing.db", "ori_test_acc.txt"]
)
def test_a_file_is_of_test_numbers_by_its_name(name: str) -> None:
    assert _TEST.search(name)


@pytest.mark.parametrize("name", ["latest.csv", "fastest.npy", "contest.json", "attestation.txt", "validation.npy"])
def test_a_file_is_not_of_test_numbers_by_its_name(name: str) -> None:
    assert not _TEST.search(name)


def test_a_file_of_test_numbers_that_a_search_opens_is_found(tmp_path: Path) -> None:
    (tmp_path / "x-test.csv").touch()
    finding = in_another_process(Reader, files=[str(tmp_path / "x-test.csv")])["a_search_opens_no_test_column"]
    assert finding.problem.startswith(f"a search opens {tmp_path / 'x-test.csv'}; expected ")


def test_files_that_are_judged_by_their_names_are_said(tmp_path: Path) -> None:
    for name in ("latest.csv", "test_code.py", "validation.csv"):
        (tmp_path / name).touch()
    files = [str(path) for path in sorted(tmp_path.iterdir())]
    finding = in_another_process(Reader, files=files)["a_search_opens_no_test_column"]
    assert (finding.problem, finding.note) == ("", "judged by their names alone: latest.csv, validation.csv")


def test_a_split_is_read_from_the_manifest_and_not_from_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "nasbench201"
    shutil.copytree(NASBench201.folder, table)  # type: ignore[arg-type]
    manifest = table / "manifest.toml"
    text = manifest.read_text(encoding="utf-8")
    for old, new in (
        ("cifar100/test_accuracy", "cifar100/scores"),
        ("cifar100/validation_accuracy", "cifar100/x-test"),
    ):
        (table / f"{old}.npy").rename(table / f"{new}.npy")
        text = text.replace(f"{old}.npy", f"{new}.npy")
    manifest.write_text(text, encoding="utf-8")
    assert _split(table / "cifar100" / "scores.npy") == "test"
    assert _split(table / "cifar100" / "x-test.npy") == "validation"
    assert _split(manifest) == ""
    manifest.write_text("not a manifest of ours")
    assert _split(table / "cifar100" / "scores.npy") == ""
