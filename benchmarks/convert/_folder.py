"""Writing a table folder: columns, then the manifest, under a temporary name that is renamed at the end."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from nasbed.benchmarks.tables.manifest import Column, Manifest


def write(manifest: Manifest, columns: list[tuple[Column, np.ndarray]]) -> None:
    """Write ``manifest.folder`` anew. The bytes depend on the content alone; what was there survives a failure."""
    target = manifest.folder
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        temporary.chmod(0o755)
        done = []
        for column, values in columns:
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(values), version=(1, 0), allow_pickle=False)
            path = temporary / column.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(buffer.getvalue())
            done.append(replace(column, sha256=hashlib.sha256(buffer.getvalue()).hexdigest()))
        (temporary / "manifest.toml").write_text(replace(manifest, columns=done).dump(), encoding="utf-8")
        if target.exists():
            old = temporary.with_name(temporary.name + "-old")
            os.rename(target, old)
            try:
                os.rename(temporary, target)
            except OSError:
                os.rename(old, target)
                raise
            shutil.rmtree(old)
        else:
            os.rename(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
