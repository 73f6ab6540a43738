"""Torch files are read without torch, and as a stream; what no official file holds is refused."""

from __future__ import annotations

import io
import pickle
import re
import sys
import types
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from official_files import Record, bad_pickle, legacy, topology, zipped
from places import SHARED, needs_shared

from nasbed.benchmarks.convert import _bounds, _pickles, _torchfile, nats_topology
from nasbed.errors import DataError

pytestmark = pytest.mark.usefixtures("own_home", "small")


@pytest.mark.parametrize("write", [legacy, zipped])
def test_a_torch_file_is_read_without_torch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[object], bytes]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # its import fails
    content = {
        "ordered": OrderedDict(b=1, a=[2.5, None, True]),
        "set": {1, 2},
        "numbers": [np.float64(0.1), np.float32(0.5), np.int64(-7), np.float64(0.1).astype(">f8")],
        "key": {("cifar10", 777): "x"},
    }
    path = tmp_path / "file.pth"
    path.write_bytes(write(content))
    assert _torchfile.load(path) == content
    shown: list[Record] = []
    assert _torchfile.load(path, lambda made: shown.append(dict(made))) == content
    assert shown == [content["ordered"], content]


def test_numbers_of_numpy_1_and_2_are_admitted() -> None:
    new = pickle.dumps({"a": np.float64(0.25)}, 2)
    for core in (b"numpy.core.multiarray", b"numpy._core.multiarray"):
        old = re.sub(rb"numpy\._?core\.multiarray", core, new)
        assert _pickles.load(old, _torchfile.ADMITTED) == {"a": 0.25}


@needs_shared
def test_an_official_torch_file_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    content = _torchfile.load(SHARED / "data" / "nasbench201-official-order" / "meta-node-4.pth")
    assert content["archs"] == nats_topology.LAYOUT.texts()


class Tensor:
    """Stands for a tensor of torch."""


@pytest.fixture
def tensor(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], bytes]:
    """Pickles content, a ``Tensor`` as torch pickles its own."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    storage = type("FloatStorage", (), {"__module__": "torch"})

    def _rebuild_tensor_v2() -> None:
        raise AssertionError("a tensor was made")

    _rebuild_tensor_v2.__module__ = "torch._utils"
    _rebuild_tensor_v2.__qualname__ = "_rebuild_tensor_v2"
    vars(torch).update(FloatStorage=storage, _utils=utils)
    vars(utils).update(_rebuild_tensor_v2=_rebuild_tensor_v2)

    class Storage:
        pass

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj: object) -> object:
            return ("storage", storage, "0", "cpu", 4) if isinstance(obj, Storage) else None

        def reducer_override(self, obj: object) -> Any:
            arguments = (Storage(), 0, (4,), (1,), False, OrderedDict())
            return (_rebuild_tensor_v2, arguments) if isinstance(obj, Tensor) else NotImplemented

    def pickled(content: object) -> bytes:
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, "torch", torch)
            patch.setitem(sys.modules, "torch._utils", utils)
            buffer = io.BytesIO()
            Pickler(buffer, 2).dump(content)
        return buffer.getvalue()

    return pickled


@pytest.mark.parametrize("write", [legacy, zipped])
def test_tensors_are_left_out(tmp_path: Path, tensor: Callable[[object], bytes], write: Callable[..., bytes]) -> None:
    weights = OrderedDict(weight=Tensor(), bias=Tensor())
    vars(weights)["_metadata"] = OrderedDict(version=1)
    path = tmp_path / "file.pth"
    path.write_bytes(write(None, tensor({"net_state_dict": weights, "flop": 2.5})))
    assert _torchfile.load(path) == {"net_state_dict": {"weight": None, "bias": None}, "flop": 2.5}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda p: legacy(bad_pickle(p)), r"the pickle asks for \w+\.mkdir, which is not admitted: refused before anything ran"),
        (lambda p: zipped(bad_pickle(p)), r"the pickle asks for \w+\.mkdir, which is not admitted: refused before anything ran"),
        (lambda p: legacy({"a": 1})[:-80], r"damaged pickle: "),
        (lambda p: zipped({"a": 1})[:-30], r"a damaged or truncated torch file: File is not a zip file"),
        (lambda p: zipped({"a": "x" * 999}).replace(b"x" * 999, b"y" * 999), r"damaged pickle: BadZipFile: Bad CRC-32"),
        (lambda p: b"PK\x03\x04", r"a damaged or truncated torch file: File is not a zip file"),
        (lambda p: b"", r"not a torch file, neither of the zip nor of the legacy format"),
        (lambda p: b"\x80\x02K\x01.\x80\x02K\x02.", r"not a torch file, neither of the zip nor of the legacy format$"),
        (lambda p: b"name,accuracy\n", r"not a torch file, neither of the zip nor of the legacy format"),
        (lambda p: legacy(np.complex128(1)), r"a numpy number of type 'c16'; expected one of f8, f4, f2, i8, i4, b1"),
        (lambda p: legacy(None, b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x04\x00\x00\x00zlib\x86R."),
         r"bytes in the encoding 'zlib'; expected latin1"),
    ],
)  # fmt: skip
def test_other_torch_files_are_refused(tmp_path: Path, content: Callable[[Path], bytes], message: str) -> None:
    path = tmp_path / "file.pth"
    path.write_bytes(content(tmp_path))
    for built in (None, lambda made: None):
        with pytest.raises(DataError, match=f"^{message}"):
            _torchfile.load(path, built)
    assert not (tmp_path / "ran").exists()


def test_a_zip_file_without_a_pickle_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(DataError, match=r"^a zip file with 0 entries data\.pkl; a torch file has one$"):
        _torchfile.load(path)


def streamed(content: bytes, built: Callable[[Record], object]) -> Any:
    source = _bounds.Bounded(io.BytesIO(content), len(content))
    return _pickles.stream(source, _torchfile.ADMITTED, lambda made: bool(built(made)))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_stream_gives_what_loading_gives(protocol: int) -> None:
    content = pickle.dumps([topology(1), topology(1), "cifar10"], protocol)
    assert streamed(content, lambda made: None) == _pickles.load(content, _torchfile.ADMITTED)


def test_what_a_stream_shows_is_complete_and_may_be_emptied() -> None:
    shown = []

    def built(made: Record) -> None:
        if "x" in made:
            shown.append(made.pop("x"))

    content = pickle.dumps([{"x": index, "y": {"z": 1, "t": "x"}} for index in range(3)], 4)
    assert streamed(content, built) == [{"y": {"z": 1, "t": "x"}}] * 3
    assert shown == [0, 1, 2]


def test_a_dictionary_that_was_emptied_is_not_given_again() -> None:
    shared = {"x": 1, "y": 2}
    with pytest.raises(DataError, match=r"^two records share a dictionary, which cannot be read as a stream$"):
        streamed(pickle.dumps([shared, shared], 4), lambda made: made.clear())


def test_a_pickle_that_no_pickler_writes_is_refused() -> None:
    with pytest.raises(DataError, match=r"^memo entry 5 follows 0 entries, which no pickler writes$"):
        streamed(b"\x80\x02}q\x05.", lambda made: None)
