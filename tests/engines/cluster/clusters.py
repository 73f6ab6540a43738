"""Dask clusters of real processes on this machine: a scheduler, and workers that come and go."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

DEADLINE = 90.0
QUIET = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "500ms",
}


class Cluster:
    """A scheduler and its workers, without the processes in between that would start them anew."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._file = folder, folder / "scheduler.json"
        self.workers: list[subprocess.Popen[bytes]] = []
        words = ["--port", "0", "--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(self._file)]
        self.scheduler = self._start("scheduler", words, {})
        deadline = time.monotonic() + DEADLINE
        while not self._file.exists() or not self._file.read_text().endswith("}"):
            assert self.scheduler.poll() is None, (folder / "scheduler.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        self.address: str = json.loads(self._file.read_text())["address"]
        self.engine = f"dask:{self.address}"

    def add(self, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a worker; it joins when it is ready."""
        given = [self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0", *words]
        self.workers.append(self._start("worker", given, environment))
        return self.workers[-1]

    def remove(self, worker: subprocess.Popen[bytes]) -> None:
        """End a worker at once."""
        worker.kill()
        worker.wait()
        self.workers.remove(worker)

    def log(self) -> str:
        """What the processes have said."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def _start(self, kind: str, words: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with (self.folder / f"{kind}-{len(self.workers)}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{kind}", *words],
                env={**os.environ, **QUIET, **environment},
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in (*self.workers, self.scheduler):
            process.send_signal(signal.SIGTERM)
        for process in (*self.workers, self.scheduler):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
