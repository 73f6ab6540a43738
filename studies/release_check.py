"""Tries a release up to its upload: makes both archives, checks them, installs each into an empty environment, and uses it there.

Usage: python studies/release_check.py [--out dist]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STUDY = """\
name = "tiny"
seeds = 3
budget = { evaluations = 20 }
[[benchmark]]
use = "nasbench201"
[[strategy]]
use = "random_search"
[[strategy]]
use = "regularized_evolution"
population = 5
"""
WRITTEN = {"study.toml", "table.md", "run.json", "curves_validation.pdf"}
"""Files that a run of a study writes, among others."""


def run(*words: str | Path, where: Path) -> str:
    """Run a program in a folder, without what this one's environment adds to Python; ends the check where it fails."""
    print("$", *(Path(word).name if isinstance(word, Path) else word for word in words), flush=True)
    clean = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    }
    done = subprocess.run(
        [str(word) for word in words], cwd=where, env=clean, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\nexit code {done.returncode}: the release is not fit to be uploaded")
    return done.stdout


def archives(out: Path) -> list[Path]:
    """The wheel and the source archive, made in a folder that has no others and checked for the package index."""
    out.mkdir(parents=True, exist_ok=True)
    if old := [path.name for path in out.iterdir()]:
        sys.exit(
            f"{out} holds {', '.join(sorted(old))}; expected an empty folder: remove them, or give another with --out"
        )
    run(sys.executable, "-m", "build", "--outdir", out, where=ROOT)
    made = sorted(out.iterdir())
    print(run(sys.executable, "-m", "twine", "check", "--strict", *made, where=ROOT).strip())
    return made


def used(archive: Path, work: Path) -> str:
    """Install an archive into an environment that has nothing else, and run commands there; the version that it says it has."""
    venv.create(work / "environment", with_pip=True)
    programs = work / "environment" / ("Scripts" if os.name == "nt" else "bin")
    run(programs / "python", "-m", "pip", "install", "--quiet", archive, where=work)
    (work / "study.toml").write_text(STUDY, encoding="utf-8")
    assert "Run what a study has not stored yet" in run(programs / "nasbed", "--help", where=work)
    run(programs / "nasbed", "run", "study.toml", "--engine", "here", "--out", "results", where=work)
    missing = WRITTEN - {path.name for path in (work / "results").iterdir()}
    if missing:
        sys.exit(f"nasbed run wrote no {', '.join(sorted(missing))}")
    home = run(programs / "python", "-c", "import nasbed; print(nasbed.__file__)", where=work).strip()
    if not Path(home).is_relative_to(work):
        sys.exit(f"nasbed was imported from {home}; expected the installed one")
    return run(programs / "nasbed", "--version", where=work).strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=ROOT / "dist", help="an empty folder for the archives; dist by default"
    )
    for archive in archives(parser.parse_args().out):
        with tempfile.TemporaryDirectory() as work:
            print(f"{archive.name}: {archive.stat().st_size / 1e6:.1f} MB, runs as {used(archive, Path(work))}")


if __name__ == "__main__":
    main()
