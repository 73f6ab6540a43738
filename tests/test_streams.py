"""Random streams and the words of the noise: pinned, independent of each other, and uniform singly and in pairs."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare, kstest

from nasbed.streams import Stream, key, stream, words

LABEL = "nasbench201/cifar10"


def is_uniform(counts: list[int] | np.ndarray) -> bool:
    return 1e-4 < float(chisquare(counts).pvalue) < 1 - 1e-4


# names


def test_keys_are_pinned() -> None:
    assert key(0, LABEL, "search") == 16611819137631577179
    assert key("ä", 1.5, None) == 12121214565357938039
    assert key() == 13020603013274838756


def test_keys_tell_names_and_their_order_apart() -> None:
    names = [("",), ("a",), ("a", "b"), ("b", "a"), ("ab",), ("a", "b", ""), (0,), (1,), (0, 1), (1, 0), (10,)]
    assert len({key(*each) for each in names}) == len(names)


def test_keys_of_numbers_and_their_texts_are_the_same() -> None:
    assert key(7, LABEL) == key("7", LABEL)


def test_nothing_depends_on_the_hash_seed_and_numpy_is_loaded_on_first_use() -> None:
    program = (
        "import sys; from nasbed.streams import key, stream, words\n"
        f"rng = stream(3, {LABEL!r}, 'search')\n"
        f"print(key('a', 1), rng.random(), rng.below(10**6), rng.choice('abc'), words(3, {LABEL!r})(5, 200, 1))\n"
        "before = 'numpy' in sys.modules\n"
        "print(rng.numpy.bit_generator.random_raw(), before, 'numpy' in sys.modules)\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(outputs) == 1
    assert outputs.pop().split()[-2:] == ["False", "True"]


# streams


def test_first_draws_are_pinned() -> None:
    rng = stream(0, LABEL, "search")
    assert [rng.random() for _ in range(3)] == [0.6611400657537493, 0.9985173507031884, 0.9788339220110783]
    assert (rng.below(1000), rng.choice("abcdefgh")) == (371, "b")
    items = list(range(8))
    rng.shuffle(items)
    assert items == [4, 0, 7, 1, 3, 5, 2, 6]
    assert rng.numpy.bit_generator.random_raw(2).tolist() == [10335799171083574311, 15743694642810211595]


def test_a_stream_is_that_of_the_key_of_its_name() -> None:
    assert stream(5, LABEL, "search").random() == Stream(key(5, LABEL, "search")).random()


def test_the_same_name_gives_the_same_draws_and_another_name_others() -> None:
    names = list(itertools.product((0, 1, 2), (LABEL, "nasbench201/cifar100"), ("search", "bootstrap")))
    first = [[stream(*name).random() for _ in range(4)] for name in names]
    assert first == [[stream(*name).random() for _ in range(4)] for name in names]
    assert len({draw for draws in first for draw in draws}) == len(names)


def test_numpy_draws_neither_depend_on_nor_disturb_the_others() -> None:
    plain, mixed = stream(1, LABEL, "search"), stream(1, LABEL, "search")
    late = [plain.random() for _ in range(3)], plain.numpy.integers(0, 1000, 5).tolist()
    early = mixed.numpy.integers(0, 1000, 5).tolist(), [mixed.random() for _ in range(3)]
    assert late == early[::-1]
    assert plain.numpy is plain.numpy


def test_numpy_streams_of_different_seeds_differ() -> None:
    firsts = {stream(seed, LABEL, "search").numpy.random() for seed in range(100)}
    assert len(firsts) == 100


@pytest.mark.parametrize("n", [1, 2, 7, 24])
def test_below_is_uniform(n: int) -> None:
    rng = stream(0, "test", "below")
    counts = Counter(rng.below(n) for _ in range(20_000))
    assert counts.keys() == set(range(n))
    assert n == 1 or is_uniform([counts[value] for value in range(n)])


def test_choice_is_uniform() -> None:
    rng = stream(0, "test", "choice")
    counts = Counter(rng.choice("abcde") for _ in range(20_000))
    assert is_uniform([counts[letter] for letter in "abcde"])


def test_shuffles_are_uniform() -> None:
    rng = stream(0, "test", "shuffle")
    counts: Counter[tuple[int, ...]] = Counter()
    for _ in range(24_000):
        items = [0, 1, 2, 3]
        rng.shuffle(items)
        counts[tuple(items)] += 1
    assert is_uniform([counts[order] for order in itertools.permutations(range(4))])


@pytest.mark.parametrize("items", [[], [0], [0, 1], list(range(50))], ids=len)
def test_a_shuffle_keeps_its_items(items: list[int]) -> None:
    shuffled = list(items)
    stream(0, "test", "shuffle").shuffle(shuffled)
    assert sorted(shuffled) == items


def test_first_draws_of_neighbouring_seeds_are_uniform_and_unrelated() -> None:
    first = np.array([stream(seed, LABEL, "search").random() for seed in range(4_000)])
    assert kstest(first, "uniform").pvalue > 1e-4
    cells = (first * 4).astype(int)
    assert is_uniform(np.bincount(4 * cells[::2] + cells[1::2], minlength=16))


# words


def test_words_are_pinned_64_bit_numbers() -> None:
    word = words(0, LABEL)
    assert [word(0, 200, 0), word(6111, 200, 0), word(6111, 200, 1), word(6111, 12, 0)] == [
        10679597767072656342,
        17186582407036916624,
        8882442229366528380,
        9725712984896627867,
    ]


def test_words_are_common_whatever_else_was_asked() -> None:
    alone, busy = words(7, LABEL), words(7, LABEL)
    other = words(8, LABEL)
    asked = [(6111, 200, 0), (6111, 200, 1), (0, 200, 0), (15_624, 12, 3)]
    answers = {query: alone(*query) for query in asked}
    for noise in range(100):
        busy(noise, 200, noise % 3)
        other(noise, 200, 0)
    assert {query: busy(*query) for query in reversed(asked)} == answers


def test_words_fit_64_bits_and_never_collide() -> None:
    word = words(2, LABEL)
    drawn = [
        word(index, epochs, visit) for index in range(0, 15_625, 7) for epochs in (12, 200) for visit in (0, 1, 2, 63)
    ]
    assert len(set(drawn)) == len(drawn)
    assert min(drawn) >= 0
    assert 2**63 < max(drawn) < 2**64


def table_of_words(seeds: range, indices: range, visits: range, epochs: int = 200, label: str = LABEL) -> np.ndarray:
    generators = [words(seed, label) for seed in seeds]
    return np.array(
        [[[word(index, epochs, visit) for visit in visits] for index in indices] for word in generators],
        dtype=np.uint64,
    )


@pytest.fixture(scope="module")
def whole_space() -> np.ndarray:
    """One seed: (1, architectures, visits)."""
    return table_of_words(range(11, 12), range(15_625), range(8))


@pytest.fixture(scope="module")
def many_seeds() -> np.ndarray:
    """(seeds, architectures, visits)."""
    return table_of_words(range(600), range(6100, 6120), range(10))


modulus = pytest.mark.parametrize("runs", [2, 3])


def joint(first: np.ndarray, second: np.ndarray, runs: int) -> np.ndarray:
    pair = (first % np.uint64(runs)) * np.uint64(runs) + second % np.uint64(runs)
    return np.bincount(pair.ravel().astype(int), minlength=runs * runs)


@pytest.mark.parametrize("sample", ["whole_space", "many_seeds"])
@modulus
def test_words_are_uniform_over_runs(sample: str, runs: int, request: pytest.FixtureRequest) -> None:
    drawn: np.ndarray = request.getfixturevalue(sample)
    assert is_uniform(np.bincount((drawn % np.uint64(runs)).ravel().astype(int), minlength=runs))


@pytest.mark.parametrize(
    ("sample", "axis"), [("whole_space", 2), ("many_seeds", 0), ("many_seeds", 1), ("many_seeds", 2)]
)
@modulus
def test_words_are_uniform_within_each_seed_architecture_and_visit(
    sample: str, axis: int, runs: int, request: pytest.FixtureRequest
) -> None:
    drawn: np.ndarray = request.getfixturevalue(sample)
    slices = np.moveaxis(drawn % np.uint64(runs), axis, 0).reshape(drawn.shape[axis], -1)
    counts = np.stack([(slices == run).sum(axis=1) for run in range(runs)], axis=1)
    pvalues = chisquare(counts, axis=1).pvalue
    assert pvalues.min() * len(pvalues) > 1e-4


@pytest.mark.parametrize("apart", [1, 2, 5])
@pytest.mark.parametrize(
    ("sample", "axis"),
    [("whole_space", 1), ("whole_space", 2), ("many_seeds", 0), ("many_seeds", 1), ("many_seeds", 2)],
)
@modulus
def test_words_of_neighbours_are_unrelated(
    sample: str, axis: int, apart: int, runs: int, request: pytest.FixtureRequest
) -> None:
    drawn: np.ndarray = np.moveaxis(request.getfixturevalue(sample), axis, 0)
    starts = np.arange(len(drawn) - apart)
    starts = starts[starts // apart % 2 == 0]  # no word is in two pairs
    assert is_uniform(joint(drawn[starts], drawn[starts + apart], runs))


@modulus
def test_words_of_other_epochs_and_other_data_sets_are_unrelated(whole_space: np.ndarray, runs: int) -> None:
    seeds, indices, visits = range(11, 12), range(15_625), range(2)
    here = whole_space[:, :, :2]
    assert is_uniform(joint(here, table_of_words(seeds, indices, visits, epochs=12), runs))
    assert is_uniform(joint(here, table_of_words(seeds, indices, visits, label="nasbench201/cifar100"), runs))


def test_three_visits_see_all_combinations_of_runs_alike(whole_space: np.ndarray) -> None:
    runs = (whole_space[0, :, :3] % np.uint64(3)).astype(int)
    assert is_uniform(np.bincount(runs @ np.array([9, 3, 1]), minlength=27))
