"""A machine of the tests' own: home, data, settings, caches, temporary files and working directory.

Importing this comes before all else that may read any of them. Tests, the workers of pytest-xdist and the commands that tests
start see the same folder, which is removed at the end; of the real machine's environment they see what is in ``KEPT``.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from fnmatch import fnmatchcase
from pathlib import Path

KEPT = (
    *("PATH", "LD_*", "DYLD_*", "SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT", "VIRTUAL_ENV"),
    *("PYTHONPATH", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTEST_*", "COV_*"),
    *("PIP_*", "*_CA_*", "SSL_*", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NASBED_WHEELS", "NASBED_FUZZ"),
    "HEBO_PYTHON",
)
"""Variables of the environment that stay: where programs and certificates are, and how the tests are run."""
SET = {"LANG": "C.UTF-8", "TERM": "dumb", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NASBED_PROGRESS": "off"}
"""Variables with a value of the tests'. Tests run beside each other, so that threads of linear algebra would only wait."""
FOLDERS = {
    "HOME": "home",
    "USERPROFILE": "home",
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_STATE_HOME": "state",
    "NASBED_DATA": "tables",
    "MPLCONFIGDIR": "matplotlib",
    "HYPOTHESIS_STORAGE_DIRECTORY": "hypothesis",
    "TMPDIR": "tmp",
}
"""Variables that name a folder, and its name in ours."""
MOVED = "NASBED_TESTS_HOME"
"""The variable by which processes that tests start know of our folder."""
WORK = "work"
"""The name of the working directory in ours."""


def _move() -> Path:
    if MOVED in os.environ:  # by the run that has started this process
        for name in ("COLUMNS", "LINES"):  # which readline writes into the environment of what pytest starts
            os.environ.pop(name, None)
        return Path(os.environ[MOVED])
    assert "matplotlib" not in sys.modules, "matplotlib has read the machine's own settings"
    elsewhere = tempfile.gettempdir()
    own = Path(tempfile.mkdtemp(prefix="nasbed-tests-"))
    atexit.register(_remove, own, os.getpid())
    for name in list(os.environ):
        if not any(fnmatchcase(name.upper(), pattern) for pattern in KEPT):
            del os.environ[name]
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", elsewhere)  # what tmp_path holds can be looked at afterwards
    for name, folder in FOLDERS.items():
        (own / folder).mkdir(exist_ok=True)
        os.environ[name] = str(own / folder)
    os.environ.update(SET | {MOVED: str(own)})
    tempfile.tempdir = None  # found anew, from TMPDIR
    return own


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:  # not at the end of a process that a test has forked
        shutil.rmtree(folder, ignore_errors=True)


OWN = _move()
"""The folder of this run."""
