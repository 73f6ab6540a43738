"""Runs the code of a model card as a reader would, in its folder and without nasbed."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path


def card_says(folder: Path) -> list[list[str]]:
    """What the code of the card for each form prints: classes or tokens."""
    blocks = re.findall(
        r"^```python\n(.*?)^```", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert len(blocks) == 2, "one block for PyTorch, and one for onnxruntime"
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    alone = 'import sys\nsys.modules["nasbed"] = None\n'
    return [
        ast.literal_eval(
            subprocess.run(
                [sys.executable, "-c", alone + block], cwd=folder, env=env, capture_output=True, text=True, check=True
            ).stdout
        )
        for block in blocks
    ]
