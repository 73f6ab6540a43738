"""Executes the notebooks of docs/tutorials and stores them with what their cells give.

Usage: python studies/notebooks.py
"""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient

TUTORIALS = Path(__file__).resolve().parent.parent / "docs" / "tutorials"


def executed(path: Path) -> nbformat.NotebookNode:
    """A notebook with its outputs, and without what differs from one time and one machine to the next."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3", record_timing=False).execute()
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    return notebook


def main() -> None:
    for path in sorted(TUTORIALS.glob("*.ipynb")):
        nbformat.write(executed(path), path)
        print(f"executed {path.name}")


if __name__ == "__main__":
    main()
