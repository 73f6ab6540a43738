"""A user's sequences: texts, numbers of tokens, series and arrays, and what is said of those that cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sequence_files import TS, WORDS, ts, tsv

from nasbed.benchmarks.training.sequences import NAMES, SPLITS, is_sequences, load_sequences
from nasbed.errors import DataError, NasbedError, OptionError, UnknownNameError

LABELS = [0, 1] * 5
SERIES = np.random.default_rng(0).normal(size=(10, 6, 2))
TOKENS = np.random.default_rng(1).integers(1, 9, (10, 6))
LENGTHS = np.arange(10) % 6 + 1


def texts_in(data: Any) -> list[str]:
    """The texts of all splits, put together again from the vocabulary."""
    joint = {"characters": "", "words": " ", "numbers": ","}[data.reading]
    return [
        joint.join(data.vocabulary[token] for token in row[:length])
        for part in data.splits.values()
        for row, length in zip(part.values.tolist(), part.lengths.tolist(), strict=True)
    ]


def test_labelled_texts_are_read_as_characters_and_as_words(tmp_path: Path) -> None:
    path = tmp_path / "reviews.tsv"
    lines = [f"{'good' if 'good' in text else 'bad'}\t{text}{mark}" for text in WORDS for mark in "!?"]
    path.write_text("Label\tText\r\n" + "\r\n".join(lines), encoding="utf-8-sig")
    data = load_sequences(path)
    assert (data.name, data.classes, data.task, data.text) == (
        "reviews",
        ("bad", "good"),
        "classification",
        "characters",
    )
    assert data.vocabulary[0] == "<unknown>"
    assert data.vocabulary[1:] == tuple(sorted(data.vocabulary[1:]))
    assert sorted(texts_in(data)) == sorted(line.split("\t")[1] for line in lines)
    assert (data.channels, data.tokens, data.longest) == (0, len(data.vocabulary), 15)
    words = load_sequences(str(path), tokens="words")
    assert words.reading == "words"
    assert {"good", "film"} <= set(words.vocabulary) <= {"<unknown>", *" ".join(WORDS).split(), "!", "?"}
    assert words.longest == 5
    assert words.checksum != data.checksum


def test_numbers_of_tokens_are_read_and_the_unknown_ones_are_the_rare_ones(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    rows = [f'"a, b",{number % 3 + 1},5,{number + 100},,' for number in range(5)]
    rows += [f"c,7,{number % 2 + 1},0" for number in range(5)] + [f"c,8,8,{number}" for number in range(200, 205)]
    path.write_text("label,first,second\n" + "\n".join(rows), encoding="utf-8")
    data = load_sequences(path)
    assert (data.classes, data.reading, data.text) == (("a, b", "c"), "numbers", "")
    known = set(data.vocabulary[1:])
    assert {"5", "8"} <= known <= set("123578")
    assert not {"0", "100", "200"} & known
    assert all(text.split(",")[-1] == "<unknown>" for text in texts_in(data))


def test_series_of_the_archive_are_read(tmp_path: Path) -> None:
    path = ts(tmp_path / "tiny.ts")
    data = load_sequences(path)
    assert (data.classes, data.channels, data.longest, data.vocabulary) == (("yes", "no"), 2, 4, ())
    stored = set()
    for line in path.read_text().splitlines():
        if not line.startswith(("#", "@")):
            *channels, label = line.split(":")
            values = np.array([row.split(",") for row in channels], np.float32).T
            stored.add((values.tobytes(), ("yes", "no").index(label)))
    found = {
        (values[:length].tobytes(), label)
        for part in data.splits.values()
        for values, length, label in zip(part.values, part.lengths, part.labels.tolist(), strict=True)
    }
    assert found == stored


@pytest.mark.parametrize("make", [tsv, ts])
def test_a_folder_of_splits_is_read(make: Callable[..., Path], tmp_path: Path) -> None:
    kind = make.__name__
    for number, (part, each) in enumerate({"TRAIN": 10, "TEST": 3}.items()):
        make(tmp_path / f"Tiny_{part}.{kind}", each, number)
    (tmp_path / f".hidden_train.{kind}").write_text("nothing")
    (tmp_path / "README.txt").write_text("nothing")
    data = load_sequences(tmp_path)
    assert [len(data.splits[name].labels) for name in SPLITS] == [16, 4, 6]
    assert "4 of its training sequences validate" in data.origin
    make(tmp_path / f"val.{kind}", 2, 2)
    data = load_sequences(tmp_path)
    assert [len(data.splits[name].labels) for name in SPLITS] == [20, 4, 6]
    assert "split as it was given" in data.origin
    assert len({part.values.shape[1] for part in data.splits.values()}) == 1


def test_arrays_are_read_in_every_form_alike(tmp_path: Path) -> None:
    garbage = np.where(np.arange(6)[:, None] < LENGTHS[:, None, None], SERIES, np.nan)
    padded = load_sequences((garbage, LENGTHS, LABELS))
    listed = load_sequences(([one[:length] for one, length in zip(SERIES, LENGTHS, strict=True)], LABELS))
    np.savez(tmp_path / "own.npz", values=garbage, lengths=LENGTHS, labels=LABELS)
    assert padded.checksum == listed.checksum == load_sequences(tmp_path / "own.npz").checksum
    assert all(np.isfinite(part.values).all() for part in padded.splits.values())
    assert (padded.channels, padded.longest, padded.classes) == (2, 6, ("0", "1"))
    one = load_sequences((SERIES[:, :, 0], LABELS))
    assert (one.channels, one.reading) == (1, "series")
    assert load_sequences((list(SERIES[:, :, 0]), LABELS)).checksum == one.checksum
    tokens = load_sequences((TOKENS, LENGTHS, LABELS))
    assert tokens.reading == "numbers"
    assert (
        load_sequences(([row[:n].tolist() for row, n in zip(TOKENS, LENGTHS, strict=True)], LABELS)).checksum
        == tokens.checksum
    )
    texts = load_sequences(([f"{text} {number}" for number in range(5) for text in WORDS[:2]], LABELS))
    assert (texts.reading, texts.name) == ("characters", "sequences")


def test_arrays_may_come_in_their_splits(tmp_path: Path) -> None:
    parts = {"x_train": SERIES, "y_train": LABELS, "x_test": SERIES + 1, "y_test": LABELS}
    parts |= {"lengths_train": LENGTHS, "lengths_test": LENGTHS}
    np.savez(tmp_path / "own.npz", **parts)
    data = load_sequences(tmp_path / "own.npz")
    assert [len(data.splits[name].labels) for name in SPLITS] == [8, 2, 10]
    np.savez(tmp_path / "own.npz", **parts, x_validation=SERIES - 1, y_validation=LABELS)
    data = load_sequences(tmp_path / "own.npz")
    assert data.splits["validation"].lengths.tolist() == [6] * 10
    assert "split as it was given" in data.origin


def test_what_is_too_long_is_cut_only_where_that_is_asked_for(tmp_path: Path) -> None:
    long = np.zeros((10, 5_000, 1))
    long[:, :3, 0] = SERIES[:, :3, 0]
    with pytest.raises(
        DataError, match=r"sequence 0 of all .* has 5,000 steps; expected at most 4,096: cut all .*longest=256"
    ):
        load_sequences((long, LABELS))
    data = load_sequences((long, LABELS), longest=3)
    assert data.longest == 3
    assert "10 of its sequences are cut after their first 3 steps" in data.origin
    path = tsv(tmp_path / "reviews.tsv")
    assert "cut" not in load_sequences(path, tokens="words", longest=20).origin
    words = load_sequences(path, tokens="words", longest=20)
    assert load_sequences(path, tokens="words").checksum == words.checksum
    assert max(len(text.split()) for text in texts_in(load_sequences(path, tokens="words", longest=4))) == 4


def test_paths_tell_sequences_from_images(tmp_path: Path) -> None:
    np.savez(tmp_path / "sequences.npz", values=SERIES, labels=LABELS)
    np.savez(tmp_path / "images.npz", images=SERIES, labels=LABELS)
    (tmp_path / "broken.npz").write_bytes(b"PK")
    (tmp_path / "split").mkdir()
    tsv(tmp_path / "split" / "train.tsv")
    found = {
        name: is_sequences(tmp_path / name)
        for name in ("sequences.npz", "images.npz", "broken.npz", "split", "a.tsv", "a.png")
    }
    assert [name for name, own in found.items() if own] == ["sequences.npz", "split", "a.tsv"]
    assert all(is_sequences(name) for name in NAMES)
    assert not any(map(is_sequences, ("digits", tmp_path, "x\0", 3, (TOKENS, LABELS), "~nobody-here/x.npz")))


def line(text: str | bytes) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path = path / "own.tsv"
        path.write_bytes(b"a\tone\n" + (text.encode() if isinstance(text, str) else text) + b"\nb\ttwo\n")
        return path

    return write


def row(text: str) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        (path / "own.csv").write_text(f"a,1,2\n{text}\n")
        return path / "own.csv"

    return write


def series(text: str, header: str = TS) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        (path / "own.ts").write_text(f"{header}1,2:3,4:yes\n{text}\n")
        return path / "own.ts"

    return write


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (line(""), r"own\.tsv: line 2 is empty; expected a label, a tab and the text: delete it"),
        (line("   "), "line 2 is empty"),
        (line("no tab"), r"line 2 has no tab: 'no tab'; expected a label, a tab and the text"),
        (line("\ttext"), "line 2 has no label; expected one at its beginning"),
        (line("a\t "), "line 2 has no text after its tab; add one, or delete the line"),
        (line(b"a\tcaf\xe9"), r"own\.tsv is no text in UTF-8: byte 11 is 0xe9; save it as UTF-8"),
        (line("a\t\0"), r"is no text: byte 8 is 0; expected text in UTF-8"),
        (row("b,1,-3"), r"own\.csv: line 2 has the token -3; expected whole numbers of 0 .. 2,147,483,647, of which 0 stands"),
        (row("b,99999999999"), "line 2 has the token 99999999999; expected whole numbers of 0"),
        (row("b,1e3"), r"line 2 has the token '1e3'; expected a label and the numbers of tokens, .*of texts make a \.tsv file"),
        (row("b,1,,2"), "line 2 has the token ''"),
        (row("b,,"), "line 2 has no tokens after its label"),
        (row(",1"), "line 2 has no label"),
        (series("1,?:3,4:no"), r"own\.ts: line 7: value 2 of channel 1 is missing \(\?\); expected numbers: fill the gap, or"),
        (series("1,NaN:3,4:no"), "line 7: value 2 of channel 1 is nan; expected finite numbers: fill the gap"),
        (series("1,1e300:3,4:no"), "line 7 has a value beyond what 32-bit floats hold"),
        (series("1,x:3,4:no"), "line 7: value 2 of channel 1 is 'x'; expected numbers"),
        (series("1,2:3:no"), "line 7: its channels have 2, 1 values; expected equally many"),
        (series("1,2:no"), r"own\.ts: line 7 of own\.ts has 1 channels and line 6 of own\.ts 2; expected as many of all series"),
        (series("1,2:3,4:maybe"), "line 7 has the class 'maybe' after its last colon; expected one of yes, no"),
        (series("1,2"), "line 7 has no class after its last colon; expected one of yes, no"),
        (series("", TS.replace("false", "true")), "has time stamps; expected values alone, and @timeStamps false"),
        (series("", TS.replace("true yes no", "false")), "names no classes; expected the line @classLabel true and the"),
        (series("", TS.replace("@data", "data")), "line 5 is 'data'; expected a header of lines with @, and then the line @data"),
    ],
)  # fmt: skip
def test_a_line_that_does_not_fit_is_named(write: Callable[[Path], Path], message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=message):
        load_sequences(write(tmp_path))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((SERIES, LABELS[:9]), "there are 10 sequences and 9 labels; expected a label for each"),
        ((SERIES, [0] * 10), r"it has 1 class \('0'\); expected at least two"),
        ((SERIES[:, :, 0, None, None], LABELS), r"sequences\[0\] is of shape \(6, 1, 1\); expected \(time,\) or \(time, ch"),
        (([SERIES[0], SERIES[1, :, :1]] * 5, LABELS), r"sequence 1 of all \(counted from 0\) has 1 channels and sequence 0"),
        ((np.where(SERIES > 2, np.inf, SERIES), LABELS), r"sequences\[\d\]: value \d of channel \d is inf; expected finite"),
        ((-TOKENS, LABELS), r"sequences\[0\] has the token -\d; expected whole numbers of 0"),
        ((["a", " "] * 5, LABELS), r"sequences\[1\] = ' '; expected a text: remove it"),
        (([SERIES[0], SERIES[0, 0]] * 5, LABELS), r"sequences\[1\] is of shape \(2,\) and sequences\[0\] \(6, 2\); expected"),
        (([["a"], 1] * 5, LABELS), r"sequences\[0\] is an array of <U1; expected numbers"),
        (([], []), "sequences is empty; expected at least one sequence of each class"),
        (("text", LABELS), "sequences = 'text'; expected a list of texts or arrays, or an array"),
        ((SERIES, LENGTHS[:9], LABELS), r"lengths is of shape \(9,\) and values \(10, 6, 2\); expected a length for each sequence"),
        ((SERIES, LENGTHS - 1, LABELS), r"lengths\[0\] = 0; expected lengths of 1 .. 6, the time steps of values"),
        ((SERIES, LENGTHS + 1, LABELS), r"lengths\[5\] = 7; expected lengths of 1 .. 6"),
        ((SERIES, LENGTHS / 1, LABELS), "lengths is an array of float64; expected whole numbers"),
        ((SERIES[0, 0], LENGTHS, LABELS), r"values is of shape \(2,\); expected \(count, time\) of numbers of tokens or of one"),
        ((SERIES[:2], [0, 1]), "class '0' has 1 different sequence to split; expected at least 3, one for each of train, "),
        ((SERIES, np.where(LABELS, np.nan, 0)), r"labels\[1\] = nan; expected whole numbers or texts as labels"),
        ((["ab", "cd"] * 5, LABELS), "class '0' has 1 different sequence to split"),
        (([f"{chr(97 + n)}" for n in range(10)], LABELS), "has 0 different characters that occur at least 2 times; expected at"),
    ],
)  # fmt: skip
def test_arrays_that_are_no_sequences_are_refused(data: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_sequences(data)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"values": SERIES}, "it holds values, and no labels; expected values, labels and lengths, or x_train"),
        ({"values": SERIES, "labels": LABELS, "x_train": 0}, "it holds values and x_train; expected .*, not both"),
        ({"x_train": SERIES, "y_train": LABELS}, "it holds x_train, y_train, and no x_test; expected"),
        (
            {"x_train": SERIES, "y_train": LABELS, "x_test": SERIES[:, :, :1], "y_test": LABELS},
            r"x_train is of shape \(10, 6, 2\) and x_test \(10, 6, 1\); expected sequences of one kind",
        ),
        (
            {"values": np.array([None])},
            r"an npz file of arrays without objects \(it is another file, or holds pickled objects\); write it with",
        ),
        (
            {"values": SERIES + np.nan, "labels": LABELS},
            r"own.npz: values\[0\]: value 1 of channel 1 is nan; expected finite",
        ),
        (
            {"values": SERIES, "labels": LABELS, "lengths": LENGTHS + 1},
            r"own.npz: lengths\[5\] = 7; expected lengths of 1 .. 6",
        ),
    ],
)
def test_npz_files_of_other_content_are_refused(arrays: dict[str, Any], message: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", **arrays)
    with pytest.raises(DataError, match=message):
        load_sequences(tmp_path / "own.npz")


def test_files_that_are_not_there_or_of_other_kinds_are_refused(tmp_path: Path) -> None:
    for name in ("train.tsv", "test.tsv", "my_test.tsv", "val.csv"):
        (tmp_path / name).write_text("a\tone\n")
    (tmp_path / "empty.tsv").write_text("\n \n")
    (tmp_path / "names.tsv").write_text("label\ttext\n")
    (tmp_path / "data.ts").write_text("@classLabel true a b\n@data\n")
    (tmp_path / "notes.doc").write_text("a\tone\n")
    for name, message in {
        "empty.tsv": r"empty\.tsv is empty; expected lines of text",
        "names.tsv": r"names\.tsv has nothing but the names of its columns; expected in each line a label",
        "data.ts": r"data\.ts has no series after a line @data",
        "notes.doc": r"notes\.doc ends with '\.doc'; expected the path of a file \(\.tsv, .*a \.tsv file has a label",
        "none.tsv": r"none\.tsv is not there; expected the path of a file",
        ".": r"has my_test\.tsv and test\.tsv; expected one of them",
    }.items():
        with pytest.raises(DataError, match=message):
            load_sequences(tmp_path / name)
    (tmp_path / "my_test.tsv").unlink()
    with pytest.raises(DataError, match=r"has test\.tsv, train\.tsv, val\.csv; expected files of one kind"):
        load_sequences(tmp_path)
    (tmp_path / "test.tsv").unlink()
    with pytest.raises(
        DataError, match=r"has train\.tsv, val\.csv, and none of test; expected a file for each of train, test"
    ):
        load_sequences(tmp_path)
    with pytest.raises(DataError, match="has no file of a split, and none of train; expected"):
        load_sequences(Path(__file__).parent)
    for part, classes in {"train": "a b", "test": "a c"}.items():
        (tmp_path / "two").mkdir(exist_ok=True)
        (tmp_path / "two" / f"{part}.ts").write_text(TS.replace("yes no", classes) + "1:a\n")
    with pytest.raises(
        DataError, match=r"test\.ts names the classes a, c and .*train\.ts a, b; expected the same in each"
    ):
        load_sequences(tmp_path / "two")


def test_files_and_folders_that_may_not_be_read_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    tsv(tmp_path / "own.tsv")
    for method, path in (("read_bytes", tmp_path / "own.tsv"), ("iterdir", tmp_path)):
        with monkeypatch.context() as patched:
            patched.setattr(Path, method, refused)
            with pytest.raises(DataError, match=r"^cannot read .*: Permission denied"):
                load_sequences(path)


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        (
            {"data": "digit_row"},
            UnknownNameError,
            "unknown sequences 'digit_row'; did you mean 'digit_rows'.*or the path of a file",
        ),
        (
            {"data": 3},
            OptionError,
            r"data = 3; expected a name \(digit_rows, japanese_vowels, noisy_vowels\), the path of",
        ),
        ({"data": (1, 2, 3, 4)}, OptionError, "expected a name"),
        ({"data": "x" * 5_000 + "/"}, DataError, "cannot read 'x+"),
        (
            {"data": "a.tsv", "folder": "here"},
            OptionError,
            "folder = 'here' is where published sets lie .*leave it out",
        ),
        ({"data": "digit_rows", "folder": 3}, OptionError, "folder = 3; expected the path of the folder"),
        (
            {"data": "a.tsv", "tokens": "letters"},
            UnknownNameError,
            "unknown kind of tokens 'letters'; known: characters, words",
        ),
        ({"data": "a.tsv", "tokens": None}, UnknownNameError, "unknown kind of tokens None"),
        (
            {"data": "digit_rows", "tokens": "words"},
            OptionError,
            "tokens = 'words' says how texts are read, and digit_rows holds series; leave it out",
        ),
        ({"data": "a.tsv", "longest": 0}, OptionError, "longest = 0; expected"),
        ({"data": "a.tsv", "longest": 5_000}, OptionError, "longest = 5000; expected"),
    ],
)
def test_options_that_are_none_are_refused(options: dict[str, Any], kind: type[NasbedError], message: str) -> None:
    with pytest.raises(kind, match=message):
        load_sequences(**options)
