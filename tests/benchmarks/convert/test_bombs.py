"""Small files that unpack to gigabytes: refused while they are read, in little memory."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from nasbed.benchmarks.convert import _bounds
from nasbed.errors import BaselineError, DataError
from nasbed.gate.packing import unpack_whole

MIB = 1 << 20
HUGE = 3_200
"""MiB that come out of each."""

CHILD = """
import json, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
from nasbed.benchmarks import convert
from nasbed.benchmarks.convert import _official, _torchfile
from nasbed.benchmarks.convert._source import Source
from nasbed.errors import DataError

def taken():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

def quiet(label, done, total): pass

folder = Path(sys.argv[1])
cases = {
    "one.pth": lambda path: convert.import_table("nasbench201_official", path, quiet),
    "pieces.pth": lambda path: convert.import_table("nasbench201_official", path, quiet),
    "legacy.pth": lambda path: convert.import_table("nasbench201_official", path, quiet),
    "packed.pth": lambda path: convert.import_table("nasbench201_official", path, quiet),
    "all.pickle.pbz2": lambda path: convert.import_table("nats_topology", path, quiet),
    "table.csv.gz": lambda path: Source("table.csv", "0" * 64).verify(path),
    "000000-FULL.pth": lambda path: _official.TORCH.load(_official.TORCH.fetch(path)),
    "000000.pickle.pbz2": lambda path: _official.NATS.load(_official.NATS.fetch(path)),
}
found = {}
for name, read in cases.items():
    before = taken()
    try:
        read(folder / name)
    except DataError as error:
        found[name] = [str(error), taken() - before]
print(json.dumps(found))
"""


def deflated(start: bytes, block: bytes, times: int) -> bytes:
    """A raw deflate stream of ``start`` and then ``block`` so many times, without compressing it so often."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + again * times + packer.flush()


def zipped(packed: bytes, size: int) -> bytes:
    """A zip file whose one entry has the deflate stream ``packed`` of ``size`` bytes."""
    name = b"archive/data.pkl"
    sizes = struct.pack("<HHHIII", 8, 0, 0, 0, len(packed), size)  # deflated; no time, date and checksum
    local = b"PK\x03\x04" + struct.pack("<HH", 20, 0) + sizes + struct.pack("<HH", len(name), 0) + name
    central = (
        b"PK\x01\x02"
        + struct.pack("<HHH", 20, 20, 0)
        + sizes
        + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0)
        + name
    )
    at = len(local) + len(packed)
    return local + packed + central + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), at, 0)


TEXT = b"\x80\x04\x8e" + struct.pack("<Q", HUGE * MIB)
"""Begins a pickle of that many bytes."""
PIECE = b"\x8e" + struct.pack("<Q", MIB) + bytes(MIB)
"""A mebibyte; in a pickle any number may follow one another."""


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, float]]:
    """The message on each bomb, and the MiB of memory that reading it took, in a process of its own."""
    folder = tmp_path_factory.mktemp("bombs")
    zeros = bytes(8 * MIB)
    one = deflated(TEXT, zeros, HUGE // 8)
    (folder / "one.pth").write_bytes(zipped(one, HUGE * MIB + len(TEXT)))
    (folder / "000000-FULL.pth").write_bytes(zipped(one, HUGE * MIB + len(TEXT)))
    pieces = deflated(b"\x80\x04(", PIECE * 4, HUGE // 4)
    (folder / "pieces.pth").write_bytes(zipped(pieces, HUGE * len(PIECE) + 3))
    header = b"".join(b"\x80\x02" + value + b"." for value in (b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19", b"M\xe9\x03", b"}"))
    with (folder / "legacy.pth").open("wb") as file:  # not compressed: a file with a hole
        file.write(header + TEXT)
        file.truncate(HUGE * MIB)
    with zipfile.ZipFile(folder / "packed.pth", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("archive/data.pkl", TEXT)
    bz2_of = bz2.compress(TEXT) + bz2.compress(zeros) * (HUGE // 8)
    (folder / "all.pickle.pbz2").write_bytes(bz2_of)
    (folder / "000000.pickle.pbz2").write_bytes(bz2_of)
    (folder / "table.csv.gz").write_bytes(gzip.compress(zeros) * (HUGE // 8))
    assert all(path.stat().st_size < 4 * MIB for path in folder.iterdir() if path.name != "legacy.pth")
    ran = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder)], capture_output=True, text=True, timeout=300, check=True,
        env={"NASBED_DATA": str(folder / "home"), "OMP_NUM_THREADS": "1", "PATH": ""},
    )  # fmt: skip
    return {name: (text, taken) for name, (text, taken) in json.loads(ran.stdout).items()}


APART = (
    "it holds more than 8 MiB in which there is no training; official files have one after a few hundred kB;"
    " get the published file again"
)


@pytest.mark.parametrize(
    ("name", "message", "most"),
    [
        ("one.pth", APART, 60),
        ("pieces.pth", APART, 60),
        ("legacy.pth", APART, 60),
        ("packed.pth", "a zip file whose data.pkl is compressed in a way that torch does not write", 60),
        ("all.pickle.pbz2", APART, 60),
        (
            "table.csv.gz",
            "it holds more than 64 MiB, several times what official files hold; get the published file again",
            60,
        ),
        (
            "000000-FULL.pth",
            "it holds more than 128 MiB, several times what official files hold; get the published file again",
            400,
        ),
        (
            "000000.pickle.pbz2",
            "it holds more than 128 MiB, several times what official files hold; get the published file again",
            400,
        ),
    ],
)
def test_a_bomb_is_refused_in_little_memory(
    name: str, message: str, most: float, refused: dict[str, tuple[str, float]]
) -> None:
    text, taken = refused[name]
    assert text.endswith(message)
    assert taken < most


def test_what_was_used_does_not_count(tmp_path: Path) -> None:
    source = _bounds.Bounded(io.BytesIO(bytes(40 * MIB)), 64 * MIB, apart=8 * MIB)
    for _ in range(5):
        assert len(source.read(MIB) or b"") == MIB
        source.used()
    with pytest.raises(DataError, match="it holds more than 8 MiB in which there is no training"):
        source.buffered().read()
    whole = _bounds.Bounded(io.BytesIO(bytes(10 * MIB)), 10 * MIB)
    assert len(whole.buffered().read()) == 10 * MIB
    with pytest.raises(DataError, match="it holds more than 10 MiB, several times what official files hold"):
        _bounds.Bounded(io.BytesIO(bytes(10 * MIB + 1)), 10 * MIB).buffered().read()


def test_a_column_of_a_baseline_is_no_bomb_either() -> None:
    packed = zlib.compress(bytes(64 * MIB), 9)
    with pytest.raises(BaselineError, match=r"^the column of scores is damaged: it holds more than 12 seeds$"):
        unpack_whole({"data": base64.b64encode(packed).decode()}, 12, "scores")
    short = base64.b64encode(zlib.compress(bytes(48))[:-6]).decode()
    with pytest.raises(BaselineError, match=r"^the column of scores is damaged: it ends too early$"):
        unpack_whole({"data": short}, 12, "scores")
