"""Splits of sequences: without a sequence in two of them, with vocabulary and moments of the training split alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sequence_files import ts, tsv

from nasbed.benchmarks.training.images import load_images
from nasbed.benchmarks.training.sequences import SPLITS, SequenceData, SequenceSplit, load_sequences
from nasbed.benchmarks.training.sequences import published as published_module
from nasbed.benchmarks.training.sequences.encoding import MOST, encoded, padded, vocabulary_of
from nasbed.benchmarks.training.sequences.inputs import encode, items_in, items_of
from nasbed.benchmarks.training.sequences.noisy import noisy
from nasbed.benchmarks.training.sequences.sequences import within
from nasbed.benchmarks.training.sequences.splits import split
from nasbed.errors import DataError, UnknownNameError


def test_copies_of_a_sequence_are_in_one_split() -> None:
    texts = [f"{'abcdefgh'[number]} x y" for number in range(8)]
    data = load_sequences((texts * 3 + [f"{text}  " for text in texts], [0, 1] * 16), tokens="words")
    seen = {name: {row.tobytes() for row in part.values} for name, part in data.splits.items()}
    assert sum(len(part.labels) for part in data.splits.values()) == 32
    assert len(data.splits["train"].labels) == 4 * 4
    assert not seen["train"] & (seen["validation"] | seen["test"])


def test_texts_that_differ_in_spaces_alone_are_copies_as_words() -> None:
    texts = ["a b", "a  b", "b a", "c a", "c b", "b c"]
    load_sequences((texts, [0, 0, 0, 1, 1, 1]))
    with pytest.raises(DataError, match="class '0' has 2 different sequences to split; expected at least 3"):
        load_sequences((texts, [0, 0, 0, 1, 1, 1]), tokens="words")
    with pytest.raises(
        DataError, match="class '1' has 0 different sequences to split, and 6 with another label before; "
    ):
        load_sequences((texts * 2, [0] * 6 + [1] * 6))


def test_splits_of_a_user_that_share_a_sequence_are_refused(tmp_path: Path) -> None:
    for part in ("train", "test"):
        tsv(tmp_path / f"{part}.tsv", each=3)
    message = (
        r"6 sequences of train also lie in test, such as: line 1 of train\.tsv is line 1 of test\.tsv; expected no"
    )
    with pytest.raises(DataError, match=message):
        load_sequences(tmp_path)


def test_the_vocabulary_is_that_of_the_training_split(tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text("a\txyz xy\nb\tyz\na\tz\nb\tq\na\tyx\nb\txz\na\tyy\nb\tzz")
    (tmp_path / "val.tsv").write_text("a\txw\nb\twx")
    (tmp_path / "test.tsv").write_text("a\txqww\nb\tww")
    data = load_sequences(tmp_path)
    assert data.vocabulary == ("<unknown>", "x", "y", "z")
    assert data.splits["test"].values.tolist() == [[1, 0, 0, 0, 0, 0], [0] * 6]
    assert data.splits["test"].lengths.tolist() == [4, 2]
    assert "3 characters, each at least 2 times in train" in data.origin
    assert "2 of 18 in train, 2 of 4 in validation, 5 of 6 in test" in data.origin


def test_a_vocabulary_has_the_most_frequent_tokens() -> None:
    words = [f"w{number}" for number in range(MOST + 5)]
    found = vocabulary_of([words, words, words[10:]], "words")
    assert len(found) == MOST + 1
    assert set(words[10:]) <= set(found)
    assert found[1:] == tuple(sorted(found[1:]))


@given(
    arrays(np.float32, (12, 5, 2), elements=st.floats(-100, 100, width=32)),
    st.lists(st.integers(1, 5), min_size=12, max_size=12),
)
@example(
    np.float32(1e-45) * (np.arange(120) % 7 == 0).reshape(12, 5, 2) + (np.arange(120) > 80).reshape(12, 5, 2), [5] * 12
)
def test_series_are_normalised_by_valid_steps_of_training_alone(values: np.ndarray, lengths: list[int]) -> None:
    own = np.array(lengths, np.int64)
    values[~within(own, 5)] = 0
    splits = {
        name: SequenceSplit(values[place : place + 4], own[place : place + 4], np.arange(4))
        for place, name in zip((0, 4, 8), SPLITS, strict=True)
    }
    data = SequenceData("made", tuple("abcd"), splits, "classification", (), "made up")
    steps = np.concatenate([row[:length] for row, length in zip(values[:4], lengths[:4], strict=True)]).astype(
        np.float64
    )
    constant = (np.ptp(steps, axis=0) == 0) | (steps.std(axis=0) <= 1e-30)
    assert data.mean == pytest.approx(steps.mean(axis=0), rel=1e-6, abs=1e-6)
    assert data.deviation == pytest.approx(np.where(constant, 1, steps.std(axis=0)), rel=1e-6)
    for name in SPLITS:
        found = data.normalised(name)
        valid = within(found.lengths, 5)
        assert (found.values[~valid] == 0).all()
        expected = (splits[name].values[valid] - np.array(data.mean)) / np.array(data.deviation)
        assert found.values[valid] == pytest.approx(
            expected, rel=1e-4, abs=1e-4 * (1 + np.abs(np.array(data.mean)).max() / min(data.deviation))
        )
        assert found.values.dtype == np.float32
    with pytest.raises(UnknownNameError, match="unknown split 'all'"):
        data.normalised("all")


def test_tokens_are_not_normalised_and_nothing_can_be_changed(tmp_path: Path) -> None:
    data = load_sequences(tsv(tmp_path / "own.tsv"))
    assert data.normalised("train") is data.splits["train"]
    assert (data.channels, data.mean, data.deviation, data.augmentation) == (0, (), (), ())
    for part in data.splits.values():
        assert not any(values.flags.writeable for values in part)


def test_the_checksum_is_that_of_what_a_training_sees(tmp_path: Path) -> None:
    text = tsv(tmp_path / "one.tsv").read_text()
    (tmp_path / "two.tsv").write_text(text)
    (tmp_path / "three.tsv").write_text(text.replace("a good", "A good"))
    (tmp_path / "four.tsv").write_text(text.replace("good\t", "well\t"))
    found = [load_sequences(tmp_path / f"{name}.tsv").checksum for name in ("one", "two", "three", "four")]
    assert found[0] == found[1]
    assert len(set(found)) == 3


@given(st.integers(2, 12), st.integers(100, 400))
def test_windows_for_the_next_token_lie_within_their_part(length: int, extra: int) -> None:
    from nasbed.benchmarks.training.sequences.windows import windows

    rng = np.random.default_rng(extra)
    text = "".join(rng.choice(list("abcd"), 10 * (length + 1) + extra))
    data = windows("made", "made up", {"all": text}, "characters", length)
    first, last = (len(text) - round(tenths * len(text) / 10) for tenths in (2, 1))
    wholes = {"train": text[:first], "validation": text[first:last], "test": text[last:]}
    left_out, trained = 0, set()
    for name, part in data.splits.items():
        rows = []
        for values, size, labels in zip(part.values.tolist(), part.lengths.tolist(), part.labels.tolist(), strict=True):
            assert values[1:size] == labels[: size - 1]
            assert set(values[size:]) <= {0}
            assert set(labels[size:]) <= {-1}
            rows.append("".join(data.vocabulary[token] for token in [*values[:size], labels[size - 1]]))
        known = set(data.vocabulary)
        whole = [
            "".join(one if one in known else "<unknown>" for one in wholes[name][start : start + length + 1])
            for start in range(0, len(wholes[name]) - 1, length)
        ]
        if name == "train":
            left_out = len(whole) - len(rows)
        else:
            assert rows == whole
            assert not {*rows} & trained
        trained |= {*rows} if name == "train" else set()
    assert data.task == "next token"
    assert data.classes == data.vocabulary
    assert ("left out" in data.origin) == (left_out > 0)


def test_texts_for_the_next_token_come_as_a_file_or_as_one_for_each_split(tmp_path: Path) -> None:
    text = "the cat sat on the mat. " * 60
    path = tmp_path / "story.txt"
    path.write_text("".join(f"{number} {text[number : number + 20]}\n" for number in range(200)))
    data = load_sequences(path, longest=16)
    assert (data.name, data.longest, data.reading) == ("story", 16, "characters")
    assert "\n" in data.vocabulary
    assert "windows of 16 characters" in data.origin
    assert load_sequences(path).longest == 64
    words = load_sequences(path, tokens="words", longest=8)
    assert {"cat", "mat", "."} <= {*words.vocabulary}
    (tmp_path / "parts").mkdir()
    for part in ("train", "test"):
        (tmp_path / "parts" / f"{part}.txt").write_text("".join(f"{part} {number}\n" for number in range(100)))
    parts = load_sequences(tmp_path / "parts", longest=8)
    assert "its test part is the test split, and the last tenth of its training part validates" in parts.origin
    (tmp_path / "parts" / "val.txt").write_text("".join(f"validation {number}\n" for number in range(9)))
    assert "split as it was given" in load_sequences(tmp_path / "parts", longest=8).origin
    (tmp_path / "parts" / "val.txt").unlink()
    later = "".join(f"test {number}\n" for number in range(100))
    (tmp_path / "parts" / "train.txt").write_text("".join(f"train {number}\n" for number in range(100)) + later)
    shared = load_sequences(tmp_path / "parts", longest=8)
    kept = shared.splits["train"]
    for values, length in zip(kept.values.tolist(), kept.lengths.tolist(), strict=True):
        assert "".join(shared.vocabulary[token] for token in values[:length]) not in later
    assert " of train that lie in validation or test too were left out" in shared.origin
    for own, message in {
        "short": r"\.txt: its part for train has 4 characters; expected more than a window of 64",
        "a" * 801: "all its windows to train lie in validation or test too; expected a text without copies",
    }.items():
        (tmp_path / "short.txt").write_text(own)
        with pytest.raises(DataError, match=message):
            load_sequences(tmp_path / "short.txt")


def test_rows_of_digits_are_those_of_the_images() -> None:
    data, images = load_sequences("digit_rows"), load_images("digits")
    assert (data.channels, data.longest, data.classes) == (8, 8, images.classes)
    known = {
        image.astype(np.float32).tobytes(): label
        for part in images.splits.values()
        for image, label in zip(part.images[:, 0], part.labels, strict=True)
    }
    for part in data.splits.values():
        assert (part.lengths == 8).all()
        assert [known[rows.tobytes()] for rows in part.values] == part.labels.tolist()
    assert sum(len(part.labels) for part in data.splits.values()) == 1_797
    assert load_sequences("digit_rows") is data


def test_japanese_vowels_are_read_from_files_or_from_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.machinery import ModuleSpec

    monkeypatch.setattr(published_module, "find_spec", lambda name: None)
    with pytest.raises(
        DataError, match=r"JapaneseVowels has no JapaneseVowels_TRAIN\.ts and .*pip install --no-deps aeon"
    ):
        load_sequences("japanese_vowels", folder=tmp_path)
    package = tmp_path / "packages" / "aeon"
    folders = [tmp_path / "JapaneseVowels", package / "datasets" / "data" / "JapaneseVowels"]
    for seed, folder in enumerate(folders):
        folder.mkdir(parents=True)
        ts(folder / "JapaneseVowels_TRAIN.ts", 6, seed)
        ts(folder / "JapaneseVowels_TEST.ts", 3, seed + 10)
    spec = ModuleSpec("aeon", None, is_package=True)
    spec.submodule_search_locations = [str(package)]
    monkeypatch.setattr(published_module, "find_spec", lambda name: spec if name == "aeon" else None)
    own = load_sequences("japanese_vowels", folder=tmp_path)
    carried = load_sequences("japanese_vowels", folder=tmp_path / "empty")
    assert own.name == carried.name == "japanese_vowels"
    assert own.checksum != carried.checksum
    assert [len(carried.splits[name].labels) for name in SPLITS] == [10, 2, 6]


def test_noise_is_drawn_once_for_every_copy_of_a_series(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published_module, "find_spec", lambda name: None)
    (tmp_path / "JapaneseVowels").mkdir()
    for seed, part in enumerate(("TRAIN", "TEST")):
        ts(tmp_path / "JapaneseVowels" / f"JapaneseVowels_{part}.ts", 20, seed)
    data = load_sequences("noisy_vowels", folder=tmp_path)
    assert [len(data.splits[name].labels) for name in SPLITS] == [48, 48, 48]
    assert "three fifths of it are to train" in data.origin
    assert "noise of deviation 1 on every value, series 1 of each in train, 3 of each in validation" in data.origin
    clean = split(published_module.pooled_vowels(tmp_path))
    again = noisy(clean, 1.0, {"train": 1, "validation": 3, "test": 3})
    assert again.checksum == data.checksum
    noise = []
    for name, copies in zip(SPLITS, (1, 3, 3), strict=True):
        own, known = data.splits[name], clean.normalised(name)
        assert (own.lengths == known.lengths.repeat(copies)).all()
        valid = within(own.lengths, data.longest)
        assert (own.values[~valid] == 0).all()
        noise.append((own.values - known.values.repeat(copies, axis=0))[valid])
    assert np.std(np.concatenate(noise)) == pytest.approx(1, abs=0.1)
    assert len(np.unique(np.concatenate(noise).round(6))) > 0.95 * np.concatenate(noise).size
    quiet = noisy(clean, 0.0, dict.fromkeys(SPLITS, 1))
    assert (quiet.splits["test"].values == clean.normalised("test").values).all()


def test_inputs_of_a_trained_network_are_encoded_as_those_of_its_training(tmp_path: Path) -> None:
    data = load_sequences(tsv(tmp_path / "own.tsv"))
    items = items_in(tmp_path / "own.tsv", "characters")
    values, lengths, _ = encode(items, data.reading, data.vocabulary, 0)
    rows = {row[:length].tobytes() for row, length in zip(values, lengths, strict=True)}
    for part in data.splits.values():
        assert {row[:length].tobytes() for row, length in zip(part.values, part.lengths, strict=True)} <= rows
    (tmp_path / "raw.txt").write_text("a good \N{SNOWMAN}\nbad\n")
    raw = encode(items_in(tmp_path / "raw.txt", "characters"), "characters", data.vocabulary, 0)
    assert (raw.lengths.tolist(), raw.unknown, raw.values[0, -1]) == ([8, 3], 1, 0)
    assert (
        encode(items_of(["a good \N{SNOWMAN}", "bad"], "characters"), "characters", data.vocabulary, 0).values.tolist()
        == raw.values.tolist()
    )
    series = load_sequences(ts(tmp_path / "own.ts"))
    found = encode(items_in(tmp_path / "own.ts", "series"), "series", (), series.channels)
    assert (found.values.shape, found.unknown) == ((10, 4, 2), 0)
    padded_again = encode(items_of((found.values, found.lengths), "series"), "series", (), 2)
    assert (padded_again.values == found.values).all()
    np.savez(tmp_path / "own.npz", values=found.values, lengths=found.lengths)
    assert (encode(items_in(tmp_path / "own.npz", "series"), "series", (), 2).values == found.values).all()
    (tmp_path / "own.csv").write_text("a,3,4\nb,5\n")
    numbers = encode(items_in(tmp_path / "own.csv", "numbers"), "numbers", ("<unknown>", "4", "5"), 0)
    assert numbers.values.tolist() == [[0, 1], [2, 0]]
    assert (numbers.lengths.tolist(), numbers.unknown) == ([2, 1], 1)


def test_inputs_of_another_kind_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", labels=[1])
    for call, message in {
        lambda: items_in(
            tmp_path / "own.npz", "series"
        ): "it holds no values; expected an npz file with values and lengths",
        lambda: items_in(
            tmp_path / "a.png", "words"
        ): r"a\.png: the network was trained on words; expected a file that ends with \.txt or \.tsv",
        lambda: items_of(["a"], "series"): "sequences are characters; the network was trained on series",
        lambda: items_of([[1, 2]], "words"): "sequences are numbers; the network was trained on words",
        lambda: encode(
            [np.zeros((3, 2), np.float32)], "series", (), 3
        ): r"sequence 0 \(counted from 0\) has 2 channels; the network was trained on 3",
        lambda: encode(
            ["ok", ""], "words", ("<unknown>",), 0
        ): r"sequence 1 \(counted from 0\) has no words; expected at least one",
    }.items():
        with pytest.raises(DataError, match=message):
            call()


def test_what_is_encoded_is_padded_behind() -> None:
    values, lengths = padded(encoded(["ab", "b", "cab"], ("<unknown>", "a", "b")), 4)
    assert values.tolist() == [[1, 2, 0, 0], [2, 0, 0, 0], [0, 1, 2, 0]]
    assert lengths.tolist() == [2, 1, 3]
