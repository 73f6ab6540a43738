"""TFRecord files and protocol buffers, read without their libraries: checksums, damage, and messages in any order."""

from __future__ import annotations

import hashlib
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from made_nasbench101 import fast_crc32c, framed, masked, message, plain_crc32c, varint

from nasbed.benchmarks.convert import _crc32c, _tfrecord
from nasbed.benchmarks.convert._model_metrics import metrics_of
from nasbed.benchmarks.convert._tfrecord import LONGEST, RecordFile
from nasbed.errors import DataError

PIECES = [bytes((7 * place + size) % 256 for place in range(size)) for size in (0, 1, 2, 3, 4, 5, 8, 9, 70, 0, 33)]
EVALUATIONS = [(0.0, 1.5, 0.1, 0.2, 0.3), (54.0, 500.25, 0.8, 0.7, 0.6), (108.0, 1000.5, 1.0, 0.9, 0.875)]


# checksums


def test_known_checksums() -> None:
    """Appendix B.4 of RFC 3720, and the check value of the catalogue of CRCs."""
    pieces = [bytes(32), b"\xff" * 32, bytes(range(32)), bytes(range(31, -1, -1)), b"123456789"]
    expected = [0x8A9136AA, 0x62A8AB43, 0x46DD794E, 0x113FDB5C, 0xE3069283]
    assert fast_crc32c(pieces) == plain_crc32c(pieces) == expected


def test_checksums_of_many_pieces_are_those_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = plain_crc32c(PIECES)
    assert fast_crc32c(PIECES) == expected
    monkeypatch.setattr(_crc32c, "_LARGEST", 100)
    assert fast_crc32c(PIECES) == expected
    assert fast_crc32c([]) == []


# files


def read(path: Path) -> list[bytes]:
    return [record for block in RecordFile(path).blocks() for record in block]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made.tfrecord"


@pytest.mark.parametrize("block", [1, 17, 64, 1 << 20])
def test_records_are_read_whole_whatever_is_read_at_a_time(
    path: Path, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_tfrecord, "_BLOCK", block)
    path.write_bytes(framed(PIECES))
    file = RecordFile(path)
    assert [record for block in file.blocks() for record in block] == PIECES
    assert file.read == file.size == path.stat().st_size
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_every_changed_byte_is_found(path: Path) -> None:
    whole = framed([b"first", b"second"])
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 0x10
        path.write_bytes(changed)
        record, at = (1, 0) if place < 21 else (2, 21)
        part = "length" if place - at < 12 else "content"
        with pytest.raises(DataError, match=r"get the published file again$") as refused:
            read(path)
        named = f"{path}: record {record}, at byte {at}, is damaged: the checksum of its {part} differs"
        assert named in str(refused.value) or "ends inside of record" in str(refused.value)
        if part == "content":
            assert named in str(refused.value)


def test_a_file_that_ends_too_early_is_refused(path: Path) -> None:
    whole = framed([b"first", b"second"])
    for end in (1, 20, 22, len(whole) - 1):
        path.write_bytes(whole[:end])
        record, at = (1, 0) if end < 21 else (2, 21)
        with pytest.raises(
            DataError, match=rf"ends inside of record {record}, which begins at byte {at}; get the published file again"
        ):
            read(path)


def test_the_place_of_damage_is_counted_over_blocks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tfrecord, "_BLOCK", 64)
    changed = bytearray(framed([b"a record"] * 20))
    changed[24 * 13 + 15] ^= 1
    path.write_bytes(changed)
    with pytest.raises(DataError, match="record 14, at byte 312, is damaged: the checksum of its content"):
        read(path)


def test_another_file_is_refused_at_its_first_length(path: Path) -> None:
    path.write_bytes(b"PK\x03\x04 a zip file, and not what was asked for")
    with pytest.raises(
        DataError, match=r"record 1, at byte 0, is damaged: .* expected a TFRecord file, get the published file again"
    ):
        read(path)


def test_a_record_of_gigabytes_is_refused_before_it_is_read(path: Path) -> None:
    length = struct.pack("<Q", LONGEST + 1)
    path.write_bytes(framed([b"one"]) + length + masked(plain_crc32c([length])[0]))
    with pytest.raises(DataError, match=r"record 2, at byte 19, has 1,048,577 bytes; expected at most 1,048,576"):
        read(path)


# metrics


def test_metrics_are_read_together_and_apart() -> None:
    usual = [
        message(EVALUATIONS, parameters, 2_000.0 + parameters) for parameters in (1, 127, 128, 20_000, 2_694_282, 2**28)
    ]
    unusual = usual[4] + b"\x3a\x03new" + b"\x45\x00\x00\x80\x3f"  # fields 7 and 8, which are not known
    found = metrics_of([*usual, unusual])
    assert (found.evaluations == np.array(EVALUATIONS)).all()
    assert found.parameters.tolist() == [1, 127, 128, 20_000, 2_694_282, 2**28, 2_694_282]
    assert found.total_time[:2].tolist() == [2_001.0, 2_127.0]


def test_fields_may_come_in_any_order_and_be_absent() -> None:
    evaluations = [
        b"".join(
            bytes([place << 3 | 1]) + struct.pack("<d", one) for place, one in reversed(list(enumerate(numbers, 1)))
        )
        for numbers in EVALUATIONS
    ]
    evaluations[0] = evaluations[0][9:] + b"\x32\x04path"  # no test accuracy, and a checkpoint
    mixed = b"\x19" + struct.pack("<d", 7.0) + b"".join(b"\x0a" + varint(len(one)) + one for one in evaluations)
    found = metrics_of([mixed + b"\x10" + varint(300), message(EVALUATIONS, 5, 1.0)])
    assert (found.parameters.tolist(), found.total_time.tolist()) == ([300, 5], [7.0, 1.0])
    assert np.isnan(found.evaluations[0, 0, 4])
    assert (found.evaluations[0, 1:] == np.array(EVALUATIONS[1:])).all()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "its metrics have 0 evaluations; expected 3: start, half-way and end"),
        (message(EVALUATIONS[:2], 5, 1.0), "its metrics have 2 evaluations"),
        (message(EVALUATIONS, 5, 1.0)[:-1], "no protocol buffer: they end inside of a field"),
        (b"\x0a\x7f", "no protocol buffer: they end inside of a field"),
        (b"\x10\xff", "no protocol buffer: they end inside of a number"),
        (b"\x10" + b"\xff" * 11, "no protocol buffer: a number has more than ten bytes"),
        (b"\x13", "no protocol buffer: byte 1 is of the unknown kind 3"),
        (
            message(EVALUATIONS, 2**64 - 1, 1.0),
            "have 18,446,744,073,709,551,615 trainable parameters; expected a number of 32",
        ),
    ],
    ids=range(8),
)
def test_other_messages_are_refused(content: bytes, said: str) -> None:
    with pytest.raises(DataError, match=re.escape(said)):
        metrics_of([message(EVALUATIONS, 5, 1.0), content])
