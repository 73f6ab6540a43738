"""Executes the notebooks of docs/tutorials and stores them with what their cells give.

Usage: python studies/notebooks.py
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

TUTORIALS = Path(__file__).resolve().parent.parent / "docs" / "tutorials"


def executed(path: Path) -> NotebookNode:
    """A notebook with its outputs, and without what differs from one time and one machine to the next."""
    import nbformat
    from nbclient import NotebookClient

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
    """Execute them in their folder."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    import nbformat

    for path in sorted(TUTORIALS.glob("*.ipynb")):
        nbformat.write(executed(path), path)
        print(f"executed {path.name}")


if __name__ == "__main__":
    main()
