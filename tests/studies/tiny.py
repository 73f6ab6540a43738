"""A study that runs in a moment, with one thing changed, and what a refusal of it must be."""

from __future__ import annotations

from pathlib import Path
from subprocess import CompletedProcess

TINY = """\
name = "tiny"
seeds = 2
budget = { evaluations = 5 }

[[benchmark]]
use = "nasbench201"

[[strategy]]
use = "random_search"
"""
DATASETS = ("known: cifar10, cifar100, ImageNet16-120",)


def strategy(text: str) -> str:
    return TINY.replace('use = "random_search"\n', text)


def benchmark(text: str) -> str:
    return TINY.replace('use = "nasbench201"\n', text)


def budget(text: str) -> str:
    return TINY.replace("{ evaluations = 5 }", text)


def seeds(text: str) -> str:
    return TINY.replace("seeds = 2", text)


def top(text: str) -> str:
    return f"{text}\n{TINY}"


def refused(result: CompletedProcess[str], *words: str) -> None:
    """Exit code 2, and one line on standard error that holds all the words."""
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    assert result.stderr.startswith("error: "), result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert word in result.stderr


def all_of(message: object, *words: str) -> None:
    for word in words:
        assert word in str(message)


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
