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


@pytest.mark.parametrize("column", [[1, None], ["a", "b"]])
def test_a_column_that_holds_no_numbers_is_refused(column: list[object]) -> None:
    with pytest.raises(ValueError, match="missing values; expected numbers"):
        from_arrow(pa.chunked_array([column]))


def test_shards_are_written_and_read_without_pandas(tmp_path: Path) -> None:
    program = (
        "import sys, numpy as np; from nasbed.studies.shards import read_shard, write_shard;"
        " write_shard('shard', {'seed': np.arange(3), 'last': np.arange(3) > 1}, {'seeds': [0, 1, 2]});"
        " print(read_shard('shard')['last'].tolist(), 'pandas' in sys.modules)"
    )
    made = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert made.stdout == "[False, False, True] False\n"
