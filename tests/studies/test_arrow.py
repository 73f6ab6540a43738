"""Columns in Arrow's memory: the same as by Arrow's own conversions, without what those import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from nasbed.studies.arrow import from_arrow, to_arrow

COLUMNS = {
    "seed": np.arange(9, dtype=np.int32),
    "architecture": np.arange(9) * 10**12,
    "run": np.arange(9, dtype=np.int8) % 4,
    "value": np.array([0.5, np.nan, np.inf, -0.0, 1e300, 1, 2, 3, 4]),
    "thinking": np.linspace(0, 1, 9, dtype=np.float32),
    "last": np.arange(9) % 2 == 1,
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_that_of_arrows_own_conversion_and_comes_back(name: str) -> None:
    for values in (COLUMNS[name], COLUMNS[name][:0], COLUMNS[name][::2]):
        column = to_arrow(values)
        column.validate(full=True)
        assert column.equals(pa.array(values)) or np.isnan(values).any()
        for parts in ([column], [column.slice(1, 3), column.slice(4)], []):
            whole = pa.chunked_array(parts, type=column.type)
            expected = np.asarray(whole.to_pylist(), dtype=values.dtype)
            assert from_arrow(whole).dtype == values.dtype
            np.testing.assert_array_equal(from_arrow(whole), expected)


@pytest.mark.parametrize("column", [[1, None], [b"a", b"b"]])
def test_a_column_that_holds_no_numbers_is_refused(column: list[object]) -> None:
    with pytest.raises(ValueError, match="missing values; expected numbers"):
        from_arrow(pa.chunked_array([column]))


BEYOND = np.array([5, 2**63, 2**80, 5], dtype=object)


def test_whole_numbers_beyond_64_bits_are_texts_of_their_digits() -> None:
    column = to_arrow(BEYOND)
    column.validate(full=True)
    assert column.to_pylist() == ["5", "9223372036854775808", "1208925819614629174706176", "5"]
    for values in (BEYOND, BEYOND[:0], BEYOND[::2]):
        back = from_arrow(pa.chunked_array([to_arrow(values)]))
        assert (back.dtype, back.tolist()) == (np.dtype(object), values.tolist())


@pytest.mark.parametrize("text", ["", "-1", "1.0", "007", "a", "٣", None])
def test_texts_that_are_no_digits_are_refused(text: str | None) -> None:
    with pytest.raises(ValueError, match=r"a column of texts with .*; expected the digits of whole numbers"):
        from_arrow(pa.chunked_array([["1", text]], type=pa.string()))


def test_shards_are_written_and_read_without_pandas(tmp_path: Path) -> None:
    program = (
        "import sys, numpy as np; from nasbed.studies.shards import read_shard, write_shard;"
        " big = np.array([2**80, 1, 2], dtype=object);"
        " write_shard('shard', {'seed': np.arange(3), 'big': big, 'last': np.arange(3) > 1}, {'seeds': [0, 1, 2]});"
        " print(read_shard('shard')['last'].tolist(), 'pandas' in sys.modules)"
    )
    made = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert made.stdout == "[False, False, True] False\n"
